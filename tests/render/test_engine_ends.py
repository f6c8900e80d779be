"""What the engine does for sessions beside their steps: looks at them, closes them, keeps their models."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
import torch
from tests.fakes import GreyBackend, GreySession, grey_recipe
from tests.render.test_engine import watch

from dreamqueue.errors import PaintError
from dreamqueue.recipe import Recipe
from dreamrender import residents
from dreamrender.backend import Inputs
from dreamrender.engine import Engine
from dreamrender.painting import Outcome
from dreamrender.room import Room
from dreamrender.types import Image


class Careful(GreyBackend):
    """Each session takes a model by its preset's name and has to be closed once."""

    def __init__(self, room: int = 1 << 40) -> None:
        super().__init__()
        self.room = room
        self.open: list[GreySession] = []
        self.closed: list[GreySession] = []
        self.begun = threading.Event()

    def begin(self, recipe: Recipe, inputs: Inputs) -> GreySession:
        residents.residents_on("cpu").take(recipe.preset or "grey", lambda: torch.nn.Linear(9, 9))
        session = super().begin(recipe, inputs)
        self.open.append(session)
        self.begun.set()
        return session

    def step(self, sessions: Sequence[GreySession]) -> None:
        for session in sessions:
            if session.recipe.phrases[0].text == "a stone" and session.step == 2:
                raise ValueError("a stone in the way")
            if session.recipe.width * session.recipe.height > self.room:
                raise torch.OutOfMemoryError("CUDA out of memory")
        super().step(sessions)

    def close(self, session: GreySession) -> None:
        self.open.remove(session)
        self.closed.append(session)


class Glancing(Careful):
    """Shows black while it paints, and counts the pictures that it makes."""

    pictures = 0

    def glimpse(self, session: GreySession) -> Image:
        return torch.zeros(3, session.recipe.height, session.recipe.width)

    def picture(self, session: GreySession) -> Image:
        self.pictures += 1
        return super().picture(session)


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is on any device yet."""
    monkeypatch.setattr(residents, "_all", {})


Start = Callable[..., Engine]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Makes engines, and closes them in the end."""
    engines: list[Engine] = []

    def make(backend: GreyBackend, room: Room | None = None, slots: int = 3) -> Engine:
        engine = Engine(lambda name: backend, max_sessions=slots, batch=1, frame_seconds=1e-9, room=room)
        engine.start()
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        await asyncio.to_thread(engine.close)


def held() -> int:
    return sum(row.held for row in residents.residents_on("cpu").table())


async def test_a_session_holds_its_models_and_lets_go_when_it_is_finished(start: Start) -> None:
    backend = Careful()
    backend.gate.clear()
    painting = start(backend).paint(grey_recipe(steps=3))
    await asyncio.to_thread(backend.begun.wait, 60)
    assert held() == 1
    backend.gate.set()
    assert (await watch(painting))[1].kind == "finished"
    assert (held(), backend.open, len(backend.closed)) == (0, [], 1)
    assert residents.residents_on("cpu").here("grey"), "it stays until others need the room"


@pytest.mark.parametrize("wish", ["stop", "cancel"])
async def test_one_that_is_ended_early_lets_go(start: Start, wish: str) -> None:
    backend = Careful()
    painting = start(backend).paint(grey_recipe(steps=20_000))
    updates = painting.updates()
    await anext(updates)
    getattr(painting, wish)()
    kinds = [update.kind async for update in updates if isinstance(update, Outcome)]
    assert kinds == [{"stop": "stopped", "cancel": "cancelled"}[wish]]
    assert (held(), backend.open, len(backend.closed)) == (0, [], 1)


async def test_one_that_fails_lets_go(start: Start) -> None:
    backend = Careful()
    engine = start(backend)
    with pytest.raises(ValueError, match="a stone in the way"):
        await watch(engine.paint(grey_recipe("a stone")))
    assert (held(), backend.open, len(backend.closed)) == (0, [], 1)
    with pytest.raises(RuntimeError, match="broken on purpose"):
        await watch(engine.paint(grey_recipe("a broken thing")))
    assert (held(), backend.open, len(backend.closed)) == (0, [], 1)


