"""Interactions: one answer within three seconds, and a token that lives fifteen minutes."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dreampractice import errors
from dreampractice.messages import Message
from dreampractice.rules import Rules
from dreampractice.world import Channel, Member, World

Json = dict[str, Any]
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
PONG, MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9

NO_ANSWER = "The application did not respond"
FAILED = "This interaction failed"


@dataclass(eq=False)
class Interaction:
    """Something a person did with the bot."""

    id: str
    token: str
    kind: int
    member: Member
    channel: Channel
    data: Json
    created: float
    message: Message | None = None
    """The message whose button or menu it was."""
    answer: int | None = None
    """The kind of callback that answered it."""
    original: Message | None = None
    """What `@original` stands for."""
    choices: list[Json] = field(default_factory=list)
    modal: Json | None = None
    failure: str | None = None
    """What the person reads when nothing came in time."""
    source: Interaction | None = None
    """For a filled dialog: the interaction that opened it."""
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is answered or lost."""


class Interactions:
    """All interactions, by id and token."""

    def __init__(self, world: World, rules: Rules, now: Callable[[], float] = time.time) -> None:
        self.now = now
        """The clock tokens die by; a test may set it forward."""
        self._world = world
        self._rules = rules
        self._by_id: dict[str, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}
        self._timers: set[asyncio.TimerHandle] = set()

    def begin(
        self,
        kind: int,
        member: Member,
        channel: Channel,
        data: Json,
        message: Message | None = None,
        source: Interaction | None = None,
    ) -> Interaction:
        """Somebody acts; the bot hears of it through the gateway, and the clock runs."""
        one = Interaction(
            self._world.ids.next(),
            secrets.token_urlsafe(48),
            kind,
            member,
            channel,
            data,
            self.now(),
            message,
            source=source,
        )
        self._by_id[one.id] = one
        self._by_token[one.token] = one
        loop = asyncio.get_running_loop()
        self._timers.add(loop.call_later(self._rules.answer_within, self._lost, one))
        self._world.feed.tell("interaction", data={"interaction": one, "state": "new"})
        return one

    def to_answer(self, interaction_id: str, token: str) -> Interaction:
        """The interaction a callback is for, if it may still be answered."""
        one = self._by_id.get(interaction_id)
        if one is None or one.token != token or one.failure or self._expired(one):
            raise errors.unknown("interaction")
        if one.answer is not None:
            raise errors.already_acknowledged()
        return one

    def by_token(self, application_id: str, token: str) -> Interaction:
        """The interaction a follow-up is for, while its token lives."""
        one = self._by_token.get(token)
        if one is None or application_id != self._world.application_id:
            raise errors.unknown("Webhook")
        if self._expired(one):
            raise errors.dead_token()
        if one.answer is None:
            raise errors.unknown("Webhook")
        return one

    def answered(self, one: Interaction, answer: int) -> None:
        """It got its answer."""
        one.answer = answer
        one.settled.set()
        self._world.feed.tell("interaction", data={"interaction": one, "state": "answered"})

    def close(self) -> None:
        """Stop all clocks."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _expired(self, one: Interaction) -> bool:
        return self.now() - one.created > self._rules.token_life

    def _lost(self, one: Interaction) -> None:
        self._timers = {timer for timer in self._timers if timer.when() > asyncio.get_running_loop().time()}
        if one.answer is None:
            one.failure = NO_ANSWER if one.kind in (COMMAND, AUTOCOMPLETE) else FAILED
            one.settled.set()
            self._world.feed.tell("interaction", data={"interaction": one, "state": "lost"})
