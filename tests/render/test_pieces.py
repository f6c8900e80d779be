"""Long texts, cut where a reader would pause."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dreamqueue.recipe import Phrase
from dreamrender.aims import aims_of
from dreamrender.critics.open_clip import OpenClipCritic
from dreamrender.pieces import pieces

from .conftest import recipe_for


def reader(max_tokens: int) -> Any:
    """Reads so many characters, spaces not counted."""
    return SimpleNamespace(max_tokens=max_tokens, tokens=lambda text: len("".join(text.split())))


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("a hut", 9, ["a hut"]),
        ("I came. I saw. I won.", 10, ["I came.", "I saw. I won."]),
        ("a hut, a tree, a dog. A cat", 9, ["a hut,", "a tree,", "a dog. A cat"]),
        ("one two three four", 8, ["one two", "three", "four"]),
        ("Donaudampfschiff fährt", 6, ["Dona", "udam", "pfsc", "hiff", "fährt"]),
        ("雪山。小屋、木。", 5, ["雪山。", "小屋、木。"]),
        ("first line\nsecond line", 11, ["first line", "second line"]),
    ],
)
def test_pieces_end_where_a_reader_pauses(text: str, most: int, expected: list[str]) -> None:
    assert pieces(text, reader(most)) == expected


@given(st.text(st.sampled_from("ab ., 。\n—"), max_size=60), st.integers(1, 12))
def test_nothing_is_lost_and_every_piece_fits(text: str, most: int) -> None:
    found = pieces(text, reader(most))
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(reader(most).tokens(piece) <= most for piece in found)


def test_parts_of_a_phrase_share_its_weight_and_stop(critic: OpenClipCritic) -> None:
    long = "a cat on a wall in the evening sun, a dog under it. The moon rises over hills and rivers far away"
    aims = aims_of(recipe_for(phrases=(Phrase(text="a hut"), Phrase(text=long, weight=-2, stop=0.9))), critic)
    parts = pieces(long, critic)
    assert len(parts) > 1
    assert len(aims.embeddings) == len(aims.weights) == 1 + len(parts)
    assert torch.allclose(aims.embeddings[1:], critic.encode_texts(parts), atol=1e-6)
    assert aims.weights_at(0)[0] == 1
    assert aims.weights_at(0)[1:].sum() == pytest.approx(-2)
    assert (aims.weights_at(0)[1:] < 0).all()
    assert (aims.stops[1:] == torch.tensor(0.9)).all()
    (note,) = aims.notes
    assert note == (
        f"Phrase 2 is longer than the 16 tokens that the critic `tiny` reads at once: it was read in "
        f"{len(parts)} parts, which share its weight."
    )
