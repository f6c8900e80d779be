"""A worker and its models: a missing one is named, or fetched if allowed; too large a job is refused."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.fakes import GreyBackend, grey_recipe
from tests.render.test_worker import ADA, ending

from dreamconfig.settings import WorkerSettings
from dreamqueue.client import QueueClient
from dreamqueue.errors import NobodyPaints, PaintError
from dreamqueue.job import Cancelled, Finished
from dreamrender import residents
from dreamrender.backend import Backend
from dreamrender.backends import load_backend
from dreamrender.worker import missing
from dreamrender.worker.run import run_worker

from .shop import Shop, open_shop
from .test_vqgan import checkpoint, configuration, tiny

VQGAN = {"backend": "vqgan", "preset": "coco", "critic": "pocket"}


@pytest.fixture(autouse=True)
def pocket_everywhere() -> None:
    """Not here: these tests load what they say."""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """It has a small VQGAN in place of the one trained on COCO; the folder of models names it."""
    monkeypatch.setattr(residents, "_all", {})
    monkeypatch.setattr(missing, "LOOK_SECONDS", 0.05)
    weights = checkpoint(tmp_path / "last.ckpt", tiny()).read_bytes()
    config = configuration(tmp_path / "model.yaml", tiny()).read_bytes()
    with open_shop(**{"coco.ckpt": weights, "coco.yaml": config}) as shop:
        files = "".join(
            f'{{ name = "{name}", sources = ["{shop.url}/{name}"] }},' for name in ("coco.ckpt", "coco.yaml")
        )
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "models.toml").write_text(
            f"""
            [vqgan-coco]
            title = "COCO"
            kind = "vqgan"
            licence = "MIT"
            commercial = true
            origin = "here"
            megabytes = 1
            backend = "vqgan"
            files = [{files}]
            """
        )
        yield shop


@pytest.fixture
def settings(redis_url: str, tmp_path: Path) -> WorkerSettings:
    return WorkerSettings(
        redis_url=SecretStr(redis_url),
        worker_name="here",
        device="cpu",
        frame_seconds=0.001,
        job_timeout=60,
        models=str(tmp_path / "models"),
    )


@pytest.fixture
async def client(settings: WorkerSettings) -> AsyncIterator[QueueClient]:
    client = await QueueClient.connect(settings)
    yield client
    await client.close()


@contextlib.asynccontextmanager
async def serving(settings: WorkerSettings, backend: Backend | None = None) -> AsyncIterator[None]:
    """A worker that paints with the backend `vqgan` of the registry, or with another in its place."""
    ready = asyncio.Event()
    chosen = backend or load_backend("vqgan")
    task = asyncio.create_task(
        run_worker(settings, load=lambda name: chosen, backends=["vqgan"], ready=ready)
    )
    await ready.wait()
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_missing_model_gives_the_command_to_type(
    client: QueueClient, settings: WorkerSettings, shop: Shop
) -> None:
    async with serving(settings):
        with pytest.raises(
            NobodyPaints, match=r"does not have vqgan-coco .*`aliendreams models fetch vqgan-coco`"
        ):
            await client.submit(grey_recipe(**VQGAN), ADA)
        assert await client.store.open_jobs() == []
    assert shop.asked == []


async def test_a_worker_that_may_fetches_it_and_paints(
    client: QueueClient, settings: WorkerSettings, shop: Shop, tmp_path: Path
) -> None:
    allowed = settings.model_copy(update={"download": True})
    async with serving(allowed):
        job = await client.submit(grey_recipe(steps=2, **VQGAN), ADA)
        end = await ending(client, job.id)
    assert isinstance(end, Finished), end
    assert (tmp_path / "models" / "coco.ckpt").is_file()


async def test_one_may_cancel_while_it_is_fetched(
    client: QueueClient, settings: WorkerSettings, shop: Shop
) -> None:
    shop.gate.clear()
    allowed = settings.model_copy(update={"download": True})
    async with serving(allowed):
        job = await client.submit(grey_recipe(steps=2, **VQGAN), ADA)
        await asyncio.to_thread(shop.being_asked.wait)
        await client.cancel(job.id, ADA)
        shop.gate.set()
        assert await ending(client, job.id) == Cancelled(by=ADA)


async def test_what_is_too_large_is_refused_with_the_size_that_fits(
    client: QueueClient, settings: WorkerSettings
) -> None:
    small = settings.model_copy(update={"memory_gb": 1.0})
    async with serving(small, GreyBackend()):
        with pytest.raises(PaintError, match=r"^1024x1024 would need about 7\..*would fit\.$"):
            await client.submit(grey_recipe(width=1024, height=1024, backend="vqgan", preset="pocket"), ADA)
        fits = await client.submit(grey_recipe(backend="vqgan", preset="pocket"), ADA)
        assert isinstance(await ending(client, fits.id), Finished)
