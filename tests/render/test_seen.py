"""What an operator sees of a worker: its numbers, its health, and log lines that name the job."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.fakes import GreyBackend, grey_recipe
from tests.render.on_valkey import *  # noqa: F403
from tests.render.on_valkey import ADA, MO, ending, started, worker_here

from dreamconfig.settings import WorkerSettings
from dreamqueue.client import QueueClient
from dreamqueue.job import Failed, Finished
from dreamqueue.logs import Marks
from dreamqueue.overview import look
from dreamrender.engine import Engine
from dreamrender.worker import seen


@pytest.fixture
def watched(settings: WorkerSettings) -> WorkerSettings:
    """Settings of a worker that tells."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return settings.model_copy(update={"metrics_port": probe.getsockname()[1], "max_sessions": 2})


class Numbers:
    """What was scraped."""

    def __init__(self, text: str) -> None:
        self._samples = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def __call__(self, name: str, **labels: str) -> float:
        """A number; 0 if it was never counted."""
        found = [one for one in self._samples if one.name == name and labels.items() <= one.labels.items()]
        return sum(one.value for one in found)


async def scrape(settings: WorkerSettings) -> Numbers:
    return Numbers((await asyncio.to_thread(_get, settings, "/metrics"))[1])


async def health(settings: WorkerSettings) -> tuple[int, dict[str, object]]:
    status, body = await asyncio.to_thread(_get, settings, "/health")
    return status, json.loads(body)


