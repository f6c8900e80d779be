"""A diffusion that critics pull at: CLIP's gradient in the sampler, whichever sampler that is.

At each look of the network the picture that is forming, x₀, is shown to the critics, mixed with the noisy one
as it was first published (K. Crowson 2021, CLIP-guided diffusion): f x₀ + (1 - f) x with f = √(1 - ᾱ).
Against the gradient of what they want smaller, x₀ is moved by a share of its usual size: the gradient's
direction counts, its length does not, as under the bound on guidance in Crowson's later samplers. Then the
network's prediction is said anew, as if it had meant that x₀. So one share does for all critics, sizes,
models and samplers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from dreamqueue.recipe import Recipe
from dreamrender.canvas import clamp_with_gradient
from dreamrender.diffusion.families.family import Latents
from dreamrender.diffusion.plan import Stage
from dreamrender.diffusion.session import DiffusionSession, Look
from dreamrender.diffusion.words.said import Saying
from dreamrender.schedule import progress
from dreamrender.steering import Steering

LOOKS = 7919
"""Apart by this are the seeds of the cutouts of one look and the next."""


class GuidedSession(DiffusionSession):
    """`full`: the gradient goes through the denoiser. Else its prediction is held, and only the decoder and
    the critics are gone back through."""

    def __init__(self, *begun: Any, steering: Steering, full: bool) -> None:
        super().__init__(*begun)
        self.steering = steering
        self.full = full
        self.steering.turn(self.recipe)
        self.notes = self.steering.notes

    @property
    def t(self) -> float:
        """Progress of the next step, in [0, 1]; in a leg before, as far as was known then."""
        return progress(self.step, self.recipe.steps_at(self.step))

    @property
    def share(self) -> float:
        """How far the next look's x₀ is moved, in root mean squares of what the model was made for."""
        preset = self.steering.preset
        return preset.rate * preset.rate_scale(self.t) * preset.haste(self.t) * self.level().sigma

    def looks(self) -> list[Look]:
        """What the network has to see next; under the full gradient, from a leaf."""
        looks = super().looks()
        if not self.full or not self.share:
            return looks
        leaf = looks[0].latents.detach().requires_grad_()
        return [replace(look, latents=leaf) for look in looks]

    def pulled(self, shown: Latents, said: Latents) -> Latents:
        """What the network would have said, had it meant what the critics would rather see."""
        if not self.share:
            return said
        now = self.level()
        clean = now.clean(shown, said)
        gradient = self._gradient(shown, clean, now.sigma)
        moved = clean.detach() - self.share * self.family.spread * unit(gradient)
        return now.said(shown.detach(), moved)

    def turn(self, recipe: Recipe, stages: list[Stage]) -> None:
        """Go on by a recipe with other phrases, more steps or both."""
        own = [note for note in self.notes if note not in self.steering.notes]
        super().turn(recipe, stages)
        self.steering.turn(recipe)
        self.notes = (*self.steering.notes, *own)

    def _note_unavoided(self, now: Saying) -> None:
        """CLIP avoids what the model cannot be told to."""

    def loss(self, latents: Latents) -> Tensor:
        """What the critics want smaller. Each look has cutouts of its own, that its number decides."""
        steering, number = self.steering, 2 * self.step + self.entry + 1
        steering.generator.manual_seed((self.recipe.seed + LOOKS * number) % 2**32)
        raw = self._drawn_from(self.turned_back(latents), self.family.sketch)[0]
        image = clamp_with_gradient(raw)
        cuts = steering.cuts(image, self.t)
        pairs = zip(steering.critics, cuts, strict=True)
        seen = [critic.encode_images(some).float() for critic, some in pairs]
        return steering.loss(image, cuts, seen, self.t, self.way, raw)

    def _gradient(self, shown: Latents, clean: Latents, sigma: float) -> Latents:
        with torch.enable_grad():
            mixed = sigma * clean + (1 - sigma) * shown
            leaf = shown if shown.requires_grad else mixed.requires_grad_()
            loss = self.loss(mixed)
        (gradient,) = torch.autograd.grad(loss, leaf)
        return gradient


def unit(gradient: Tensor) -> Tensor:
    """With a root mean square of 1; nothing, where there is none or it is not finite."""
    size = gradient.square().mean().sqrt()
    return gradient / size if bool(size > 0) and bool(size.isfinite()) else torch.zeros_like(gradient)
