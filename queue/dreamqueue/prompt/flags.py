"""The flags of the prompt grammar: one table that the parser, the help and the documentation share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Flag:
    """A `--flag`, as members read about it."""

    takes: str
    """What follows it, in capitals, as manuals write it; empty for a flag that stands alone."""
    about: str
    example: str
    many: bool = False
    """True if it may be said more than once."""
    listed: bool = False
    """True if several may follow it, with commas."""
    of: Literal["all", "steered", "sampled", "guided", "tiled"] = "all"
    """Which painters understand it: all; those that CLIP steers; diffusion; diffusion that CLIP guides; those
    whose pictures can repeat."""


FLAGS = {
    "seed": Flag("NUMBER", "the same seed and words paint the same picture", "--seed 7"),
    "size": Flag("WIDTHxHEIGHT", "in pixels; one number is a square", "--size 256x192"),
    "ar": Flag("WIDTH:HEIGHT", "the shape; the area stays as it is", "--ar 3:2"),
    "steps": Flag("NUMBER", "how long to paint", "--steps 120"),
    "stop": Flag("NUMBER", "end after so many per cent of the steps, 10 to 100", "--stop 80"),
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
        of="steered",
    ),
    "tv": Flag(
        "NUMBER",
        "how smooth, 0 to 10, in the preset's stead; also a course",
        "--tv 1",
        listed=True,
        of="steered",
    ),
    "saturation": Flag(
        "NUMBER",
        "more colour above 0, less below, -10 to 10; also a course",
        "--saturation 1",
        listed=True,
        of="steered",
    ),
    "symmetry": Flag(
        "x, y or xy", "left mirrors right (x), top mirrors bottom (y)", "--symmetry x", of="steered"
    ),
    "candidates": Flag("NUMBER", "begin so many seeds; the best one goes on", "--candidates 9"),
    "finish": Flag("NUMBER", "how many of the candidates go on", "--candidates 9 --finish 2"),
    "trial": Flag("SHARE", "when the candidates are compared", "--candidates 9 --trial 20%"),
    "best-of": Flag("NUMBER", "paint so many seeds to the end and show the best", "--best-of 4"),
    "collection": Flag(
        "NAME",
        "let pictures of a collection guide; name:1 doubles their pull",
        "--collection harbours",
        of="steered",
    ),
    "like": Flag(
        "FOLDERS",
        "its folders that count for more, by artist or concept; several with commas",
        "--collection harbours --like turner:2, hokusai",
        listed=True,
        of="steered",
    ),
    "cuts": Flag(
        "NUMBER",
        "cutouts the critic is shown a step, 1 to 64; also a course",
        "--cuts 4..16",
        listed=True,
        of="steered",
    ),
    "resolution": Flag(
        "NUMBER",
        "share of the size that is steered at, 0.05 to 1; also a course: small at first is faster",
        "--resolution 0.25..1",
        listed=True,
        of="steered",
    ),
    "cutouts": Flag(
        "KIND", "what the critic is shown: classic, pooled or overview", "--cutouts overview", of="steered"
    ),
    "rate": Flag(
        "NUMBER",
        "how fast to change, 0.05 to 20 times as fast; also a course",
        "--rate 2..0.5",
        listed=True,
        of="steered",
    ),
    "noise": Flag(
        "NUMBER",
        "noise on what the critic sees, 0 to 1; also a course",
        "--noise 0.2..0",
        listed=True,
        of="steered",
    ),
    "range": Flag(
        "NUMBER",
        "keep colours from burning out, 0 to 10; also a course",
        "--range 1",
        listed=True,
        of="steered",
    ),
    "symmetry-weight": Flag(
        "NUMBER",
        "how symmetric, 0 to 10; usually 1; also a course",
        "--symmetry-weight 0..2",
        listed=True,
        of="steered",
    ),
    "palette": Flag(
        "COLOURS",
        "keep to these colours, 2 to 16 with commas",
        "--palette navy,teal,#ffcc88",
        listed=True,
        of="steered",
    ),
    "palette-weight": Flag(
        "NUMBER",
        "how strictly, 0 to 10; usually 0..1, ever more",
        "--palette-weight 0..2",
        listed=True,
        of="steered",
    ),
    "average": Flag(
        "NUMBER", "show the average of the last steps, 0 to 0.999: calmer", "--average 0.9", of="steered"
    ),
    "guidance": Flag(
        "NUMBER",
        "how strictly diffusion keeps to the words, 0 to 50; also a course",
        "--backend diffusion --guidance 7.5",
        listed=True,
        of="sampled",
    ),
    "scheduler": Flag(
        "NAME",
        "how diffusion takes the noise off",
        "--backend diffusion --scheduler dpmpp-2m-karras",
        of="sampled",
    ),
    "strength": Flag(
        "SHARE",
        "how much of the initial picture is painted over, up to 1",
        "--backend diffusion --strength 0.6",
        of="sampled",
    ),
    "lora": Flag(
        "NAMES",
        "LoRAs that change the model; several with commas",
        "--backend diffusion --lora watercolours:0.8",
        listed=True,
        of="sampled",
    ),
    "hires": Flag(
        "NUMBER",
        "compose so many times smaller, then paint over at the size, 1 to 4",
        "--backend diffusion --hires 2",
        of="sampled",
    ),
    "gradient": Flag(
        "KIND",
        "what CLIP pulls through: fast, or full (the whole denoiser)",
        "--backend guided --gradient full",
        of="guided",
    ),
    "tile": Flag("", "a picture that repeats without seams", "--tile", of="tiled"),
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
