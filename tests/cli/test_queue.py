"""`aliendreams queue` against a real queue: what an operator types and reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from tests.queue.on_the_queue import ADA, BO, PIXELS, VQGAN, asks

from dreamcli.main import main
from dreamconfig.settings import QueueSettings
from dreamqueue.client import QueueClient

Answer = TypeVar("Answer")


@pytest.fixture
def url(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DREAM_REDIS_URL", redis_url)
    return redis_url


def at(url: str, question: Callable[[QueueClient], Awaitable[Answer]]) -> Answer:
    async def asked() -> Answer:
        client = await QueueClient.connect(QueueSettings(redis_url=SecretStr(url)))
        try:
            return await question(client)
        finally:
            await client.close()

    return asyncio.run(asked())


def types(*words: str, fails: bool = False) -> str:
    told = CliRunner().invoke(main, ["queue", *words])
    assert told.exit_code == int(fails), told.output
    return told.output


def test_an_operator_holds_the_queue(url: str) -> None:
    hut, barn = at(url, lambda client: asks(client, (PIXELS, ADA), (VQGAN, BO)))
    assert "paused: the whole queue" in types("pause", "--why", "upgrade", "--for", "2h")
    assert "paused: backend `vqgan`" in types("pause", "vqgan")
    assert "no new jobs" in types("drain")
    assert "held" in types("hold", hut, "--why", "look at it")
    assert "moved" in types("move", barn, "front")
    shown = types("list")
    assert "halted: the whole queue by" in shown
    assert "(upgrade)" in shown
    assert shown.index(barn) < shown.index(hut)
    assert "held by" in shown
    assert "2 of 2" in shown
    assert barn not in types("list", "--member", "1")
    status = CliRunner().invoke(main, ["status", "--once"]).output
    assert "the whole queue" in status
    assert "upgrade" in status
    assert "(1 held by moderators)" in status
    assert "resumed: the whole queue, new jobs" in types("resume")
    assert "It was not paused." in types("resume")
    assert "released" in types("release", hut)
    assert "Nobody held it." in types("release", hut)
    assert "cancelled: 1" in types("clear", "--member", "1", "--yes")
    assert "ended already" in types("hold", hut, fails=True)
    assert "I know no backend, lane or worker `cellar`" in types("pause", "cellar", fails=True)
    assert "a time is `30m`" in types("pause", "--for", "soon", fails=True)
