"""A real worker under moderators' controls: it passes over what is paused or held, and goes on."""

from __future__ import annotations

from tests.fakes import GreyBackend, grey_recipe
from tests.render.on_valkey import ADA, MO, ending, started, worker_here

from dreamconfig.settings import WorkerSettings
from dreamqueue import controls, halts
from dreamqueue.client import QueueClient
from dreamqueue.job import Finished, JobState


async def test_it_paints_on_in_a_pause_and_begins_nothing_until_it_is_over(
    client: QueueClient, grey: GreyBackend, settings: WorkerSettings
) -> None:
    async with worker_here(settings, grey):
        first = await client.submit(grey_recipe("a hut", steps=200), ADA)
        await started(client, first.id, "here")
        grey.gate.clear()
        waits = await client.submit(grey_recipe("a barn", steps=4), ADA)
        await halts.halt(client.store, "worker:here", MO)
        grey.gate.set()
        assert isinstance(await ending(client, first.id), Finished)
        assert (await client.record(waits.id)).state is JobState.waiting
        await halts.lift(client.store, "worker:here")
        assert isinstance(await ending(client, waits.id), Finished)
        assert (await client.record(waits.id)).tries == 1


async def test_a_held_job_is_passed_over_and_painted_once_it_is_released(
    client: QueueClient, grey: GreyBackend, settings: WorkerSettings
) -> None:
    held = await client.submit(grey_recipe("a hut", steps=4), ADA)
    other = await client.submit(grey_recipe("a barn", steps=4), ADA)
    await controls.hold(client.store, held.id, MO)
    async with worker_here(settings, grey):
        assert isinstance(await ending(client, other.id), Finished)
        assert (await client.record(held.id)).state is JobState.waiting
        await controls.release(client.store, held.id)
        assert isinstance(await ending(client, held.id), Finished)
