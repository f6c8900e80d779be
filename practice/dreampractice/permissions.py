"""Who may do what where, by Discord's order: everyone, roles, then the channel's overwrites."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntFlag


class Permission(IntFlag):
    """The permission bits this practice Discord knows, by discord.py's names."""

    administrator = 1 << 3
    manage_channels = 1 << 4
    manage_guild = 1 << 5
    add_reactions = 1 << 6
    view_channel = 1 << 10
    send_messages = 1 << 11
    manage_messages = 1 << 13
    embed_links = 1 << 14
    attach_files = 1 << 15
    read_message_history = 1 << 16
    mention_everyone = 1 << 17
    external_emojis = 1 << 18
    change_nickname = 1 << 26
    manage_roles = 1 << 28
    manage_webhooks = 1 << 29
    use_application_commands = 1 << 31
    manage_threads = 1 << 34
    create_public_threads = 1 << 35
    send_messages_in_threads = 1 << 38
    moderate_members = 1 << 40


EVERYTHING = Permission((1 << 53) - 1)

MEMBER = (
    Permission.view_channel
    | Permission.send_messages
    | Permission.embed_links
    | Permission.attach_files
    | Permission.read_message_history
    | Permission.add_reactions
    | Permission.external_emojis
    | Permission.change_nickname
    | Permission.use_application_commands
    | Permission.create_public_threads
    | Permission.send_messages_in_threads
)

BOT = MEMBER & ~Permission.change_nickname

MODERATOR = MEMBER | Permission.manage_messages | Permission.manage_threads | Permission.moderate_members


def named(names: Iterable[str]) -> Permission:
    """`("send_messages", "attach_files")` as bits."""
    bits = Permission(0)
    for name in names:
        bits |= Permission[name]
    return bits


def overwrite(base: Permission, allow: Permission, deny: Permission) -> Permission:
    """One overwrite on top of what was there: denials first, then what is allowed."""
    return (base & ~deny) | allow
