"""Jobs that go on from a checkpoint with another worker, through a real Valkey."""

from __future__ import annotations

import asyncio
import io
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.fakes import GreyBackend, GreySession, grey_recipe

from dreamconfig.settings import WorkerSettings
from dreamqueue import checkpoints, keys
from dreamqueue.client import QueueClient
from dreamqueue.errors import CannotResume
from dreamqueue.events import Ended, Painted, Started
from dreamqueue.job import Checkpoint, Failed, Finished, Job, Record
from dreamqueue.png import read_recipe
from dreamqueue.recipe import Phrase, Recipe
from dreamrender.backend import Inputs
from dreamrender.metrics import CHECKPOINTS

from .on_valkey import ADA, MO, ending, started, worker_here, worker_there

DOG = (Phrase(text="a dog"),)


class Stubborn(GreyBackend):
    """Saves, and takes nothing up again."""

    def resume(self, recipe: Recipe, inputs: Inputs, state: bytes) -> GreySession:
        raise CannotResume("it is another's")


@pytest.fixture
def slow() -> Iterator[GreyBackend]:
    slow = GreyBackend(seconds_per_step=0.01)
    yield slow
    slow.gate.set()


async def noted(client: QueueClient, job: str, step: int = 1) -> Record:
    """The record as soon as it has a checkpoint of that step or a later one."""
    async with asyncio.timeout(60):
        while True:
            record = await client.record(job)
            if record.checkpoint is not None and record.checkpoint.step >= step:
                return record
            await asyncio.sleep(0.01)


async def left(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend, recipe: Recipe, until: int = 1
) -> Job:
    """A job that a worker began, and handed over when it was sent home at some step from `until` on."""
    job = await client.submit(recipe, ADA)
    async with worker_here(settings, grey):
        async for news in client.follow(job.id, tick=0.2):
            if isinstance(news, Painted) and news.step >= until:
                break
    return job


async def blobs(client: QueueClient) -> list[bytes]:
    return sorted(await client.redis.keys("dream:blob:checkpoint-*"))


async def cleared(client: QueueClient) -> None:
    """Returns when no checkpoint is left: it goes a moment after the job's end is told."""
    async with asyncio.timeout(5):
        while await blobs(client):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def files(folder: Path) -> list[str]:
    return [path.name[:23] for path in folder.rglob("checkpoint-*")]


