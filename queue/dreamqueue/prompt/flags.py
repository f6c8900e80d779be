"""The flags of the prompt grammar: one table that the parser, the help and the documentation share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flag:
    """A `--flag`, as members read about it."""

    takes: str
    """What follows it, in capitals, as manuals write it."""
    about: str
    example: str
    many: bool = False
    """True if it may be said more than once."""
    listed: bool = False
    """True if several may follow it, with commas."""


FLAGS = {
    "seed": Flag("NUMBER", "the same seed and words paint the same picture", "--seed 7"),
    "size": Flag("WIDTHxHEIGHT", "in pixels; one number is a square", "--size 256x192"),
    "ar": Flag("WIDTH:HEIGHT", "the shape; the area stays as it is", "--ar 3:2"),
    "steps": Flag("NUMBER", "how long to paint", "--steps 120"),
    "backend": Flag("NAME", "the way to paint", "--backend pixels"),
    "preset": Flag("NAME", "one of the backend's sets of defaults", "--preset clipig1"),
    "critic": Flag(
        "NAME", "who judges the picture while it forms; several with commas", "--critic pocket", listed=True
    ),
    "iw": Flag(
        "NUMBER",
        "how strongly to stay near the initial picture; 2..0 falls on the way",
        "--iw 2..0",
        listed=True,
    ),
    "tv": Flag("NUMBER", "how smooth, 0 to 10, in the preset's stead; also a course", "--tv 1", listed=True),
    "saturation": Flag(
        "NUMBER", "more colour above 0, less below, -10 to 10; also a course", "--saturation 1", listed=True
    ),
    "symmetry": Flag("x, y or xy", "left mirrors right (x), top mirrors bottom (y)", "--symmetry x"),
    "cuts": Flag(
        "NUMBER", "cutouts the critic is shown a step, 1 to 64; also a course", "--cuts 4..16", listed=True
    ),
    "resolution": Flag(
        "NUMBER",
        "share of the size that is steered at, 0.05 to 1; also a course: small at first is faster",
        "--resolution 0.25..1",
        listed=True,
    ),
    "cutouts": Flag("KIND", "what the critic is shown: classic, pooled or overview", "--cutouts overview"),
    "rate": Flag(
        "NUMBER", "how fast to change, 0.05 to 20 times as fast; also a course", "--rate 2..0.5", listed=True
    ),
    "noise": Flag(
        "NUMBER", "noise on what the critic sees, 0 to 1; also a course", "--noise 0.2..0", listed=True
    ),
    "range": Flag(
        "NUMBER", "keep colours from burning out, 0 to 10; also a course", "--range 1", listed=True
    ),
    "symmetry-weight": Flag(
        "NUMBER", "how symmetric, 0 to 10; usually 1; also a course", "--symmetry-weight 0..2", listed=True
    ),
    "palette": Flag(
        "COLOURS", "keep to these colours, 2 to 16 with commas", "--palette navy,teal,#ffcc88", listed=True
    ),
    "palette-weight": Flag(
        "NUMBER", "how strictly, 0 to 10; usually 1; also a course", "--palette-weight 0..2", listed=True
    ),
    "average": Flag("NUMBER", "show the average of the last steps, 0 to 0.999: calmer", "--average 0.9"),
    "story": Flag(
        '"A ^ B"', "phrases one after the other; the animation tells it", '--story "a seed ^ a tree ^ a fire"'
    ),
    "style": Flag(
        "NAME", "add a style's words; several with commas", "--style watercolor", many=True, listed=True
    ),
    "no": Flag(
        "WORDS", "steer away from these; several with commas", "--no people, text", many=True, listed=True
    ),
}
