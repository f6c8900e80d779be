"""Who is at work in this thread: the models it takes are theirs until they let go (`dreamrender.residents`).

A new thread has no one at work in it; start it by `contextvars.copy_context().run` to work for the same ones.
"""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Iterator
from contextvars import ContextVar
from itertools import chain

from dreamqueue.logs import about

_at_work: ContextVar[tuple[Hashable, ...]] = ContextVar("at_work", default=())


@contextlib.contextmanager
def holding(*by: Hashable) -> Iterator[None]:
    """Models that are taken within are held by all of them, beyond the end of the block.

    What is logged within is about the jobs of those that have `jobs`.
    """
    before = _at_work.set((*_at_work.get(), *by))
    try:
        with about(*chain.from_iterable(getattr(one, "jobs", ()) for one in by)):
            yield
    finally:
        _at_work.reset(before)


def holders() -> tuple[Hashable, ...]:
    """Those at work here."""
    return _at_work.get()