async def test_a_killed_workers_job_goes_on_from_its_checkpoint_within_five_seconds(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DREAM_CHECKPOINT_SECONDS", "0.3")
    with worker_there(settings, "doomed") as doomed:
        job = await client.submit(grey_recipe(steps=300), ADA)
        await noted(client, job.id, 35)
        async with worker_here(settings, grey):
            doomed.send_signal(signal.SIGKILL)
            killed = time.monotonic()
            heard = [news async for news in client.follow(job.id, tick=0.2)]
            assert time.monotonic() - killed < 5
            await cleared(client)
    (begun,) = [news for news in heard if isinstance(news, Started) and news.worker == "here"]
    assert begun.resumed >= 35
    assert len(grey.batches) == 300 - begun.resumed, "what was painted is not painted again"
    end = heard[-1]
    assert isinstance(end, Ended)
    assert isinstance(end.ending, Finished)
    assert end.ending.seconds > begun.resumed * 0.1, "the time of both counts"
    gif = await client.fetch(end.ending.animation or "")
    assert gif is not None
    moving = Image.open(io.BytesIO(gif))
    moving.seek(0)
    assert moving.convert("L").getpixel((0, 0)) < 255 * 35 / 300, "it begins with frames of the first worker"  # type: ignore[operator]
    assert (await client.record(job.id)).checkpoint is None


async def test_workers_that_are_sent_home_leave_nothing_to_be_painted_again(
    client: QueueClient, settings: WorkerSettings, slow: GreyBackend
) -> None:
    made = CHECKPOINTS.labels("pixels").collect()[0].samples[0]
    job = await left(client, settings, slow, grey_recipe(steps=150), until=3)
    assert CHECKPOINTS.labels("pixels").collect()[0].samples[0].value > made.value, "operators see it"
    first = await client.record(job.id)
    assert first.checkpoint is not None
    assert first.checkpoint.step == len(slow.batches)
    async with worker_here(settings.model_copy(update={"worker_name": "second"}), slow):
        await started(client, job.id, "second")
    second = await client.record(job.id)
    assert second.checkpoint is not None
    assert second.resumed == first.checkpoint.step < second.checkpoint.step == len(slow.batches)
    assert len(await blobs(client)) == 1, "the newer one took the place of the one before"
    async with worker_here(settings, slow):
        assert isinstance(await ending(client, job.id), Finished)
        await cleared(client)
    assert len(slow.batches) == 150
    assert (await client.record(job.id)).tries == 1


@pytest.mark.parametrize("recipe", [{"text": "a {cat,dog,hut}"}, {"candidates": 3, "trial": 0.1}], ids=str)
async def test_several_pictures_go_on_too(
    client: QueueClient, settings: WorkerSettings, slow: GreyBackend, recipe: dict[str, object]
) -> None:
    several = grey_recipe(steps=30, **recipe)  # type: ignore[arg-type]
    job = await left(client, settings, slow, several, until=4)
    async with worker_here(settings, slow):
        end = await ending(client, job.id)
    assert isinstance(end, Finished)
    assert (await client.record(job.id)).resumed >= 4
    assert sum(slow.batches) == several.work
    assert len(end.parts) == 3


@pytest.mark.parametrize("damage", ["garbage", "gone", "refused"])
async def test_a_checkpoint_that_cannot_be_taken_up_means_from_the_start(
    client: QueueClient,
    settings: WorkerSettings,
    slow: GreyBackend,
    damage: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = await left(client, settings, slow, grey_recipe(steps=30), until=3)
    (blob,) = await blobs(client)
    if damage == "garbage":
        await client.redis.set(blob, b"garbage", px=100_000)
    elif damage == "gone":
        await client.redis.delete(blob)
    grey = Stubborn() if damage == "refused" else GreyBackend()
    async with worker_here(settings, grey):
        end = await ending(client, job.id)
        await cleared(client)
    assert isinstance(end, Finished)
    assert end.notes == ()
    assert len(grey.batches) == 30
    assert (await client.record(job.id)).resumed == 0
    assert f"job {job.id} begins anew" in caplog.text


async def test_one_that_is_too_large_is_not_tried_again(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend, caplog: pytest.LogCaptureFixture
) -> None:
    tight = settings.model_copy(update={"checkpoint_seconds": 0.001, "state_megabytes": 0.0})
    caplog.set_level("INFO")
    async with worker_here(tight, grey):
        job = await client.submit(grey_recipe(steps=100), ADA)
        assert isinstance(await ending(client, job.id), Finished)
    assert caplog.text.count("is not saved on its way") == 1
    assert await blobs(client) == []


async def test_checkpoints_lie_in_the_album_and_redis_stays_small(
    client: QueueClient, settings: WorkerSettings, slow: GreyBackend, tmp_path: Path
) -> None:
    apart = settings.model_copy(update={"album": str(tmp_path)})
    job = await left(client, apart, slow, grey_recipe(steps=30), until=3)
    assert files(tmp_path) == [f"checkpoint-{job.id}"]
    assert await client.redis.keys("dream:blob:*") == []
    async with worker_here(apart, slow):
        assert isinstance(await ending(client, job.id), Finished)
        async with asyncio.timeout(5):
            while files(tmp_path):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert len(slow.batches) == 30


async def test_a_try_that_lost_the_job_changes_no_checkpoint(
    client: QueueClient, settings: WorkerSettings, slow: GreyBackend
) -> None:
    job = await left(client, settings, slow, grey_recipe(steps=30), until=3)
    before = (await client.record(job.id)).checkpoint
    assert before is not None
    late = await client.store.begin(job.id, "first")
    await client.store.begin(job.id, "second")

    async def note(checkpoint: Checkpoint) -> bool:
        return await client.store.note(job.id, late.holder, checkpoint=checkpoint.model_dump_json())

    facts = {"step": 9, "seconds": 1.0}
    assert await checkpoints.lay_down(client.store, job.id, b"9", facts, note, before.name) is None
    assert (await client.record(job.id)).checkpoint == before
    assert await client.store.album.get(before.name) is not None
    assert len(await blobs(client)) == 1
    same = await client.store.album.get(before.name)
    assert same is not None
    assert await checkpoints.lay_down(client.store, job.id, same, facts, note, None) is None
    assert len(await blobs(client)) == 1, "the same bytes are the other's"


async def test_a_cancelled_jobs_checkpoint_goes_with_it(
    client: QueueClient, settings: WorkerSettings, slow: GreyBackend
) -> None:
    job = await left(client, settings, slow, grey_recipe(steps=1_000), until=3)
    await client.cancel(job.id, MO)
    async with worker_here(settings, slow):
        await ending(client, job.id)
        await cleared(client)


async def test_turns_between_two_workers_are_taken_by_the_second(
    client: QueueClient, settings: WorkerSettings, slow: GreyBackend
) -> None:
    job = await left(client, settings, slow, grey_recipe("a cat", steps=30), until=3)
    assert await client.steer(job.id, DOG, MO)
    assert await client.lengthen(job.id, 40, MO)
    assert len((await client.record(job.id)).asked) == 2
    async with worker_here(settings, slow):
        end = await ending(client, job.id)
    assert isinstance(end, Finished)
    png = await client.fetch(end.picture)
    assert png is not None
    painted = read_recipe(png)
    assert [phrase.text for phrase in painted.phrases] == ["a cat", "a dog"]
    assert painted.steps == 40
    assert len(slow.batches) == 40
    record = await client.record(job.id)
    assert record.recipe == painted
    assert record.asked == {}, "each is taken once"


async def test_a_turn_that_was_taken_before_the_kill_is_not_taken_again(
    client: QueueClient, settings: WorkerSettings, slow: GreyBackend
) -> None:
    quick = settings.model_copy(update={"checkpoint_seconds": 0.02})
    async with worker_here(quick, slow):
        job = await client.submit(grey_recipe("a cat", steps=1_000), ADA)
        await started(client, job.id, "here")
        await client.steer(job.id, DOG, MO)
        async with asyncio.timeout(10):
            record = await client.record(job.id)
            while record.turned is None or record.asked:
                await asyncio.sleep(0.01)
                record = await client.record(job.id)
    async with worker_here(settings.model_copy(update={"worker_name": "next"}), slow):
        await started(client, job.id, "next")
        assert (await client.record(job.id)).recipe == record.recipe
        await client.stop(job.id, ADA)
        await ending(client, job.id)


async def test_a_job_whose_workers_die_twice_is_set_aside_in_spite_of_its_checkpoint(
    client: QueueClient, settings: WorkerSettings, slow: GreyBackend
) -> None:
    job = await left(client, settings, slow, grey_recipe(steps=30), until=3)
    for _ in range(2):
        assert (await client.store.begin(job.id, "doomed")).verdict == "go"
    async with worker_here(settings, slow):
        end = await ending(client, job.id)
        await cleared(client)
    assert isinstance(end, Failed)
    assert "ended 2 workers" in end.reason


async def test_every_key_of_a_job_that_was_handed_over_expires(
    client: QueueClient, settings: WorkerSettings, slow: GreyBackend
) -> None:
    job = await left(client, settings, slow, grey_recipe(steps=30), until=3)
    (blob,) = await blobs(client)
    assert 0 < await client.redis.pttl(blob) <= client.store.keep_ms
    assert await client.redis.exists(keys.record(job.id))
