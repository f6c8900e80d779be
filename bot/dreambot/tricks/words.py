"""What people read of tricks. Pure functions: tricks in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dreambot import words
from dreambot.texts import Speech
from dreamqueue.tricks import Trick
from dreamqueue.tricks.measured import Lift, Measured

PAGE = 10
LOSSES = 12
"""Lines that are told of what a file lost."""
"""Tricks of one page."""
ORDERS = ("voted", "used", "newest", "reported")
REPORTED = "reported"
"""The order that is for moderators."""
TAG, AUTHOR = "tag-", "by-"
"""What the choice of a page begins with, if it is no order."""
REMIXES = 8
"""Remixes that are named."""


def line(trick: Trick, said: Speech, measured: Measured | None = None, *, reported: bool = False) -> str:
    """A trick in one line, with its measured lift in style where that is beyond chance."""
    counts = said.say("trick.counts", up=trick.up, down=trick.down, uses=trick.uses)
    about = f" — {words.plain(trick.about, 120)}" if trick.about else ""
    tags = "".join(f" #{words.plain(tag, 40)}" for tag in trick.tags)
    reports = f" · {said.say('trick.reports', count=trick.reports)}" if reported else ""
    lift = f" · **{measured.style.mean:+.2f}**" if measured and measured.style.certain else ""
    return f"`--{trick.name}` · {counts}{lift}{reports}{about}{tags}"


def chosen(known: Mapping[str, Trick], which: str) -> list[Trick]:
    """The tricks of a list in order: one of ORDERS (for reported hidden ones too), `tag-light`, `by-<id>`."""
    found = [trick for trick in known.values() if trick.state == "offered"]
    if which == REPORTED:
        found = [trick for trick in known.values() if trick.reports]
        return sorted(found, key=lambda trick: -trick.reports)
    if which.startswith(TAG):
        found = [trick for trick in found if which.removeprefix(TAG) in trick.tags]
    elif which.startswith(AUTHOR):
        found = [trick for trick in found if trick.author and trick.author.id == which.removeprefix(AUTHOR)]
    if which == "newest":
        return sorted(found, key=lambda trick: -trick.created)
    if which == "used":
        return sorted(found, key=lambda trick: (-trick.uses, -trick.score))
    return sorted(found, key=lambda trick: (-trick.score, -trick.uses))


def page(
    tricks: Sequence[Trick],
    number: int,
    which: str,
    said: Speech,
    measured: Mapping[str, Measured] | None = None,
) -> tuple[str, int]:
    """A page of a list and its number, the nearest that there is; pages begin at 1."""
    pages = max(1, -(-len(tricks) // PAGE))
    number = min(max(number, 1), pages)
    if not tricks:
        return said.say("trick.none"), 1
    found = measured or {}
    shown = [
        line(trick, said, found.get(trick.name), reported=which == REPORTED)
        for trick in tricks[(number - 1) * PAGE : number * PAGE]
    ]
    if which in ORDERS:
        what = said.say(f"trick.list-{which}")
    else:
        name = which.removeprefix(TAG) if which.startswith(TAG) else _author(tricks[0], said)
        what = said.say("trick.list-tag" if which.startswith(TAG) else "trick.list-by", name=name)
    head = f"**{what}** · {said.say('trick.page', page=number, pages=pages)}"
    return words.fit("\n".join([head, *shown, f"-# {said.say('trick.how')}"])), number


def shown(trick: Trick, known: Iterable[Trick], said: Speech, measured: Measured | None = None) -> str:
    """All that there is to say of a trick."""
    told = [f"**--{words.plain(trick.name)}** · {said.say('trick.version', version=trick.version)}"]
    if trick.state == "hidden":
        told.append(said.say("trick.is-hidden"))
    if trick.about:
        told.append(words.plain(trick.about, 200))
    for key, value in (("adds", trick.text), ("away", trick.negative), ("flags", trick.flags)):
        if value:
            told.append(said.say(f"trick.{key}", words=words.plain(value)))
    told.append(said.say("trick.counts", up=trick.up, down=trick.down, uses=trick.uses))
    if measured is not None:
        told.append(found_out(measured, trick, said))
    fine = [_by(trick, said)]
    if trick.parent:
        fine.append(said.say("trick.remix-of", name=f"`{trick.parent}`"))
    remixes = [f"`{one.name}`" for one in known if one.parent == trick.name and one.state == "offered"]
    if remixes:
        fine.append(said.say("trick.remixes", names=", ".join(remixes[:REMIXES])))
    fine += [f"#{words.plain(tag, 40)}" for tag in trick.tags]
    told.append(f"-# {' · '.join(fine)}")
    return words.fit("\n".join(told))


def found_out(measured: Measured, trick: Trick, said: Speech) -> str:
    """What a test of it found; `/trick test` says more."""

    def of(lift: Lift) -> str:
        return f"{lift.mean:+.3f}" + ("" if lift.certain else said.say("trials.maybe"))

    older = measured.version != trick.version
    return said.say(
        "trials.measured",
        backend=f"{measured.backend}/{measured.preset}" if measured.preset else measured.backend,
        style=of(measured.style),
        subject=of(measured.subject),
        pairs=measured.style.pairs,
        judge=measured.judge,
        date=f"<t:{measured.at:.0f}:d>",
        older=said.say("trials.older", version=measured.version) if older else "",
    )


def losses(lines: Sequence[str], most: int = LOSSES) -> str:
    """The first lines of what a file lost."""
    return "\n".join(f"-# {words.plain(loss, 200)}" for loss in lines[:most])


def _by(trick: Trick, said: Speech) -> str:
    if trick.author is None:
        return said.say("trick.shipped" if trick.shipped else "trick.by-nobody")
    return said.say("trick.by", name=_author(trick, said))


def _author(trick: Trick, said: Speech) -> str:
    return words.plain(trick.author.name, words.NAME_SHOWN) if trick.author else said.say("trick.somebody")
