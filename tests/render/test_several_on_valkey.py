"""Grids and candidates through a real Valkey and a worker: one job, one end, every picture kept."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image
from tests.fakes import GreyBackend, grey_recipe

from dreamconfig.settings import WorkerSettings
from dreamqueue import keys
from dreamqueue.branches import extended, forked
from dreamqueue.client import QueueClient
from dreamqueue.errors import PictureError, TooLate
from dreamqueue.job import Finished
from dreamqueue.places import cost_kind
from dreamqueue.png import read_recipe

from .on_valkey import ADA, ending, worker_here


async def test_a_grid_is_one_sheet_and_each_picture_is_kept(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    recipe = grey_recipe("a {snail,penguin} made of {harp,piano}", steps=6)
    async with worker_here(settings, grey):
        job = await client.submit(recipe, ADA)
        end = await ending(client, job.id)
        assert isinstance(end, Finished)
        sheet = await client.fetch(end.picture)
        assert sheet is not None
        assert read_recipe(sheet) == recipe
        assert min(Image.open(io.BytesIO(sheet)).size) > 2 * 32
        assert [(part.label, part.step) for part in end.parts] == [
            ("snail, harp", 6),
            ("snail, piano", 6),
            ("penguin, harp", 6),
            ("penguin, piano", 6),
        ]
        for part in end.parts:
            data = await client.fetch(part.picture)
            assert data is not None
            assert read_recipe(data) == part.recipe
            assert Image.open(io.BytesIO(data)).size == (32, 32)
        learnt = json.loads(await client.redis.hget(keys.costs("pixels"), cost_kind(recipe)) or "{}")  # type: ignore[misc]
        assert learnt["seen"] > 0, "it was learnt what it cost"


async def test_candidates_end_as_the_best_one_beside_their_ranking(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=10, candidates=3), ADA)
        end = await ending(client, job.id)
        assert isinstance(end, Finished)
        assert [(part.recipe.seed, part.step) for part in end.parts] == [(7, 10), (8, 2), (9, 2)]
        assert "ranked after 2 of 10 steps" in end.notes[0]
        picture, ranking, gif = [
            await client.fetch(key)
            for key in (end.picture, end.extras["candidates.png"], end.animation or "")
        ]
        assert picture is not None
        assert ranking is not None
        assert gif is not None
        assert Image.open(io.BytesIO(picture)).size == (32, 32)
        assert Image.open(io.BytesIO(gif)).size == (32, 32), "the grid's frames are fitted into the last one"
        assert min(Image.open(io.BytesIO(ranking)).size) > 32


async def test_what_paints_several_is_neither_made_longer_nor_forked(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe("{a,b}"), ADA)
        assert isinstance(await ending(client, job.id), Finished)
        with pytest.raises(TooLate):
            await extended(client, job.id, 10)
        with pytest.raises(PictureError, match="several pictures"):
            await forked(client, job.id)
