"""What all CLIP-steered backends share: a system is its presets and a way to make its canvas."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import torch
from PIL.Image import Image as PILImage

from dreamqueue.errors import PaintError, PictureError
from dreamqueue.recipe import Recipe
from dreamrender import saving, steer
from dreamrender.aims import Target
from dreamrender.backend import Inputs, Resumable, Session, Steerable
from dreamrender.canvas import Canvas, Scalable, covering
from dreamrender.critics import Critic
from dreamrender.critics.loading import load_critic
from dreamrender.steer import Preset, SteeredSession
from dreamrender.types import Image
from dreamrender.wishes import as_wished

TARGET_SIDE = 512
"""Short side in pixels that a target picture has at most when it is looked at."""


class Steered(Resumable, Steerable, ABC):
    """A CLIP-steered backend. `critics` gives a critic by name and device."""

    name: ClassVar[str]
    presets: ClassVar[Mapping[str, Preset]]
    """By name; the first is the default."""
    session: ClassVar[type[SteeredSession]] = SteeredSession
    """What `begin` makes."""

    def __init__(self, device: str = "cpu", critics: Callable[[str, str], Critic] = load_critic) -> None:
        self.device = device
        self._critics = critics

    @abstractmethod
    def canvas(self, preset: str, recipe: Recipe, start: Image | None, generator: torch.Generator) -> Canvas:
        """A canvas for a recipe, on the generator's device, drawn from it or from the initial picture.

        `start` is that picture at the recipe's size, RGB in [0, 1], on the same device.
        """

    def begin(self, recipe: Recipe, inputs: Inputs) -> SteeredSession:
        """A session at step 0, painting over the initial picture if the recipe names one."""
        name = recipe.preset or next(iter(self.presets))
        if name not in self.presets:
            near = difflib.get_close_matches(name, self.presets, n=1) or list(self.presets)
            raise PaintError(f"`{self.name}` has no preset `{name}`; there is `{'`, `'.join(near)}`.")
        generator = steer.seeded(recipe, self.device)
        critic, *others = (self._critics(critic, self.device) for critic in recipe.critics)
        start = _initial(recipe, inputs)
        if start is not None:
            start = start.to(self.device)
        preset = as_wished(self.presets[name], recipe, start)
        canvas = self.canvas(name, recipe, start, generator)
        if recipe.resolution is not None and not isinstance(canvas, Scalable):
            raise PaintError(f"`{self.name}` paints at one size; please leave `--resolution` out.")
        targets = _targets(recipe, inputs)
        return self.session(recipe, canvas, preset, critic, generator, others, targets)

    def group(self, session: Session) -> str:
        """All sessions with the same critics step together, whatever their sizes and presets."""
        return session.recipe.critic

    def step(self, sessions: Sequence[Session]) -> None:
        """One step of each, batched."""
        steer.step([_ours(session) for session in sessions])

    def picture(self, session: Session) -> Image:
        """What it looks like now: RGB in [0, 1], float32, on the CPU, (3, height, width)."""
        return _ours(session).picture()

    def steer(self, session: Session, recipe: Recipe) -> None:
        """Go on by a recipe with other phrases or more steps."""
        _ours(session).steer(recipe)

    def save(self, session: Session) -> bytes:
        """The session as bytes, see `dreamrender.saving`."""
        return saving.save(_ours(session))

    def resume(self, recipe: Recipe, inputs: Inputs, state: bytes) -> SteeredSession:
        """The saved session, with the same next frame; raises CannotResume."""
        session = self.begin(recipe, inputs)
        saving.load(session, state)
        return session


def _initial(recipe: Recipe, inputs: Inputs) -> Image | None:
    if recipe.image is None:
        return None
    return covering(_picture(recipe.image, inputs, "initial"), recipe.height, recipe.width)


def _targets(recipe: Recipe, inputs: Inputs) -> list[Target]:
    found = []
    for target in recipe.targets:
        picture = _picture(target.key, inputs, "target")
        scale = min(1.0, TARGET_SIDE / min(picture.size))
        height, width = (max(1, round(side * scale)) for side in (picture.height, picture.width))
        found.append((covering(picture, height, width), target.weight))
    return found


def _picture(key: str, inputs: Inputs, what: str) -> PILImage:
    if key not in inputs.pictures:
        raise PictureError(f"The {what} picture is not kept any more; please attach it again.")
    return inputs.pictures[key]


def _ours(session: Session) -> SteeredSession:
    if not isinstance(session, SteeredSession):
        raise TypeError(f"a session of another backend: {session!r}")
    return session
