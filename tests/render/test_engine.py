"""The engine: sessions join and leave between steps, frames come out, cancel is prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from tests.fakes import GreyBackend, grey_recipe

from dreamrender.engine import Engine
from dreamrender.painting import FrameReady, Outcome, Painting


@pytest.fixture
def grey() -> GreyBackend:
    return GreyBackend()


@pytest.fixture
def engine(grey: GreyBackend) -> Iterator[Engine]:
    engine = Engine(lambda name: grey, max_sessions=3, batch=3, frame_seconds=1e-9)
    engine.start()
    yield engine
    grey.gate.set()
    engine.close()


async def watch(painting: Painting) -> tuple[list[FrameReady], Outcome]:
    frames: list[FrameReady] = []
    async for update in painting.updates():
        if isinstance(update, Outcome):
            return frames, update
        frames.append(update)
    raise AssertionError("no outcome")


async def test_a_painting_gives_frames_and_then_the_picture(engine: Engine) -> None:
    frames, outcome = await watch(engine.paint(grey_recipe(steps=200)))
    assert outcome.kind == "finished"
    assert outcome.step == 200
    assert outcome.picture is not None
    assert outcome.picture.shape == (3, 32, 32)
    steps = [frame.step for frame in frames]
    assert steps
    assert steps == sorted(set(steps)), "each frame is newer than the one before"


async def test_an_animation_keeps_frames_from_all_of_it(engine: Engine) -> None:
    painting = engine.paint(grey_recipe(steps=200))
    await watch(painting)
    assert 40 <= len(painting.kept) <= 60
    assert painting.kept[0].getpixel((0, 0)) != painting.kept[-1].getpixel((0, 0))


async def test_sessions_share_steps_and_a_newcomer_joins_at_once(engine: Engine, grey: GreyBackend) -> None:
    grey.gate.clear()
    first = [engine.paint(grey_recipe(steps=30)) for _ in range(2)]
    other_size = engine.paint(grey_recipe(steps=5, width=64))
    late = engine.paint(grey_recipe(steps=1))
    grey.gate.set()
    outcomes = await asyncio.gather(*(watch(painting) for painting in [*first, other_size, late]))
    assert [outcome.kind for _, outcome in outcomes] == ["finished"] * 4
    assert max(grey.batches) in (2, 3)
    assert grey.batches.count(1) >= 5, "another size cannot share a step"


async def test_cancel_ends_within_one_step_and_keeps_nothing(engine: Engine, grey: GreyBackend) -> None:
    painting = engine.paint(grey_recipe(steps=10_000))
    updates = painting.updates()
    await anext(updates)
    grey.gate.clear()
    done = len(grey.batches)
    painting.cancel()
    grey.gate.set()
    async for update in updates:
        last = update
    assert isinstance(last, Outcome)
    assert (last.kind, last.picture) == ("cancelled", None)
    assert len(grey.batches) <= done + 2


async def test_stop_keeps_the_picture_as_it_is(engine: Engine) -> None:
    painting = engine.paint(grey_recipe(steps=10_000))
    updates = painting.updates()
    await anext(updates)
    painting.stop()
    async for update in updates:
        last = update
    assert isinstance(last, Outcome)
    assert last.kind == "stopped"
    assert 0 < last.step < 10_000
    assert last.picture is not None


async def test_a_broken_recipe_harms_no_other(engine: Engine) -> None:
    good, bad = engine.paint(grey_recipe()), engine.paint(grey_recipe("a broken thing"))
    with pytest.raises(RuntimeError, match="broken on purpose"):
        await watch(bad)
    assert (await watch(good))[1].kind == "finished"


async def test_one_that_waits_for_room_can_be_cancelled(engine: Engine, grey: GreyBackend) -> None:
    grey.gate.clear()
    running = [engine.paint(grey_recipe(steps=50)) for _ in range(3)]
    waiting = engine.paint(grey_recipe())
    waiting.cancel()
    grey.gate.set()
    assert (await watch(waiting))[1].kind == "cancelled"
    for painting in running:
        assert (await watch(painting))[1].kind == "finished"


async def test_one_that_shall_stop_before_its_end_is_finished_there(engine: Engine) -> None:
    frames, outcome = await watch(engine.paint(grey_recipe(steps=20, stop=80)))
    assert (outcome.kind, outcome.step) == ("finished", 16)
    assert max(frame.step for frame in frames) <= 16
