"""When a message may be edited: in turns, so that no edit waits with an outdated frame in it.

Whoever wants to edit asks for a turn, and looks for the newest frame when it has come. A channel gives
turns at least `GAP` seconds apart, so many jobs in one channel are each shown less often; it gives fewer
when Discord's headers say that the bucket runs dry, and none while it is empty. Endings go before frames.

All channels together are given a turn every `EVERYWHERE` seconds at most: with its own token, after a restart
or once those of interactions have died, a bot may make 50 requests a second in all, and answers to people
need some of them. No more than `MOST_UNDER_WAY` are under way at once, so that those which a slow road held
up and those of the second after it, which arrive together, are not too many either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import aiohttp

GAP = 1.05
"""Seconds between two edits in a channel."""

EVERYWHERE = 1 / 30
"""Seconds between two edits, whatever their channels."""
MOST_UNDER_WAY = 15
"""Edits that are not answered yet."""

_editing: ContextVar[int | None] = ContextVar("editing", default=None)


@dataclass
class _Waiter:
    turn: asyncio.Future[None]
    urgent: Callable[[], bool]


@dataclass
class _Channel:
    free_at: float = 0.0
    gap: float = 0.0
    waiting: list[_Waiter] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None
    ready: bool = False
    """Whether it only waits for the other channels."""

    @property
    def urgent(self) -> bool:
        """Whether an ending waits in it."""
        return any(waiter.urgent() for waiter in self.waiting)


class Pace:
    """Gives turns. One for the whole bot."""

    def __init__(self, gap: float = GAP, everywhere: float = EVERYWHERE) -> None:
        self.gap = gap
        self.everywhere = everywhere
        self._channels: dict[int, _Channel] = {}
        self._ready: list[_Channel] = []
        """Channels in which an edit may be made, in the order in which they became so."""
        self._free_at = 0.0
        self._under_way = 0
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, channel: int, urgent: Callable[[], bool] = lambda: False) -> None:
        """Wait until an edit may be made in a channel.

        First come, first served, save that those go first for whom `urgent` says so when a turn is given.
        """
        state = self._channels.setdefault(channel, _Channel(gap=self.gap))
        waiter = _Waiter(asyncio.get_running_loop().create_future(), urgent)
        state.waiting.append(waiter)
        self._set_timer(state)
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter in state.waiting:
                state.waiting.remove(waiter)
            raise

    def hear(self, channel: int, remaining: int, reset_after: float) -> None:
        """What Discord said about a channel: `remaining` edits in the next `reset_after` seconds."""
        state = self._channels.setdefault(channel, _Channel(gap=self.gap))
        state.gap = max(self.gap, reset_after / (remaining + 1))
        if remaining == 0:
            state.free_at = max(state.free_at, asyncio.get_running_loop().time() + reset_after)
            self._set_timer(state)

    @contextmanager
    def listening(self, channel: int) -> Iterator[None]:
        """Attribute the headers of the requests made inside to a channel, whatever their address."""
        before = _editing.set(channel)
        self._under_way += 1
        try:
            yield
        finally:
            _editing.reset(before)
            self._under_way -= 1
            if self._timer is None:
                self._give_turns()

    def trace(self) -> aiohttp.TraceConfig:
        """Ears for discord.py's HTTP session (`Client(http_trace=…)`)."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._on_request_end)
        return trace

    async def _on_request_end(
        self, session: aiohttp.ClientSession, context: object, params: aiohttp.TraceRequestEndParams
    ) -> None:
        channel = _editing.get()
        if channel is None:
            return
        headers = params.response.headers
        try:
            if params.response.status == 429:
                self.hear(channel, 0, float(headers["Retry-After"]))
            else:
                remaining = int(headers["X-RateLimit-Remaining"])
                self.hear(channel, remaining, float(headers["X-RateLimit-Reset-After"]))
        except (KeyError, ValueError):
            return  # not every reply has them

    def _set_timer(self, state: _Channel) -> None:
        if state.timer is not None:
            state.timer.cancel()
            state.timer = None
        if state.waiting and not state.ready:
            loop = asyncio.get_running_loop()
            state.timer = loop.call_at(max(state.free_at, loop.time()), self._is_ready, state)

    def _is_ready(self, state: _Channel) -> None:
        state.timer, state.ready = None, True
        self._ready.append(state)
        if self._timer is None:
            self._give_turns()

    def _give_turns(self) -> None:
        self._timer = None
        if not self._ready:
            return
        loop = asyncio.get_running_loop()
        while self._ready and self._under_way < MOST_UNDER_WAY:
            now = loop.time()
            if now < self._free_at:
                self._timer = loop.call_at(self._free_at, self._give_turns)
                return
            state = next((one for one in self._ready if one.urgent), self._ready[0])
            self._ready.remove(state)
            state.ready = False
            if self._give_turn(state, now):
                self._free_at = now + self.everywhere
            self._set_timer(state)

    @staticmethod
    def _give_turn(state: _Channel, now: float) -> bool:
        """Whether somebody took it."""
        if now < state.free_at or not state.waiting:
            return False
        waiter = next((one for one in state.waiting if one.urgent()), state.waiting[0])
        state.waiting.remove(waiter)
        if waiter.turn.done():
            return False
        waiter.turn.set_result(None)
        state.free_at = now + state.gap
        return True
