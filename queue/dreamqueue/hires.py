"""The sizes of a picture that is composed small and painted over at its size (`--hires`)."""

from __future__ import annotations

LEAST_SIDE = 64
"""Pixels of the shorter side at which something can still be composed."""


def first_pass(width: int, height: int, hires: float, multiple: int) -> tuple[int, int]:
    """Width and height of the first pass in pixels: 1/hires of the sides, to the nearest multiple."""
    first, second = (max(1, round(side / hires / multiple)) * multiple for side in (width, height))
    return first, second
