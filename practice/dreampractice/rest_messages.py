"""REST: messages and reactions in channels, with the bot's own token."""

from __future__ import annotations

import time
from typing import Any

from dreampractice import errors, shapes, writing
from dreampractice.messages import REPLY, Message
from dreampractice.permissions import Permission
from dreampractice.rest import NOTHING, Call, Endpoint, Reply
from dreampractice.rest_places import place
from dreampractice.world import Channel, User

Json = dict[str, Any]
SAME_NONCE = 180.0
"""Seconds in which a second message of one nonce is the first one."""


def _shape(call: Call, message: Message) -> Json:
    return shapes.message(message, call.core.world, call.core.base)


def _message(call: Call, channel: Channel) -> Message:
    """The message of a call. To the bot's token ephemeral messages do not exist."""
    message = call.core.world.message(channel, call.params["message_id"])
    if message.only_for is not None:
        raise errors.unknown("Message")
    return message


def _needs(call: Call) -> Permission:
    needs = Permission(0)
    if call.body.json.get("embeds"):
        needs |= Permission.embed_links
    if call.body.files:
        needs |= Permission.attach_files
    return needs


async def create(call: Call) -> Reply:
    """Post a message."""
    channel = place(call, Permission.send_messages | _needs(call))
    bot = call.core.world.bot
    if call.body.json.get("enforce_nonce") and (sent := _sent(channel, bot, call.body.json.get("nonce"))):
        return Reply(_shape(call, sent))
    aim = call.body.json.get("message_reference")
    reference = None
    if aim:
        reference = channel.messages.get(str(aim["message_id"]))
        if reference is None and aim.get("fail_if_not_exists", True):
            raise errors.invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    kind = REPLY if reference else 0
    made = writing.compose(call.core, channel, bot, call.body, kind=kind, reference=reference)
    return Reply(_shape(call, made))


def _sent(channel: Channel, author: User, nonce: object) -> Message | None:
    """What was sent with this nonce in the past few minutes: Discord gives it back and posts nothing."""
    since = time.time() - SAME_NONCE
    newest = (message for message in reversed(channel.messages.values()) if message.author is author)
    return next((m for m in newest if nonce and m.nonce == nonce and m.created >= since), None)


async def read(call: Call) -> Reply:
    """One message."""
    return Reply(_shape(call, _message(call, place(call, Permission.read_message_history))))


async def read_many(call: Call) -> Reply:
    """Messages, newest first, around, before or after an id."""
    channel = place(call, Permission.read_message_history)
    limit = min(100, int(call.query.get("limit", "50")))
    rows = [row for row in channel.messages.values() if row.only_for is None]
    if "after" in call.query:
        rows = [row for row in rows if int(row.id) > int(call.query["after"])][:limit]
    elif "before" in call.query:
        rows = [row for row in rows if int(row.id) < int(call.query["before"])][-limit:]
    elif "around" in call.query:
        middle = int(call.query["around"])
        near = sorted(rows, key=lambda row: abs(int(row.id) - middle))[:limit]
        rows = sorted(near, key=lambda row: int(row.id))
    return Reply([_shape(call, row) for row in reversed(rows[-limit:])])


async def edit(call: Call) -> Reply:
    """Edit one of the bot's messages."""
    channel = place(call, _needs(call))
    message = _message(call, channel)
    if message.author is not call.core.world.bot:
        raise errors.not_the_author()
    count_old_edit(call, message)
    return Reply(_shape(call, writing.revise(call.core, message, call.body)))


def count_old_edit(call: Call, message: Message) -> None:
    """Messages older than an hour take few edits (30046)."""
    rules, now = call.core.rules, time.time()
    if now - message.created < rules.old_message_after:
        return
    message.old_edits = [at for at in message.old_edits if at > now - 60]
    if len(message.old_edits) >= rules.old_message_edits:
        raise errors.Refusal(
            429,
            30046,
            "Maximum number of edits to messages older than 1 hour reached. Try again later.",
            retry_after=round(message.old_edits[0] + 60 - now, 3),
        )
    message.old_edits.append(now)


async def delete(call: Call) -> Reply:
    """Delete a message; somebody else's needs Manage Messages."""
    message = _message(call, channel := place(call))
    world = call.core.world
    if message.author is not world.bot and not (
        world.permissions(world.bot, channel) & Permission.manage_messages
    ):
        raise errors.missing_permissions()
    writing.erase(call.core, message)
    return NOTHING


async def delete_many(call: Call) -> Reply:
    """Delete 2 to 100 messages at once."""
    channel = place(call, Permission.manage_messages)
    ids = call.body.json.get("messages") or []
    if not 2 <= len(ids) <= 100:
        raise errors.Refusal(400, 50016, "Provided too few or too many messages to delete.")
    for message_id in ids:
        message = channel.messages.get(str(message_id))
        if message is not None and message.only_for is None:
            writing.erase(call.core, message)
    return NOTHING


async def react(call: Call) -> Reply:
    """Add the bot's reaction."""
    channel = place(call, Permission.add_reactions | Permission.read_message_history)
    change_reaction(call, _message(call, channel), call.core.world.bot.id, add=True)
    return NOTHING


async def unreact(call: Call) -> Reply:
    """Take a reaction back: the bot's own, or (with Manage Messages) somebody's."""
    who = call.params.get("user_id", call.core.world.bot.id)
    own = who == call.core.world.bot.id
    channel = place(call, Permission(0) if own else Permission.manage_messages)
    change_reaction(call, _message(call, channel), who, add=False)
    return NOTHING


async def unreact_all(call: Call) -> Reply:
    """Remove all reactions from a message."""
    message = _message(call, place(call, Permission.manage_messages))
    for emoji, who in list(message.reactions.items()):
        if call.params.get("emoji", emoji) == emoji:
            for user in list(who):
                call.core.react(message, emoji, user, add=False)
    return NOTHING


async def reactors(call: Call) -> Reply:
    """Who reacted with an emoji."""
    message = _message(call, place(call))
    return Reply([shapes.user(who) for who in message.reactions.get(call.params["emoji"], [])])


def change_reaction(call: Call, message: Message, user_id: str, add: bool) -> None:
    """Add or take a reaction of a member."""
    member = call.core.world.members.get(user_id)
    if member is None:
        raise errors.unknown("User")
    call.core.react(message, call.params["emoji"], member.user, add)


_ONE = "/channels/{channel_id}/messages/{message_id}"
_EMOJI = _ONE + "/reactions/{emoji}"

ENDPOINTS = [
    Endpoint("POST", "/channels/{channel_id}/messages", create, "send"),
    Endpoint("GET", "/channels/{channel_id}/messages", read_many),
    Endpoint("POST", "/channels/{channel_id}/messages/bulk-delete", delete_many, "delete"),
    Endpoint("GET", _ONE, read),
    Endpoint("PATCH", _ONE, edit, "edit"),
    Endpoint("DELETE", _ONE, delete, "delete"),
    Endpoint("PUT", _EMOJI + "/@me", react, "reaction"),
    Endpoint("DELETE", _EMOJI + "/@me", unreact, "reaction"),
    Endpoint("DELETE", _EMOJI + "/{user_id}", unreact, "reaction"),
    Endpoint("GET", _EMOJI, reactors),
    Endpoint("DELETE", _EMOJI, unreact_all, "reaction"),
    Endpoint("DELETE", _ONE + "/reactions", unreact_all, "reaction"),
]
