"""From what somebody wrote to a trick: every word is made plain and checked, and what is wrong is said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from dreamqueue import braces
from dreamqueue.errors import NameTaken, PromptError, TrickError
from dreamqueue.job import Owner
from dreamqueue.prompt import FLAGS, parse
from dreamqueue.prompt.reading import read
from dreamqueue.prompt.styles import SLOT
from dreamqueue.text import FLAG_DASHES, normalise, quote
from dreamqueue.tricks.names import skeleton, trick_name
from dreamqueue.tricks.record import (
    LONGEST_ABOUT,
    LONGEST_FLAGS,
    LONGEST_TAG,
    LONGEST_TEXT,
    MOST_EXAMPLES,
    MOST_TAGS,
    Trick,
    starters,
)

NOT_A_TRICKS = frozenset(
    {
        *("style", "no", "seed", "story", "candidates", "finish", "trial", "best-of"),
        *("collection", "like", "strength", "stop", "tile", "iw"),
    }
)
"""Flags that are for whoever asks: how many pictures, of what and from what."""

_SLOT = re.compile(r"\{\s*prompt\s*\}", re.IGNORECASE)
_FLAG = re.compile(rf"(?:^|\s){FLAG_DASHES}\w")


def drafted(
    name: str,
    text: str,
    *,
    negative: str = "",
    flags: str = "",
    about: str = "",
    tags: str | Iterable[str] = "",
    author: Owner | None = None,
    parent: str = "",
    examples: Iterable[str] = (),
) -> Trick:
    """A new trick, version 1, of what was typed. Raises TrickError, or PromptError for its flags."""
    known = trick_name(name)
    looks = skeleton(known)
    for taken, other in _taken().items():
        if looks == taken:
            raise NameTaken(known, other)
    trick = Trick(
        name=known,
        text=_words("text", _SLOT.sub(SLOT, text), LONGEST_TEXT),
        negative=_words("negative words", negative, LONGEST_TEXT),
        flags=_flags(flags),
        about=_words("description", about, LONGEST_ABOUT),
        tags=_tags(tags),
        author=author,
        parent=trick_name(parent) if parent else "",
        examples=tuple(dict.fromkeys(examples))[:MOST_EXAMPLES],
    )
    return checked(trick)


def edited(trick: Trick, **fields: str) -> Trick:
    """The next version of a trick, with these of text, negative, flags, about and tags changed.

    Raises TrickError, or PromptError for its flags.
    """
    changes: dict[str, object] = {"version": trick.version + 1}
    if "text" in fields:
        changes["text"] = _words("text", _SLOT.sub(SLOT, fields["text"]), LONGEST_TEXT)
    if "negative" in fields:
        changes["negative"] = _words("negative words", fields["negative"], LONGEST_TEXT)
    if "flags" in fields:
        changes["flags"] = _flags(fields["flags"])
    if "about" in fields:
        changes["about"] = _words("description", fields["about"], LONGEST_ABOUT)
    if "tags" in fields:
        changes["tags"] = _tags(fields["tags"])
    return checked(trick.model_copy(update=changes))


def checked(trick: Trick) -> Trick:
    """The trick, if it can be used; else raises TrickError or PromptError."""
    if not (trick.text.replace(SLOT, "").strip() or trick.negative or trick.flags):
        raise TrickError("A trick needs words (or flags) that it adds.")
    try:
        parse(f"a hut {trick.flags}", seed=lambda: 0)
    except PromptError as error:
        raise TrickError(f"The flags of `{trick.name}` do not go: {error}") from error
    return trick


@cache
def _taken() -> dict[str, str]:
    """What the names of flags look like: no trick may be taken for one."""
    return {skeleton(name): f"--{name}" for name in FLAGS}


def _words(what: str, typed: str, most: int) -> str:
    if len(typed) > 4 * most:
        raise TrickError(f"The {what} of a trick has at most {most} characters, and this has {len(typed):,}.")
    words = normalise(typed)
    if len(words) > most:
        raise TrickError(f"The {what} of a trick has at most {most} characters, and this has {len(words):,}.")
    if words.count(SLOT) > 1:
        raise TrickError(f"`{quote(words)}`: {SLOT} stands once in a trick, where the member's words go.")
    if what != "description":
        if "{" in words.replace(SLOT, "") and braces.count(words.replace(SLOT, "")) > 1:
            raise TrickError(f"`{quote(words)}`: choices in braces are for prompts; a trick has one text.")
        if _FLAG.search(words):
            raise TrickError(f"`{quote(words)}`: flags of a trick go into the field for flags.")
    return words


def _flags(typed: str) -> str:
    if len(typed) > 4 * LONGEST_FLAGS or len(flags := normalise(typed)) > LONGEST_FLAGS:
        raise TrickError(f"The flags of a trick have at most {LONGEST_FLAGS} characters.")
    asked = read(flags)
    for use in asked.uses:
        if use.name in NOT_A_TRICKS or use.name not in FLAGS:
            raise TrickError(f"`{use.said}`: a trick cannot bring this along.")
    if asked.pieces:
        raise TrickError(f"`{quote(asked.pieces[0].text)}`: here only flags go, such as `--saturation 1`.")
    return flags


def _tags(typed: str | Iterable[str]) -> tuple[str, ...]:
    given = re.split(r"[,;#]", typed[:1000]) if isinstance(typed, str) else list(typed)
    tags = dict.fromkeys("-".join(re.findall(r"[^\W_]+", normalise(tag).casefold())) for tag in given)
    tags.pop("", None)
    for tag in tags:
        if len(tag) > LONGEST_TAG:
            raise TrickError(f"`{quote(tag, 30)}`: a tag has at most {LONGEST_TAG} characters.")
    if len(tags) > MOST_TAGS:
        raise TrickError(f"A trick has at most {MOST_TAGS} tags.")
    return tuple(tags)


def of_a_starter(name: str) -> Trick | None:
    """The shipped trick that a name looks like, if there is one."""
    looks = skeleton(name)
    return next((trick for known, trick in starters().items() if skeleton(known) == looks), None)
