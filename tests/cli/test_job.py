"""`aliendreams job promote`, on a real queue."""

from __future__ import annotations

import asyncio

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from dreamcli.main import main
from dreamconfig.settings import QueueSettings
from dreamqueue import keys
from dreamqueue.client import QueueClient
from dreamqueue.job import Owner
from dreamqueue.recipe import Phrase, Recipe

RECIPE = Recipe(phrases=(Phrase(text="a hut"),))


async def _asked(redis_url: str) -> list[str]:
    queue = await QueueClient.connect(QueueSettings(redis_url=SecretStr(redis_url)))
    try:
        return [(await queue.submit(RECIPE, Owner(id="1", name="Ada"))).id for _ in range(3)]
    finally:
        await queue.close()


async def _order(redis_url: str) -> list[str]:
    queue = await QueueClient.connect(QueueSettings(redis_url=SecretStr(redis_url)))
    try:
        return [job.decode() for job in await queue.redis.zrange(keys.WAITING, 0, -1)]
    finally:
        await queue.close()


def test_a_job_is_put_in_front_and_back(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAM_REDIS_URL", redis_url)
    jobs = asyncio.run(_asked(redis_url))
    for arguments, said, order in (
        (["job", "promote", jobs[2]], "in front", [jobs[2], jobs[0], jobs[1]]),
        (["job", "promote", "--back", jobs[2]], "among everyone's", jobs),
    ):
        done = CliRunner().invoke(main, arguments)
        assert (done.exit_code, done.output.strip()) == (0, said)
        assert asyncio.run(_order(redis_url)) == order
    assert CliRunner().invoke(main, ["job", "cancel", jobs[0]]).exit_code == 0
    gone = CliRunner().invoke(main, ["job", "promote", jobs[0]])
    assert (gone.exit_code, "waits no longer" in gone.output) == (1, True)


def test_a_candidate_is_chosen(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAM_REDIS_URL", redis_url)
    monkeypatch.setitem(globals(), "RECIPE", RECIPE.model_copy(update={"candidates": 3, "seed": 7}))
    job, *_ = asyncio.run(_asked(redis_url))
    early = CliRunner().invoke(main, ["job", "choose", job])
    assert early.exit_code == 1
    assert "Nothing has been tried yet" in early.output
    assert CliRunner().invoke(main, ["job", "choose", job, "3"]).output == "chosen\n"
    assert "seed 9" in CliRunner().invoke(main, ["job", "show", job]).output
