"""What members of other bots are used to: `--stop 80` and `--tile`, both ways; and where their other flags are here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dreamqueue.errors import BadValue
from dreamqueue.prompt.reading import Use
from dreamqueue.recipe import LEAST_STOP, Recipe

_YES = frozenset({"", "yes", "true", "on", "1"})
_NO = frozenset({"no", "false", "off", "0"})

ELSEWHERE: Mapping[str, str] = {
    "v": "versions of another bot's model are not here; `--backend` and `--preset` choose how it is painted.",
    "niji": "that model of another bot is not here; `--style` adds a manner, such as `--style watercolor`.",
    "q": "quality is the number of steps here: `--steps 240` paints for longer.",
    "s": "how much a model adds of its own cannot be told here; `--style` adds a manner, and a weight after a "
    "phrase says how much it counts, such as `unreal engine:0.5`.",
    "chaos": "variety is several seeds here: `--candidates 9`, or a choice in braces, `a {snail,penguin}`.",
    "weird": "there is no such dial here; say what is strange about it, or give it a weight: `surreal:0.5`.",
    "sref": "a picture's style comes from a target picture here (the field beside the prompt).",
    "cref": "there are no references to a character here; a target picture says what shall be alike.",
    "fast": "there is one queue here, and it is fair; painters differ in how fast they are (`--preset quick`).",
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
    "profile": "p", "personalize": "p", "sw": "sref", "sv": "sref", "cw": "cref", "oref": "cref", "ow": "cref",
    "exp": "s", "m": "model", "beta": "test", "cfgscale": "cfg", "number": "repeat",
}  # fmt: skip
_VERSION = re.compile(r"(?:v|version)[ .-]?[0-9][0-9.]*[a-z]?|niji[ .-]?[0-9.]*|q[0-9.]+|s[0-9]+", re.ASCII)


def elsewhere(name: str) -> str:
    """What does here what another bot's flag does there; empty for a name that is no such flag."""
    name = re.sub(r"[\s_]+", "-", name.casefold().strip())
    if _VERSION.fullmatch(name):
        name = "niji" if name.startswith("niji") else name[0]
    return ELSEWHERE.get(_SAME.get(name, name), "")


def typical(name: str) -> bool:
    """Whether nothing but such a flag is called so: a phone's single dash before it is no dash of a sentence."""
    return bool(_VERSION.fullmatch(name)) or name in {"v", "q", "s", "niji", "chaos", "stylize", "sref", "cref"}


def asked(said: Mapping[str, Use]) -> dict[str, Any]:
    """The fields of a recipe that these flags give; raises BadValue."""
    fields: dict[str, Any] = {}
    if "stop" in said:
        fields["stop"] = _stop(said["stop"])
    if "tile" in said:
        fields["tile"] = _tile(said["tile"])
    return fields


def written(recipe: Recipe) -> dict[str, object]:
    """The flags that `asked` turns into these fields again; True for one that takes no value."""
    flags: dict[str, object] = {}
    if recipe.stop < 100:
        flags["stop"] = recipe.stop
    if recipe.tile:
        flags["tile"] = True
    return flags


def told(recipe: Recipe) -> list[str]:
    """The same for people, in short: `stop 80%`, `tile`."""
    stop = [f"stop {recipe.stop}%"] if recipe.stop < 100 else []
    return [*stop, *(["tile"] if recipe.tile else [])]


def _stop(use: Use) -> int:
    match = re.fullmatch(r"([0-9]{1,3}) ?%?", use.value or "", re.ASCII)
    if match is None or not LEAST_STOP <= int(match[1]) <= 100:
        raise BadValue(
            use.said,
            f"I need a whole number from {LEAST_STOP} to 100 here, the per cent of the steps that are painted: "
            "`--stop 80`.",
        )
    return int(match[1])


def _tile(use: Use) -> bool:
    value = (use.value or "").casefold()
    if value in _YES | _NO:
        return value in _YES
    raise BadValue(use.said, "`--tile` takes no value: it is there, or it is not.")
