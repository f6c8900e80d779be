"""An engine that cannot go on: it hangs, its device is lost, or it met an error that it has no answer to."""

from __future__ import annotations


class EngineBroken(Exception):
    """What a painting gets when its engine cannot go on; another worker may paint it."""

    def __init__(self, why: str, blamed: bool = False) -> None:
        super().__init__(why)
        self.blamed = blamed
        """Whether the engine was at work on this painting when it broke, so that it may be the cause."""
