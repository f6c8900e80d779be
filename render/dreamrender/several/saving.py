"""Several pictures in one job, put away and taken up again: the states of all in one file.

With them goes which stage they are in: the pictures that go on, and of those that were left behind what they
had come to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image as Pillow
from PIL.Image import Image as PILImage
from torch import Tensor

from dreamqueue.errors import CannotResume
from dreamqueue.recipe import Recipe
from dreamrender import state_file
from dreamrender.backend import HasSnapshots, Inputs, Part, Resumable, Session
from dreamrender.picture import from_pil, to_pil
from dreamrender.several.backend import Several, legend_of, ours
from dreamrender.several.session import Member, SeveralSession, asked

SAME = (
    "phrases",
    "steps",
    "backend",
    "preset",
    "seed",
    "width",
    "height",
    "candidates",
    "finish",
    "trial",
    "variants",
)
"""What of the recipe has to be as it was. The states of the pictures say what they need besides."""
RANKING = "ranking"
"""The sheet of all candidates."""


@dataclass(frozen=True)
class _Copy:
    """A session between two steps."""

    head: Mapping[str, Any]
    states: Mapping[int, Callable[[], bytes]]
    tensors: Mapping[str, Tensor]

    def packed(self) -> bytes:
        """As bytes."""
        states = {f"state/{number}": _of_bytes(pack()) for number, pack in self.states.items()}
        return state_file.packed(self.head, {**self.tensors, **states})


class ResumableSeveral(Several, Resumable):
    """Several pictures of a backend whose sessions can be put away."""

    inner: Resumable

    def save(self, session: Session) -> bytes:
        """All pictures between two steps."""
        return self.snapshot(session)()

    def snapshot(self, session: Session) -> Callable[[], bytes]:
        """What gives these bytes later, as the pictures are now."""
        several = ours(session)
        tensors = {}
        if several.ranking is not None:
            tensors[RANKING] = _of_picture(several.ranking)
        for number, part in several.left.items():
            tensors[f"left/{number}"] = _of_picture(to_pil(part.picture))
            for suffix, data in part.extras.items():
                tensors[f"extra/{number}/{suffix}"] = _of_bytes(data)
        head = {
            "step": several.step,
            "legend": several.legend,
            "recipe": state_file.written(several.recipe, SAME),
            "running": [member.number for member in several.running],
            "left": {number: [part.step, part.score] for number, part in several.left.items()},
        }
        states = {member.number: self._packing(member.session) for member in several.running}
        return _Copy(head, states, tensors).packed

    def resume(self, recipe: Recipe, inputs: Inputs, state: bytes) -> SeveralSession:
        """The pictures as they were, with the same next frame; raises CannotResume."""
        head, tensors = state_file.unpacked(state)
        members: list[Member] = []
        try:
            if head["recipe"] != state_file.written(recipe, SAME):
                raise CannotResume("it was saved with another recipe")
            pictures = dict(enumerate(asked(recipe), 1))
            for number in head["running"]:
                one = pictures[number]
                own = tensors[f"state/{number}"].numpy().tobytes()
                members.append(Member(number, one.label, self.inner.resume(one.recipe, inputs, own)))
            several = SeveralSession(recipe, members, legend_of([one.label for one in pictures.values()]))
            several.step, several.legend = int(head["step"]), str(head["legend"])
            if RANKING in tensors:
                several.ranking = _to_picture(tensors[RANKING])
            for number, (step, score) in head["left"].items():
                one, picture = pictures[int(number)], from_pil(_to_picture(tensors[f"left/{number}"]))
                extras = _extras(tensors, f"extra/{number}/")
                several.left[int(number)] = Part(one.label, one.recipe, picture, step, score, extras)
        except BaseException as error:
            self.let_go(members)
            if isinstance(error, LookupError | ArithmeticError | ValueError | TypeError | AttributeError):
                raise CannotResume("it does not fit this job") from error
            raise
        return several

    def _packing(self, session: Session) -> Callable[[], bytes]:
        if isinstance(self.inner, HasSnapshots):
            return self.inner.snapshot(session)
        state = self.inner.save(session)
        return lambda: state


def _of_picture(picture: PILImage) -> Tensor:
    rgb = picture.convert("RGB")
    return _of_bytes(rgb.tobytes()).view(rgb.height, rgb.width, 3)


def _to_picture(pixels: Tensor) -> PILImage:
    height, width, _ = pixels.shape
    return Pillow.frombytes("RGB", (width, height), pixels.numpy().tobytes())


def _of_bytes(data: bytes) -> Tensor:
    return torch.frombuffer(bytearray(data), dtype=torch.uint8) if data else torch.zeros(0, dtype=torch.uint8)


def _extras(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, bytes]:
    found = {name.removeprefix(prefix): part for name, part in tensors.items() if name.startswith(prefix)}
    return {suffix: part.numpy().tobytes() for suffix, part in found.items()}
