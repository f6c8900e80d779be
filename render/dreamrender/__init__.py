"""Painting: engine, critics, canvases, backends and the arq worker."""
