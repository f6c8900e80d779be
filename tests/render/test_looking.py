"""The picture check on a real worker: all that is told was looked at, and what cannot be is not told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from tests.fakes import GreyBackend, GreySession, grey_recipe

from dreamconfig.concepts import Concepts
from dreamconfig.settings import WorkerSettings
from dreamqueue import workers
from dreamqueue.client import QueueClient
from dreamqueue.errors import PaintError
from dreamqueue.events import Ended, Frame, Painted
from dreamqueue.job import Failed, Finished
from dreamqueue.recipe import Phrase, Variant
from dreamqueue.sights import Seen, names, together
from dreamrender.engine import Engine
from dreamrender.judging import looking
from dreamrender.judging.looking import NOT_LOOKED_AT, Looker, parts_of
from dreamrender.painting import Outcome
from dreamrender.picture import to_pil
from dreamrender.sheet import CELLS
from dreamrender.types import Image
from dreamrender.worker.run import run_worker

from .on_valkey import ADA, ending, worker_here

RED = """
[concepts.red]
texts = ["a red square"]
counter = ["a white wall", "a grey wall", "darkness"]
margin = 0.05
"""

GREY, RED_ONE = (128, 128, 128), (255, 0, 0)


class Blush(GreyBackend):
    """Paints grey, and red squares during some of the steps or for some seeds."""

    def __init__(self, steps: range = range(0), seeds: Sequence[int] = ()) -> None:
        super().__init__(seconds_per_step=0.01)
        self.steps, self.seeds = steps, seeds

    def picture(self, session: GreySession) -> Image:
        picture = torch.full((3, 64, 64), 0.5)
        if session.step in self.steps or session.recipe.seed in self.seeds:
            picture[0, 16:48, 16:48], picture[1:, 16:48, 16:48] = 1.0, 0.0
        return picture


@pytest.fixture
def looking_settings(settings: WorkerSettings, tmp_path: Path) -> WorkerSettings:
    (tmp_path / "concepts.toml").write_text(RED)
    return settings.model_copy(update={"concepts": tmp_path / "concepts.toml"})


async def test_frames_kept_frames_and_the_end_say_what_is_on_them(
    client: QueueClient, looking_settings: WorkerSettings
) -> None:
    """It is red on its way only: the animation shows that, the picture does not."""
    frames: list[Frame] = []
    async with worker_here(looking_settings, Blush(range(20, 40))):
        job = await client.submit(grey_recipe(steps=60, width=64, height=64), ADA)
        async for news in client.follow(job.id):
            if isinstance(news, Painted) and (frame := await client.frame(job.id)) is not None:
                frames.append(frame)
            if isinstance(news, Ended):
                assert isinstance(news.ending, Finished)
                assert names(news.ending.seen) == ("red",)
    assert {names(frame.seen) for frame in frames if 20 <= frame.step < 40} == {("red",)}
    assert {names(frame.seen) for frame in frames if not 20 <= frame.step < 40} == {()}
    record = await client.record(job.id)
    assert {step: names(seen) for step, seen in record.kept_seen.items()} == {
        step: ("red",) if 20 <= step < 40 else () for step in record.kept
    }
    found = record.kept_seen[24]
    assert found
    assert found[0].over >= 0.05
    assert found[0].score > found[0].over


async def test_each_of_several_pictures_is_looked_at(
    client: QueueClient, looking_settings: WorkerSettings
) -> None:
    async with worker_here(looking_settings, Blush(seeds=[8])):
        job = await client.submit(grey_recipe(steps=4, width=64, height=64, candidates=3, finish=3), ADA)
        end = await ending(client, job.id)
    assert isinstance(end, Finished)
    assert [names(part.seen) for part in end.parts] == [(), ("red",), ()]
    assert names(end.seen) == ("red",)


async def test_without_concepts_nobody_looks(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=20), ADA)
        end = await ending(client, job.id)
    assert isinstance(end, Finished)
    assert end.seen is None
    assert (await client.record(job.id)).kept_seen == {}


async def test_a_worker_that_cannot_look_does_not_begin(
    client: QueueClient, settings: WorkerSettings, tmp_path: Path
) -> None:
    (tmp_path / "concepts.toml").write_text('critic = "vit-b-32"\n' + RED)
    blind = settings.model_copy(update={"concepts": tmp_path / "concepts.toml", "models": str(tmp_path)})
    with pytest.raises(PaintError, match=r"asks to look at pictures with `vit-b-32`.*so it paints nothing"):
        await run_worker(blind, load=lambda name: GreyBackend(), backends=["pixels"])
    assert await workers.awake(client.redis) == []


async def test_what_could_not_be_looked_at_is_not_told(
    client: QueueClient, looking_settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blind(*_: object) -> None:
        raise RuntimeError("blind on purpose")

    async with worker_here(looking_settings, Blush()):
        monkeypatch.setattr(looking, "seen_by", blind)
        job = await client.submit(grey_recipe(steps=20, width=64, height=64), ADA)
        heard = [news async for news in client.follow(job.id)]
    assert not [news for news in heard if isinstance(news, Painted)]
    assert (await client.record(job.id)).kept == {}
    assert isinstance(heard[-1], Ended)
    assert heard[-1].ending == Failed(reason=NOT_LOOKED_AT)


def test_a_threshold_is_needed_besides() -> None:
    red = {"texts": ["a red square"], "counter": ["a white wall"]}
    picture = to_pil(Blush(range(9)).picture(GreySession(grey_recipe())))
    for threshold, found in ((0.1, ("red",)), (0.9, ())):
        looker = Looker(Concepts.model_validate({"concepts": {"red": red | {"threshold": threshold}}}))
        looker.prepare()
        assert names(looker.look([picture])) == found


def test_sights_of_several_pictures() -> None:
    weak, strong = Seen(concept="red", score=0.3, over=0.01), Seen(concept="red", score=0.2, over=0.2)
    assert together([(weak,), (), (strong,)]) == (strong,)
    assert together([(weak,), None]) is None, "one that nobody looked at counts as none"
    assert together([]) == ()


def test_parts_of_a_sheet() -> None:
    sheet = to_pil(torch.zeros(3, 90, 120))
    assert parts_of(sheet, 1) == []
    assert [part.size for part in parts_of(sheet, 5)] == [(40, 45)] * 5
    assert [part.size for part in parts_of(sheet, 6, 6)] == [(20, 90)] * 6


async def test_a_sheet_that_was_just_drawn_is_cut_where_its_pictures_lie() -> None:
    """Five in a row of their own width, with labels of two lines below."""
    shown = [
        Variant(label=f"{number}, " + "a long word " * 7, phrases=(Phrase(text="a hut"),), seed=number)
        for number in range(10)
    ]
    recipe = grey_recipe(steps=3, width=48).model_copy(update={"variants": tuple(shown), "row": 5})
    engine = Engine(lambda name: Blush(seeds=[3]), frame_seconds=0.0)
    engine.start()
    try:
        painting = engine.paint(recipe)
        frames = [update async for update in painting.updates()]
    finally:
        engine.close()
    last = frames[-1]
    assert isinstance(last, Outcome)
    assert last.picture is not None
    picture = to_pil(last.picture)
    picture.info[CELLS] = last.cells
    for sheet in (*painting.kept, picture):
        assert sheet.width > 2 * sheet.height
        parts = parts_of(sheet, 10, 5)
        assert [part.size for part in parts] == [(64, 64)] * 10
        assert [(part.getpixel((0, 0)), part.getpixel((32, 32))) for part in parts] == [
            (GREY, RED_ONE if number == 3 else GREY) for number in range(10)
        ]
