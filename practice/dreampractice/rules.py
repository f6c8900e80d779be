"""Discord's numbers, in one place, so that a test can shorten an hour."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limit:
    """So many requests in so many seconds. Requests that share a name share the bucket."""

    name: str
    requests: int
    seconds: float


def _limits() -> dict[str, Limit]:
    rows = [
        Limit("send", 5, 5.0),
        Limit("edit", 5, 5.0),
        Limit("delete", 5, 1.0),
        Limit("webhook", 5, 2.0),
        Limit("reaction", 1, 0.25),
        Limit("typing", 5, 5.0),
        Limit("commands", 20, 20.0),
        Limit("threads", 5, 5.0),
        Limit("read", 50, 1.0),
    ]
    return {row.name: row for row in rows}


@dataclass(frozen=True)
class Rules:
    """What Discord allows. The values are Discord's own; tests inject shorter ones."""

    answer_within: float = 3.0
    """Seconds until an unanswered interaction is lost."""
    token_life: float = 900.0
    """Seconds an interaction's token lives."""
    old_message_after: float = 3600.0
    """Age in seconds from which edits of a message are counted (error 30046)."""
    old_message_edits: int = 5
    """Edits of an old message allowed per minute. Discord keeps its number to itself."""
    file_limit: int = 10 * 1024 * 1024
    """Bytes a file may have."""
    content_limit: int = 2000
    """Characters a message may have."""
    global_per_second: int = 50
    """Requests a bot may make in a second, interactions aside."""
    command_creates_per_day: int = 200
    """New commands per day and guild (error 30034)."""
    heartbeat: float = 41.25
    """Seconds between the heartbeats a client is told to send."""
    resume_window: int = 1000
    """Events kept for a client that resumes."""
    intents: tuple[str, ...] = ()
    """Privileged intents switched on for the application: members, presences, message_content."""
    limits: dict[str, Limit] = field(default_factory=_limits)
    """Rate limits by name."""
