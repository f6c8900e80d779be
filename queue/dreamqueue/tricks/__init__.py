"""Tricks: style modifiers that a community finds, names and shares."""

from dreamqueue.tricks.drafting import drafted
from dreamqueue.tricks.files import Found, read_tricks, write_tricks
from dreamqueue.tricks.record import Trick, starters
from dreamqueue.tricks.shelf import TrickShelf, menu_of
from dreamqueue.tricks.store import TrickStore

__all__ = [
    "Found",
    "Trick",
    "TrickShelf",
    "TrickStore",
    "drafted",
    "menu_of",
    "read_tricks",
    "starters",
    "write_tricks",
]