def _get(settings: WorkerSettings, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.metrics_port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


async def test_a_worker_that_painted_tells_what_it_did(
    client: QueueClient, watched: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(watched, grey):
        before = await scrape(watched)
        assert (before("aliendreams_slots"), before("aliendreams_sessions")) == (2, 0)
        job = await client.submit(grey_recipe(steps=9), ADA)
        assert isinstance(await ending(client, job.id), Finished)
        broken = await client.submit(grey_recipe("a broken thing"), ADA)
        assert isinstance(await ending(client, broken.id), Failed)
        running = [await client.submit(grey_recipe(steps=5_000), one) for one in (ADA, MO)]
        async with asyncio.timeout(10):
            while True:
                during = await scrape(watched)
                if during("aliendreams_sessions") == 2:
                    break
                await asyncio.sleep(0.01)
        for one in running:
            await client.cancel(one.id, ADA)
            await ending(client, one.id)
        cancelled = {"backend": "pixels", "kind": "cancelled"}
        ends = before("aliendreams_jobs_ended_total", **cancelled) + 2
        async with asyncio.timeout(10):  # an end is told before it is counted
            while True:
                after = await scrape(watched)
                if after("aliendreams_jobs_ended_total", **cancelled) >= ends:
                    break
                await asyncio.sleep(0.01)

    def grown(name: str, **labels: str) -> float:
        return after(name, **labels) - before(name, **labels)

    assert grown("aliendreams_jobs_begun_total", backend="pixels") == 4
    assert grown("aliendreams_jobs_ended_total", backend="pixels", kind="finished") == 1
    assert grown("aliendreams_jobs_ended_total", backend="pixels", kind="failed") == 1
    assert grown("aliendreams_jobs_ended_total", backend="pixels", kind="cancelled") == 2
    assert grown("aliendreams_waited_seconds_count") == 4
    assert grown("aliendreams_painted_seconds_count", backend="pixels") == 1
    assert grown("aliendreams_painted_seconds_sum", backend="pixels") > 9 * grey.seconds_per_step
    assert grown("aliendreams_steps_total", backend="pixels") >= 9
    assert grown("aliendreams_step_seconds_total", backend="pixels") > 9 * grey.seconds_per_step
    assert grown("aliendreams_pick_up_seconds_count") == 4
    assert grown("aliendreams_pick_up_seconds_sum") < 4


async def test_the_gap_between_two_jobs_is_counted_from_the_free_slot(
    client: QueueClient, watched: WorkerSettings, grey: GreyBackend
) -> None:
    """Not from when the second was asked for: it had to wait for the first."""
    watched = watched.model_copy(update={"max_sessions": 1})
    async with worker_here(watched, grey):
        before = await scrape(watched)
        first = await client.submit(grey_recipe(steps=300), ADA)
        second = await client.submit(grey_recipe(), MO)
        for one in (first, second):
            assert isinstance(await ending(client, one.id), Finished)
        after = await scrape(watched)
    waited = after("aliendreams_waited_seconds_sum") - before("aliendreams_waited_seconds_sum")
    gaps = after("aliendreams_pick_up_seconds_sum") - before("aliendreams_pick_up_seconds_sum")
    assert waited > 0.5, "the second waited for 300 steps"
    assert gaps < waited - 0.4


async def test_a_worker_is_well_until_its_engine_hangs(
    client: QueueClient, watched: WorkerSettings, grey: GreyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "HUNG_AFTER", 0.2)
    async with worker_here(watched, grey):
        status, report = await health(watched)
        assert (status, report["worker"]) == (200, "here")
        assert report["checks"] == {"event loop": "ok", "redis": "ok", "engine": "ok"}
        grey.gate.clear()
        job = await client.submit(grey_recipe(), ADA)
        async with asyncio.timeout(10):
            while True:
                status, report = await health(watched)
                if status == 503:
                    break
                await asyncio.sleep(0.02)
        assert "hung for" in str(report["checks"])
        grey.gate.set()
        assert isinstance(await ending(client, job.id), Finished)
        assert (await health(watched))[0] == 200


def test_an_engine_whose_thread_is_gone_is_said() -> None:
    engine = Engine(lambda name: GreyBackend())
    engine.start()
    assert seen.engine_check(engine) is None
    engine.close()
    assert seen.engine_check(engine) == "its thread has ended"


class Kept(logging.Handler):
    """Keeps what is logged, marked."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.addFilter(Marks())

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def kept() -> Iterator[Kept]:
    handler = Kept()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


class Talking(GreyBackend):
    """Says what it does, from wherever it is asked."""

    def begin(self, recipe, inputs):  # type: ignore[no-untyped-def]
        logging.getLogger("tests.talking").warning("begins")
        return super().begin(recipe, inputs)

    def step(self, sessions):  # type: ignore[no-untyped-def]
        logging.getLogger("tests.talking").warning("steps")
        super().step(sessions)

    def picture(self, session):  # type: ignore[no-untyped-def]
        logging.getLogger("tests.talking").warning("draws")
        return super().picture(session)

    def save(self, session):  # type: ignore[no-untyped-def]
        logging.getLogger("tests.talking").warning("saves")
        return super().save(session)


async def test_what_a_painter_says_in_the_engines_thread_is_about_its_job(
    client: QueueClient, settings: WorkerSettings, kept: Kept
) -> None:
    async with worker_here(settings, Talking()):
        job = await client.submit(grey_recipe(), ADA)
        assert isinstance(await ending(client, job.id), Finished)
    said = [one for one in kept.records if one.name == "tests.talking"]
    assert {one.getMessage() for one in said} == {"begins", "steps", "draws", "saves"}
    assert {one.jobs for one in said} == {(job.id,)}  # type: ignore[attr-defined]
    assert {one.threadName for one in said} == {"engine"}


async def test_the_queue_at_a_glance(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        done = await client.submit(grey_recipe(), ADA)
        assert isinstance(await ending(client, done.id), Finished)
        painted = await client.submit(grey_recipe(steps=5_000), ADA)
        waiting = await client.submit(grey_recipe(), MO)
        await started(client, painted.id, "here")
        async with asyncio.timeout(10):
            while True:
                found = await look(client.store)
                if found.painting and found.painting[0].step:
                    break
                await asyncio.sleep(0.01)
        (one,) = found.painting
        assert (one.id, one.member, one.backend, one.worker) == (painted.id, "Ada", "pixels", "here")
        assert 0 < one.step <= one.steps == 5_000
        assert one.seconds >= 0
        (lane,) = [lane for lane in found.lanes if lane.waiting]
        assert (lane.waiting, lane.painting, lane.workers) == (1, 1, 1)
        assert lane.oldest is not None
        assert 0 <= lane.oldest < 10
        assert [card.name for card in found.workers] == ["here"]
        assert found.hour == {"finished": 1}
        assert found.memory.used > 0
        await client.cancel(waiting.id, MO)
        await client.cancel(painted.id, ADA)
        await ending(client, painted.id)
        assert (await look(client.store)).hour == {"finished": 1, "cancelled": 2}
    assert [key for key in await client.redis.keys("dream:rate:*") if await client.redis.ttl(key) < 0] == []