async def test_one_that_begins_again_smaller_is_closed_each_time(start: Start) -> None:
    backend = Careful(room=100 * 100)
    painting = start(backend).paint(grey_recipe(width=128, height=128))
    assert (await watch(painting))[1].kind == "finished"
    assert [session.recipe.width for session in backend.closed] == [128, 90]
    assert (held(), backend.open) == (0, [])
    with pytest.raises(PaintError, match="out of memory at 362x362 too"):
        await watch(start(backend).paint(grey_recipe(width=512, height=512)))
    assert [session.recipe.width for session in backend.closed] == [128, 90, 512, 362]
    assert held() == 0


async def test_closing_the_engine_ends_all_of_them(start: Start) -> None:
    backend = Careful()
    engine = start(backend, slots=1)
    painting, waiting = engine.paint(grey_recipe(steps=20_000)), engine.paint(grey_recipe())
    await anext(painting.updates())
    await asyncio.to_thread(engine.close)
    for one in (painting, waiting):
        with pytest.raises(RuntimeError, match="the engine was closed"):
            await watch(one)
    assert (held(), backend.open, len(backend.closed)) == (0, [], 1)


async def test_frames_are_glimpses_and_endings_pictures(start: Start) -> None:
    backend = Glancing()
    painting = start(backend).paint(grey_recipe(steps=40))
    frames, outcome = await watch(painting)
    assert frames
    assert {frame.picture.getpixel((0, 0)) for frame in frames} == {(0, 0, 0)}
    assert {one.getpixel((0, 0)) for one in painting.earlier.values()} == {(0, 0, 0)}
    assert outcome.picture is not None
    assert outcome.picture.min() == 1
    assert backend.pictures == 1


async def test_a_job_of_several_pictures_passes_both_on(start: Start) -> None:
    backend = Glancing()
    engine = start(backend)
    _, outcome = await watch(engine.paint(grey_recipe(candidates=4, finish=2, trial=0.25, steps=8)))
    assert outcome.kind == "finished"
    assert len(backend.closed) == 4
    assert len({id(session) for session in backend.closed}) == 4
    assert sorted(session.step for session in backend.closed) == [2, 2, 8, 8]
    assert backend.pictures < 20, "frames are made of glimpses"
    backend.closed.clear()
    with pytest.raises(RuntimeError, match="broken on purpose"):
        await watch(engine.paint(grey_recipe("a {fine,broken} thing")))
    assert (len(backend.closed), backend.open, held()) == (1, [], 0)


class Forgetful(GreyBackend):
    """Counts the sessions that are still there when the next one begins."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: list[weakref.ref[GreySession]] = []
        self.left: list[int] = []

    def begin(self, recipe: Recipe, inputs: Inputs) -> GreySession:
        self.left.append(sum(session() is not None for session in self.sessions))
        session = super().begin(recipe, inputs)
        self.sessions.append(weakref.ref(session))
        return session


async def test_nothing_is_left_of_a_session_when_the_next_one_begins(start: Start) -> None:
    backend = Forgetful()
    engine = start(backend, slots=1)
    for one in [engine.paint(grey_recipe()) for _ in range(3)]:
        await watch(one)
    assert backend.left == [0, 0, 0]


class Full:
    """Nobody fits beside anybody."""

    def ready(self, recipe: Recipe) -> bool:
        return False

    def has(self, recipe: Recipe) -> bool:
        return False

    def make(self, recipe: Recipe, by: object) -> None:
        """There is none."""


async def test_who_waits_for_room_is_cancelled_at_once(start: Start) -> None:
    backend = Careful()
    backend.gate.clear()
    engine = start(backend, Full())
    first, second, third = (engine.paint(grey_recipe(steps=4)) for _ in range(3))
    await asyncio.to_thread(backend.begun.wait, 60)  # the engine is in a step that does not end
    second.cancel()
    third.stop()
    assert [(await watch(one))[1].kind for one in (second, third)] == ["cancelled", "cancelled"]
    backend.gate.set()
    assert (await watch(first))[1].kind == "finished"
    assert len(backend.closed) == 1


async def test_who_does_not_fit_beside_others_is_painted_after_them(start: Start) -> None:
    backend = Careful()
    backend.gate.clear()
    engine = start(backend, Full())
    paintings = [engine.paint(grey_recipe(steps=3)) for _ in range(4)]
    backend.gate.set()
    assert {(await watch(one))[1].kind for one in paintings} == {"finished"}
    assert [session.step for session in backend.closed] == [3] * 4
    assert max(backend.batches) == 1
