"""Sessions saved on their way by the engine, and taken up by another with the same picture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
import torch
from tests.fakes import GreyBackend, GreySession, grey_recipe

from dreamqueue.errors import CannotResume
from dreamqueue.recipe import Recipe
from dreamrender.backend import Backend, Inputs
from dreamrender.backends.pixels import Pixels
from dreamrender.checkpoints import Before, Saved
from dreamrender.critics import Critic
from dreamrender.engine import Engine
from dreamrender.painting import FrameReady, Outcome, Painting
from dreamrender.picture import to_pil

from .conftest import recipe_for

Start = Callable[..., Engine]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Makes engines, and closes them in the end."""
    engines: list[Engine] = []

    def begin(backend: Backend, every: float = 1e-9, **options: object) -> Engine:
        engine = Engine(lambda name: backend, frame_seconds=0.001, checkpoint_seconds=every, **options)  # type: ignore[arg-type]
        engine.start()
        engines.append(engine)
        return engine

    yield begin
    for engine in engines:
        await asyncio.to_thread(engine.close)


async def outcome_of(painting: Painting) -> tuple[list[FrameReady], Outcome]:
    frames: list[FrameReady] = []
    async for update in painting.updates():
        if isinstance(update, Outcome):
            return frames, update
        frames.append(update)
    raise AssertionError("no end")


async def saved_at(painting: Painting, step: int) -> Saved:
    """The first save after so many steps."""
    while (saved := await painting.saves.next()) is not None:
        if saved.step >= step:
            return saved
    raise AssertionError("it ended before")


@pytest.fixture
def pixels(critics: Callable[[str, str], Critic]) -> Pixels:
    return Pixels("cpu", critics)


async def test_another_engine_paints_the_same_picture(start: Start, pixels: Pixels) -> None:
    recipe = recipe_for(steps=24)
    _, undisturbed = await outcome_of(start(pixels, every=0).paint(recipe))
    first = start(pixels).paint(recipe)
    saved = await saved_at(first, 6)
    first.cancel()
    state = await asyncio.to_thread(saved.packed)
    again = start(pixels).paint(recipe, state=state, before=Before(saved.seconds))
    frames, outcome = await outcome_of(again)
    assert undisturbed.picture is not None
    assert outcome.picture is not None
    assert torch.equal(outcome.picture, undisturbed.picture)
    assert min(frame.step for frame in frames) > saved.step
    assert min(frame.seconds for frame in frames) > saved.seconds


async def test_a_grid_goes_on_in_another_engine(start: Start, pixels: Pixels) -> None:
    recipe = recipe_for("a red {square,dog}", steps=12)
    _, undisturbed = await outcome_of(start(pixels, every=0).paint(recipe))
    first = start(pixels).paint(recipe)
    saved = await saved_at(first, 4)
    first.cancel()
    _, outcome = await outcome_of(start(pixels).paint(recipe, state=saved.packed()))
    assert [to_pil(part.picture).tobytes() for part in outcome.parts] == [
        to_pil(part.picture).tobytes() for part in undisturbed.parts
    ]
    assert outcome.state is None, "there is no longer render of a grid to go on to"


async def test_a_copy_stays_as_it_was(start: Start, pixels: Pixels) -> None:
    painting = start(pixels).paint(recipe_for(steps=12))
    saved = await saved_at(painting, 2)
    await outcome_of(painting)
    assert pixels.resume(recipe_for(steps=12), Inputs(), saved.packed()).step == saved.step


async def test_it_is_not_copied_again_before_the_last_copy_is_put_away(start: Start) -> None:
    copies: list[int] = []

    class Counting(GreyBackend):
        def save(self, session: GreySession) -> bytes:
            copies.append(session.step)
            return super().save(session)

    painting = start(Counting()).paint(grey_recipe(steps=200))
    assert await painting.saves.next() is not None
    await outcome_of(painting)
    assert len(copies) == 2, "that one, and the state at the end"


async def test_a_last_save_ends_it_with_that_step(start: Start) -> None:
    grey = GreyBackend()
    painting = start(grey, every=0).paint(grey_recipe(steps=20_000))
    await anext(painting.updates())
    painting.saves.ask()
    saved = await painting.saves.next()
    assert saved is not None
    assert saved.last
    await painting.gone()
    assert len(grey.batches) == saved.step
    assert await painting.saves.next() is None


@pytest.mark.parametrize("error", [CannotResume("it is a wall"), RuntimeError("broken on purpose")])
async def test_one_that_cannot_be_saved_is_painted_all_the_same_and_tried_once(
    start: Start, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    class Wall(GreyBackend):
        tries = 0

        def save(self, session: GreySession) -> bytes:
            if session.step < session.recipe.steps:
                self.tries += 1
                raise error
            return b""

    wall = Wall()
    caplog.set_level("INFO")
    painting = start(wall).paint(grey_recipe(steps=50))
    assert await painting.saves.next() is None
    _, outcome = await outcome_of(painting)
    assert outcome.kind == "finished"
    assert wall.tries == 1
    assert sum("saved on its way" in line for line in caplog.messages) == 1


async def test_one_that_began_smaller_is_saved_as_it_is_now(start: Start) -> None:
    class Small(GreyBackend):
        def step(self, sessions: Sequence[GreySession]) -> None:
            if sessions[0].recipe.width > 32 and sessions[0].step == 3:
                raise torch.OutOfMemoryError("CUDA out of memory")
            super().step(sessions)

    def sizes(recipe: Recipe) -> tuple[int, int]:
        return recipe.width, recipe.height

    recipe = grey_recipe(width=64, height=64, steps=20_000)
    painting = start(Small()).paint(recipe)
    saved = await painting.saves.next()
    while saved is not None and sizes(saved.recipe) == (64, 64):
        saved = await painting.saves.next()
    assert saved is not None
    assert sizes(saved.recipe) == sizes(painting.recipe)
    assert "out of memory" in saved.notes[0]
    painting.cancel()
    await painting.gone()
