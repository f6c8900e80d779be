"""The state of the practice Discord: one guild with its roles, members and channels, and one bot."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from dreampractice import errors
from dreampractice.feed import Feed
from dreampractice.messages import Message
from dreampractice.permissions import BOT, EVERYTHING, MEMBER, MODERATOR, Permission, overwrite
from dreampractice.snowflake import Snowflakes

DAY = 86_400.0
TEXT, DIRECT, THREAD = 0, 1, 11
LOCALES = {"en-US": "English", "de": "Deutsch", "fr": "Français"}
"""Languages that a person's client can be set to here, three of Discord's thirty."""


@dataclass(eq=False)
class User:
    """An account, of a person or of the bot."""

    id: str
    name: str
    display: str
    bot: bool = False
    locale: str = "en-US"
    """The language of their client, which each interaction tells."""


@dataclass(eq=False)
class Role:
    """A role. The guild's own id is the role of everyone."""

    id: str
    name: str
    permissions: Permission
    position: int = 0
    color: int = 0
    bot_id: str | None = None


@dataclass(eq=False)
class Member:
    """A user in the guild."""

    user: User
    roles: list[str]
    joined: float
    timeout_until: float | None = None


@dataclass(eq=False)
class Channel:
    """A text channel, a thread of one, or the conversation of the bot with one person."""

    id: str
    name: str
    kind: int = TEXT
    topic: str | None = None
    position: int = 0
    parent_id: str | None = None
    owner_id: str | None = None
    recipient: User | None = None
    archived: bool = False
    nsfw: bool = False
    created: float = field(default_factory=time.time)
    overwrites: dict[str, tuple[Permission, Permission]] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)


class World:
    """Everything there is. Changes are told through `feed`."""

    def __init__(self, guild: str = "Alien Dreams practice", bot: str = "Alien Dreams") -> None:
        self.ids = Snowflakes()
        self.feed = Feed()
        self.started = time.time()
        long_ago = self.started - 400 * DAY
        self.guild_id = str(self.ids.at(long_ago))
        self.guild_name = guild
        self.roles: dict[str, Role] = {}
        self.members: dict[str, Member] = {}
        self.channels: dict[str, Channel] = {}
        self.bot = User(str(self.ids.at(long_ago) + 1), bot.lower().replace(" ", "-"), bot, bot=True)
        self.application_id = self.bot.id
        everyone = Role(self.guild_id, "@everyone", MEMBER)
        self.roles[everyone.id] = everyone
        self.bot_role = self.add_role(bot, BOT, color=0x57D9A3, bot_id=self.bot.id)
        self.members[self.bot.id] = Member(self.bot, [self.bot_role.id], long_ago)
        self.owner_id = self.bot.id

    def add_role(
        self, name: str, permissions: Permission = MEMBER, color: int = 0, bot_id: str | None = None
    ) -> Role:
        """A new role above the others."""
        role = Role(self.ids.next(), name, permissions, len(self.roles), color, bot_id)
        self.roles[role.id] = role
        self.feed.tell("role", data={"role": role})
        return role

    def add_person(
        self, name: str, roles: tuple[str, ...] = (), joined_days: float = 30.0, account_days: float = 365.0
    ) -> Member:
        """A new member, with the age of the account and of the membership."""
        user_id = str(self.ids.at(time.time() - account_days * DAY) + len(self.members) + 1)
        member = Member(
            User(user_id, name, name.capitalize()),
            [self.role(role).id for role in roles],
            time.time() - joined_days * DAY,
        )
        self.members[user_id] = member
        if self.owner_id == self.bot.id:
            self.owner_id = user_id
        self.feed.tell("member", data={"member": member})
        return member

    def add_channel(self, name: str, topic: str | None = None) -> Channel:
        """A new text channel that everyone sees."""
        channel = Channel(self.ids.next(), name, topic=topic, position=len(self.channels))
        self.channels[channel.id] = channel
        self.feed.tell("channel", data={"channel": channel, "new": True})
        return channel

    def role(self, name: str) -> Role:
        """A role by its name or id."""
        for role in self.roles.values():
            if name in (role.id, role.name):
                return role
        raise errors.unknown("Role")

    def member(self, name: str) -> Member:
        """A member by account name or id."""
        for member in self.members.values():
            if name in (member.user.id, member.user.name):
                return member
        raise errors.unknown("Member")

    def channel(self, name: str) -> Channel:
        """A channel or thread by id or name (with or without #)."""
        for channel in self.channels.values():
            if name.lstrip("#") in (channel.id, channel.name):
                return channel
        raise errors.unknown("Channel")

    def direct(self, user: User) -> Channel:
        """The bot's conversation with a person."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        channel = Channel(self.ids.next(), f"@{user.name}", DIRECT, recipient=user)
        self.channels[channel.id] = channel
        return channel

    def message(self, channel: Channel, message_id: str) -> Message:
        """A message that stands in a channel."""
        try:
            return channel.messages[message_id]
        except KeyError:
            raise errors.unknown("Message") from None

    def allow(self, channel: Channel, target: str, allow: Permission, deny: Permission) -> None:
        """Set a channel's overwrite for a role or member (by name or id)."""
        targets = {role.name: role.id for role in self.roles.values()}
        targets |= {member.user.name: member.user.id for member in self.members.values()}
        channel.overwrites[targets.get(target, target)] = (allow, deny)
        self.feed.tell("channel", data={"channel": channel, "new": False})

    def guild_permissions(self, member: Member) -> Permission:
        """What a member may do in the guild, before the channels' own rules."""
        if member.user.id == self.owner_id:
            return EVERYTHING
        bits = self.roles[self.guild_id].permissions
        for role in member.roles:
            bits |= self.roles[role].permissions
        return EVERYTHING if bits & Permission.administrator else bits

    def permissions(self, user: User, channel: Channel) -> Permission:
        """What a user may do in a channel."""
        if channel.kind == DIRECT:
            return MEMBER if user in (channel.recipient, self.bot) else Permission(0)
        member = self.members.get(user.id)
        if member is None:
            return Permission(0)
        bits = self.guild_permissions(member)
        if bits & Permission.administrator:
            return EVERYTHING
        place = self.channels[channel.parent_id] if channel.parent_id else channel
        nothing = (Permission(0), Permission(0))
        bits = overwrite(bits, *place.overwrites.get(self.guild_id, nothing))
        mine = [place.overwrites.get(role, nothing) for role in member.roles]
        allow, deny = Permission(0), Permission(0)
        for plus, minus in mine:
            allow, deny = allow | plus, deny | minus
        bits = overwrite(bits, allow, deny)
        bits = overwrite(bits, *place.overwrites.get(user.id, nothing))
        return bits if bits & Permission.view_channel else Permission(0)


def furnished(guild: str = "Alien Dreams practice", bot: str = "Alien Dreams") -> World:
    """The world a practice starts with: #art, #general, #mods; ada, bo, and the moderator mo."""
    world = World(guild, bot)
    moderator = world.add_role("moderator", MODERATOR, color=0xF0B232)
    for name in ("ada", "bo"):
        world.add_person(name)
    world.add_person("mo", roles=("moderator",))
    world.owner_id = world.add_person("owner").user.id
    world.add_channel("art", "Pictures, painted on our own GPUs")
    world.add_channel("general", "Everything else")
    mods = world.add_channel("mods", "For moderators")
    hidden = (Permission(0), Permission.view_channel)
    shown = (Permission.view_channel, Permission(0))
    mods.overwrites = {world.guild_id: hidden, moderator.id: shown, world.bot_role.id: shown}
    return world
