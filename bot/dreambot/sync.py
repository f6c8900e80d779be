"""Tells Discord the commands, only when they changed: it takes 200 new ones a day."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any

import discord
from discord import app_commands
from redis.asyncio import Redis

from dreamqueue.store import SEASON_MS, queue_at_hand

log = logging.getLogger(__name__)


def key(application: int, guild: int | None) -> str:
    """Where the hash of the commands that Discord knows is kept."""
    return f"dream:commands-hash:{application}" + ("" if guild is None else f":{guild}")


async def commands_hash(tree: app_commands.CommandTree[Any], guild: discord.abc.Snowflake | None) -> str:
    """Changes with every change of a command, in any language."""
    told, commands = tree.translator, tree.get_commands(guild=guild)
    described = [
        await command.get_translated_payload(tree, told) if told else command.to_dict(tree)
        for command in commands
    ]
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


async def sync_commands(
    tree: app_commands.CommandTree[Any], redis: Redis, application: int, guild_id: int | None
) -> bool:
    """Send the commands if they are not those that Discord has; True if they were sent.

    The hash is believed only where Discord has commands of these names: somebody may have reset it.
    """
    guild = None if guild_id is None else discord.Object(guild_id)
    if guild is not None:
        tree.copy_global_to(guild=guild)
    new = await commands_hash(tree, guild)
    async with queue_at_hand():
        old = await redis.get(key(application, guild_id))
    names = {command.name for command in tree.get_commands(guild=guild)}
    if old == new.encode() and names == {known.name for known in await tree.fetch_commands(guild=guild)}:
        return False
    await tree.sync(guild=guild)
    async with queue_at_hand():
        await redis.set(key(application, guild_id), new, px=SEASON_MS)
    log.info("told Discord the commands: %s", ", ".join(sorted(names)))
    return True
