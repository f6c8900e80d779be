"""What moderators read of sanctions. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from dreambot.texts import Speech
from dreambot.words import NAME_SHOWN, fit, plain
from dreamqueue.sanctions import Bar, Limit

PAGE = 10
WHY = 120


def imposed(member: str, sanction: Bar | Limit, said: Speech) -> str:
    """It was laid on a member (a mention)."""
    if isinstance(sanction, Limit):
        return said.say("mod.limited", member=member, limit=sanction.in_words, ends=ends(sanction, said))
    return said.say("mod.blocked", member=member, ends=ends(sanction, said))


def ends(sanction: Bar | Limit, said: Speech) -> str:
    """When it ends."""
    if sanction.until is None:
        return said.say("mod.for-good")
    return said.say("mod.until", time=f"<t:{sanction.until:.0f}:f>")


def page(found: Sequence[tuple[str, Bar | Limit]], number: int, said: Speech) -> str:
    """A page of them."""
    these = found[number * PAGE :][:PAGE]
    if not these:
        return said.say("mod.nobody")
    first = number * PAGE + 1
    head = said.say("mod.page", first=first, last=first + len(these) - 1, total=len(found))
    return fit("\n".join([head, *(_line(member, one, said) for member, one in these)]))


def _line(member: str, sanction: Bar | Limit, said: Speech) -> str:
    what = sanction.in_words if isinstance(sanction, Limit) else said.say("mod.bar")
    by = said.say("mod.by", by=plain(sanction.by.name, NAME_SHOWN), time=f"<t:{sanction.since:.0f}:R>")
    why = [plain(sanction.why, WHY)] if sanction.why else []
    return " · ".join([f"<@{member}> {what}", ends(sanction, said), by, *why])
