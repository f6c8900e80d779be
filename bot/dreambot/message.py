"""The one message of a job, edited with the interaction's token while it lives, then with the bot's."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord

from dreambot.metrics import an_edit
from dreambot.pacing import Pace
from dreamqueue.job import Reply

TOKEN_LIFE = 14 * 60.0
"""Seconds for which an interaction's token is used. Discord forgets it after fifteen minutes."""

UNKNOWN_MESSAGE = 10008
UNKNOWN_CHANNEL = 10003
TOO_MANY_OLD_EDITS = 30046
OLD = 3600.0
"""Seconds after which Discord counts the edits of a message."""
OLD_GAP = 15.0
"""Seconds between two edits of such a message."""
REACHLESS = (aiohttp.ClientError, OSError, asyncio.TimeoutError)


@dataclass(frozen=True)
class Shown:
    """What a message shows."""

    content: str
    buttons: discord.ui.View | None = None
    files: Sequence[tuple[str, bytes]] | None = None
    """Names and contents of the attachments; None: as they are."""
    described: str = ""
    """What the pictures show, for those who cannot see them."""
    spoiler: bool = False
    """Whether they are hidden until somebody clicks, whatever who asked has set."""


class MessageGone(Exception):
    """The message cannot be edited any more."""

    def __init__(self, deleted: bool) -> None:
        self.deleted = deleted
        """True if somebody deleted it, or its channel; False if the bot was shut out."""
        super().__init__("the message was deleted" if deleted else "the channel is closed to me")


class TryLater(Exception):
    """Discord does not take the edit just now."""

    def __init__(self, why: object, at_least: float = 0.0) -> None:
        self.at_least = at_least
        """Seconds to wait."""
        super().__init__(str(why))


class JobMessage:
    """Edits one message and sorts out what can go wrong."""

    def __init__(
        self,
        client: discord.Client,
        pace: Pace,
        reply: Reply,
        interaction: discord.Interaction[Any] | None = None,
        token_life: float = TOKEN_LIFE,
    ) -> None:
        self.reply = reply
        self._pace = pace
        self._interaction = interaction
        self._token_ends = time.monotonic() + token_life
        self._channel = client.get_partial_messageable(reply.channel)
        self._message = self._channel.get_partial_message(reply.message)

    @property
    def is_old(self) -> bool:
        """Whether Discord counts its edits."""
        age = discord.utils.utcnow() - self._message.created_at
        return age.total_seconds() >= OLD

    async def edit(self, shown: Shown) -> None:
        """Show this. Raises MessageGone, TryLater, or HTTPException where neither will help."""
        try:
            with self._pace.listening(self.reply.channel), an_edit():
                await self._send(shown)
        except discord.Forbidden as error:
            raise MessageGone(deleted=False) from error
        except discord.NotFound as error:
            raise MessageGone(deleted=error.code in {UNKNOWN_MESSAGE, UNKNOWN_CHANNEL}) from error
        except discord.HTTPException as error:
            if error.status >= 500 or error.status == 429 or error.code == TOO_MANY_OLD_EDITS:
                raise TryLater(error, 30.0 if error.code == TOO_MANY_OLD_EDITS else 0.0) from error
            raise
        except REACHLESS as error:
            raise TryLater(repr(error)) from error

    async def answer(self, text: str, *, mention: int, nonce: str) -> None:
        """Post a message that answers this one and mentions one member. The same `nonce` is one message.

        Raises TryLater, or HTTPException where that will not help.
        """
        try:
            with self._pace.listening(self.reply.channel):
                await self._channel.send(
                    text,
                    reference=self._message.to_reference(fail_if_not_exists=False),
                    allowed_mentions=discord.AllowedMentions(
                        everyone=False, roles=False, users=[discord.Object(mention)], replied_user=False
                    ),
                    nonce=nonce,
                )
        except discord.HTTPException as error:
            if error.status >= 500 or error.status == 429:
                raise TryLater(error) from error
            raise
        except REACHLESS as error:
            raise TryLater(repr(error)) from error

    async def _send(self, shown: Shown) -> None:
        interaction = self._living_interaction()
        if interaction is not None:
            try:
                await interaction.edit_original_response(**self._parameters(shown))
                return
            except discord.HTTPException as error:
                token_is_dead = error.status == 401 or (
                    error.status == 404 and error.code not in {UNKNOWN_MESSAGE, UNKNOWN_CHANNEL}
                )
                if not token_is_dead:
                    raise
                self._interaction = None
        await self._message.edit(**self._parameters(shown))

    def _parameters(self, shown: Shown) -> dict[str, Any]:
        return as_parameters(shown, spoiler=self.reply.spoiler)

    def _living_interaction(self) -> discord.Interaction[Any] | None:
        if time.monotonic() >= self._token_ends:
            self._interaction = None
        return self._interaction


def as_parameters(shown: Shown, *, spoiler: bool = False) -> dict[str, Any]:
    """What `edit` takes to show this; pictures are hidden until somebody clicks if `spoiler`."""
    parameters: dict[str, Any] = {"content": shown.content, "view": shown.buttons}
    if shown.files is not None:
        parameters["attachments"] = as_files(shown, spoiler=spoiler)
    return parameters


def as_files(shown: Shown, *, spoiler: bool = False) -> list[discord.File]:
    """Its attachments, ready to be sent."""
    hidden = spoiler or shown.spoiler
    return [file(name, data, shown.described, hidden) for name, data in shown.files or ()]


def file(name: str, data: bytes, described: str = "", spoiler: bool = False) -> discord.File:
    """An attachment; a text is neither described nor hidden."""
    is_picture = not name.endswith(".txt")
    about = described if is_picture and described else None
    return discord.File(io.BytesIO(data), name, description=about, spoiler=spoiler and is_picture)
