"""The bot and a real worker with nothing but Redis between: what people see of a picture's painting."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image
from pydantic import SecretStr
from tests.bot.stage import Stage, shows
from tests.fakes import GreyBackend

from dreamconfig.settings import WorkerSettings
from dreamrender.worker.run import run_worker


@pytest.fixture
async def grey(stage: Stage) -> AsyncIterator[GreyBackend]:
    """The backend of a worker that is awake."""
    grey, ready = GreyBackend(seconds_per_step=0.1), asyncio.Event()
    settings = WorkerSettings(
        redis_url=SecretStr(stage.redis_url), worker_name="here", device="cpu", frame_seconds=0.001
    )
    worker = asyncio.create_task(
        run_worker(settings, load=lambda name: grey, backends=["pixels"], ready=ready)
    )
    await ready.wait()
    yield grey
    grey.gate.set()
    worker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await worker


async def test_a_picture_is_painted_while_people_watch(stage: Stage, grey: GreyBackend) -> None:
    message = await stage.imagine(stage.ada, "a hut --size 64 --steps 12 --seed 7")
    end = await shows(message, "done in", 20)
    assert any("of 12" in version.content for version in message.history), "it was seen forming"
    with Image.open(io.BytesIO(end.attachments[0].content)) as painted:
        assert (painted.format, painted.size) == ("PNG", (64, 64))
    with Image.open(io.BytesIO(end.attachments[1].content)) as moving:
        assert moving.format == "GIF"
        assert getattr(moving, "n_frames", 1) > 1
    assert "seed 7" in end.content
    assert [button.label for button in message.buttons] == [
        "Vary",
        "Again",
        "Remix",
        "Longer",
        "★",
        "Share trick",
        "Delete",
    ]
    await stage.all_shown()


async def test_cancel_reaches_the_worker(stage: Stage, grey: GreyBackend) -> None:
    grey.gate.clear()
    message = await stage.imagine(stage.ada, "a hut --size 64")
    await shows(message, "a worker begins")
    await stage.press(stage.moderator, message, "Cancel")
    grey.gate.set()
    await shows(message, "cancelled by Mo")
    assert len(grey.batches) < 120


async def test_stop_keeps_what_is_there(stage: Stage, grey: GreyBackend) -> None:
    message = await stage.imagine(stage.ada, "a hut --size 64 --steps 2000")
    await shows(message, "of 2000")
    await stage.press(stage.ada, message, "Stop and keep")
    end = await shows(message, "stopped at step", 20)
    assert end.attachments[0].filename.endswith(".png")


async def test_a_painter_that_breaks_says_so(stage: Stage, grey: GreyBackend) -> None:
    message = await stage.imagine(stage.ada, "a broken thing --size 64")
    end = await shows(message, "failed:")
    assert "broken on purpose" not in end.content, "people are told what helps them, the log has the rest"
