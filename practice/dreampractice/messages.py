"""A message and what can be read off it; every version of it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dreampractice.world import Channel, User

Json = dict[str, Any]

DEFAULT, REPLY, CHAT_COMMAND, CONTEXT_COMMAND = 0, 19, 20, 23
EPHEMERAL, LOADING, SUPPRESS_EMBEDS = 1 << 6, 1 << 7, 1 << 2
BUTTON, LINK = 2, 5


@dataclass(frozen=True)
class Attachment:
    """A file somebody sent."""

    id: str
    filename: str
    content: bytes = field(repr=False)
    content_type: str
    path: str
    """Where the CDN serves it."""
    width: int | None = None
    height: int | None = None
    description: str | None = None
    ephemeral: bool = False


@dataclass(frozen=True)
class Button:
    """A button as a person sees it."""

    label: str
    custom_id: str | None
    style: int
    disabled: bool
    url: str | None


@dataclass(frozen=True)
class Version:
    """What a message was at one time."""

    content: str
    embeds: tuple[Json, ...]
    attachments: tuple[Attachment, ...]
    components: tuple[Json, ...]
    flags: int
    at: float


@dataclass(eq=False)
class Message:
    """A message in a channel. `history` holds every version; the last is what stands now."""

    id: str
    channel: Channel
    author: User
    created: float
    type: int = DEFAULT
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    flags: int = 0
    edited: float | None = None
    mentions: list[User] = field(default_factory=list)
    """Whom it pings: mentioned in the text, and allowed to be."""
    mention_roles: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    reference: Message | None = None
    only_for: User | None = None
    """The one person who sees it, when it is ephemeral."""
    webhook_id: str | None = None
    interaction: Json | None = None
    """Discord's `interaction_metadata`, with the command's name."""
    nonce: str | int | None = None
    reactions: dict[str, list[User]] = field(default_factory=dict)
    history: list[Version] = field(default_factory=list)
    deleted: bool = False
    old_edits: list[float] = field(default_factory=list)

    @property
    def thinking(self) -> bool:
        """Whether it still says "… is thinking"."""
        return bool(self.flags & LOADING)

    @property
    def ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def text(self) -> str:
        """All words in it, embeds included: what a test looks through."""
        words = [self.content]
        for embed in self.embeds:
            words += [embed.get("title") or "", embed.get("description") or ""]
            words += [f"{row['name']}\n{row['value']}" for row in embed.get("fields", [])]
            words += [embed.get("author", {}).get("name", ""), embed.get("footer", {}).get("text", "")]
        return "\n".join(word for word in words if word)

    @property
    def parts(self) -> list[Json]:
        """Its buttons and menus, as Discord's component objects, without the rows."""
        return [part for row in self.components for part in row.get("components", [])]

    @property
    def buttons(self) -> list[Button]:
        """Its buttons."""
        return [
            Button(
                part.get("label") or (part.get("emoji") or {}).get("name") or "",
                part.get("custom_id"),
                part["style"],
                bool(part.get("disabled")),
                part.get("url"),
            )
            for part in self.parts
            if part["type"] == BUTTON
        ]

    @property
    def images(self) -> list[Attachment]:
        """Its attachments that are pictures."""
        return [file for file in self.attachments if file.content_type.startswith("image/")]

    def seen_by(self, user: User) -> bool:
        """Whether an ephemeral message is this person's (true for all other messages)."""
        return self.only_for is None or self.only_for is user

    def keep_version(self, at: float) -> None:
        """Add what it is now to its history."""
        self.history.append(
            Version(
                self.content,
                tuple(self.embeds),
                tuple(self.attachments),
                tuple(self.components),
                self.flags,
                at,
            )
        )
