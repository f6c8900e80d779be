"""A bot and a worker as processes, watched as an operator does: numbers, health, status, logs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families
from tests.bot.stage import eventually, shows
from tests.ports import unused_port

from dreamcli.main import main
from dreamconfig.settings import QueueSettings
from dreampractice import PracticeDiscord
from dreamqueue import workers
from dreamqueue.client import QueueClient

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("bot", "render", "queue", "config", "practice", "cli", ".")
USER, PASSWORD = "watched", "hush-hush-very-secret"


@pytest.fixture
def guarded_url(redis_url: str) -> Iterator[str]:
    """The address of a Valkey with a password in it."""
    with redis.Redis.from_url(redis_url) as admin:
        admin.acl_setuser(
            USER, enabled=True, passwords=[f"+{PASSWORD}"], keys="*", channels="*", categories=["+@all"]
        )
        yield redis_url.replace("redis://", f"redis://{USER}:{PASSWORD}@")
        admin.acl_deluser(USER)


@contextmanager
def process(verb: str, environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """`aliendreams -v <verb>`, its log in a file."""
    path = os.pathsep.join(str(ROOT / folder) for folder in FOLDERS)
    with log.open("wb") as out:
        command = [sys.executable, "-m", "dreamcli", "-v", verb]
        running = subprocess.Popen(
            command,
            cwd=log.parent,
            env={**os.environ, "PYTHONPATH": path, "DREAM_LOG": "json", **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
        finally:
            running.terminate()
            try:
                running.wait(20)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
                raise


def scraped(port: int) -> dict[str, Any]:
    """Families by name; a counter's has its `_total`."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        found = text_string_to_metric_families(answer.read().decode())
    return {f"{one.name}_total" if one.type == "counter" else one.name: one for one in found}


def documented() -> dict[str, tuple[set[str], str]]:
    """From the table of docs/WATCHING.md: labels, and who has it."""
    text = (ROOT / "docs" / "WATCHING.md").read_text("utf-8")
    rows = re.findall(r"^\| `(aliendreams_\w+)` \|([^|]*)\| (\w+) \|", text, re.M)
    return {name: (set(filter(None, labels.strip().split(", "))), who) for name, labels, who in rows}


@pytest.fixture
async def house(
    guarded_url: str, tmp_path: Path
) -> AsyncIterator[tuple[PracticeDiscord, dict[str, int], Path]]:
    """The practice Discord, the ports of a bot and a worker at work, and the folder of their logs."""
    ports = {"bot": unused_port(), "worker": unused_port()}
    async with PracticeDiscord() as discord:
        shared = {"DREAM_REDIS_URL": guarded_url, "DREAM_METRICS_HOST": "127.0.0.1"}
        bot = {"DREAM_DISCORD_TOKEN": discord.token, "DREAM_DISCORD_URL": discord.url}
        worker = {"DREAM_BACKENDS": "pixels", "DREAM_DEVICE": "cpu", "DREAM_WORKER_NAME": "attic"}
        with ExitStack() as stack:
            for verb, own in (("worker", {**worker, "DREAM_FRAME_SECONDS": "0.05"}), ("bot", bot)):
                environment = {**shared, **own, "DREAM_METRICS_PORT": str(ports[verb])}
                stack.enter_context(process(verb, environment, tmp_path / f"{verb}.log"))
            queue = await QueueClient.connect(QueueSettings(redis_url=guarded_url))  # type: ignore[arg-type]
            async with asyncio.timeout(60):
                while True:
                    if await workers.awake(queue.redis) and discord.person("ada").commands("art"):
                        break
                    await asyncio.sleep(0.1)
            await queue.close()
            yield discord, ports, tmp_path


def _told(*arguments: str, **environment: str) -> tuple[int, str]:
    found = CliRunner().invoke(main, arguments, env=environment)
    return found.exit_code, found.output


