"""Collections: folders of pictures on the worker's disk that guide a painting (seed document 003)."""
