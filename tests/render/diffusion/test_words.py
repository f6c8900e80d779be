"""What phrases say to a denoiser: windows, weights, moments."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dreamrender.diffusion.families.family import Family
from dreamrender.diffusion.words.reading import STATES, alike, read
from dreamrender.diffusion.words.said import Said, saying

from . import painters


@pytest.fixture(scope="module", params=["sd", "sdxl", "sd3", "flux"])
def family(request: pytest.FixtureRequest) -> Family:
    return painters.family_at(request.getfixturevalue(f"tiny_{request.param}"), request.param)


@pytest.fixture(scope="module")
def sd(tiny_sd: Path) -> Family:
    return painters.family_at(tiny_sd, "sd")


def test_a_weight_of_one_changes_nothing(family: Family) -> None:
    plain, _ = read(family, [Said("a red apple"), Said("on a table")])
    assert torch.equal(plain[STATES], family.look("a red apple, on a table")[STATES])


def test_a_weight_moves_the_states_of_its_own_words(family: Family) -> None:
    plain, _ = read(family, [Said("a red apple"), Said("on a table")])
    loud, _ = read(family, [Said("a red apple"), Said("on a table", 1.5)])
    moved = (plain[STATES] != loud[STATES]).any(-1)[0].nonzero().flatten().tolist()
    track = family.tracks[0]
    start, end = (track.first + track.tokens(text) for text in ("a red apple, ", "a red apple, on a table"))
    ours = [place for place in moved if track.first <= place < track.first + track.max_tokens]
    assert ours == list(range(start, end))


def test_states_grow_from_the_empty_text(family: Family) -> None:
    """Weight 0 is the empty text at that place, and the way from there is straight."""
    nothing = family.look("")[STATES]
    none, half, whole, louder = (
        read(family, [Said("a red apple", weight)])[0][STATES] for weight in (1e-9, 0.5, 1.0, 1.5)
    )
    track = family.tracks[0]
    place = track.first + 1
    assert torch.allclose(none[0, place], nothing[0, place], atol=1e-5)
    assert torch.allclose(half[0, place], (none + whole)[0, place] / 2, atol=1e-5)
    assert torch.allclose(louder[0, place], (1.5 * whole - 0.5 * none)[0, place], atol=1e-5)


def test_a_long_text_is_read_in_windows(sd: Family) -> None:
    words = " ".join(["apple"] * 40)
    said = [Said(words), Said("a castle in the fog"), Said(words)]
    long, whole = read(sd, said)
    window = sd.look("")[STATES].shape[1]
    assert whole
    assert long[STATES].shape[1] > window
    assert long[STATES].shape[1] % window == 0


def test_what_is_not_read_is_known(family: Family) -> None:
    long, whole = read(family, [Said(" ".join(["apple"] * 5000))])
    assert not whole
    assert long[STATES].shape[1] < 5000


def test_a_longer_prompt_and_a_shorter_one_are_made_alike(sd: Family) -> None:
    long, _ = read(sd, [Said(" ".join(["apple"] * 150))])
    short = sd.blank()
    one, other = alike(long, short, short)
    assert one[STATES].shape == other[STATES].shape
    assert torch.equal(other[STATES][:, : short[STATES].shape[1]], short[STATES])


def test_a_phrase_comes_into_the_text_when_it_has_weight() -> None:
    phrases = [{"text": "a"}, {"text": "b", "weight": ((0.5, 0.0), (1.0, 1.0))}, {"text": "c", "weight": -2}]
    recipe = painters.recipe_of(phrases=phrases)
    assert saying(recipe, 0.2).wanted == (Said("a"),)
    assert saying(recipe, 0.75).wanted == (Said("a"), Said("b", 0.5))
    assert saying(recipe, 0.2).unwanted == (Said("c", 2.0),)
