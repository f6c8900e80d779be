"""The one place where errors become answers: a DreamError is shown, anything else gets an incident id."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
from discord import app_commands

from dreambot import words
from dreambot.texts import Speech, speech
from dreamqueue.errors import DreamError

log = logging.getLogger(__name__)

UNKNOWN_INTERACTION = 10062
ALREADY_ANSWERED = 40060
UNANSWERABLE = (discord.HTTPException, aiohttp.ClientError, OSError, RuntimeError)
"""What an answer may fail with; RuntimeError is aiohttp's word for a session closed by a shutdown."""


@asynccontextmanager
async def answering(interaction: discord.Interaction[Any]) -> AsyncIterator[None]:
    """Whatever is raised inside is answered, to nobody but the member who asked."""
    try:
        yield
    except Exception as error:
        await answer(interaction, error)


async def answer(interaction: discord.Interaction[Any], error: Exception) -> bool:
    """Tell a member what went wrong. False if Discord could not be reached to say it."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    if isinstance(cause, discord.NotFound) and cause.code == UNKNOWN_INTERACTION:
        log.warning("Discord had given up on interaction %s when I answered it", interaction.id)
        return True
    if isinstance(cause, discord.HTTPException) and cause.code == ALREADY_ANSWERED:
        log.warning("interaction %s was answered before; it came twice", interaction.id)
        return True
    try:
        await whisper(interaction, explain(cause, speech(interaction.locale)))
    except UNANSWERABLE as failure:
        log.warning("could not answer interaction %s: %s", interaction.id, failure)
        return False
    return True


def explain(error: BaseException, said: Speech | None = None) -> str:
    """What may be said about an error. One that nobody foresaw is logged under the id that is told."""
    if isinstance(error, DreamError):
        return words.fit(str(error))
    incident = secrets.token_hex(4)
    log.error("incident %s", incident, exc_info=error, extra={"incident": incident})
    return (said or speech()).say("ask.incident", incident=incident)


async def whisper(interaction: discord.Interaction[Any], text: str) -> None:
    """Say something to the member who asked and to nobody else, whatever was answered before."""
    response = interaction.response
    if not response.is_done():
        await response.send_message(text, ephemeral=True)
        return
    thinks = response.type is discord.InteractionResponseType.deferred_channel_message
    if thinks:
        # The first follow-up would take the place of the public "thinking …" and be as public.
        await interaction.edit_original_response(content="…")
    await interaction.followup.send(text, ephemeral=True)
    if thinks:
        await interaction.delete_original_response()
