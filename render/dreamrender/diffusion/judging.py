"""How well a picture fits the words that are wanted, as a critic sees it."""

from __future__ import annotations

import torch

from dreamqueue.recipe import Recipe
from dreamrender.aims import Aims, aims_of
from dreamrender.critics import Critic
from dreamrender.types import Image


class Judge:
    """A critic that reads a recipe's phrases when it is first asked."""

    def __init__(self, critic: Critic) -> None:
        self._critic = critic
        self._read: tuple[Recipe, Aims] | None = None

    @torch.no_grad()
    def score(self, recipe: Recipe, image: Image, t: float) -> float | None:
        """Cosine similarity of a picture and the phrases wanted at progress t; None without any."""
        if self._read is None or self._read[0] is not recipe:
            self._read = recipe, aims_of(recipe, self._critic)
        aims = self._read[1]
        return aims.score(self._critic.encode_images(image[None].to(aims.embeddings.device)), t)
