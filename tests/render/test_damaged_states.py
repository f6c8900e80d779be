"""Saved paintings that were forged: whoever can write to the album can write the right checksum as well."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples

from dreamqueue.errors import CannotResume
from dreamrender import state_file
from dreamrender.backend import Inputs
from dreamrender.backends.pixels import Pixels
from dreamrender.critics import Critic

from .conftest import recipe_for

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers(-3, 3) | st.sampled_from([float("inf"), float("nan"), 10**400, "", "Adam", True]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["0", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)
HEADS = ["recipe", "device", "step", "numbers", "optimiser", "resolution"]
TENSORS = ["canvas/0", "canvas/1", "generator", "optimiser/0/step", "optimiser/9/x", "average/0", "x"]
SHAPES = st.sampled_from([(), (0,), (1,), (3, 2, 2), (1, 3, 2, 2)])


def forged(head: bytes, tensors: bytes) -> bytes:
    """A state whose checksum is right."""
    body = head + b"\n" + tensors
    return state_file._FORMAT + hashlib.sha256(body).hexdigest().encode() + body


@examples(40)
@given(st.binary(max_size=30) | ANYTHING.map(lambda head: json.dumps(head).encode()), st.binary(max_size=30))
def test_a_forged_file_is_no_saved_painting(head: bytes, tensors: bytes) -> None:
    with pytest.raises(CannotResume):
        state_file.unpacked(forged(head, tensors))
    with suppress(CannotResume):
        assert isinstance(state_file.unpacked(forged(head, safetensors.torch.save({})))[0], dict)


def test_a_head_that_is_very_deep_is_damaged() -> None:
    with pytest.raises(CannotResume):
        state_file.unpacked(forged(b"[" * 100_000, safetensors.torch.save({})))


def test_a_session_of_forged_numbers_is_not_taken_up(critics: Callable[[str, str], Critic]) -> None:
    pixels = Pixels("cpu", critics)
    session = pixels.begin(recipe_for(), Inputs())
    pixels.step([session])
    head, tensors = state_file.unpacked(pixels.save(session))

    @examples(60)
    @given(
        st.dictionaries(st.sampled_from(HEADS), ANYTHING, max_size=2),
        st.dictionaries(st.sampled_from(TENSORS), SHAPES, max_size=2),
    )
    def taken_up(changes: dict[str, Any], others: dict[str, tuple[int, ...]]) -> None:
        said = json.dumps({**head, **changes}).encode()
        laid = safetensors.torch.save(
            {**tensors, **{name: torch.zeros(shape) for name, shape in others.items()}}
        )
        with suppress(CannotResume):
            again = pixels.resume(recipe_for(), Inputs(), forged(said, laid))
            assert isinstance(again.step, int)

    taken_up()
