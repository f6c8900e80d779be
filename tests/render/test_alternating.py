"""Two members who alternate two models where there is room for one: how often they are loaded.

With the real backend `vqgan`, two VQGANs of a community's own and its own small CLIP, read from their files.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import torch
from tests.render.test_engine import watch

from dreamconfig.catalogue import include
from dreamqueue.memory import estimate
from dreamqueue.recipe import Recipe
from dreamrender import residents, shelf
from dreamrender.backends import load_backend
from dreamrender.engine import Engine
from dreamrender.resident import weight_of
from dreamrender.residents import Residents, residents_on
from dreamrender.vqgan import VQGAN, Layers, Shape
from dreamrender.worker.room import DeviceRoom

from .conftest import TINY, recipe_for
from .test_vqgan import LAYERS, checkpoint, configuration

CUTS = 32


class InTurn(DeviceRoom):
    """For it nobody is better prepared than another."""

    def ready(self, recipe: Recipe) -> bool:
        return True


@pytest.fixture(autouse=True)
def pocket_everywhere() -> None:
    """Not here: these tests load what they say."""


@pytest.fixture(scope="module")
def vqgan() -> VQGAN:
    """Small, with many codes, so that its weights are most of what a painting takes."""
    shape = Shape(embed_dim=5, n_embed=10_000, ddconfig=Layers(**LAYERS))
    return VQGAN(shape).eval().requires_grad_(False)


@pytest.fixture
def here(vqgan: VQGAN, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Residents:
    """This process's device, with room for one of the two VQGANs `moss` and `bog` beside the critic `owl`."""
    monkeypatch.setattr(residents, "_all", {})
    weight = weight_of(vqgan) / 1e6
    tables = []
    for name in ("moss", "bog"):
        checkpoint(tmp_path / f"vqgan-{name}.ckpt", vqgan)
        configuration(tmp_path / f"vqgan-{name}.yaml", vqgan)
        files = f'[{{ name = "vqgan-{name}.ckpt" }}, {{ name = "vqgan-{name}.yaml" }}]'
        tables.append(_entry(f"vqgan-{name}", "vqgan", files, weight, 'backend = "vqgan"'))
    (tmp_path / "owl.safetensors").symlink_to(tiny_weights)
    owl = f'architecture = "{TINY}"'
    tables.append(_entry("owl", "open_clip", '[{ name = "owl.safetensors" }]', 7, owl))
    (tmp_path / "models.toml").write_text("\n".join(tables))
    include(tmp_path)
    shelf.use(shelf.Shelf(tmp_path))
    found = residents_on("cpu")
    one = recipe("moss")
    found.budget = estimate(one, CUTS).at(one) + weight * 1e6 / 2
    return found


def _entry(name: str, kind: str, files: str, fixed: float, more: str) -> str:
    return f"""
        [{name}]
        title = "{name}"
        kind = "{kind}"
        licence = "MIT"
        commercial = true
        origin = "here"
        megabytes = {fixed}
        memory = {{ fixed = {fixed} }}
        files = {files}
        {more}
    """


def recipe(preset: str, steps: int = 2) -> Recipe:
    return recipe_for(backend="vqgan", preset=preset, critic="owl", steps=steps)


@pytest.fixture
async def engine(here: Residents, request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    """`request.param` may say how many it paints at once (two), and what kind of room it has."""
    slots, kind = getattr(request, "param", (2, DeviceRoom))
    engine = Engine(load_backend, max_sessions=slots, room=kind(here, load_backend))
    yield engine
    await asyncio.to_thread(engine.close)


def loads(here: Residents) -> dict[str, int]:
    return {row.name: row.loads for row in here.table()}


@pytest.mark.parametrize("engine", [(1, DeviceRoom), (2, DeviceRoom)], indirect=True)
async def test_ten_jobs_that_wait_together_take_two_loads(engine: Engine, here: Residents) -> None:
    paintings = [engine.paint(recipe(preset)) for preset in 5 * ("moss", "bog")]
    engine.start()
    outcomes = [(await watch(one))[1] for one in paintings]
    assert [outcome.kind for outcome in outcomes] == ["finished"] * 10
    assert loads(here) == {"vqgan-moss": 1, "vqgan-bog": 1, "owl": 1}
    assert {row.held for row in here.table()} == {0}


@pytest.mark.parametrize("engine", [(1, InTurn)], indirect=True)
async def test_strictly_in_turn_it_would_be_ten(engine: Engine, here: Residents) -> None:
    paintings = [engine.paint(recipe(preset, steps=1)) for preset in 5 * ("moss", "bog")]
    engine.start()
    for one in paintings:
        await watch(one)
    assert loads(here) == {"vqgan-moss": 5, "vqgan-bog": 5, "owl": 1}


async def test_the_pictures_do_not_depend_on_who_was_loaded(engine: Engine, here: Residents) -> None:
    paintings = [engine.paint(recipe(preset)) for preset in 2 * ("moss", "bog")]
    engine.start()
    first, _, second, _ = [(await watch(one))[1].picture for one in paintings]
    assert first is not None
    assert second is not None
    assert torch.equal(first, second)


async def test_one_after_another_they_are_loaded_again_on_a_processor(
    engine: Engine, here: Residents
) -> None:
    """There is no second tier: main memory is what is short."""
    engine.start()
    for preset in 2 * ("moss", "bog"):
        await watch(engine.paint(recipe(preset)))
    assert loads(here) == {"vqgan-moss": 2, "vqgan-bog": 2, "owl": 1}
    assert {row.name: row.where for row in here.table()} == {
        "vqgan-bog": "device",
        "owl": "device",
        "vqgan-moss": "gone",
    }


async def test_a_job_with_the_other_model_waits_while_one_is_painted(engine: Engine, here: Residents) -> None:
    long, other = engine.paint(recipe("moss", steps=8)), engine.paint(recipe("bog"))
    engine.start()
    frames = long.updates()
    await anext(frames)
    assert loads(here) == {"vqgan-moss": 1, "owl": 1}
    async for _ in frames:
        pass
    assert (await watch(other))[1].kind == "finished"
    assert loads(here) == {"vqgan-moss": 1, "vqgan-bog": 1, "owl": 1}
