"""When memory runs out: smaller once, and said so; neighbours go on as if nothing had happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
import torch
from tests.fakes import GreyBackend, GreySession, grey_recipe
from tests.render.test_engine import watch

from dreamqueue.errors import PaintError
from dreamqueue.recipe import Recipe
from dreamrender.backend import Inputs, Session
from dreamrender.backends.pixels import Pixels
from dreamrender.critics import Critic
from dreamrender.engine import Engine
from dreamrender.room import Boundless
from dreamrender.types import Image

from .conftest import recipe_for


class Cramped(GreyBackend):
    """Has room for so many pixels in a step; `room_to_begin` for so many in a session."""

    def __init__(
        self, room: int, room_to_begin: int = 1 << 40, error: type[Exception] = torch.OutOfMemoryError
    ) -> None:
        super().__init__()
        self.room, self.room_to_begin, self.error = room, room_to_begin, error
        self.begun: list[tuple[int, int]] = []

    def _hold(self, pixels: int, room: int) -> None:
        if pixels > room:
            raise self.error("Tried to allocate 20.00 MiB.")

    def begin(self, recipe: Recipe, inputs: Inputs) -> GreySession:
        self.begun.append((recipe.width, recipe.height))
        self._hold(recipe.width * recipe.height, self.room_to_begin)
        return super().begin(recipe, inputs)

    def group(self, session: Session) -> str:
        return "all"

    def step(self, sessions: Sequence[GreySession]) -> None:
        self._hold(sum(session.recipe.width * session.recipe.height for session in sessions), self.room)
        if any(session.recipe.phrases[0].text == "a stone" and session.step == 2 for session in sessions):
            raise ValueError("a stone in the way")
        super().step(sessions)


Start = Callable[..., Engine]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Makes engines, and closes them in the end."""
    engines: list[Engine] = []

    def make(backend: object, **how: int) -> Engine:
        engine = Engine(lambda name: backend, frame_seconds=1e-9, **{"max_sessions": 4, "batch": 4, **how})  # type: ignore[arg-type,return-value]
        engine.start()
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        await asyncio.to_thread(engine.close)


@pytest.mark.parametrize("where", ["in a step", "at the beginning"])
async def test_what_does_not_fit_is_painted_smaller_and_says_so(start: Start, where: str) -> None:
    room = 400 * 400
    backend = Cramped(room) if where == "in a step" else Cramped(1 << 40, room)
    painting = start(backend).paint(grey_recipe(width=512, height=512, backend="vqgan"))
    _, outcome = await watch(painting)
    assert outcome.kind == "finished"
    assert outcome.picture is not None
    assert outcome.picture.shape == (3, 352, 352)
    assert outcome.notes == ("The GPU ran out of memory at 512x512, so this is 352x352.",)
    assert outcome.step == 8
    assert (painting.recipe.width, painting.recipe.height) == (352, 352), "the recipe that paints it again"
    assert {frame.size for frame in painting.kept} == {(352, 352)}
    assert backend.begun == [(512, 512), (352, 352)]


async def test_the_shape_stays(start: Start) -> None:
    _, outcome = await watch(start(Cramped(300 * 200)).paint(grey_recipe(width=384, height=192)))
    assert outcome.picture is not None
    assert outcome.picture.shape == (3, 135, 271)


async def test_a_second_time_it_fails_with_a_clear_word(start: Start) -> None:
    backend = Cramped(100 * 100)
    with pytest.raises(
        PaintError, match=r"^The GPU ran out of memory at 362x362 too\. Please ask for a smaller"
    ):
        await watch(start(backend).paint(grey_recipe(width=512, height=512)))
    assert backend.begun == [(512, 512), (362, 362)]
    with pytest.raises(PaintError, match=r"out of memory at 32x32\. Please"):
        await watch(start(Cramped(10)).paint(grey_recipe(width=32, height=32)))


@pytest.mark.parametrize(
    "error", [MemoryError, lambda words: RuntimeError(f"DefaultCPUAllocator: not enough memory: {words}")]
)
async def test_a_cpu_runs_out_too(start: Start, error: type[Exception]) -> None:
    _, outcome = await watch(start(Cramped(400 * 400, error=error)).paint(grey_recipe(width=512, height=512)))
    assert outcome.notes == ("The worker ran out of memory at 512x512, so this is 362x362.",)


async def test_a_full_batch_is_stepped_in_smaller_ones(start: Start) -> None:
    backend = Cramped(5 * 64 * 64)
    backend.gate.clear()
    engine = start(backend)
    small = [engine.paint(grey_recipe(width=64, height=64, steps=20)) for _ in range(3)]
    large = engine.paint(grey_recipe(width=128, height=128, steps=20))
    backend.gate.set()
    outcomes = [outcome for _, outcome in await asyncio.gather(*map(watch, [*small, large]))]
    assert [outcome.kind for outcome in outcomes] == ["finished"] * 4
    assert [outcome.notes for outcome in outcomes] == [()] * 4, "all of them fit, only not all at once"
    assert max(backend.batches[8:]) <= 2


async def test_what_breaks_in_a_batch_breaks_alone(start: Start) -> None:
    backend = Cramped(1 << 40)
    backend.gate.clear()
    engine = start(backend)
    good, bad, other = (engine.paint(grey_recipe(text, steps=10)) for text in ("a hut", "a stone", "a lake"))
    backend.gate.set()
    told = await asyncio.gather(*map(watch, (good, bad, other)), return_exceptions=True)
    assert isinstance(told[1], ValueError)
    for one in (told[0], told[2]):
        assert not isinstance(one, BaseException)
        assert (one[1].kind, one[1].step) == ("finished", 10)


class Tripping(Pixels):
    """A painter of pixels that now and then fails after it has looked: half way through a shared step."""

    tripped = 0

    def step(self, sessions: Sequence[Session]) -> None:
        if len(sessions) > 1 and sessions[0].step in (1, 3):
            self.tripped += 1
            for session in sessions:
                image, cuts = session.views()  # type: ignore[attr-defined]
                (image.sum() + cuts[0].sum()).backward()
            raise torch.OutOfMemoryError("half way")
        super().step(sessions)


async def test_a_step_made_again_is_the_same_step(
    start: Start, critics: Callable[[str, str], Critic]
) -> None:
    backend = Tripping("cpu", critics)
    recipes = [recipe_for(seed=seed, steps=6) for seed in (1, 2)]

    def alone(recipe: Recipe) -> Image:
        session = backend.begin(recipe, Inputs())
        while session.step < recipe.steps:
            backend.step([session])
        return backend.picture(session)

    engine = start(backend)
    told = await asyncio.gather(*(watch(engine.paint(recipe)) for recipe in recipes))
    for recipe, (_, outcome) in zip(recipes, told, strict=True):
        assert outcome.picture is not None
        assert torch.allclose(outcome.picture, alone(recipe), atol=4 / 255)
    assert backend.tripped


async def test_what_the_device_has_no_room_for_is_refused_before_it_begins() -> None:
    backend = Cramped(1 << 40)

    class Small(Boundless):
        def has(self, recipe: Recipe) -> bool:
            if recipe.width > 256:
                raise PaintError("too large")
            return True

    engine = Engine(lambda name: backend, room=Small())
    engine.start()
    with pytest.raises(PaintError, match="too large"):
        await watch(engine.paint(grey_recipe(width=512)))
    assert backend.begun == []
    assert (await watch(engine.paint(grey_recipe())))[1].kind == "finished"
    await asyncio.to_thread(engine.close)
