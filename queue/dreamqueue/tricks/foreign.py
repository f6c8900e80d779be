"""A row of a file of tricks as it was read, and what other programs write into prompts that means nothing
here: it is taken off, and said."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dreamqueue.text import normalise, quote

LONGEST_RAW = 4000
"""Characters of one field that are looked at; a trick may have far fewer."""

_EXTRA = re.compile(r"<(?:lora|lyco|hypernet|embedding):[^<>]{0,200}>", re.IGNORECASE)
_WEIGHTED = re.compile(r"[(\[]([^()\[\]:]{1,300}):-?[0-9.]{1,6}[)\]]")
_BREAK = re.compile(r"\bBREAK\b|\bAND\b")
_WILD = re.compile(r"__[\w/.-]{1,60}__")


@dataclass(frozen=True)
class Row:
    """A trick of a file, as it was written there."""

    where: str
    """`line 7`, `entry 3`, `[glow]`."""
    name: str = ""
    text: str = ""
    negative: str = ""
    flags: str = ""
    about: str = ""
    tags: tuple[str, ...] = ()
    parent: str = ""
    losses: tuple[str, ...] = ()


def plain_words(text: str) -> tuple[str, tuple[str, ...]]:
    """A prompt of another program in plain words, and what was taken off."""
    if len(text) > LONGEST_RAW:
        return text, ()
    losses = [
        f"`{quote(normalise(extra), 40)}` was left out; flags have `--lora` for it"
        for extra in _EXTRA.findall(text)
    ]
    words = _EXTRA.sub("", text)
    if _WEIGHTED.search(words):
        losses.append("weights in brackets were taken off; the words stay")
        words = _WEIGHTED.sub(r"\1", words)
    for what, pattern in (("BREAK and AND", _BREAK), ("a wildcard", _WILD)):
        if pattern.search(words):
            losses.append(f"{what} means nothing here and was left out")
            words = pattern.sub(" ", words)
    return words, tuple(losses)


def looks_like_json(text: str) -> bool:
    """Whether a file begins as JSON does."""
    return text.lstrip()[:1] in ("[", "{") and not re.match(
        r"\s*\[[\w\"'. -]{1,80}\]\s*$", text.partition("\n")[0]
    )
