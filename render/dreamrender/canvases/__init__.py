"""Canvases: ways to hold a picture as numbers that can be steered."""
