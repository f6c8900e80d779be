"""A worker tells which collections it has, and gives the painter the right one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.fakes import GreyBackend, GreySession, grey_recipe

from dreamconfig.settings import WorkerSettings
from dreamqueue import workers
from dreamqueue.client import QueueClient
from dreamqueue.collection import Collection
from dreamqueue.errors import UnknownWord
from dreamqueue.events import Ended
from dreamqueue.job import Finished, JobState, Owner
from dreamqueue.recipe import Recipe
from dreamrender.backend import Inputs
from dreamrender.worker.run import run_worker

from .picture_folders import fill

ADA, BO = Owner(id="1", name="Ada"), Owner(id="2", name="Bo")


class Receiving(GreyBackend):
    """Remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Path | None] = []

    def begin(self, recipe: Recipe, inputs: Inputs) -> GreySession:
        self.given.append(inputs.collection and inputs.collection.path)
        return super().begin(recipe, inputs)


@pytest.fixture
def settings(redis_url: str, tmp_path: Path) -> WorkerSettings:
    fill(tmp_path / "harbours", {"red": 1})
    fill(tmp_path / "@2" / "mine", {"blue": 1})
    return WorkerSettings(
        redis_url=SecretStr(redis_url), worker_name="here", device="cpu", collections=tmp_path
    )


@pytest.fixture
async def client(settings: WorkerSettings) -> AsyncIterator[QueueClient]:
    client = await QueueClient.connect(settings)
    yield client
    await client.close()


@contextlib.asynccontextmanager
async def worker(settings: WorkerSettings, backend: GreyBackend) -> AsyncIterator[None]:
    ready = asyncio.Event()
    task = asyncio.create_task(
        run_worker(settings, load=lambda name: backend, backends=["pixels"], ready=ready)
    )
    await ready.wait()
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def ending(client: QueueClient, job: str) -> object:
    async for news in client.follow(job, tick=0.2):
        if isinstance(news, Ended):
            return news.ending
    raise AssertionError("no end")


def by(name: str) -> Recipe:
    return grey_recipe(collection=Collection(name=name))


async def test_collections_are_told_and_given(client: QueueClient, settings: WorkerSettings) -> None:
    backend, shelf = Receiving(), settings.collections
    assert shelf is not None
    async with worker(settings, backend):
        (card,) = await workers.awake(client.redis)
        assert card.collections == ("harbours", "@2/mine")
        assert await client.collections(ADA.id) == ["harbours"]
        assert await client.collections(BO.id) == ["harbours", "mine"]
        for owner, recipe in ((ADA, by("harbours")), (BO, by("mine")), (ADA, grey_recipe())):
            job = await client.submit(recipe, owner)
            assert isinstance(await ending(client, job.id), Finished)
        with pytest.raises(UnknownWord, match="no collection `mine`"):
            await client.submit(by("mine"), ADA)
    assert backend.given == [shelf / "harbours", shelf / "@2" / "mine", None]


async def test_what_was_queued_while_nobody_was_awake_waits_for_one_who_can(
    client: QueueClient, settings: WorkerSettings
) -> None:
    strange, others = await client.submit(by("harbors"), ADA), await client.submit(by("mine"), ADA)
    nowhere = await client.submit(by("harbours"), ADA)
    async with worker(settings.model_copy(update={"collections": None}), Receiving()):
        plain = await client.submit(grey_recipe(), ADA)
        assert isinstance(await ending(client, plain.id), Finished)
        with pytest.raises(UnknownWord, match="no collection `harbours`"):
            await client.submit(by("harbours"), ADA)
    async with worker(settings, Receiving()):
        assert isinstance(await ending(client, nowhere.id), Finished)
        for job in (strange, others):
            assert (await client.record(job.id)).state is JobState.waiting
