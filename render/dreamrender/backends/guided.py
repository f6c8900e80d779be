"""CLIP-guided diffusion: critics pull at a diffusion model while it takes the noise off."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from dreamqueue.errors import PaintError
from dreamqueue.recipe import Recipe
from dreamrender import steer
from dreamrender.backend import Inputs, Session
from dreamrender.backends.diffusion import Diffusion
from dreamrender.collection.guides import collected
from dreamrender.diffusion.driven import DrivenSession
from dreamrender.diffusion.guided import GuidedSession
from dreamrender.given import targets
from dreamrender.steer import Preset
from dreamrender.steering import Steering
from dreamrender.types import Image
from dreamrender.wishes import as_wished

PULL = Preset(cuts=16, rate=0.5)
"""`rate` is what `GuidedSession.share` is at most; at six times as much the model gives way to glitter."""
PRESETS = {"pocket": replace(PULL, cuts=8)}
"""By model, where it is not `PULL`: what the pocket model takes is nearly all the critic's."""


class Guided(Diffusion):
    """The backend `guided`. Its presets are the diffusion models that are stepped natively."""

    name = "guided"
    session = GuidedSession

    def further(self, recipe: Recipe, inputs: Inputs, start: Image | None) -> dict[str, Any]:
        """What the critics want."""
        if recipe.resolution is not None or recipe.average is not None:
            flag = "average" if recipe.resolution is None else "resolution"
            raise PaintError(f"A diffusion has no `--{flag}`; please leave it out.")
        critics = [self._critics(critic, self.device) for critic in recipe.critics]
        start = None if start is None else start.to(self.device)
        steering = Steering(
            as_wished(_preset(recipe), recipe, start),
            critics,
            steer.seeded(recipe, self.device),
            targets(recipe, inputs),
            collected(recipe, inputs, critics, self.device),
        )
        return {"steering": steering, "full": recipe.gradient == "full"}

    def _driven(self, recipe: Recipe, *others: Any) -> DrivenSession:
        raise PaintError(
            f"`{recipe.preset}` paints by itself: critics cannot pull at it. `--backend diffusion` has it."
        )

    def most_cuts(self, recipe: Recipe) -> int:
        """Cutouts that each critic is shown in a step, at most; for an estimate of memory."""
        return as_wished(_preset(recipe), recipe, None).most_cuts

    def group(self, session: Session) -> Hashable:
        """As in `diffusion`; one whose gradient goes through the denoiser is alone, for its memory's sake."""
        if isinstance(session, GuidedSession) and session.full:
            return id(session)
        return super().group(session)


def _preset(recipe: Recipe) -> Preset:
    return PRESETS.get(recipe.preset or "pocket", PULL)
