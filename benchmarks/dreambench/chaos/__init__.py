"""The chaos harness: real processes, many members, faults from a seeded schedule; at the end, a verdict."""
