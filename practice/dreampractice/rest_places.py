"""REST: the bot itself, the guild, its members, roles and channels."""

from __future__ import annotations

import time
from typing import Any

from dreampractice import errors, shapes
from dreampractice.permissions import Permission
from dreampractice.rest import NOTHING, Call, Endpoint, Reply
from dreampractice.world import DIRECT, THREAD, Channel

Json = dict[str, Any]


def place(call: Call, needs: Permission = Permission.view_channel) -> Channel:
    """The channel of a call, if the bot may do there what it is about to do."""
    world = call.core.world
    try:
        channel = world.channels[call.params["channel_id"]]
    except KeyError:
        raise errors.unknown("Channel") from None
    have = world.permissions(world.bot, channel)
    if not have & Permission.view_channel:
        raise errors.missing_access()
    if channel.kind == THREAD and needs & Permission.send_messages:
        needs = (needs & ~Permission.send_messages) | Permission.send_messages_in_threads
    if have & needs != needs:
        raise errors.missing_permissions()
    return channel


def _guild(call: Call) -> None:
    if call.params["guild_id"] != call.core.world.guild_id:
        raise errors.unknown("Guild")


async def gateway(call: Call) -> Reply:
    """Where the gateway is."""
    return Reply({"url": call.core.base.replace("http", "ws", 1) + "/gateway"})


async def gateway_bot(call: Call) -> Reply:
    """Where the gateway is, and how many sessions may still be started."""
    limit = {"total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1}
    base = (await gateway(call)).data
    return Reply(base | {"shards": 1, "session_start_limit": limit})


async def me(call: Call) -> Reply:
    """The bot's own account."""
    return Reply(shapes.own_user(call.core.world))


async def my_guilds(call: Call) -> Reply:
    """The servers that the bot is in, and what it may do there."""
    world = call.core.world
    if int(call.query.get("after", "0")) >= int(world.guild_id):
        return Reply([])
    return Reply([shapes.own_guild(world)])


async def application(call: Call) -> Reply:
    """The bot's application."""
    return Reply(shapes.application(call.core.world))


async def user(call: Call) -> Reply:
    """Any account of this world."""
    member = call.core.world.members.get(call.params["user_id"])
    if member is None:
        raise errors.unknown("User")
    return Reply(shapes.user(member.user))


async def open_direct(call: Call) -> Reply:
    """The bot's conversation with a person."""
    world = call.core.world
    member = world.members.get(str(call.body.json.get("recipient_id")))
    if member is None or member.user.bot:
        raise errors.unknown("User")
    return Reply(shapes.channel(world, world.direct(member.user)))


async def guild(call: Call) -> Reply:
    """The guild."""
    _guild(call)
    world = call.core.world
    counts: Json = {}
    if call.query.get("with_counts", "").lower() in ("1", "true"):
        counts = {
            "approximate_member_count": len(world.members),
            "approximate_presence_count": len(world.members),
        }
    return Reply(shapes.guild(world) | counts)


async def channels(call: Call) -> Reply:
    """The guild's channels, without threads."""
    _guild(call)
    world = call.core.world
    rows = [c for c in world.channels.values() if c.kind not in (DIRECT, THREAD)]
    return Reply([shapes.channel(world, row) for row in rows])


async def roles(call: Call) -> Reply:
    """The guild's roles."""
    _guild(call)
    return Reply([shapes.role(role) for role in call.core.world.roles.values()])


async def members(call: Call) -> Reply:
    """The guild's members, after an id."""
    _guild(call)
    if "members" not in call.core.rules.intents:
        raise errors.missing_access()
    after, limit = int(call.query.get("after", "0")), int(call.query.get("limit", "1"))
    rows = sorted(call.core.world.members.values(), key=lambda member: int(member.user.id))
    return Reply([shapes.member(row) for row in rows if int(row.user.id) > after][:limit])


async def member(call: Call) -> Reply:
    """One member."""
    _guild(call)
    found = call.core.world.members.get(call.params["user_id"])
    if found is None:
        raise errors.unknown("Member")
    return Reply(shapes.member(found))


async def channel(call: Call) -> Reply:
    """A channel the bot can see."""
    return Reply(shapes.channel(call.core.world, place(call)))


async def edit_channel(call: Call) -> Reply:
    """Rename a channel; close or open a thread."""
    found = place(call)
    world = call.core.world
    have = world.permissions(world.bot, found)
    mine = found.kind == THREAD and found.owner_id == world.bot.id
    needed = Permission.manage_threads if found.kind == THREAD else Permission.manage_channels
    if not mine and not have & needed:
        raise errors.missing_permissions()
    changes = call.body.json
    found.name = changes.get("name", found.name)
    found.topic = changes.get("topic", found.topic)
    found.archived = changes.get("archived", found.archived)
    world.feed.tell("thread" if found.kind == THREAD else "channel", data={"channel": found, "new": False})
    return Reply(shapes.channel(world, found))


async def typing(call: Call) -> Reply:
    """The bot is typing."""
    found = place(call, Permission.send_messages)
    data = {"channel": found, "user": call.core.world.bot, "at": int(time.time())}
    call.core.world.feed.tell("typing", data=data)
    return NOTHING


async def start_thread(call: Call) -> Reply:
    """A thread of a channel, or of a message in it."""
    parent = place(call, Permission.create_public_threads)
    world = call.core.world
    start = call.params.get("message_id")
    if start is not None:
        world.message(parent, start)
    thread = Channel(
        start or world.ids.next(),
        str(call.body.json.get("name") or "thread"),
        THREAD,
        parent_id=parent.id,
        owner_id=world.bot.id,
    )
    world.channels[thread.id] = thread
    world.feed.tell("thread", data={"channel": thread, "new": True})
    return Reply(shapes.channel(world, thread), 201)


async def join_thread(call: Call) -> Reply:
    """Add somebody to a thread. Membership of threads is not kept."""
    place(call)
    return NOTHING


ENDPOINTS = [
    Endpoint("GET", "/gateway", gateway, secret=False),
    Endpoint("GET", "/gateway/bot", gateway_bot),
    Endpoint("GET", "/users/@me", me),
    Endpoint("GET", "/users/@me/guilds", my_guilds),
    Endpoint("GET", "/users/{user_id}", user),
    Endpoint("POST", "/users/@me/channels", open_direct),
    Endpoint("GET", "/applications/@me", application),
    Endpoint("GET", "/oauth2/applications/@me", application),
    Endpoint("GET", "/guilds/{guild_id}", guild),
    Endpoint("GET", "/guilds/{guild_id}/channels", channels),
    Endpoint("GET", "/guilds/{guild_id}/roles", roles),
    Endpoint("GET", "/guilds/{guild_id}/members", members),
    Endpoint("GET", "/guilds/{guild_id}/members/{user_id}", member),
    Endpoint("GET", "/channels/{channel_id}", channel),
    Endpoint("PATCH", "/channels/{channel_id}", edit_channel, "threads"),
    Endpoint("POST", "/channels/{channel_id}/typing", typing, "typing"),
    Endpoint("POST", "/channels/{channel_id}/threads", start_thread, "threads"),
    Endpoint("POST", "/channels/{channel_id}/messages/{message_id}/threads", start_thread, "threads"),
    Endpoint("PUT", "/channels/{channel_id}/thread-members/{user_id}", join_thread, "threads"),
]
