"""One picture by a pipeline that is not stepped natively: its own call, held at each step."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dreamqueue.errors import PaintError
from dreamqueue.recipe import Recipe
from dreamqueue.turns import way
from dreamrender.diffusion.autoencoders import decoded, glanced, is_picture
from dreamrender.diffusion.calling import Call, call_of
from dreamrender.diffusion.held import Held, Rest
from dreamrender.diffusion.twins import Pipeline, schedulers, watch
from dreamrender.picture import from_pil
from dreamrender.types import Image, Images

log = logging.getLogger(__name__)

Score = Callable[[Recipe, Image, float], float | None]
"""From a recipe, a picture and the progress of its way to how well it fits the words."""

CANNOT_TURN = "This model paints by itself: it cannot be changed on its way."
HIDDEN = "The model's own safety checker has hidden the picture; other words or another seed may help."


class DrivenSession:
    """Satisfies `dreamrender.backend.Session`. Close it when it is not painted to its end.

    `picture`: the initial picture, RGB in [0, 1], of the recipe's size. `guidance` and `strength` are the
    pipeline's own where they are None. Raises PaintError for what the pipeline cannot do.
    """

    def __init__(
        self,
        recipe: Recipe,
        pipeline: Pipeline,
        *,
        device: str = "cpu",
        guidance: float | None = None,
        strength: float | None = None,
        picture: Image | None = None,
        score: Score = lambda recipe, image, t: None,
    ) -> None:
        self.recipe = recipe
        self.step = 0
        self._call = call_of(recipe, pipeline, guidance=guidance, strength=strength, picture=picture)
        self._start = picture
        self._seen = _Seen()
        self._held = Held(partial(_paint, self._call, self._seen, recipe.seed, device))
        self._score = score
        self._scored: tuple[int, float | None] = (-1, None)
        self._final: Image | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the member should know."""
        return (*self._call.notes, *([HIDDEN] if self._seen.hidden else []))

    @property
    def score(self) -> float | None:
        """Of a quick look at the picture, or of the picture once it is done; asked once a step."""
        if self._scored[0] != self.step:
            done = way(self.recipe, max(0, self.step - 1))
            self._scored = self.step, self._score(self.recipe, self.glimpse(), done)
        return self._scored[1]

    def advance(self) -> None:
        """One step. Raises what the pipeline raised.

        A pipeline that looks more often than it was told to stays one step before its end until it is done;
        one that looks less often ends early. Either way `step` ends at the recipe's steps.
        """
        before = self.step
        while not self._held.ended:
            self._held.go()
            if self._held.ended:
                break
            self.step = self._progress()
            over = self._seen.looks - self._planned
            if over > 0 or (over < 0 and self.step > before):
                return
        self._end()

    def glimpse(self) -> Image:
        """A quick look at what is forming: RGB in [0, 1], float32, on the CPU, of the recipe's size."""
        if self._final is not None:
            return self._final
        forming = self._seen.forming
        if forming is None:
            return self._before()
        return self._sized(glanced(self._call.pipeline, forming, self._call.size))

    def picture(self) -> Image:
        """The pipeline's own picture when it is done; before, what is forming, decoded. Of the same kind."""
        forming = self._seen.forming
        if self._final is not None or forming is None:
            return self.glimpse()
        try:
            return self._sized(decoded(self._call.pipeline, forming, self._call.size))
        except (ValueError, TypeError, AttributeError):
            log.info("what %s steps is not decoded here", type(self._call.pipeline).__name__, exc_info=True)
            return self.glimpse()

    def close(self) -> None:
        """End the pipeline where it is; returns when its thread has ended."""
        self._held.close()

    @property
    def _planned(self) -> int:
        """Looks in all: what the pipeline or its schedulers say once they begin; before, what was told."""
        told = self._call.steps
        if not self._call.callbacks:
            known = self._seen.lengths.values()
            return sum(known) + sum(told[len(known) :])
        if self._call.callbacks == (
            "callback_on_step_end",
        ):  # called for each timestep: some samplers have more
            return int(getattr(self._call.pipeline, "num_timesteps", None) or told[0])
        return sum(told)

    def _progress(self) -> int:
        steps = self.recipe.steps
        return max(self.step, min(steps - 1, self._seen.looks * steps // max(1, self._planned)))

    def _end(self) -> None:
        made = self._held.made
        if self._final is None and made is not None:
            self._final = self._sized(made)
            self.step = self.recipe.steps

    def _before(self) -> Image:
        grey = torch.full((3, self.recipe.height, self.recipe.width), 0.5)
        return grey if self._start is None else self._start.cpu()

    def _sized(self, images: Images) -> Image:
        size = self.recipe.height, self.recipe.width
        if images.shape[-2:] != size:
            smaller = images.shape[-2] > size[0]
            images = F.interpolate(images, size, mode="bicubic", antialias=smaller)
        return images[0].float().clamp(0, 1).cpu()


@dataclass
class _Seen:
    """What the pipeline's thread leaves for the session to see while it rests."""

    looks: int = 0
    forming: Tensor | None = None
    """Pixels, latents or tokens of the picture without noise, as the last step expects it."""
    hidden: bool = False

    def __post_init__(self) -> None:
        self.lengths: dict[int, int] = {}
        """Timesteps of each scheduler that has begun, in order."""

    def stepped(self, scheduler: Any, expected: Tensor) -> None:
        self.lengths[id(scheduler)] = len(scheduler.timesteps)
        if is_picture(expected):
            self.forming = expected.detach()

    def looked(self, rest: Rest) -> None:
        self.looks += 1
        rest()


def _paint(call: Call, seen: _Seen, seed: int, device: str, rest: Rest) -> Images:
    """In the thread: the call from its beginning to its end. It knows nothing of the session."""
    arguments = {**call.arguments, "generator": torch.Generator().manual_seed(seed)}
    for name in call.callbacks:
        arguments[name] = partial(_older if name == "callback" else _newer, seen, rest)
    for scheduler in schedulers(call.pipeline):
        watch(scheduler, partial(_stepped, seen, None if call.callbacks else rest))
    with _on(device):
        return _first(call.pipeline(**arguments), seen)


def _newer(
    seen: _Seen, rest: Rest, pipeline: Pipeline, step: int, timestep: Any, values: dict[str, Tensor]
) -> dict[str, Tensor]:
    """callback_on_step_end."""
    seen.looked(rest)
    return {}


def _older(seen: _Seen, rest: Rest, step: int, timestep: Any, latents: Tensor) -> None:
    """callback, every callback_steps."""
    seen.looked(rest)


def _stepped(seen: _Seen, rest: Rest | None, scheduler: Any, expected: Tensor) -> None:
    seen.stepped(scheduler, expected)
    if rest is not None:
        seen.looked(rest)


def _first(output: Any, seen: _Seen) -> Images:
    """The picture of what a pipeline returned. Raises PaintError if there is none."""
    images = getattr(output, "images", None)
    if images is None or not len(images):
        raise PaintError("This model made no picture; take another preset.")
    flagged = getattr(output, "nsfw_content_detected", None) or getattr(output, "nsfw_detected", None)
    seen.hidden = bool(flagged and flagged[0])
    return from_pil(images[0].convert("RGB"))[None]


def _on(device: str) -> AbstractContextManager[object]:
    """A thread begins with the first GPU as its own."""
    on = torch.device(device)
    return torch.cuda.device(on) if on.type == "cuda" else nullcontext()
