"""What the gateway tells the bot about a change."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntFlag
from typing import Any

from dreampractice import shapes
from dreampractice.core import Core
from dreampractice.feed import Change
from dreampractice.interactions import Interaction
from dreampractice.messages import Message
from dreampractice.permissions import Permission
from dreampractice.snowflake import iso
from dreampractice.world import DIRECT, Channel

Json = dict[str, Any]


class Intent(IntFlag):
    """The intents that decide here what a session hears."""

    guilds = 1 << 0
    members = 1 << 1
    presences = 1 << 8
    guild_messages = 1 << 9
    guild_reactions = 1 << 10
    guild_typing = 1 << 11
    dm_messages = 1 << 12
    dm_reactions = 1 << 13
    dm_typing = 1 << 14
    message_content = 1 << 15


PRIVILEGED = Intent.members | Intent.presences | Intent.message_content


def guild_create(core: Core, intents: int) -> Json:
    """The guild as a session first sees it."""
    world = core.world
    guild = shapes.guild(world)
    seen = [c for c in world.channels.values() if c.kind != DIRECT]
    members = [m for m in world.members.values() if intents & Intent.members or m.user is world.bot]
    return guild | {
        "joined_at": iso(world.members[world.bot.id].joined),
        "large": False,
        "unavailable": False,
        "member_count": len(world.members),
        "members": [shapes.member(member) for member in members],
        "channels": [shapes.channel(world, c) for c in seen if c.kind == 0],
        "threads": [shapes.channel(world, c) for c in seen if c.kind == 11 and not c.archived],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
        "hub_type": None,
        "emojis": [],
    }


def of(core: Core, change: Change, intents: int) -> Iterator[tuple[str, Json]]:
    """The events a session with these intents gets for a change."""
    message = change.message
    if message is not None:
        if message.only_for is None and _sees(core, message.channel):
            yield from _of_message(core, change, message, intents)
    elif change.kind == "interaction":
        if change.data["state"] == "new":
            yield "INTERACTION_CREATE", interaction(core, change.data["interaction"])
    elif change.kind == "typing":
        if change.data["user"] is not core.world.bot and intents & Intent.guild_typing:
            channel: Channel = change.data["channel"]
            yield (
                "TYPING_START",
                {
                    "channel_id": channel.id,
                    "guild_id": core.world.guild_id,
                    "user_id": change.data["user"].id,
                    "timestamp": change.data["at"],
                    "member": shapes.member(core.world.members[change.data["user"].id]),
                },
            )
    elif intents & Intent.guilds:
        yield from _of_place(core, change, intents)


def _of_place(core: Core, change: Change, intents: int) -> Iterator[tuple[str, Json]]:
    world = core.world
    if change.kind in ("channel", "thread"):
        event = f"{change.kind.upper()}_{'CREATE' if change.data['new'] else 'UPDATE'}"
        yield event, shapes.channel(world, change.data["channel"])
    elif change.kind == "role":
        role = shapes.role(change.data["role"])
        yield "GUILD_ROLE_CREATE", {"guild_id": world.guild_id, "role": role}
    elif change.kind == "member" and intents & Intent.members:
        shape = shapes.member(change.data["member"])
        yield "GUILD_MEMBER_ADD", shape | {"guild_id": world.guild_id}


def _of_message(core: Core, change: Change, message: Message, intents: int) -> Iterator[tuple[str, Json]]:
    direct = message.channel.kind == DIRECT
    where: Json = {"channel_id": message.channel.id}
    if not direct:
        where["guild_id"] = core.world.guild_id
    if change.kind == "reaction":
        if intents & (Intent.dm_reactions if direct else Intent.guild_reactions):
            yield _reaction(core, change, message, where)
        return
    if not intents & (Intent.dm_messages if direct else Intent.guild_messages):
        return
    if change.kind == "deleted":
        yield "MESSAGE_DELETE", where | {"id": message.id}
        return
    shape = shapes.event_message(message, core.world, core.base)
    bot = core.world.bot
    if not (intents & Intent.message_content or direct or message.author is bot or bot in message.mentions):
        shape |= {"content": "", "embeds": [], "attachments": [], "components": []}
    yield ("MESSAGE_CREATE" if change.kind == "created" else "MESSAGE_UPDATE"), shape


def _reaction(core: Core, change: Change, message: Message, where: Json) -> tuple[str, Json]:
    user = change.data["user"]
    shape = where | {
        "user_id": user.id,
        "message_id": message.id,
        "emoji": {"id": None, "name": change.data["emoji"]},
        "burst": False,
        "type": 0,
    }
    if not change.data["added"]:
        return "MESSAGE_REACTION_REMOVE", shape
    if "guild_id" in where:
        shape["member"] = shapes.member(core.world.members[user.id])
    return "MESSAGE_REACTION_ADD", shape | {"message_author_id": message.author.id, "burst_colors": []}


def _sees(core: Core, channel: Channel) -> bool:
    return bool(core.world.permissions(core.world.bot, channel) & Permission.view_channel)


def interaction(core: Core, one: Interaction) -> Json:
    """INTERACTION_CREATE."""
    world = core.world
    theirs = world.permissions(one.member.user, one.channel)
    ours = world.permissions(world.bot, one.channel)
    place = shapes.channel(world, one.channel) | {"permissions": str(int(theirs))}
    shape: Json = {
        "id": one.id,
        "application_id": world.application_id,
        "type": one.kind,
        "data": one.data,
        "guild_id": world.guild_id,
        "guild": {"id": world.guild_id, "locale": "en-US", "features": []},
        "channel_id": one.channel.id,
        "channel": place,
        "member": shapes.interaction_member(one.member, theirs),
        "token": one.token,
        "version": 1,
        "app_permissions": str(int(ours)),
        "locale": one.member.user.locale,
        "guild_locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": {"0": world.guild_id},
        "context": 0,
        "attachment_size_limit": core.rules.file_limit,
    }
    if one.message is not None:
        shape["message"] = shapes.message(one.message, world, core.base)
    return shape
