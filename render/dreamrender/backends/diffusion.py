"""Stable Diffusion and its kin, through diffusers: text to picture, and picture to picture."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import torch

from dreamconfig.catalogue import ModelEntry, models, needed
from dreamqueue.errors import CannotResume, PaintError
from dreamqueue.recipe import Recipe
from dreamrender.backend import Inputs, Resumable, Session, Steerable
from dreamrender.critics import Critic
from dreamrender.critics.loading import load_critic
from dreamrender.diffusion import loop, saving
from dreamrender.diffusion.driven import DrivenSession
from dreamrender.diffusion.families.family import Family
from dreamrender.diffusion.judging import Judge
from dreamrender.diffusion.models import Model, load_model
from dreamrender.diffusion.plan import Stage, plan
from dreamrender.diffusion.session import DiffusionSession, Wishes
from dreamrender.diffusion.upstream import DiffusionPipeline
from dreamrender.diffusion.wearing import wear
from dreamrender.given import initial
from dreamrender.types import Image

GUIDANCE = 7.5
"""Where neither the recipe nor the model says."""


class Diffusion(Resumable, Steerable):
    """The backend `diffusion`. Its presets are the catalogue's diffusion models.

    `models` gives one by name and device: a family that is stepped natively and batched, or a pipeline that
    paints by itself and is held at each step. `critics` gives the critic whose score is shown.
    """

    name = "diffusion"
    session: type[DiffusionSession] = DiffusionSession

    def __init__(
        self,
        device: str = "cpu",
        critics: Callable[[str, str], Critic] = load_critic,
        models: Callable[[str, str], Model] = load_model,
    ) -> None:
        self.device = device
        self._critics = critics
        self._models = models

    def begin(self, recipe: Recipe, inputs: Inputs) -> DiffusionSession | DrivenSession:
        """A session at step 0. Raises PaintError for a model that is not here, a size or a sampler that it
        cannot do, and LoRAs of another family; PictureError for an initial picture that is gone."""
        name, entry = chosen(recipe)
        model = self._models(name, self.device)
        start = initial(recipe, inputs)
        judge = Judge(self._critics(recipe.critics[0], self.device))
        if model.family is not None:
            return self._native(recipe, inputs, entry, model.family, start, judge)
        return self._driven(recipe, entry, model.pipeline, start, judge)

    def group(self, session: Session) -> Hashable:
        """Sessions of one model with the same LoRAs; one of a pipeline that paints by itself is alone."""
        if isinstance(session, DrivenSession):
            return id(session)
        return id(_ours(session).family), session.recipe.loras

    def step(self, sessions: Sequence[Session]) -> None:
        """One step of each; the network sees those that are stepped natively as one batch."""
        native = []
        for session in sessions:
            if isinstance(session, DrivenSession):
                session.advance()
            else:
                native.append(_ours(session))
        if native:
            wear(native[0].family, native[0].recipe.loras)
            loop.step(native)

    def picture(self, session: Session) -> Image:
        """What it looks like now, decoded: RGB in [0, 1], float32, on the CPU, (3, height, width)."""
        return session.picture() if isinstance(session, DrivenSession) else _ours(session).picture()

    def glimpse(self, session: Session) -> Image:
        """A quick look at what is forming, of the same size."""
        return session.glimpse() if isinstance(session, DrivenSession) else _ours(session).glimpse()

    def most_cuts(self, recipe: Recipe) -> int:
        """Pictures that a critic is shown at once, at most: one, for the score."""
        return 1

    def close(self, session: Session) -> None:
        """It has ended, however it did."""
        if isinstance(session, DrivenSession):
            session.close()

    def steer(self, session: Session, recipe: Recipe) -> None:
        """Go on by a recipe with other phrases or more steps."""
        ours = _steerable(session)
        ours.wishes = wishes_of(recipe, chosen(recipe)[1])  # a longer way has a slower course of guidance
        ours.turn(recipe, self._stages(recipe, ours.family, ours.start))

    def save(self, session: Session) -> bytes:
        """The session as bytes, see `dreamrender.diffusion.saving`; raises CannotResume for a pipeline that
        paints by itself."""
        return saving.save(_steerable(session))

    def snapshot(self, session: Session) -> Callable[[], bytes]:
        """What gives these bytes later, as the session is now."""
        return saving.snapshot(_steerable(session))

    def resume(self, recipe: Recipe, inputs: Inputs, state: bytes) -> DiffusionSession:
        """The saved session, with the same next frame; raises CannotResume."""
        session = _steerable(self.begin(recipe, inputs))
        saving.load(session, state)
        return session

    def further(self, recipe: Recipe, inputs: Inputs, start: Image | None) -> dict[str, Any]:
        """What its session takes besides."""
        return {}

    def _native(
        self,
        recipe: Recipe,
        inputs: Inputs,
        entry: ModelEntry,
        family: Family,
        start: Image | None,
        judge: Judge,
    ) -> DiffusionSession:
        check_size(recipe, family.multiple)
        if recipe.guidance is not None and not family.heeds_guidance:
            raise PaintError("This model knows no guidance; leave --guidance out.")
        wishes = wishes_of(recipe, entry)
        generator = torch.Generator().manual_seed(recipe.seed)
        stages = self._stages(recipe, family, start)
        further = self.further(recipe, inputs, start)
        session = self.session(recipe, family, stages, wishes, generator, start, judge.score, **further)
        session.rehearse()
        wear(family, recipe.loras)
        return session

    def _stages(self, recipe: Recipe, family: Family, start: Image | None) -> list[Stage]:
        strength = recipe.strength or chosen(recipe)[1].painting.strength
        return plan(
            recipe,
            picture=start is not None,
            strength=strength,
            hires=recipe.hires,
            multiple=family.multiple,
        )

    def _driven(
        self,
        recipe: Recipe,
        entry: ModelEntry,
        pipeline: DiffusionPipeline,
        start: Image | None,
        judge: Judge,
    ) -> DrivenSession:
        if recipe.hires > 1 or recipe.loras or recipe.scheduler:
            raise PaintError(
                f"`{recipe.preset}` paints by itself: it knows no `--hires`, `--lora` or `--scheduler`."
            )
        if isinstance(recipe.guidance, tuple):
            raise PaintError(
                f"`{recipe.preset}` paints by itself: its `--guidance` is one number that stays all the way."
            )
        guidance = entry.painting.guidance if recipe.guidance is None else recipe.guidance
        return DrivenSession(
            recipe,
            pipeline,
            device=self.device,
            guidance=guidance,
            strength=recipe.strength or entry.painting.strength,
            picture=start,
            score=judge.score,
        )


def chosen(recipe: Recipe) -> tuple[str, ModelEntry]:
    """The model that a recipe's preset stands for, by its name in the catalogue. Raises PaintError."""
    found = needed(recipe.backend, recipe.preset, ())
    if not found:
        known = [name for name, model in models().items() if model.backend == "diffusion"]
        raise PaintError(
            f"`{recipe.backend}` has no preset `{recipe.preset}`; there are models for {len(known)}: "
            f"`{'`, `'.join(sorted(name.removeprefix('diffusion-') for name in known))}`."
        )
    return found[0], models()[found[0]]


def wishes_of(recipe: Recipe, entry: ModelEntry) -> Wishes:
    """What steers the sampler: the recipe's wishes, else the model's own."""
    own = GUIDANCE if entry.painting.guidance is None else entry.painting.guidance
    return Wishes(
        guidance=own if recipe.guidance is None else recipe.guidance,
        scheduler=recipe.scheduler or entry.painting.scheduler,
    )


def check_size(recipe: Recipe, multiple: int) -> None:
    """Raises PaintError for sides that a model cannot paint, saying which it can."""
    sides = recipe.width, recipe.height
    if any(side % multiple or side < 2 * multiple for side in sides):
        width, height = (max(2, round(side / multiple)) * multiple for side in sides)
        raise PaintError(
            f"This model paints sides that are multiples of {multiple} pixels; {width}x{height} would do."
        )


def _steerable(session: Session) -> DiffusionSession:
    if isinstance(session, DrivenSession):
        raise CannotResume(f"`{session.recipe.preset}` paints by itself: it cannot be changed on its way.")
    return _ours(session)


def _ours(session: Session) -> DiffusionSession:
    if not isinstance(session, DiffusionSession):
        raise TypeError(f"a session of another backend: {session!r}")
    return session
