"""The arq worker: takes jobs from its lanes, paints them in the engine, tells how they fare."""
