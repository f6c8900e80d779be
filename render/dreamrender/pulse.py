"""What the engine's thread is doing and since when, so that one outside can tell whether it hangs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dreamrender.painting import Painting


@dataclass(frozen=True)
class Beat:
    """One thing that the engine does before it looks up again."""

    what: str
    """As a log line can say it: "a step"."""
    since: float
    """When it was begun, or went on after something within it, by `time.monotonic`."""
    paintings: tuple[Painting, ...]
    """Those for which it is done."""
    loads: bool
    """Whether it may load models, which takes longer than a step."""

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self.since


class Pulse:
    """Written by the engine's thread, read by anyone."""

    def __init__(self) -> None:
        self.beat: Beat | None = None
        """What is being done just now; None while the engine waits for work."""
        self._broke_off: tuple[BaseException, Beat] | None = None

    @contextlib.contextmanager
    def doing(self, what: str, *paintings: Painting, loads: bool = False) -> Iterator[None]:
        """Inside, the engine does this for these paintings."""
        before, beat = self.beat, Beat(what, time.monotonic(), paintings, loads)
        self.beat = beat
        try:
            yield
        except BaseException as error:
            if self._broke_off is None or self._broke_off[0] is not error:
                self._broke_off = error, beat
            raise
        finally:
            self.beat = before and replace(before, since=time.monotonic())

    def during(self, error: BaseException) -> Beat | None:
        """What was being done when this error came up, if anything was."""
        return self._broke_off[1] if self._broke_off and self._broke_off[0] is error else None
