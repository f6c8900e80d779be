"""Tricks: style modifiers that a community finds, names and shares."""

from dreamqueue.tricks.drafting import drafted
from dreamqueue.tricks.record import Trick, starters
from dreamqueue.tricks.store import TrickStore

__all__ = ["Trick", "TrickStore", "drafted", "starters"]
