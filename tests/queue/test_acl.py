"""The users of queue/users.acl on a real Valkey: each does all of its work and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError
from tests.bot.moderated import answer, panels, raised
from tests.bot.moderated import waits as waiting
from tests.bot.stage import Stage, eventually, shows
from tests.fakes import GreyBackend, grey_recipe
from tests.own_valkey import ROOT, OwnValkey, own_valkey
from tests.render.on_valkey import ADA, MO, ending, started, worker_here

from dreamconfig.settings import QueueSettings, WorkerSettings
from dreampractice import PracticeDiscord, point_discord_at
from dreamqueue import workers
from dreamqueue.branches import forked
from dreamqueue.client import QueueClient
from dreamqueue.controls import hold
from dreamqueue.errors import QueueLocked
from dreamqueue.halts import ALL, halt
from dreamqueue.job import Finished
from dreamqueue.overview import look
from dreamqueue.questions import Score, ask
from dreamqueue.recipe import Phrase
from dreamqueue.store import JobStore
from dreamqueue.sweep import sweep
from dreamqueue.tricks import TrickStore, drafted


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[OwnValkey]:
    with own_valkey(tmp_path, users=True) as valkey:
        yield valkey


@pytest.fixture
async def operator(guarded: OwnValkey) -> AsyncIterator[Redis]:
    async with Redis.from_url(guarded.url("operator")) as redis:
        yield redis


def as_user(valkey: OwnValkey, user: str) -> QueueSettings:
    return QueueSettings(redis_url=SecretStr(valkey.url(user)))


def worker_settings(valkey: OwnValkey) -> WorkerSettings:
    return WorkerSettings(
        redis_url=SecretStr(valkey.url("worker")), worker_name="here", device="cpu", frame_seconds=0.001
    )


async def denied(operator: Redis) -> list[str]:
    """What was refused to whom, as Redis remembers it."""
    entries = await operator.acl_log()  # type: ignore[no-untyped-call]
    return [f"{entry['username']}: {entry['reason']} {entry['object']}" for entry in entries]


async def test_what_people_see_needs_no_more_than_bot_and_worker_may(
    guarded: OwnValkey, operator: Redis, tmp_path: Path
) -> None:
    bot = await QueueClient.connect(as_user(guarded, "bot"))
    grey = GreyBackend(seconds_per_step=0.05)
    async with PracticeDiscord() as discord, worker_here(worker_settings(guarded), grey):
        with point_discord_at(discord.url):
            stage = await raised(Stage(discord, guarded.url("bot"), bot), tmp_path)
            painted = await stage.imagine(stage.ada, "a hut --size 64 --steps 12 --seed 7")
            end = await shows(painted, "done in", 20)
            assert end.attachments
            ending = (await bot.record(str(end.attachments[0].filename).partition(".")[0])).ending
            assert isinstance(ending, Finished)
            assert (await ask(bot, Score(pictures=(ending.picture,), texts=("a hut",)), member="1")).critic
            panel = (await stage.ada.slash("settings")).reply
            assert panel is not None
            await stage.press(stage.ada, panel, "Spoilers on or off")
            await shows(panel, "hidden until you click")
            assert (await stage.ada.use(painted, "Use as start")).modal
            question = (await stage.ada.slash("privacy forget-me")).reply
            assert question is not None
            await stage.press(stage.ada, question, "Forget me")
            await shows(question, "You are forgotten")
            grey.gate.clear()
            cancelled = await stage.imagine(stage.ada, "a hut --size 64 --steps 1000")
            waiting = await stage.imagine(stage.bo, "a barn --size 64 --steps 1000")
            await shows(cancelled, "a worker begins")
            await eventually(lambda: waiting.buttons)
            await stage.press(stage.bo, waiting, "Cancel")
            await shows(waiting, "cancelled by")
            grey.gate.set()
            await stage.press(stage.ada, cancelled, "Cancel")
            await shows(cancelled, "cancelled by")
            stopped = await stage.imagine(stage.ada, "a mill --size 64 --steps 1000")
            await shows(stopped, "of 1000")
            kept = await stage.press(stage.bo, stopped, "Keep this frame")
            assert kept.reply is not None
            await shows(kept.reply, "by Bo")
            await stage.press(stage.ada, stopped, "Stop and keep")
            await shows(stopped, "stopped at step", 20)
            await stage.press(stage.bo, stopped, "★")
            await eventually(lambda: "★ 1" in [button.label for button in stopped.buttons])
            assert await bot.stars.best(int(stage.discord.world.guild_id))
            assert await bot.erase(stopped.attachments[0].filename.removesuffix(".png"))
            await moderated(stage)
            await stage.all_shown()
            await stage.fell_bot()
    await bot.close()
    assert await denied(operator) == []


async def moderated(stage: Stage) -> None:
    """A moderator uses what there is."""
    for command, options in (
        ("queue pause", {"what": "here"}),
        ("queue resume", {"what": "here"}),
        ("queue drain", {}),
        ("queue resume", {}),
        ("queue view", {}),
        ("queue clear", {}),
        ("queue cancel", {"member": "ada"}),
        ("mod limit", {"member": "bo", "waiting": 3}),
        ("mod list", {}),
        ("mod unblock", {"member": "bo"}),
    ):
        assert "incident" not in await answer(stage, stage.moderator, command, **options), command
    held = await stage.imagine(stage.ada, "a hut --size 64 --steps 1000")
    await shows(held, "of 1000", 20)
    waits, job = await waiting(stage, stage.bo)
    for command in ("hold", "release", "move"):
        options = {"where": "front"} if command == "move" else {}
        await answer(stage, stage.moderator, f"queue {command}", job=job, **options)
    await answer(stage, stage.moderator, "queue cancel", member="bo")
    await answer(stage, stage.moderator, "queue cancel", member="ada")
    await shows(waits, "cancelled by Mo", 20)
    await shows(held, "cancelled by Mo", 20)
    await eventually(lambda: panels(stage))


async def test_the_door_and_the_worker_need_no_more_than_they_may(
    guarded: OwnValkey, operator: Redis
) -> None:
    bot = await QueueClient.connect(as_user(guarded, "bot"))
    door = await QueueClient.connect(as_user(guarded, "worker"))
    grey = GreyBackend(seconds_per_step=0.002)
    async with worker_here(worker_settings(guarded), grey):
        target = await bot.keep(b"a picture")
        assert await bot.fetch(target) == b"a picture"
        turned = await bot.submit(grey_recipe("a cat", steps=200), ADA)
        behind = await bot.submit(grey_recipe("a dog", steps=8), MO)
        await started(bot, turned.id, "here")
        assert await bot.place(behind.id)
        assert await bot.steer(turned.id, (Phrase(text="a dog"),), MO)
        assert await bot.lengthen(turned.id, 210, MO)
        assert await bot.steer(behind.id, (Phrase(text="a cow"),), MO)
        assert await sweep(door, alone=0)
        assert isinstance(await ending(bot, turned.id), Finished)
        assert isinstance(await ending(bot, behind.id), Finished)
        fork = await bot.submit(await forked(bot, turned.id), ADA, parent=turned.id)
        assert isinstance(await ending(bot, fork.id), Finished)
        await bot.collections(ADA.id)
        tricks = TrickStore(bot.redis)
        await tricks.put(drafted("glow", "glowing", author=ADA))
        await tricks.vote("glow", MO.id, 1)
        await tricks.report("glow", MO.id, "rude")
        await tricks.used(turned.id, ["glow"])
        await tricks.rename("glow", "glimmer")
        await tricks.merge("glimmer", "vray")
        await tricks.forget(MO.id)
        await tricks.keep()
        await tricks.remove(await tricks.put(drafted("shine", "shining", author=ADA)))
        assert [card.name for card in await workers.awake(operator)] == ["here"]
        await halt(bot.store, ALL, MO)
        await hold(bot.store, (await bot.submit(grey_recipe("a cat", steps=200), ADA)).id, MO)
        seen = await look(JobStore(operator))
        assert (list(seen.halts), seen.aside) == ([ALL], 1)
        assert await sweep(door, alone=0)
    await bot.close()
    await door.close()
    assert await denied(operator) == []


async def test_a_worker_that_may_too_little_says_so_in_a_line_and_ends(
    guarded: OwnValkey, operator: Redis
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dreamcli", "worker", "--device", "cpu", "--backends", "pixels"),
        env={
            **os.environ,
            "DREAM_REDIS_URL": guarded.url("operator"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        cwd=guarded.folder,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    lines = said.decode().splitlines()
    assert process.returncode == 1, said.decode()
    assert "Traceback" not in said.decode()
    assert [line for line in lines if "may not do that (queue/users.acl)" in line] == lines[-1:]


FORBIDDEN = [
    ("bot", "KEYS *"),
    ("bot", "FLUSHALL"),
    ("bot", "CONFIG GET dir"),
    ("bot", "ACL LIST"),
    ("bot", "EVAL return(1) 0"),
    ("bot", "SCAN 0"),
    ("bot", "CLIENT LIST"),
    ("bot", "XRANGE dream:orders - +"),
    ("bot", "SET dream:worker:mine card"),
    ("bot", "SET anything 1"),
    ("worker", "KEYS *"),
    ("worker", "FLUSHDB"),
    ("worker", "CONFIG SET dir /"),
    ("worker", "EVAL return(1) 0"),
    ("worker", "SCRIPT FLUSH"),
    ("worker", "GET dream:commands-hash:1"),
    ("worker", "GET dream:asked:1"),
    ("worker", "HGETALL dream:rules"),
    ("worker", "XRANGE dream:typed - +"),
    ("worker", "SMEMBERS dream:unshown"),
    ("worker", "XADD dream:orders * order {}"),
    ("worker", "SHUTDOWN NOSAVE"),
    ("operator", "GET dream:blob:1"),
    ("operator", "XRANGE dream:frame:1 - +"),
    ("operator", "DEL dream:job:1"),
    ("operator", "HSET dream:job:1 state ended"),
    ("operator", "CONFIG SET dir /"),
    ("operator", "FLUSHALL"),
]


async def test_what_is_not_theirs_is_refused(guarded: OwnValkey) -> None:
    for user in ("bot", "worker", "operator"):
        async with Redis.from_url(guarded.url(user)) as redis:
            for command in [command for name, command in FORBIDDEN if name == user]:
                with pytest.raises(NoPermissionError):
                    await redis.execute_command(*command.split())


async def test_a_script_may_no_more_than_who_calls_it(guarded: OwnValkey) -> None:
    async with Redis.from_url(guarded.url("worker")) as redis:
        read = redis.register_script("return redis.call('GET', 'dream:commands-hash:1')")
        with pytest.raises(ResponseError, match="ACL failure"):
            await read()


@pytest.mark.parametrize(
    "address", ["redis://bot:wrong-word@{}/0", "redis://{}/0", "redis://nobody:wrong-word@{}/0"]
)
async def test_who_is_not_known_is_told_what_to_mend(
    guarded: OwnValkey, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = SecretStr(address.format(f"{guarded.host}:{guarded.port}"))
    with caplog.at_level(logging.ERROR), pytest.raises(QueueLocked) as refused:
        await QueueClient.connect(QueueSettings(redis_url=url))
    assert "password" in refused.value.why
    assert refused.value.why in caplog.text
    assert "wrong-word" not in caplog.text + refused.value.why
    assert "does not let me in" in str(refused.value), "what a member reads"


def test_passwords_are_asked_for_and_never_written(tmp_path: Path) -> None:
    secret = tmp_path / "operator"
    secret.write_text("from a file\n")
    some = {"DREAM_REDIS_BOT_PASSWORD": "one", "DREAM_REDIS_WORKER_PASSWORD": "two"}
    file = {"DREAM_REDIS_OPERATOR_PASSWORD_FILE": str(secret)}
    refused = printed(some)
    assert (refused.returncode, "DREAM_REDIS_OPERATOR_PASSWORD is empty" in refused.stderr) == (1, True)
    made = printed(some | file)
    assert [line.split()[1] for line in made.stdout.splitlines()] == ["default", "bot", "worker", "operator"]
    assert hashlib.sha256(b"from a file").hexdigest() in made.stdout
    assert "one" not in made.stdout.split()
    assert "{" not in made.stdout


def printed(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What queue/acl.sh says."""
    command = ["sh", str(ROOT / "queue" / "acl.sh")]
    environment = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True)
