"""A diffusion session's state as bytes, in the form of `dreamrender.state_file`.

It holds the latents, what was picture and what was noise in them, the generator, and what the scheduler
remembers of the steps before (some look back on two or three): about 0.2 MB for a latent of 64x64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dreamqueue.errors import CannotResume
from dreamrender import state_file
from dreamrender.diffusion.session import DiffusionSession

SAME = ("backend", "preset", "width", "height", "seed", "image", "strength", "scheduler", "hires", "loras")
LATENTS = ("latents", "clean", "noise")
SCHEDULER = "scheduler/"


def save(session: DiffusionSession) -> bytes:
    """The session after its last step, as bytes."""
    return snapshot(session)()


def snapshot(session: DiffusionSession) -> Callable[[], bytes]:
    """What gives these bytes later, as the session is now."""
    numbers: dict[str, Any] = {}
    tensors: dict[str, Tensor] = {}
    if session.stage_begun >= 0:
        numbers, remembered = memories(session.scheduler, session.fresh_scheduler())
        tensors = {SCHEDULER + name: tensor for name, tensor in remembered.items()}
    tensors |= {name: part for name in LATENTS if (part := getattr(session, name)) is not None}
    tensors["generator"] = session.generator.get_state()
    head = {
        "step": session.step,
        "stage": session.stage_begun,
        "entry": session.entry,
        "device": torch.device(session.family.device).type,
        "recipe": state_file.written(session.recipe, SAME),
        "scheduler": numbers,
    }
    return state_file.packing(head, tensors)


def load(session: DiffusionSession, state: bytes) -> None:
    """Put a session that has just begun where the saved one was; raises CannotResume."""
    head, tensors = state_file.unpacked(state)
    try:
        device = torch.device(session.family.device)
        state_file.check(head, session.recipe, device.type, SAME)
        for name in LATENTS:
            setattr(session, name, tensors[name].to(device) if name in tensors else None)
        session.step, session.entry = int(head["step"]), int(head["entry"])
        session.stage_begun = int(head["stage"])
        if session.stage_begun >= 0:
            session.scheduler = session.fresh_scheduler()
            recall(session.scheduler, head["scheduler"], tensors, device)
        session.generator.set_state(tensors["generator"])
    except (LookupError, ArithmeticError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise CannotResume("it does not fit this painter") from error


def memories(scheduler: Any, fresh: Any) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What steps have changed in a scheduler: numbers, and tensors by name (of a list by `name/index`)."""
    numbers: dict[str, Any] = {}
    tensors: dict[str, Tensor] = {}
    for name, now in vars(scheduler).items():
        was = vars(fresh).get(name)
        if name == "_internal_dict" or _same(now, was):
            continue
        if isinstance(now, Tensor):
            tensors[name] = now
        elif isinstance(now, list):
            numbers[name] = [None if one is None else index for index, one in enumerate(now)]
            tensors |= {
                f"{name}/{index}": torch.as_tensor(one) for index, one in enumerate(now) if one is not None
            }
        elif now is None or isinstance(now, bool | int | float | str):
            numbers[name] = now
    return numbers, tensors


def recall(
    scheduler: Any, numbers: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device
) -> None:
    """The way back, into a fresh scheduler of the same kind."""
    for place, tensor in tensors.items():
        name = place.removeprefix(SCHEDULER)
        if name != place and "/" not in name:
            setattr(scheduler, name, tensor.to(device))
    for name, value in numbers.items():
        if isinstance(value, list):
            value = [None if it is None else tensors[f"{SCHEDULER}{name}/{it}"].to(device) for it in value]
        if hasattr(type(scheduler), name):
            raise KeyError(name)
        setattr(scheduler, name, value)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return torch.equal(one.cpu(), other.cpu())  # a scheduler may have moved its own to the device
    if isinstance(one, Tensor | np.ndarray) or isinstance(other, Tensor | np.ndarray):
        return type(one) is type(other) and np.array_equal(one, other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one is other or (type(one) is type(other) and one == other))
