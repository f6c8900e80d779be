"""What all CLIP-steered backends share: a system is its presets and a way to make its canvas."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import torch

from dreamqueue.errors import PaintError
from dreamqueue.recipe import Recipe
from dreamqueue.sizes import margins
from dreamrender import saving, steer
from dreamrender.backend import Inputs, Resumable, Session, Steerable
from dreamrender.canvas import Canvas, Scalable
from dreamrender.collection.guides import collected
from dreamrender.critics import Critic
from dreamrender.critics.loading import load_critic
from dreamrender.given import initial, targets
from dreamrender.steer import Preset, SteeredSession
from dreamrender.tiling import wrapped
from dreamrender.types import Image
from dreamrender.wishes import as_wished


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
        critic, *others = critics = [self._critics(critic, self.device) for critic in recipe.critics]
        start = initial(recipe, inputs)
        if start is not None:
            start = start.to(self.device)
        preset = as_wished(self.presets[name], recipe, start)
        canvas = self._canvas(name, recipe, start, generator)
        if recipe.resolution is not None and not isinstance(canvas, Scalable):
            raise PaintError(f"`{self.name}` paints at one size; please leave `--resolution` out.")
        aimed = targets(recipe, inputs)
        pictures = collected(recipe, inputs, critics, self.device)
        return self.session(recipe, canvas, preset, critic, generator, others, aimed, pictures)

    def _canvas(self, preset: str, recipe: Recipe, start: Image | None, generator: torch.Generator) -> Canvas:
        """The canvas, larger than the picture if that repeats."""
        if not recipe.tile:
            return self.canvas(preset, recipe, start, generator)
        down, across = margins(recipe.height, recipe.width)
        size = {"height": recipe.height + down, "width": recipe.width + across}
        around = None if start is None else wrapped(start, down, across)
        return self.canvas(preset, recipe.model_copy(update=size), around, generator)

    def most_cuts(self, recipe: Recipe) -> int:
        """Cutouts that each critic is shown in a step, at most; for an estimate of memory."""
        preset = self.presets.get(recipe.preset or next(iter(self.presets)), Preset())
        return as_wished(preset, recipe, None).most_cuts

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

    def snapshot(self, session: Session) -> Callable[[], bytes]:
        """What gives these bytes later, as the session is now."""
        return saving.snapshot(_ours(session))

    def resume(self, recipe: Recipe, inputs: Inputs, state: bytes) -> SteeredSession:
        """The saved session, with the same next frame; raises CannotResume."""
        session = self.begin(recipe, inputs)
        saving.load(session, state)
        return session


def _ours(session: Session) -> SteeredSession:
    if not isinstance(session, SteeredSession):
        raise TypeError(f"a session of another backend: {session!r}")
    return session
