"""A story: phrases one after the other, `--story "a seed ^ a tree ^ a fire"`, as weights that come and go."""

from __future__ import annotations

from dataclasses import replace

from dreamqueue.course import MOST_KNOTS, Course, scaled
from dreamqueue.errors import BadValue
from dreamqueue.prompt.reading import Piece, Use, piece_of

TURN = "^"


def chapters(use: Use) -> list[Piece]:
    """The story's phrases. Each is strongest at its place on the way and fades towards its neighbours'.

    The first is there from the start and the last until the end; a weight of its own is its height.
    """
    told = [piece_of(part.strip()) for part in (use.value or "").split(TURN)]
    pieces = [piece for piece in told if piece is not None]
    if not 2 <= len(pieces) <= MOST_KNOTS:
        raise BadValue(
            use.said, f'a story has 2 to {MOST_KNOTS} parts with ^ between them: `--story "a seed ^ a tree"`.'
        )
    if any(isinstance(piece.weight, tuple) for piece in pieces):
        raise BadValue(use.said, "in a story the phrases come and go by themselves; give them plain weights.")
    last = len(pieces) - 1
    return [
        replace(piece, weight=scaled(_tide(index, last), 1.0 if piece.weight is None else piece.weight))  # type: ignore[arg-type]
        for index, piece in enumerate(pieces)
    ]


def _tide(index: int, last: int) -> Course:
    near = range(max(0, index - 1), min(last, index + 1) + 1)
    return tuple((place / last, float(place == index)) for place in near)
