"""Several pictures in one job: grids and candidates, of any backend, through the engine."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from PIL import Image
from tests.fakes import GreyBackend, GreySession, grey_recipe

from dreamqueue.errors import BadValue, CannotResume, PaintError
from dreamqueue.png import read_recipe
from dreamqueue.recipe import MAX_SEED, Recipe
from dreamrender import residents, state_file
from dreamrender.backend import Backend, HasExtras, HasParts, Inputs, Resumable, Steerable
from dreamrender.backends import BACKENDS, load_backend
from dreamrender.backends.pixels import Pixels
from dreamrender.backends.strokes import Strokes
from dreamrender.critics import Critic, loading
from dreamrender.engine import Engine
from dreamrender.painting import FrameReady, Outcome, Painting
from dreamrender.picture import from_pil, to_pil
from dreamrender.several import ResumableSeveral, Several, backend_for
from dreamrender.several.session import SeveralSession

from .conftest import recipe_for


@dataclass
class LuckySession(GreySession):
    """Its score is its seed, divided by a hundred; seeds of four digits have none."""

    notes: tuple[str, ...] = ("It is grey.",)


class LuckyBackend(GreyBackend):
    """Grey pictures: the higher the seed, the better. Remembers whose steps it made."""

    def __init__(self) -> None:
        super().__init__()
        self.stepped: list[list[int]] = []

    def begin(self, recipe: Recipe, inputs: Inputs) -> LuckySession:
        super().begin(recipe, inputs)
        return LuckySession(recipe)

    def step(self, sessions: Sequence[GreySession]) -> None:
        super().step(sessions)
        self.stepped.append([session.recipe.seed for session in sessions])
        for session in sessions:
            session.score = session.recipe.seed / 100 if session.recipe.seed < 1000 else None


@pytest.fixture
def lucky() -> LuckyBackend:
    return LuckyBackend()


def begun(backend: Backend, recipe: Recipe) -> tuple[Several, SeveralSession]:
    several = backend_for(recipe, lambda name: backend)
    assert isinstance(several, Several)
    return several, several.begin(recipe, Inputs())


def run(several: Several, session: SeveralSession, steps: int | None = None) -> None:
    for _ in range(session.recipe.steps - session.step if steps is None else steps):
        several.step([session])


def test_one_picture_is_left_to_its_backend(lucky: LuckyBackend) -> None:
    assert backend_for(grey_recipe(), lambda name: lucky) is lucky
    assert backend_for(grey_recipe("a {b}"), lambda name: lucky) is lucky


def test_a_grid_paints_every_cell_and_shows_them_all(lucky: LuckyBackend) -> None:
    recipe = grey_recipe("a {snail,penguin} made of {harp,piano}", steps=3)
    several, session = begun(lucky, recipe)
    run(several, session)
    assert session.step == 3
    assert len(lucky.stepped) == 12
    parts = several.parts(session)
    assert [(part.label, part.recipe.phrases[0].text, part.step) for part in parts] == [
        ("snail, harp", "a snail made of harp", 3),
        ("snail, piano", "a snail made of piano", 3),
        ("penguin, harp", "a penguin made of harp", 3),
        ("penguin, piano", "a penguin made of piano", 3),
    ]
    assert all(part.picture.shape == (3, 32, 32) for part in parts)
    picture = several.picture(session)
    assert picture.dtype == torch.float32
    assert picture.shape[1] > 64
    assert session.score == pytest.approx(0.07), "the mean"
    assert session.notes == ("It is grey.",), "said once"
    assert several.extras(session) == {}


def test_words_that_a_sheet_cannot_write_are_said(lucky: LuckyBackend) -> None:
    _, session = begun(lucky, grey_recipe("a {猫,house} in {spring,été}"))
    assert session.notes[0] == "1: `猫, spring`; 2: `猫, été`; 3: `house, spring`; 4: `house, été`."


def test_a_label_is_no_markup(lucky: LuckyBackend) -> None:
    _, session = begun(lucky, grey_recipe("a {[free](https://evil.example),猫,b`c}"))
    assert session.notes[0] == "1: `[free](https://evil.example)`; 2: `猫`; 3: `b'c`."


def test_a_sheet_has_every_picture_pixel_for_pixel(critics: Callable[[str, str], Critic]) -> None:
    recipe = recipe_for("a {red,blue} {square,dog}", steps=2, width=128, height=64)
    several, session = begun(Pixels(critics=critics), recipe)
    run(several, session)
    sheet = to_pil(several.picture(session)).tobytes()
    for part in several.parts(session):
        rows = torch.frombuffer(bytearray(to_pil(part.picture).tobytes()), dtype=torch.uint8).view(64, -1)
        assert all(bytes(row.tolist()) in sheet for row in rows[::9])


def test_the_best_candidate_goes_on_alone(lucky: LuckyBackend) -> None:
    recipe = grey_recipe(steps=10, seed=7, candidates=4, trial=0.3)
    several, session = begun(lucky, recipe)
    run(several, session, 3)
    assert len(lucky.stepped) == 12
    assert [member.session.recipe.seed for member in session.running] == [10]
    assert session.score == pytest.approx(0.1)
    run(several, session)
    assert lucky.stepped[12:] == [[10]] * 7
    assert torch.equal(several.picture(session), torch.ones(3, 32, 32)), "the winner, at its own size"
    parts = several.parts(session)
    assert [(part.label, part.step, part.recipe.seed) for part in parts] == [
        ("seed 7", 3, 7),
        ("seed 8", 3, 8),
        ("seed 9", 3, 9),
        ("seed 10", 10, 10),
    ]
    assert [float(part.picture.mean()) for part in parts] == pytest.approx([0.3, 0.3, 0.3, 1.0])
    assert not any(part.recipe.several for part in parts)
    assert session.notes[0] == (
        "4 candidates, ranked after 3 of 10 steps, and the first goes on: "
        "4: seed 10 (0.100), 3: seed 9 (0.090), 2: seed 8 (0.080), 1: seed 7 (0.070)."
    )
    ranking = several.extras(session)["candidates.png"]
    assert read_recipe(ranking) == recipe
    with Image.open(io.BytesIO(ranking)) as sheet:
        assert min(sheet.size) > 64


def test_the_ranked_grid_is_shown_when_it_is_ranked(lucky: LuckyBackend) -> None:
    several, session = begun(lucky, grey_recipe(steps=10, candidates=4, trial=0.3))
    shapes = []
    for _ in range(5):
        several.step([session])
        shapes.append(tuple(several.picture(session).shape[1:]))
    assert shapes[:3] == [shapes[0]] * 3
    assert shapes[0] != (32, 32)
    assert shapes[3:] == [(32, 32)] * 2


def test_the_best_few_go_on_together(lucky: LuckyBackend) -> None:
    several, session = begun(lucky, grey_recipe(steps=4, seed=1, candidates=5, finish=2, trial=0.5))
    run(several, session)
    assert [part.step for part in several.parts(session)] == [2, 2, 2, 4, 4]
    assert several.picture(session).shape[2] > 64, "a sheet of two"
    assert "the first 2 go on" in session.notes[0]


def test_best_of_n_at_the_end(lucky: LuckyBackend) -> None:
    several, session = begun(lucky, grey_recipe(steps=4, seed=1, candidates=3, trial=1.0))
    run(several, session)
    assert [part.step for part in several.parts(session)] == [4, 4, 4]
    assert torch.equal(several.picture(session), torch.ones(3, 32, 32))
    assert session.notes[0].startswith("3 candidates, the best first: 3: seed 3 (0.030)")
    assert "candidates.png" in several.extras(session)


def test_seeds_begin_anew_after_the_last(lucky: LuckyBackend) -> None:
    _, session = begun(lucky, grey_recipe(seed=MAX_SEED, candidates=3))
    assert [member.session.recipe.seed for member in session.running] == [MAX_SEED, 0, 1]


def test_those_without_a_score_come_last_in_their_order(lucky: LuckyBackend) -> None:
    several, session = begun(lucky, grey_recipe(steps=2, seed=998, candidates=4, finish=2, trial=0.5))
    run(several, session)
    assert [member.session.recipe.seed for member in session.running] == [998, 999]
    assert "3: seed 1000, 4: seed 1001." in session.notes[0]


def test_what_cannot_be_painted_is_said(lucky: LuckyBackend) -> None:
    for recipe, error in (
        (grey_recipe("{a,b}", candidates=2), PaintError),
        (grey_recipe("{a,b}" * 5), BadValue),
        (grey_recipe("{a,{b,c}}"), BadValue),
    ):
        with pytest.raises(error):
            backend_for(recipe, lambda name: lucky).begin(recipe, Inputs())


def test_it_has_parts_and_does_not_turn(lucky: LuckyBackend) -> None:
    several = backend_for(grey_recipe("{a,b}"), lambda name: lucky)
    assert isinstance(several, HasParts)
    assert isinstance(several, HasExtras)
    assert isinstance(several, Resumable)
    assert not isinstance(several, Steerable)


def test_it_is_saved_only_if_its_backend_can_save(lucky: LuckyBackend) -> None:
    class Forgetful:
        begin, group, step, picture = lucky.begin, lucky.group, lucky.step, lucky.picture

    assert not isinstance(backend_for(grey_recipe("{a,b}"), lambda name: Forgetful()), Resumable)


@pytest.mark.parametrize(
    "asked", [{"text": "a red {square,dog}"}, {"candidates": 3, "finish": 1, "trial": 0.5}], ids=str
)
def test_they_go_on_with_the_same_next_frame_from_each_step(
    critics: Callable[[str, str], Critic], asked: dict[str, Any]
) -> None:
    recipe = recipe_for(**asked)
    several, session = begun(Pixels(critics=critics), recipe)
    assert isinstance(several, ResumableSeveral)
    while session.step < recipe.steps:
        before = session.step
        again = several.resume(recipe, Inputs(), several.save(session))
        for _ in range(2):
            assert again.step == session.step
            assert torch.equal(several.picture(again), several.picture(session))
            for mine, other in zip(several.parts(again), several.parts(session), strict=True):
                assert to_pil(mine.picture).tobytes() == to_pil(other.picture).tobytes()
                assert (mine.label, mine.recipe, mine.step) == (other.label, other.recipe, other.step)
                assert mine.score == other.score
            if again.step == before:
                for one in (session, again):
                    run(several, one, 1)


def test_what_was_left_behind_is_there_again(critics: Callable[[str, str], Critic]) -> None:
    recipe = recipe_for(backend="strokes", candidates=3, finish=2, trial=0.5)
    several, session = begun(Strokes(critics=critics), recipe)
    assert isinstance(several, ResumableSeveral)
    run(several, session, 3)
    again = several.resume(recipe, Inputs(), several.save(session))
    (left,), (other) = again.left.values(), session.left
    assert left.extras == session.left[next(iter(other))].extras
    assert left.extras["svg"]
    assert (again.notes, again.left.keys()) == (session.notes, session.left.keys())
    assert several.extras(again) == several.extras(session)


@pytest.mark.parametrize(
    ("text", "why"), [("a {red,blue} dog", "another recipe"), ("a {red,green} hut", "another recipe")]
)
def test_another_grids_state_is_refused(critics: Callable[[str, str], Critic], text: str, why: str) -> None:
    several, session = begun(Pixels(critics=critics), recipe_for("a {red,green} dog"))
    assert isinstance(several, ResumableSeveral)
    with pytest.raises(CannotResume, match=why):
        several.resume(recipe_for(text), Inputs(), several.save(session))


def test_a_state_of_before_there_were_variants_is_gone_on_with(critics: Callable[[str, str], Critic]) -> None:
    several, session = begun(Pixels(critics=critics), recipe_for("a {red,green} dog"))
    assert isinstance(several, ResumableSeveral)
    run(several, session, 2)
    saved = several.save(session)
    assert "variants" not in state_file.unpacked(saved)[0]["recipe"], "as a worker of then wrote it"
    assert several.resume(session.recipe, Inputs(), saved).step == 2


def test_a_grid_of_which_one_picture_does_not_fit_is_closed(lucky: LuckyBackend) -> None:
    closed: list[int] = []

    class Fussy(LuckyBackend):
        def resume(self, recipe: Recipe, inputs: Inputs, state: bytes) -> GreySession:
            if recipe.phrases[0].text == "b":
                raise CannotResume("no")
            return super().resume(recipe, inputs, state)

        def close(self, session: GreySession) -> None:
            closed.append(session.step)

    several, session = begun(Fussy(), grey_recipe("{a,b}"))
    assert isinstance(several, ResumableSeveral)
    run(several, session, 2)
    with pytest.raises(CannotResume):
        several.resume(session.recipe, Inputs(), several.save(session))
    assert closed == [2]


@pytest.mark.parametrize("finish", [1, 2])
def test_a_candidate_painted_alone_is_the_same_to_the_last_bit(
    critics: Callable[[str, str], Critic], finish: int
) -> None:
    backend = Pixels(critics=critics)
    recipe = recipe_for(steps=6, candidates=4, finish=finish, trial=0.34)
    several, session = begun(backend, recipe)
    run(several, session)
    finished = [part for part in several.parts(session) if part.step == 6]
    assert len(finished) == finish
    for part in finished:
        alone = backend.begin(part.recipe, Inputs())
        while alone.step < 6:
            backend.step([alone])
        assert torch.equal(backend.picture(alone), part.picture)
        assert alone.score == part.score
    best = max(finished, key=lambda part: part.score or 0)
    assert session.score == best.score
    if finish == 1:
        assert torch.equal(several.picture(session), best.picture)


@pytest.mark.usefixtures("fetched_generators")
@pytest.mark.parametrize("name", BACKENDS)
def test_every_backend_paints_grids_and_candidates_in_two_goes(
    name: str, critics: Callable[[str, str], Critic], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residents, "_all", {})
    monkeypatch.setattr(loading, "_load", lambda name, device, download: critics(name, device))
    small = {"backend": name, "critic": "pocket", "width": 64, "height": 32, "steps": 2}
    for recipe in (recipe_for("a {red,green} square", **small), recipe_for(candidates=2, trial=0.5, **small)):
        several = backend_for(recipe, load_backend)
        assert isinstance(several, ResumableSeveral)
        before = several.begin(recipe, Inputs())
        run(several, before, 1)
        with pytest.raises(
            CannotResume
        ):  # what takes over a chosen one begins it anew, and does not go wrong
            several.inner.resume(before.running[0].session.recipe, Inputs(), several.save(before))
        session = several.resume(recipe, Inputs(), several.save(before))
        assert session.step == 1
        run(several, session)
        finished = [part for part in several.parts(session) if part.step == 2]
        assert len(finished) == recipe.cells
        alone = several.inner.begin(finished[-1].recipe, Inputs())
        while alone.step < 2:
            several.inner.step([alone])
        assert torch.equal(several.inner.picture(alone), finished[-1].picture)


def test_the_same_recipe_gives_the_same_sheet(critics: Callable[[str, str], Critic]) -> None:
    for recipe in (
        recipe_for("a {red,blue} square", steps=2),
        recipe_for(steps=4, candidates=3, finish=2, trial=0.5),
    ):
        sheets = []
        for _ in range(2):
            several, session = begun(Pixels(critics=critics), recipe)
            run(several, session)
            sheets.append(several.picture(session))
        assert torch.equal(*sheets)


def test_vectors_come_along(critics: Callable[[str, str], Critic]) -> None:
    recipe = recipe_for(backend="strokes", steps=2, candidates=2, trial=0.5)
    several, session = begun(Strokes(critics=critics), recipe)
    run(several, session)
    assert all(b"<path" in part.extras["svg"] for part in several.parts(session))
    assert b"<path" in several.extras(session)["svg"]


@pytest.fixture
def engine(lucky: LuckyBackend) -> Iterator[Callable[[int], Engine]]:
    made: list[Engine] = []

    def make(batch: int) -> Engine:
        engine = Engine(lambda name: lucky, max_sessions=3, batch=batch, frame_seconds=1e-9)
        engine.start()
        made.append(engine)
        return engine

    yield make
    lucky.gate.set()
    for one in made:
        one.close()


async def outcome_of(painting: Painting) -> tuple[list[FrameReady], Outcome]:
    frames: list[FrameReady] = []
    async for update in painting.updates():
        if isinstance(update, Outcome):
            return frames, update
        frames.append(update)
    raise AssertionError("no outcome")


@pytest.mark.parametrize(("batch", "a_round"), [(1, [1, 1, 1, 1, 1]), (2, [2, 2, 1]), (4, [4, 1]), (16, [5])])
async def test_pictures_share_steps_as_far_as_the_engine_allows(
    engine: Callable[[int], Engine], lucky: LuckyBackend, batch: int, a_round: list[int]
) -> None:
    recipe = grey_recipe(steps=4, seed=1, candidates=5, trial=1.0)
    frames, outcome = await outcome_of(engine(batch).paint(recipe))
    assert outcome.kind == "finished"
    assert outcome.step == 4, "people are told of rounds"
    assert all(1 <= frame.step <= 4 for frame in frames)
    assert lucky.batches == 4 * a_round
    assert sum(lucky.batches) == recipe.work
    assert [part.label for part in outcome.parts] == [f"seed {seed}" for seed in range(1, 6)]


async def test_two_such_jobs_beside_a_plain_one(engine: Callable[[int], Engine]) -> None:
    one = engine(2)
    recipes = grey_recipe("{a,b}", steps=5), grey_recipe(candidates=2, steps=5), grey_recipe(steps=5)
    outcomes = [await outcome_of(painting) for painting in [one.paint(recipe) for recipe in recipes]]
    assert [len(outcome.parts) for _, outcome in outcomes] == [2, 2, 0]
    assert {outcome.kind for _, outcome in outcomes} == {"finished"}


async def test_cancel_ends_within_one_round(engine: Callable[[int], Engine], lucky: LuckyBackend) -> None:
    painting = engine(1).paint(grey_recipe("{a,b,c}", steps=10_000))
    updates = painting.updates()
    await anext(updates)
    lucky.gate.clear()
    done = len(lucky.batches)
    painting.cancel()
    lucky.gate.set()
    async for update in updates:
        last = update
    assert isinstance(last, Outcome)
    assert (last.kind, last.picture, last.parts) == ("cancelled", None, ())
    assert len(lucky.batches) <= done + 2 * 3


async def test_a_turn_is_refused_with_a_reason(engine: Callable[[int], Engine]) -> None:
    painting = engine(1).paint(grey_recipe("{a,b}", steps=10_000))
    await anext(painting.updates())
    with pytest.raises(PaintError, match="several pictures cannot be changed"):
        await painting.change(lambda recipe, step: recipe)
    painting.cancel()
    await painting.gone()


async def test_stop_keeps_the_sheet_and_all_its_pictures(engine: Callable[[int], Engine]) -> None:
    painting = engine(1).paint(grey_recipe("{a,b,c}", steps=10_000))
    updates = painting.updates()
    await anext(updates)
    painting.stop()
    async for update in updates:
        last = update
    assert isinstance(last, Outcome)
    assert last.kind == "stopped"
    assert last.picture is not None
    assert last.picture.shape[2] > 3 * 32
    assert {part.step for part in last.parts} == {last.step}
    assert [part.label for part in last.parts] == ["a", "b", "c"]


def test_a_picture_becomes_a_tensor_and_back_unchanged() -> None:
    picture = Image.effect_noise((7, 5), 90).convert("RGB")
    assert to_pil(from_pil(picture)).tobytes() == picture.tobytes()
