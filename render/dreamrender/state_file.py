"""A session's state as bytes, whatever it paints with: nothing in them is ever run.

A line that names the format, the SHA-256 of the rest, a line of JSON, and safetensors.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from dreamqueue.errors import CannotResume
from dreamqueue.recipe import Recipe

MAX_STATE = 256 * 1024 * 1024
"""Bytes; a larger state is neither written nor read."""

_FORMAT = b"aliendreams session 1\n"
_DIGEST = 64


def packed(head: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> bytes:
    """As bytes; raises CannotResume if that would be too large."""
    return packing(head, tensors)()


def packing(head: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Callable[[], bytes]:
    """What gives the same, of the tensors as they are now; they are copied, and may change after."""
    return partial(_packed, head, {name: _plain(tensor) for name, tensor in tensors.items()})


def _packed(head: Mapping[str, Any], tensors: dict[str, Tensor]) -> bytes:
    stored = safetensors.torch.save(tensors)
    body = json.dumps(head).encode() + b"\n" + stored
    if len(body) > MAX_STATE:
        raise CannotResume(
            f"its state would take {len(body) >> 20} MB, and at most {MAX_STATE >> 20} are kept"
        )
    return _FORMAT + hashlib.sha256(body).hexdigest().encode() + body


def unpacked(state: bytes) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The way back; raises CannotResume for bytes that are damaged or something else."""
    if len(state) > MAX_STATE + len(_FORMAT) + _DIGEST or not state.startswith(_FORMAT):
        raise CannotResume("this is no saved painting, or one of another version")
    digest, body = state[len(_FORMAT) :][:_DIGEST], state[len(_FORMAT) + _DIGEST :]
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise CannotResume("it is damaged")
    head, _, stored = body.partition(b"\n")
    try:
        said, tensors = json.loads(head), safetensors.torch.load(stored)
    except (ValueError, LookupError, RecursionError, SafetensorError) as error:
        raise CannotResume("it is damaged") from error
    if not isinstance(said, dict):
        raise CannotResume("it is damaged")
    return said, tensors


def written(recipe: Recipe, names: Sequence[str]) -> dict[str, Any]:
    """These fields of a recipe, for the head; those that are left out on the wire are left out here."""
    told = recipe.model_dump(mode="json")
    return {name: told[name] for name in names if name in told}


def check(head: Mapping[str, Any], recipe: Recipe, device: str, names: Sequence[str]) -> None:
    """Raises CannotResume if the recipe or the device is another than that of the saved session."""
    saved, on = head.get("recipe"), head.get("device")
    if not isinstance(saved, dict):
        raise CannotResume("it is damaged")
    told = written(recipe, names)
    for name in names:
        was, now = saved.get(name), told.get(name)
        if was != now:
            raise CannotResume(f"it was saved with {name} `{was}`, and this recipe has `{now}`")
    if on != device:
        raise CannotResume(f"it was saved on {on}, and this worker paints on {device}")


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous().clone()
