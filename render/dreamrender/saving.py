"""A session's state as bytes: what is needed to make the same next step elsewhere.

In the form of `dreamrender.state_file`. It holds the canvas's leaves, the optimiser's numbers beside each
(Adam: two), the average of the leaves if the preset shows it, and the random generator (5 KB): about 1.8 MB
for `pixels` at 256x256. All else (critics, embeddings, constants of the canvas) comes from the recipe again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.optim import Optimizer

from dreamqueue.errors import CannotResume
from dreamrender.canvas import Canvas, leaves
from dreamrender.session import SteeredSession
from dreamrender.state_file import check, packing, unpacked, written

SAME = ("backend", "preset", "width", "height", "seed", "image")
"""What of the recipe has to be as it was: the leaves would mean something else. Phrases, steps and critic may
change, so that a render can turn to other words on its way, or go on for longer."""


@runtime_checkable
class RemembersItself(Protocol):
    """A canvas with more to keep than its leaves."""

    def state(self) -> dict[str, Tensor]:
        """All that `prepare` and the steps have changed."""

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Put it back; raises ValueError or KeyError for a state that does not fit."""


def save(session: SteeredSession) -> bytes:
    """The session after its last step, as bytes."""
    return snapshot(session)()


def snapshot(session: SteeredSession) -> Callable[[], bytes]:
    """What gives these bytes later, as the session is now."""
    numbers, tensors = _optimiser_state(session.optimiser)
    tensors.update({f"canvas/{name}": tensor for name, tensor in canvas_state(session.canvas).items()})
    tensors.update({f"average/{name}": tensor for name, tensor in session.average.state().items()})
    tensors["generator"] = session.generator.get_state()
    head = {
        "step": session.step,
        "resolution": session.resolution,
        "device": session.generator.device.type,
        "recipe": written(session.recipe, SAME),
        "optimiser": type(session.optimiser).__name__,
        "numbers": numbers,
    }
    return packing(head, tensors)


def load(session: SteeredSession, state: bytes) -> None:
    """Put a session that has just begun where the saved one was; raises CannotResume."""
    head, tensors = unpacked(state)
    try:
        check(head, session.recipe, session.generator.device.type, SAME)
        session.rescale(float(head["resolution"]))
        load_canvas(session.canvas, _under("canvas/", tensors))
        session.restart_optimiser()
        if (
            type(session.optimiser).__name__ == head["optimiser"]
        ):  # else the preset has changed: start it anew
            _load_optimiser(session.optimiser, head["numbers"], tensors)
        session.average.load(_under("average/", tensors), leaves(session.canvas))
        session.generator.set_state(tensors["generator"])
        session.step = int(head["step"])
    except (LookupError, ArithmeticError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise CannotResume("it does not fit this painter") from error


def canvas_state(canvas: Canvas) -> dict[str, Tensor]:
    """A canvas's own `state`, or its leaves in the order of its parameter groups."""
    if isinstance(canvas, RemembersItself):
        return canvas.state()
    return {str(index): leaf for index, leaf in enumerate(leaves(canvas))}


def load_canvas(canvas: Canvas, state: Mapping[str, Tensor]) -> None:
    """The way back. A leaf may have grown or shrunk since it was begun; its dimensions stay as many."""
    if isinstance(canvas, RemembersItself):
        canvas.load(state)
        return
    own = leaves(canvas)
    if set(state) != {str(index) for index in range(len(own))}:
        raise ValueError(f"{len(state)} leaves for a canvas of {len(own)}")
    for index, leaf in enumerate(own):
        saved = state[str(index)]
        if saved.ndim != leaf.ndim or saved.dtype != leaf.dtype:
            raise ValueError(f"leaf {index} is {tuple(saved.shape)} of {saved.dtype}")
        leaf.data = saved.to(leaf.device)


def _optimiser_state(optimiser: Optimizer) -> tuple[dict[str, dict[str, Any]], dict[str, Tensor]]:
    numbers: dict[str, dict[str, Any]] = {}
    tensors: dict[str, Tensor] = {}
    for index, values in optimiser.state_dict()["state"].items():
        numbers[str(index)] = {name: value for name, value in values.items() if not torch.is_tensor(value)}
        for name, value in values.items():
            if torch.is_tensor(value):
                tensors[f"optimiser/{index}/{name}"] = value
    return numbers, tensors


def _load_optimiser(
    optimiser: Optimizer, numbers: Mapping[str, Mapping[str, Any]], tensors: Mapping[str, Tensor]
) -> None:
    state: dict[int, dict[str, Any]] = {int(index): dict(values) for index, values in numbers.items()}
    for place, tensor in _under("optimiser/", tensors).items():
        index, _, name = place.partition("/")
        state[int(index)][name] = tensor
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
