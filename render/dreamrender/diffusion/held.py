"""Somebody else's loop, in a thread of its own, run a stretch at a time.

A pipeline of diffusers owns its loop; the engine owns all loops. Here the pipeline runs until it calls
`rest`, and stays there until it is told to go on, so that to the engine it is one step a turn like any other.
At no time do both run.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

import torch

Made = TypeVar("Made")
Rest = Callable[[], None]
"""Called within the loop: returns when it is to go on."""


class LetGo(BaseException):
    """Raised out of `rest` when nobody waits for the loop any more.

    No Exception, so that a pipeline that recovers from errors does not recover from this.
    """


class Held(Generic[Made]):
    """`work(rest)`, held. The thread begins with the first `go` and ends with the work, with `close`, or when
    this object is collected: so the work must not refer to it."""

    def __init__(self, work: Callable[[Rest], Made]) -> None:
        self._rope: _Rope[Made] = _Rope()
        self.thread = threading.Thread(target=_run, args=(self._rope, work), name="driven", daemon=True)
        """Daemon, so that a process that ends while it is held ends."""
        weakref.finalize(self, self._rope.let_go)

    @property
    def ended(self) -> bool:
        """Whether the work has returned, has raised, or was closed."""
        return self._rope.ended

    @property
    def made(self) -> Made | None:
        """What the work has returned."""
        return self._rope.made

    def go(self) -> None:
        """Let it run to its next rest or its end. Raises what it raised. After its end this does nothing."""
        if self.ended:
            return
        if self.thread.ident is None:
            self.thread.start()
        else:
            self._rope.onward.release()
        self._rope.back.acquire()
        if self.ended:
            self.thread.join()
            error, self._rope.error = self._rope.error, None
            if error is not None:
                raise error

    def close(self) -> None:
        """End it where it rests; returns when its thread has ended."""
        self._rope.let_go()
        if self.thread.ident is not None:
            self.thread.join()
        self._rope.ended = True


class _Rope(Generic[Made]):
    """What the thread and its holder share."""

    def __init__(self) -> None:
        self.onward = threading.Semaphore(0)
        self.back = threading.Semaphore(0)
        self.gone = False
        self.ended = False
        self.made: Made | None = None
        self.error: BaseException | None = None

    def let_go(self) -> None:
        self.gone = True
        self.onward.release()

    def rest(self) -> None:
        if not self.gone:
            self.back.release()
            self.onward.acquire()
        if self.gone:
            raise LetGo


def _run(rope: _Rope[Made], work: Callable[[Rest], Made]) -> None:
    try:
        with torch.no_grad():  # a thread begins with its own state, whatever its starter's is
            rope.made = work(rope.rest)
    except LetGo:
        pass
    except BaseException as error:
        rope.error = error
    finally:
        rope.ended = True
        rope.back.release()
