"""The world as Discord's JSON. Absent and null differ: a key stands here exactly when Discord sends it."""

from __future__ import annotations

from typing import Any

from dreampractice.messages import Attachment, Message
from dreampractice.permissions import Permission
from dreampractice.snowflake import iso
from dreampractice.world import DIRECT, THREAD, Channel, Member, Role, User, World

Json = dict[str, Any]


def user(who: User) -> Json:
    """An account."""
    shape: Json = {
        "id": who.id,
        "username": who.name,
        "discriminator": "0000" if who.bot else "0",
        "global_name": None if who.bot else who.display,
        "avatar": None,
        "banner": None,
        "accent_color": None,
        "public_flags": 0,
        "flags": 0,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
    }
    if who.bot:
        shape |= {"bot": True, "username": who.display}
    return shape


def own_user(world: World) -> Json:
    """The bot as it sees itself."""
    more = {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None, "premium_type": 0}
    return user(world.bot) | more


def member_alone(who: Member) -> Json:
    """A membership without its user, as messages carry it."""
    return {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": iso(who.timeout_until) if who.timeout_until else None,
        "flags": 0,
        "joined_at": iso(who.joined),
        "nick": None,
        "pending": False,
        "premium_since": None,
        "roles": list(who.roles),
        "mute": False,
        "deaf": False,
    }


def member(who: Member) -> Json:
    """A membership."""
    return member_alone(who) | {"user": user(who.user)}


def role(what: Role) -> Json:
    """A role."""
    shape: Json = {
        "id": what.id,
        "name": what.name,
        "permissions": str(int(what.permissions)),
        "position": what.position,
        "color": what.color,
        "colors": {"primary_color": what.color, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": what.bot_id is not None,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    if what.bot_id is not None:
        shape["tags"] = {"bot_id": what.bot_id}
    return shape


def channel(world: World, place: Channel) -> Json:
    """A channel, thread or direct conversation."""
    last = next(reversed(place.messages), None)
    base: Json = {"id": place.id, "type": place.kind, "flags": 0, "last_message_id": last}
    if place.recipient is not None:
        return base | {"recipients": [user(place.recipient)]}
    base |= {"guild_id": world.guild_id, "name": place.name, "rate_limit_per_user": 0}
    base |= {"parent_id": place.parent_id}
    if place.kind == THREAD:
        return base | {
            "owner_id": place.owner_id,
            "thread_metadata": {
                "archived": place.archived,
                "archive_timestamp": iso(place.created),
                "auto_archive_duration": 1440,
                "locked": False,
                "create_timestamp": iso(place.created),
            },
            "message_count": len(place.messages),
            "member_count": 1,
            "total_message_sent": len(place.messages),
        }
    return base | {
        "topic": place.topic,
        "position": place.position,
        "nsfw": place.nsfw,
        "permission_overwrites": [
            {
                "id": target,
                "type": 0 if target in world.roles else 1,
                "allow": str(int(allow)),
                "deny": str(int(deny)),
            }
            for target, (allow, deny) in place.overwrites.items()
        ],
    }


def own_guild(world: World) -> Json:
    """The guild as it stands in the bot's list of guilds."""
    return {
        "id": world.guild_id,
        "name": world.guild_name,
        "icon": None,
        "banner": None,
        "owner": world.owner_id == world.bot.id,
        "permissions": str(int(world.guild_permissions(world.members[world.bot.id]))),
        "features": [],
    }


def guild(world: World) -> Json:
    """The guild."""
    return {
        "id": world.guild_id,
        "name": world.guild_name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": world.owner_id,
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 1,
        "roles": [role(one) for one in world.roles.values()],
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def application(world: World) -> Json:
    """The bot's application."""
    owner = world.members[world.owner_id].user
    return {
        "id": world.application_id,
        "name": world.bot.display,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user(world.bot),
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "bot_public": True,
        "bot_require_code_grant": False,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(owner),
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
    }


def attachment(file: Attachment, base: str) -> Json:
    """A file."""
    shape: Json = {
        "id": file.id,
        "filename": file.filename,
        "size": len(file.content),
        "url": base + file.path,
        "proxy_url": base + file.path,
        "content_type": file.content_type,
        "content_scan_version": 0,
    }
    if file.width is not None and file.height is not None:
        shape |= {"width": file.width, "height": file.height}
    if file.description is not None:
        shape["description"] = file.description
    if file.ephemeral:
        shape["ephemeral"] = True
    return shape


def message(what: Message, world: World, base: str, nested: bool = False) -> Json:
    """A message as REST returns it. `nested` leaves out what it replies to."""
    shown = {link for embed in what.embeds for link in _pictures(embed)}
    shape: Json = {
        "id": what.id,
        "type": what.type,
        "channel_id": what.channel.id,
        "author": user(what.author),
        "content": what.content,
        "timestamp": iso(what.created),
        "edited_timestamp": iso(what.edited) if what.edited is not None else None,
        "tts": False,
        "pinned": False,
        "flags": what.flags,
        "mentions": [user(who) for who in what.mentions],
        "mention_roles": list(what.mention_roles),
        "mention_everyone": what.mention_everyone,
        "attachments": [attachment(f, base) for f in what.attachments if base + f.path not in shown],
        "embeds": [dict(embed) for embed in what.embeds],
        "components": [dict(row) for row in what.components],
    }
    if what.webhook_id is not None:
        shape |= {"webhook_id": what.webhook_id, "application_id": world.application_id}
    if what.interaction is not None:
        name = what.interaction.get("name")
        shape["interaction_metadata"] = {k: v for k, v in what.interaction.items() if k != "name"}
        if name is not None:
            kept = {key: what.interaction[key] for key in ("id", "type", "user")}
            shape["interaction"] = kept | {"name": name}
    if what.nonce is not None:
        shape["nonce"] = what.nonce
    if what.reactions:
        shape["reactions"] = [_reaction(emoji, who, world) for emoji, who in what.reactions.items()]
    if what.reference is not None:
        shape["message_reference"] = {
            "type": 0,
            "channel_id": what.reference.channel.id,
            "message_id": what.reference.id,
            "guild_id": world.guild_id,
        }
        if not nested:
            gone = what.reference.deleted
            shape["referenced_message"] = None if gone else message(what.reference, world, base, True)
    return shape


def event_message(what: Message, world: World, base: str) -> Json:
    """A message as the gateway tells it: with guild and membership."""
    shape = message(what, world, base)
    shape["channel_type"] = what.channel.kind
    if what.channel.kind != DIRECT:
        shape["guild_id"] = world.guild_id
        if what.author.id in world.members and what.webhook_id is None:
            shape["member"] = member_alone(world.members[what.author.id])
    return shape


def interaction_member(who: Member, permissions: Permission) -> Json:
    """The member who acts, with what they may do here."""
    return member(who) | {"permissions": str(int(permissions))}


def _pictures(embed: Json) -> list[str]:
    return [embed[key]["url"] for key in ("image", "thumbnail") if embed.get(key, {}).get("url")]


def _reaction(emoji: str, who: list[User], world: World) -> Json:
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(who),
        "count_details": {"burst": 0, "normal": len(who)},
        "burst_colors": [],
        "me_burst": False,
        "me": world.bot in who,
    }
