"""Flags of other bots and programs that are not here, and what does the same here."""

from __future__ import annotations

import re
from collections.abc import Mapping

ELSEWHERE: Mapping[str, str] = {
    "v": "versions of another bot's model are not here; `--backend` and `--preset` choose how it is painted.",
    "niji": "that model of another bot is not here; `--style` adds a manner, such as `--style watercolor`.",
    "q": "quality is the number of steps here: `--steps 240` paints for longer.",
    "s": "how much a model adds of its own cannot be told here; `--style` adds a manner, and a weight after "
    "a phrase says how much it counts, such as `unreal engine:0.5`.",
    "chaos": "variety is several seeds here: `--candidates 9`, or a choice in braces, `a {snail,penguin}`.",
    "weird": "there is no such dial here; say what is strange about it, or give it a weight: `surreal:0.5`.",
    "sref": "a picture's style comes from a target picture here (the field beside the prompt).",
    "cref": "there are no references to a character here; a target picture says what shall be alike.",
    "fast": "there is one queue here, and it is fair; painters differ in speed (`--preset quick`).",
    "repeat": "several pictures are `--candidates 9`, or a choice in braces: `a {snail,penguin}`.",
    "cfg": "how strictly to keep to the words is `--guidance 7.5` here, for diffusion.",
    "sampler": "samplers are schedulers here: `--scheduler NAME`, for diffusion.",
    "negative": "what shall not be there is `--no` here: `--no people, text`.",
    "width": "width and height are one flag here: `--size 256x192`.",
    "model": "models are chosen by `--backend` and `--preset` here.",
    "video": "the animation of how it forms comes with every picture here.",
    "p": "there are no profiles here; `--style` adds a manner.",
    "test": "that model of another bot is not here; `--backend` and `--preset` choose how it is painted.",
    "aspect": "the shape is `--ar 3:2` here.",
    "uplight": "pictures are painted at their size here: `--size 512x512`, or `--hires 2` for diffusion.",
}
"""Flags of Midjourney and of the bots and programs of 2021 and after, and what does the same here."""

_SAME = {
    "version": "v", "quality": "q", "stylize": "s", "stylise": "s", "c": "chaos", "w": "width", "h": "width",
    "height": "width", "hd": "uplight", "upbeta": "uplight", "uplight": "uplight", "upanime": "uplight",
    "relax": "fast", "turbo": "fast", "draft": "fast", "r": "repeat", "cfg-scale": "cfg", "scale": "cfg",
    "n": "negative", "neg": "negative", "negative-prompt": "negative", "testp": "test", "creative": "test",
    "profile": "p", "personalize": "p", "sw": "sref", "sv": "sref", "cw": "cref", "oref": "cref",
    "ow": "cref", "exp": "s", "m": "model", "beta": "test", "cfgscale": "cfg", "number": "repeat",
}  # fmt: skip
_TYPICAL = frozenset({"v", "q", "s", "niji", "chaos", "stylize", "sref", "cref"})
_VERSION = re.compile(r"(?:v|version)[ .-]?[0-9][0-9.]*[a-z]?|niji[ .-]?[0-9.]*|q[0-9.]+|s[0-9]+", re.ASCII)


def elsewhere(name: str) -> str:
    """What does here what another bot's flag does there; empty for a name that is no such flag."""
    name = re.sub(r"[\s_]+", "-", name.casefold().strip())
    if _VERSION.fullmatch(name):
        name = "niji" if name.startswith("niji") else name[0]
    return ELSEWHERE.get(_SAME.get(name, name), "")


def typical(name: str) -> bool:
    """Whether nothing but such a flag is called so: a phone's single dash before it begins no thought."""
    return bool(_VERSION.fullmatch(name)) or name in _TYPICAL
