"""What has to hold before anything that a member asks for is taken up: who, where, and which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.word_rules import check_rules

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def check_may_ask(interaction: discord.Interaction[DreamBot], *texts: str) -> None:
    """Raises a DreamError, to be told to who asked and to nobody else. `texts` are what they wrote."""
    await check_member(interaction)
    await check_words(interaction, *texts)


async def check_member(interaction: discord.Interaction[DreamBot]) -> None:
    """Whether they may ask, here and now."""


async def check_words(interaction: discord.Interaction[DreamBot], *texts: str) -> None:
    """Whether these words may be painted."""
    await check_rules(interaction, *texts)
