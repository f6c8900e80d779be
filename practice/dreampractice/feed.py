"""What happens is told at once to everyone who listens: gateway sessions, pages, people in tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from dreampractice.messages import Message

T = TypeVar("T")


@dataclass(frozen=True)
class Change:
    """Something that happened."""

    kind: str
    """created, updated or deleted (a message), or: reaction, typing, commands, channel, member, role,
    thread, interaction"""
    message: Message | None = None
    data: dict[str, Any] = field(default_factory=dict)


Listener = Callable[[Change], None]


class Feed:
    """A list of listeners, called in order, synchronously, so that nobody misses a version."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each change from now on. Returns what stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, kind: str, message: Message | None = None, data: dict[str, Any] | None = None) -> None:
        """Tell everyone."""
        change = Change(kind, message, data or {})
        for listener in list(self._listeners):
            listener(change)

    async def wait(self, wanted: Callable[[Change], T | None], timeout: float) -> T:
        """The first thing `wanted` returns that is not None, of the changes from now on."""
        found: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def look(change: Change) -> None:
            if found.done():
                return
            try:
                answer = wanted(change)
            except Exception as error:  # the question's own mistake belongs to whoever asked it
                found.set_exception(error)
            else:
                if answer is not None:
                    found.set_result(answer)

        stop = self.listen(look)
        try:
            async with asyncio.timeout(timeout):
                return await found
        finally:
            stop()
