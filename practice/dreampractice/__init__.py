"""A Discord on loopback, with a chat page: the demo, and the other side of the tests."""

from dreampractice.connect import point_discord_at
from dreampractice.options import CannotSend
from dreampractice.people import Person
from dreampractice.rules import Limit, Rules
from dreampractice.server import PracticeDiscord

__all__ = ["CannotSend", "Limit", "Person", "PracticeDiscord", "Rules", "point_discord_at"]
