"""What all parts of the practice Discord share."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from dreampractice.commands import Commands
from dreampractice.interactions import Interactions
from dreampractice.limits import Limits
from dreampractice.messages import Attachment, Message
from dreampractice.rules import Rules
from dreampractice.world import User, World


@dataclass(frozen=True)
class Exchange:
    """One REST request and its reply, kept for tests and for the judge of traffic."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content_type: str
    body: Any
    files: tuple[str, ...]
    status: int
    reply_headers: dict[str, str]
    reply: Any


@dataclass
class Core:
    """The state, the rules, and what keeps them."""

    world: World
    rules: Rules
    token: str
    base: str = ""
    """The address this Discord is reached at, once it listens."""
    files: dict[str, Attachment] = field(default_factory=dict)
    """What the CDN serves, by path."""
    traffic: deque[Exchange] = field(default_factory=lambda: deque(maxlen=5000))
    dispatched: deque[tuple[str, Any]] = field(default_factory=lambda: deque(maxlen=5000))
    """The gateway's events, in order."""
    limits: Limits = field(init=False)
    commands: Commands = field(init=False)
    interactions: Interactions = field(init=False)

    def __post_init__(self) -> None:
        self.limits = Limits(self.rules)
        self.commands = Commands(self.world, self.rules)
        self.interactions = Interactions(self.world, self.rules)

    def react(self, message: Message, emoji: str, user: User, add: bool) -> None:
        """Add or take back a reaction."""
        who = message.reactions.setdefault(emoji, [])
        if add == (user in who):
            return
        if add:
            who.append(user)
        else:
            who.remove(user)
        if not who:
            del message.reactions[emoji]
        self.world.feed.tell("reaction", message, {"emoji": emoji, "user": user, "added": add})
