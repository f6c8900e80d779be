"""Connections that break, and what is kept of them."""

from __future__ import annotations

import asyncio

from tests.practice.conftest import Start, running


async def test_a_dropped_client_resumes_and_hears_what_it_missed(start: Start) -> None:
    discord, bot = await start()
    session = bot.ws.session_id
    await discord.drop_gateways()
    await discord.person("ada").say("general", "while you were away")
    await asyncio.wait_for(bot.resumed.wait(), 10)
    missed = await asyncio.wait_for(bot.heard.get(), 10)
    assert missed.author.name == "ada"
    assert bot.ws.session_id == session
    asked = await discord.person("ada").slash("whisper", text="welcome back")
    assert asked.reply is not None


async def test_asked_to_reconnect_it_resumes(start: Start) -> None:
    discord, bot = await start()
    session = bot.ws.session_id
    discord.ask_to_reconnect()
    await asyncio.wait_for(bot.resumed.wait(), 10)
    assert bot.ws.session_id == session


async def test_a_lost_session_begins_anew(start: Start) -> None:
    discord, bot = await start()
    session = bot.ws.session_id
    await discord.drop_gateways(resumable=False)
    await asyncio.wait_for(discord.bot_connected(), 20)
    await bot.wait_for("ready", timeout=10)
    assert bot.ws.session_id != session


async def test_a_button_outlives_the_bot(start: Start) -> None:
    discord, bot = await start()
    ada = discord.person("ada")
    await ada.slash("imagine", prompt="a hut")
    done = await ada.wait_for(lambda m: bool(m.buttons))
    await bot.close()
    async with running(discord):
        again = await ada.press(done, "Again")
        assert again.reply is not None
        assert again.reply.content == "again j1"
