"""What whoever asks may take, from a community's rights: their own bounds, and those of where they ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from dreamconfig.rights import Bounds, Rights, RoleRights
from dreamqueue import bands
from dreamqueue.job import Cap
from dreamqueue.prompt import Limits

Found = TypeVar("Found", bound=Bounds)

BANDS = {"boosters": bands.BOOSTERS, "everyone": bands.EVERYONE}


@dataclass(frozen=True)
class Named:
    """Something of Discord's that the file may name by its id or its name."""

    id: str
    name: str


@dataclass(frozen=True)
class Share:
    """What one member may take where they ask."""

    caps: Sequence[Cap]
    band: int = bands.EVERYONE
    weight: float = 1.0
    steps: int | None = None
    pixels: int | None = None

    def within(self, limits: Limits) -> Limits:
        """The limits of a prompt, where these are narrower."""
        return replace(
            limits,
            max_steps=_least([limits.max_steps, self.steps]) or limits.max_steps,
            max_pixels=_least([limits.max_pixels, self.pixels]) or limits.max_pixels,
        )


def share_of(
    rights: Rights,
    member: str,
    roles: Iterable[Named] = (),
    channel: Named | None = None,
    server: Named | None = None,
    waiting: int | None = None,
) -> Share:
    """What a member may take. `waiting` is how many jobs may wait where the rights say nothing of that.

    Of the member's roles the most generous counts in each respect; a role without a number leaves everyone's.
    What a channel or a server may take is shared by all who ask there.
    """
    mine = [found for role in roles if (found := _find(rights.roles, role)) is not None]
    own = _most(rights.everyone, mine)
    if own.waiting is None:
        own = own.model_copy(update={"waiting": waiting})
    places = [
        (f"{kind}:{place.id}", f"this {kind}", bounds)
        for kind, place, table in (("channel", channel, rights.channels), ("server", server, rights.servers))
        if place is not None and (bounds := _find(table, place)) is not None
    ]
    narrow = [own, *(bounds for _, _, bounds in places)]
    return Share(
        caps=[
            _cap(f"member:{member}", "yours", own),
            *(_cap(scope, whose, bounds) for scope, whose, bounds in places),
        ],
        band=min((BANDS[role.band] for role in mine), default=bands.EVERYONE),
        weight=max((role.weight for role in mine), default=1.0),
        steps=_least([bounds.steps for bounds in narrow]),
        pixels=_least([bounds.pixels for bounds in narrow]),
    )


def _find(table: Mapping[str, Found], what: Named) -> Found | None:
    return table.get(what.id, table.get(what.name))


def _most(everyone: Bounds, roles: Sequence[RoleRights]) -> Bounds:
    generous = {}
    for name in Bounds.model_fields:
        own = getattr(everyone, name)
        theirs = [value for role in roles if (value := getattr(role, name)) is not None]
        generous[name] = own if not theirs else max([*theirs, *([] if own is None else [own])])
    return Bounds.model_validate(generous)


def _cap(scope: str, whose: str, bounds: Bounds) -> Cap:
    minutes = bounds.minutes_a_day
    return Cap(
        scope=scope,
        whose=whose,
        waiting=bounds.waiting,
        running=bounds.running,
        seconds_a_day=None if minutes is None else 60 * minutes,
    )


def _least(values: Sequence[int | None]) -> int | None:
    return min((value for value in values if value is not None), default=None)
