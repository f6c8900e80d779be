"""Dialogs: their answer is found by its id, after a restart too, and one of nobody's gets an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord
import pytest
from discord import app_commands
from tests.bot.stage import Stage, eventually

from dreambot.dialogs import DIALOGS, Field, open_dialog
from dreampractice.asked import Modal


async def say_it(
    interaction: discord.Interaction[Any], thing: str, detail: str, typed: Mapping[str, str]
) -> None:
    """An answer to the test's dialog."""
    said = f"{thing} {detail}: {typed['words']} ({typed['left out'] or 'nothing'})"
    await interaction.response.send_message(said, ephemeral=True)


async def opened(stage: Stage, verb: str) -> Modal:
    @app_commands.command(name="ask", description="opens a dialog")
    async def ask(interaction: discord.Interaction[Any]) -> None:
        field = Field("words", "Words", "a hut", long=True)
        await open_dialog(interaction, "T" * 60, field, verb=verb, thing="thing", detail="7")

    assert stage.bot is not None
    stage.bot.tree.add_command(ask)
    await stage.bot.tree.sync()
    modal = (await stage.ada.slash("ask")).modal
    assert modal is not None
    return modal


async def test_an_answer_is_taken_by_the_bot_after_the_one_that_asked(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DIALOGS, "test", f"{__name__}:say_it")
    modal = await opened(stage, "test")
    assert modal.title == "T" * 44 + "…"
    await stage.fell_bot()
    await stage.raise_bot()
    await stage.ada.fill(modal, words="a castle")
    assert (await stage.whispered(stage.ada)).content == "thing 7: a castle (nothing)"


async def test_one_of_another_time_gets_an_answer(stage: Stage) -> None:
    modal = await opened(stage, "unheard-of")
    await stage.ada.fill(modal, words="a castle")
    told = await eventually(lambda: stage.whispers(stage.ada))
    assert "from another time" in told[-1].content
