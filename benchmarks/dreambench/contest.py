"""The plain loop and ours, with the same networks, codes and words."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from dreambench.networks import Networks
from dreambench.reference import augment
from dreambench.reference.loop import Cutouts, PlainLoop
from dreamqueue.recipe import Phrase, Recipe
from dreamrender import cutouts, steer
from dreamrender.backends.vqgan import PUBLISHED
from dreamrender.canvases.codes import Codes
from dreamrender.fast.precision import Precision
from dreamrender.steer import Preset, SteeredSession

PHRASE = "a red apple on a table"


def plain_loop(networks: Networks, size: int, cuts: int) -> PlainLoop:
    """At its first step."""
    text = networks.clip.encode_text(networks.tokenizer([PHRASE]).to(networks.vqgan.codebook.device))
    return PlainLoop(
        networks.plain_decoder(),
        networks.vqgan.codebook,
        networks.clip.encode_image,
        text,
        networks.codes(size),
        cuts=cuts,
        side=networks.side,
    )


class OurLoop:
    """The product's session of `vqgan` as published, in one precision; `sessions` of them in one batch."""

    def __init__(
        self, networks: Networks, precision: Precision, size: int, cuts: int, sessions: int = 1
    ) -> None:
        self.critic, self.painter = networks.critic(precision), networks.painter(precision)
        self.codes = networks.codes(size)
        preset = replace(PUBLISHED, cuts=cuts)
        self.sessions = [self._session(size, preset, seed) for seed in range(sessions)]

    def step(self) -> None:
        """One step of each session."""
        steer.step(self.sessions)

    def gradient(self, cut: Cutouts) -> Tensor:
        """Of the first session's loss by its codes, seen through given cutouts: (1, e, h, w)."""
        session = self.sessions[0]
        image = session.canvas.image()
        cuts = cut(image[None])
        loss = session.aims[0].loss(self.critic.encode_images(cuts).float(), session.preset.distance)
        (found,) = torch.autograd.grad(loss, session.canvas.parameters()[0]["params"][0])
        assert isinstance(found, Tensor)
        return found

    def _session(self, size: int, preset: Preset, seed: int) -> SteeredSession:
        recipe = Recipe(phrases=(Phrase(text=PHRASE),), width=size, height=size, seed=seed, backend="vqgan")
        generator = steer.seeded(recipe, self.codes.device)
        canvas = Codes(self.painter, self.codes, (size, size))
        return SteeredSession(recipe, canvas, preset, self.critic, generator)


def our_cutouts(networks: Networks, cuts: int) -> Cutouts:
    """The product's: one sampling pass, always the same places and noise."""

    def cut(image: Tensor) -> Tensor:
        generator = torch.Generator(image.device).manual_seed(3)
        return cutouts.cut_out(image[0], cuts, networks.side, PUBLISHED.augmentation, generator)

    return cut


def their_cutouts(networks: Networks, cuts: int, seed: int) -> Cutouts:
    """The reference's: pooled, then the chain, always with the same draws."""

    def cut(image: Tensor) -> Tensor:
        generator = torch.Generator(image.device).manual_seed(seed)
        return augment.augmented(augment.pooled_cuts(image, cuts, networks.side), generator)

    return cut


def likeness(a: Tensor, b: Tensor) -> float:
    """Cosine of two gradients."""
    return float(F.cosine_similarity(a.flatten().double(), b.flatten().double(), dim=0))