async def test_what_an_operator_sees_of_a_whole_job(
    house: tuple[PracticeDiscord, dict[str, int], Path], guarded_url: str
) -> None:
    discord, ports, folder = house
    ada = discord.person("ada")
    asked = await ada.slash("imagine", prompt="a hut --backend pixels --size 32 --steps 400")
    assert asked.reply is not None
    await shows(asked.reply, "of 400", 60)
    code, text = await asyncio.to_thread(_told, "status", "--json", DREAM_REDIS_URL=guarded_url)
    assert code == 0, text
    now = json.loads(text)
    (job,) = now["painting"]
    assert (job["member"], job["backend"], job["worker"], job["steps"]) == ("Ada", "pixels", "attic", 400)
    assert 0 < job["step"] < 400
    assert [card["name"] for card in now["workers"]] == ["attic"]
    code, text = await asyncio.to_thread(_told, "status", "--once", DREAM_REDIS_URL=guarded_url, COLUMNS="80")
    for words in ("attic", "pixels", job["id"], "Ada", "/400", "1 being painted", "memory of Redis"):
        assert words in text, f"{words!r} is not in\n{text}"
    await ada.press(asked.reply, "Stop and keep")
    await shows(asked.reply, "stopped at step", 60)
    for verb, who in (("bot", "bot "), ("worker", "worker attic")):
        code, text = await asyncio.to_thread(_told, "health", DREAM_METRICS_PORT=str(ports[verb]))
        assert code == 0, text
        assert text.startswith(who)
        assert "is well: event loop, redis, " in text
    found = {}
    for verb, port in ports.items():
        found[verb] = await asyncio.to_thread(scraped, port)
        ours = {name: family for name, family in found[verb].items() if name.startswith("aliendreams_")}
        table = {name: labels for name, (labels, who) in documented().items() if who in (verb, "both")}
        assert set(ours) == set(table), "docs/WATCHING.md has them all and no others"
        for name, family in ours.items():
            labels = {label for sample in family.samples for label in sample.labels} - {"le"}
            assert labels <= table[name], name
        assert job["id"] not in str(found[verb])
    (ended,) = found["worker"]["aliendreams_jobs_ended_total"].samples
    assert (ended.labels, ended.value) == ({"backend": "pixels", "kind": "stopped"}, 1)
    assert found["worker"]["aliendreams_steps_total"].samples[0].value >= job["step"]
    bot = {name: family.samples for name, family in found["bot"].items()}
    assert bot["aliendreams_frames_shown_total"][0].value > 0
    assert bot["aliendreams_gateway_connected"][0].value == 1
    assert [(one.labels["outcome"], one.value) for one in bot["aliendreams_interactions_total"]] == [
        ("acknowledged", 2)
    ]
    assert {one.labels["outcome"] for one in bot["aliendreams_edits_total"]} == {"made"}
    seconds = {one.name: one.value for one in bot["aliendreams_acknowledged_seconds"]}
    assert 0 < seconds["aliendreams_acknowledged_seconds_sum"] < 6

    def queue_is_told() -> bool:
        waiting = scraped(ports["bot"])["aliendreams_workers"].samples
        return bool(waiting) and waiting[0].value == 1

    assert await eventually(queue_is_told)
    check_logs(folder, job["id"], discord)


def check_logs(folder: Path, job: str, discord: PracticeDiscord) -> None:
    """Each line is JSON, those about the job carry it, and there is no secret in any."""
    for verb, own in (("worker", "attic"), ("bot", None)):
        text = (folder / f"{verb}.log").read_text("utf-8")
        lines = [json.loads(line) for line in text.splitlines()]
        assert all({"time", "level", "logger", "message", verb} <= line.keys() for line in lines)
        assert own is None or {line[verb] for line in lines} == {own}
        assert [line for line in lines if line["level"] in ("ERROR", "CRITICAL")] == []
        assert any(line.get("job") == job for line in lines), verb
        named = [line for line in lines if line["logger"].startswith("dream") and job in line["message"]]
        assert [line for line in named if line.get("job") != job] == []
        for secret in (discord.token, PASSWORD, "hush-hush"):
            assert secret not in text, verb
    assert "INTERACTION_CREATE" in text, "the bot's log was that of debugging"
    assert re.findall(r"(?:interactions|webhooks)/\d+/([\w-]{8,})", text) == [], (
        "no token of an interaction either"
    )
    assert "•••" in text
    painted = [line for line in lines if line.get("job") == job]
    assert painted
