"""What all servers of a bot share, and a warning where the moderators of each of them hold it."""

from __future__ import annotations

from dreamconfig.rights import Rights


def warning(rights: Rights, servers: int) -> str | None:
    """What to tell whoever runs the bot, which is in so many servers; None if nothing is amiss."""
    if servers < 2 or rights.moderators.servers:
        return None
    return (
        f"the bot is in {servers} servers, and the moderators of each may pause the queue, keep word rules "
        "and rename tricks of all: name in DREAM_RIGHTS whose may, [moderators] servers (docs/MODERATORS.md)"
    )
