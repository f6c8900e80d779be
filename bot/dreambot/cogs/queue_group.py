"""`/queue` itself: the group that the commands about the queue are hung into, members' and moderators' alike.

A group has one default for all of its subcommands, and members use `/queue mine`: so nobody is kept from
seeing it, and what is a moderator's is checked at each press (`dreambot.moderation.moderators`).
"""

from discord import app_commands

QUEUE = app_commands.Group(name="queue", description="The queue: who waits, and for what", guild_only=True)
