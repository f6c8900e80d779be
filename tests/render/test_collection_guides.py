"""A collection guides a painting: which pictures, when, how strongly, and what the member reads of it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from dreamqueue.collection import Collection, Liked
from dreamqueue.errors import PaintError, UnknownWord
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.turns import longer, turned
from dreamrender.backend import Inputs
from dreamrender.backends.pixels import Pixels
from dreamrender.collection.choosing import Group, choose, folder_weights
from dreamrender.collection.guides import collected
from dreamrender.collection.shelf import PictureFolder, Shelf
from dreamrender.critics import Critic
from dreamrender.critics.open_clip import OpenClipCritic
from dreamrender.critics.pocket import PocketCritic
from dreamrender.schedule import stage
from dreamrender.steer import SteeredSession

from .conftest import recipe_for
from .picture_folders import Counting, fill, square


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    fill(tmp_path / "shelf" / "Wall Paint", {"red": 6, "blue": 6})
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def paint(shelf: Shelf) -> Inputs:
    return Inputs(collection=shelf.find("wall-paint", "1"))


@pytest.fixture
def pixels(critics: Callable[[str, str], Critic]) -> Pixels:
    return Pixels("cpu", critics)


def wanting(strength: float = 0.5, **like: float) -> Collection:
    liked = tuple(Liked(folder=folder, weight=weight) for folder, weight in like.items())
    return Collection(name="wall-paint", strength=strength, like=liked)


def painted(backend: Pixels, recipe: Recipe, inputs: Inputs) -> tuple[torch.Tensor, SteeredSession]:
    session = backend.begin(recipe, inputs)
    for _ in range(recipe.steps):
        backend.step([session])
    return backend.picture(session), session


def redness(picture: torch.Tensor) -> float:
    """How much more red than blue there is."""
    return float(picture[0].mean() - picture[2].mean())


@pytest.mark.parametrize(
    ("critic_name", "steps"), [("tiny", 25), pytest.param("pocket", 12, marks=pytest.mark.long)]
)
def test_a_liked_folder_shows_in_the_picture(
    critic_name: str, steps: int, critic: OpenClipCritic, paint: Inputs
) -> None:
    eye: Critic = critic if critic_name == "tiny" else PocketCritic.from_file()
    backend = Pixels("cpu", lambda name, device: eye)

    def painting(**like: float) -> float:
        wanted = wanting(**like)
        recipe = recipe_for("a wall", steps=steps, seed=8, critic=critic_name, collection=wanted)
        return redness(painted(backend, recipe, paint)[0])

    assert painting(red=3) > painting(blue=3) + 0.02


def test_no_collection_changes_nothing(pixels: Pixels, critic: OpenClipCritic, paint: Inputs) -> None:
    assert collected(recipe_for(), paint, [critic], "cpu") is None
    without, _ = painted(pixels, recipe_for(), Inputs())
    beside, _ = painted(pixels, recipe_for(), paint)
    guided, _ = painted(pixels, recipe_for(collection=wanting()), paint)
    assert torch.equal(without, beside)
    assert not torch.equal(without, guided)


def test_the_same_seed_paints_the_same_and_the_second_time_nothing_is_looked_at(
    critic: OpenClipCritic, paint: Inputs
) -> None:
    eye = Counting(critic)
    backend = Pixels("cpu", lambda name, device: eye)
    recipe = recipe_for(collection=wanting(red=3))
    first, session = painted(backend, recipe, paint)
    looked, eye.pictures = eye.pictures, 0
    again, other = painted(backend, recipe, paint)
    assert torch.equal(first, again)
    assert session.notes == other.notes
    assert looked - eye.pictures == 12
    seeds = [backend.begin(recipe_for(collection=wanting(), seed=seed), paint).notes for seed in range(4)]
    assert len(set(seeds)) > 1, "another seed chooses others"


def test_the_start_is_the_same_with_and_without(pixels: Pixels, paint: Inputs) -> None:
    guided, plain = (
        pixels.begin(recipe_for(collection=collection), paint) for collection in (wanting(), None)
    )
    assert torch.equal(guided.generator.get_state(), plain.generator.get_state())
    assert torch.equal(pixels.picture(guided), pixels.picture(plain))
    assert guided.score == plain.score, "the score is that of the words"


def test_the_text_stays_in_charge(pixels: Pixels, paint: Inputs) -> None:
    phrases = (Phrase(text="a wall", weight=2), Phrase(text="a door"), Phrase(text="text", weight=-1))
    recipe = recipe_for(phrases=phrases, collection=wanting(0.5, red=4))
    (aims,) = pixels.begin(recipe, paint).aims
    assert aims.words == 3
    for t in torch.linspace(0, 1, 31).tolist():
        weights = aims.weights_at(t)
        assert weights[:3].tolist() == [2, 1, -1]
        assert bool((weights[3:] >= 0).all())
        assert 0 < float(weights[3:].sum()) <= 0.5 * 3 + 1e-6


def test_each_picture_has_its_stage(pixels: Pixels, paint: Inputs) -> None:
    (aims,) = pixels.begin(recipe_for(steps=61, collection=wanting()), paint).aims
    strongest = [int(aims.weights_at((place + 0.5) / 6)[1:].argmax()) for place in range(6)]
    assert strongest == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("count", [1, 2, 6])
def test_stages_overlap_softly_and_sum_to_one(count: int) -> None:
    stages = [stage(index, count) for index in range(count)]
    ticks = [tick / 200 for tick in range(201)]
    for t in ticks:
        assert sum(share(t) for share in stages) == pytest.approx(1)
    for share in stages:
        assert all(abs(share(after) - share(before)) < 0.01 * count for before, after in pairwise(ticks))
    assert stages[0](0) == stages[-1](1) == 1


def test_most_suit_the_text_and_some_come_from_anywhere() -> None:
    likeness, everything = torch.linspace(-2, 2, 200), [Group(1, list(range(200)))]
    anywhere = 0
    for seed in range(50):
        chosen = choose(likeness.expand(6, -1), everything, seed)
        assert len(set(chosen)) == 6
        assert sum(place >= 180 for place in chosen) >= 4
        anywhere += sum(place < 180 for place in chosen)
    assert anywhere > 60


@pytest.mark.parametrize(("weight", "stages"), [(3, {4, 5}), (1, {3}), (0.2, {1}), (100, {5, 6})])
def test_a_liked_folder_has_its_share_of_the_stages(weight: float, stages: set[int]) -> None:
    likeness = torch.cat([torch.zeros(10), torch.ones(1000)])  # all others suit the text better
    among = [Group(weight, list(range(10))), Group(1, list(range(10, 1010)))]
    found = {sum(place < 10 for place in choose(likeness.expand(6, -1), among, seed)) for seed in range(30)}
    assert found == stages


@pytest.mark.parametrize("count", [1, 2, 5, 7])
def test_a_small_collection_guides_with_what_it_has(count: int) -> None:
    chosen = choose(torch.zeros(6, count), [Group(1, list(range(count)))], 1)
    assert len(chosen) == 6
    assert len(set(chosen)) == min(count, 6), "none comes twice before all have come"


def test_a_folder_that_the_prompt_names_counts_for_more() -> None:
    folders = {"turner", "old-masters", "art", "sea", "masters-party", ""}
    recipe = recipe_for(
        phrases=(
            Phrase(text="a harbour by Turner, with Old Masters"),
            Phrase(text="party"),
            Phrase(text="sea", weight=-1),
        ),
        collection=wanting(turner=7),
    )
    assert folder_weights(recipe, folders) == {"turner": 7, "old-masters": 3}


def test_the_notes_name_the_pictures_in_their_order(
    pixels: Pixels, shelf: Shelf, critic: OpenClipCritic
) -> None:
    assert shelf.path is not None
    small = shelf.path / "small"
    square(small / "a`b" / "x.png", "red")
    square(small / "y.png", "blue")
    (small / "broken.png").write_bytes(b"no")
    inputs = Inputs(collection=shelf.find("small", "1"))
    notes = pixels.begin(recipe_for(collection=Collection(name="small")), inputs).notes
    assert notes[0] in ("Guided by `a'b/x.png`, `y.png`.", "Guided by `y.png`, `a'b/x.png`.")
    assert notes[1:] == ("I could not read `broken.png` of `small`.",)


def test_several_critics_see_the_same_pictures(critic: OpenClipCritic, paint: Inputs) -> None:
    turned = Counting(critic, turned=True)
    turned.name = "turned"
    both: dict[str, Critic] = {"tiny": critic, "turned": turned}
    backend = Pixels("cpu", lambda name, device: both[name])
    session = backend.begin(recipe_for(critic="tiny,turned", collection=wanting()), paint)
    mine, theirs = (aims.embeddings[1:] for aims in session.aims)
    assert len(mine) == len(theirs) == 6
    assert torch.allclose(mine, -theirs, atol=1e-3)
    assert sum(note.startswith("Guided by") for note in session.notes) == 1
    backend.step([session])


def test_later_words_choose_the_later_pictures() -> None:
    before, after = torch.linspace(-2, 2, 200), torch.linspace(2, -2, 200)
    early = torch.cat([before.expand(3, -1), before.expand(3, -1)])
    turned = torch.cat([before.expand(3, -1), after.expand(3, -1)])
    for seed in range(10):
        one, other = (choose(likeness, [Group(1, list(range(200)))], seed) for likeness in (early, turned))
        assert one[:3] == other[:3]
        assert sum(place < 20 for place in other[3:]) >= 1


@pytest.mark.parametrize("turn", ["steered", "longer"])
def test_a_render_that_takes_a_turn_is_painted_again(pixels: Pixels, paint: Inputs, turn: str) -> None:
    session = pixels.begin(recipe_for("a wall", steps=12, collection=wanting(1, red=2)), paint)
    for _ in range(5):
        pixels.step([session])
    if turn == "steered":
        pixels.steer(session, turned(session.recipe, [Phrase(text="a blue door")], session.step))
    else:
        pixels.steer(session, longer(session.recipe, session.step, 20))
    while session.step < session.recipe.steps:
        pixels.step([session])
    again, other = painted(pixels, session.recipe, paint)
    assert torch.equal(pixels.picture(session), again)
    assert other.notes == session.notes


def test_it_resumes_to_the_same_frame(pixels: Pixels, paint: Inputs) -> None:
    recipe = recipe_for(collection=wanting(red=2))
    session = pixels.begin(recipe, paint)
    pixels.step([session])
    again = pixels.resume(recipe, paint, pixels.save(session))
    for one in (session, again):
        pixels.step([one])
    assert torch.equal(pixels.picture(session), pixels.picture(again))


def test_what_is_not_there_is_said(pixels: Pixels, shelf: Shelf, paint: Inputs) -> None:
    with pytest.raises(UnknownWord, match=r"no collection `wall-pint`\. Did you mean `wall-paint`"):
        shelf.find("wall-pint", "1")
    with pytest.raises(UnknownWord, match=r"no collection `zzz`\. There is: wall-paint"):
        shelf.find("zzz", "1")
    with pytest.raises(PaintError, match="DREAM_COLLECTIONS"):
        Shelf(None).find("wall-paint", "1")
    with pytest.raises(PaintError, match="`wall-paint` is not on this worker"):
        pixels.begin(recipe_for(collection=wanting()), Inputs())
    with pytest.raises(
        UnknownWord, match=r"folder of the collection `wall-paint` called `green`\..*blue, red"
    ):
        pixels.begin(recipe_for(collection=wanting(green=2)), paint)
    assert shelf.path is not None
    (shelf.path / "empty").mkdir()
    (shelf.path / "empty" / "x.png").write_bytes(b"no")
    with pytest.raises(
        PaintError, match=r"no pictures that I can look at\. Files in it that cannot be read: 1"
    ):
        pixels.begin(
            recipe_for(collection=Collection(name="empty")), Inputs(collection=shelf.find("empty", "1"))
        )


def test_a_member_has_collections_of_their_own(shelf: Shelf, tmp_path: Path) -> None:
    assert shelf.path is not None
    fill(shelf.path / "@7" / "wall paint", {"red": 1})
    fill(shelf.path / "@7" / "mine", {"red": 1})
    (shelf.path / "linked").symlink_to(tmp_path)
    (shelf.path / ".hidden").mkdir()
    assert [found.label for found in shelf.all()] == ["wall-paint", "@7/mine", "@7/wall-paint"]
    assert shelf.find("wall-paint", "7").path == shelf.path / "@7" / "wall paint"
    assert shelf.find("wall-paint", "8").path == shelf.path / "Wall Paint"
    assert shelf.find("mine", "7") == PictureFolder("mine", shelf.path / "@7" / "mine", "7")
    with pytest.raises(UnknownWord, match="There is: wall-paint"):
        shelf.find("mine", "8")
    for name in ("..", "../shelf", "@7", "/etc", ".hidden", "linked"):
        with pytest.raises(UnknownWord):
            shelf.find(name, "8")
