"""One picture on its way from noise."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dreamqueue.course import Course, value_at, values_of
from dreamqueue.recipe import Recipe
from dreamqueue.turns import way
from dreamrender.diffusion.families.family import Family, Latents
from dreamrender.diffusion.levels import Level, level, noised
from dreamrender.diffusion.plan import Stage
from dreamrender.diffusion.schedulers import duplicate, sampler, set_steps
from dreamrender.diffusion.upstream import randn_tensor
from dreamrender.diffusion.words.reading import MOST_WINDOWS, Condition, alike, read
from dreamrender.diffusion.words.said import Saying, saying
from dreamrender.tiling import repeating
from dreamrender.types import Image, Images

Score = Callable[[Recipe, Image, float], float | None]
"""From a recipe, a picture and the progress of its way to how well it fits the words."""

WORDLESS = (
    "This model knows no words: it paints what it was trained on. With `--backend guided` CLIP steers it."
)
UNAVOIDED = "This model cannot be told what to avoid: {} was not said."
UNGUIDED = "What to avoid takes a guidance above 1, and this picture has less: {} was not said."


_MOVING = "step", "latents", "clean", "noise", "first", "entry", "stage_begun"
"""What a step changes, besides the scheduler and the generator."""


@dataclass(frozen=True)
class Wishes:
    """What of a recipe, with its model's own defaults, steers the sampler."""

    guidance: Course
    """Scale of classifier-free guidance (Ho, Salimans 2022); at most 1: none."""
    scheduler: str = ""
    """Empty: the model's own."""


@dataclass(frozen=True)
class Look:
    """One row of a batch for the network."""

    latents: Latents
    t: Tensor
    condition: Condition


class DiffusionSession:
    """Its generator, on the CPU, was seeded before anything was drawn from it; so devices agree."""

    def __init__(
        self,
        recipe: Recipe,
        family: Family,
        stages: list[Stage],
        wishes: Wishes,
        generator: torch.Generator,
        start: Image | None,
        score: Score,
    ) -> None:
        self.recipe = recipe
        self.family = family
        self.stages = stages
        self.wishes = wishes
        self.generator = generator
        self.start = start
        self.step = 0
        self.latents: Latents | None = None
        """With the noise of the next entry."""
        self.clean: Latents | None = None
        """The picture that is forming, as the last look of the network has it."""
        self.noise: Latents | None = None
        """What was noise in that look."""
        self.scheduler: Any = None
        self.first = 0
        """Index of the stage's first entry among the scheduler's timesteps."""
        self.entry = 0
        """Looks that the network has had in this stage."""
        self.stage_begun = -1
        self.notes: tuple[str, ...] = () if family.worded else (WORDLESS,)
        self._score = score
        self._scored: tuple[int, float | None] = (-1, None)
        self._shown: tuple[int, Image] | None = None
        self._said: dict[Saying, tuple[Condition, Condition]] = {}

    @property
    def index(self) -> int:
        """Which stage the next step belongs to; the last one when all is done."""
        done = 0
        for index, stage in enumerate(self.stages):
            done += stage.steps
            if self.step < done:
                return index
        return len(self.stages) - 1

    @property
    def stage(self) -> Stage:
        """The stage of the next step."""
        return self.stages[self.index]

    @property
    def way(self) -> float:
        """Progress of the next step through the whole render, in [0, 1]."""
        return way(self.recipe, self.step)

    @property
    def score(self) -> float | None:
        """Cosine similarity of a quick look at the picture and the wanted phrases, once a step."""
        if self._scored[0] != self.step:
            t = way(self.recipe, max(0, self.step - 1))
            self._scored = self.step, self._score(self.recipe, self._seen(), t)
        return self._scored[1]

    @property
    def pending(self) -> bool:
        """Whether the network has to look again before the next step is made."""
        done = sum(stage.steps for stage in self.stages[: self.index])
        entries = len(self.scheduler.timesteps) - self.first
        return self.entry < (self.step - done + 1) * entries // self.stage.planned

    def rehearse(self) -> None:
        """Raises PaintError if its sampler does not fit the model or cannot make so many steps."""
        self._rehearse(self.stages)

    def _rehearse(self, stages: list[Stage]) -> None:
        for stage in stages:
            scheduler = sampler(self.wishes.scheduler, self.family.scheduler, latent=self.family.latent)
            pace = self.family.pace(torch.empty(self._shape(stage), device="meta"))
            set_steps(scheduler, stage.planned, stage.strength, pace)

    @torch.no_grad()
    def begin_step(self) -> None:
        """Enter the stage of the next step if it is a new one."""
        index = self.index
        if self.stage_begun != index:
            self._enter(index)

    def end_step(self) -> None:
        """The step is made."""
        self.step += 1

    def rewinder(self) -> Callable[[], None]:
        """What brings it back to where it is now, if the step that follows fails half way."""
        kept = {name: getattr(self, name) for name in _MOVING}
        scheduler = None if self.scheduler is None else duplicate(self.scheduler)
        drawn = self.generator.get_state()

        def rewind() -> None:
            vars(self).update(kept, scheduler=scheduler)
            self.generator.set_state(drawn)

        return rewind

    def looks(self) -> list[Look]:
        """What the network has to see next: with the wanted phrases and, under guidance, without them."""
        assert self.latents is not None
        t = self.scheduler.timesteps[self.first + self.entry]
        scale = getattr(self.scheduler, "scale_model_input", None)  # flow matching has none
        shown = self.latents if scale is None else scale(self.latents, t)
        times = t.reshape(1).to(self.family.device)
        told, untold = self._conditions()
        rows = [Look(self._turned_round(shown), times, told)]
        if self._doubly:
            rows.append(Look(rows[0].latents, times, untold))
        return rows

    @property
    def _moved(self) -> tuple[int, int]:
        """How far the next look is moved round, down and across: where the picture repeats, no place is an
        edge."""
        if not self.recipe.tile:
            return 0, 0
        stage = self.stage
        draw = random.Random(f"{self.recipe.seed} {self.step} {self.entry}")
        scale = self.family.scale
        return draw.randrange(stage.height // scale), draw.randrange(stage.width // scale)

    def _turned_round(self, latents: Latents) -> Latents:
        return latents.roll(self._moved, (-2, -1)) if self.recipe.tile else latents

    def turned_back(self, latents: Latents) -> Latents:
        """What belongs to this look, as the picture lies; differentiable."""
        down, across = self._moved
        return latents.roll((-down, -across), (-2, -1)) if self.recipe.tile else latents

    def _drawn_from(self, latents: Latents, draw: Callable[[Latents], Images]) -> Images:
        """A picture of latents; one that repeats is drawn with its surroundings, which are then cut away."""
        return repeating(latents, draw) if self.recipe.tile else draw(latents)

    def said(self, predictions: list[Latents]) -> Latents:
        """The network's predictions for these looks as one, by the guidance of this moment."""
        wanted, *unwanted = predictions
        for one in unwanted:
            return one + value_at(self.wishes.guidance, self.way) * (wanted - one)
        return wanted

    def pulled(self, shown: Latents, said: Latents) -> Latents:
        """The prediction as the sampler shall have it."""
        return said

    @torch.no_grad()
    def advance(self, shown: Latents, said: Latents) -> None:
        """Take the sampler's step along a prediction for what was shown."""
        assert self.latents is not None
        shown, said = self.turned_back(shown), self.turned_back(said)
        now = self.level()
        clean = now.clean(shown, said)
        noise = now.noise(shown, clean)
        t = self.scheduler.timesteps[self.first + self.entry]
        drawn = {"generator": self.generator} if self._draws else {}
        made = self.scheduler.step(said, t, self.latents, **drawn, return_dict=True)
        self.latents, self.clean, self.noise = made.prev_sample.float(), clean, noise
        self.entry += 1

    def level(self) -> Level:
        """How much noise the network sees next."""
        return level(self.scheduler, self.first + self.entry)

    def turn(self, recipe: Recipe, stages: list[Stage]) -> None:
        """Go on by a recipe with other phrases, more steps or both; stages before the next step stay.

        Raises PaintError, and nothing has changed, for more steps than its sampler can make.
        """
        self._rehearse(stages)
        self.recipe, self.stages = recipe, stages
        if recipe.guidance is not None:
            self.wishes = replace(self.wishes, guidance=recipe.guidance)
        self._scored = (-1, None)

    @torch.no_grad()
    def glimpse(self) -> Image:
        """A quick look at what is forming, at the recipe's size."""
        if self.clean is None:
            return self._before()
        return self._sized(self._drawn_from(self.clean, self.family.glance))

    @torch.no_grad()
    def picture(self) -> Image:
        """What is forming, decoded: RGB in [0, 1], (3, height, width) of the recipe, on the CPU."""
        if self.clean is None:
            return self._before()
        made = self.latents if self.step == self.recipe.steps else self.clean
        assert made is not None
        picture = self._sized(self._drawn_from(made, self.family.decode))
        self._shown = self.step, picture
        return picture

    def _seen(self) -> Image:
        """The picture if it was decoded after the last step, else a quick look."""
        if self._shown is not None and self._shown[0] == self.step:
            return self._shown[1]
        return self.glimpse()

    def _before(self) -> Image:
        grey = torch.full((3, self.recipe.height, self.recipe.width), 0.5)
        return grey if self.start is None else self.start.cpu()

    def _sized(self, images: Images) -> Image:
        size = self.recipe.height, self.recipe.width
        smaller = images.shape[-2] > size[0]
        if images.shape[-2:] != size:
            images = F.interpolate(images, size, mode="bicubic", antialias=smaller)
        return images[0].float().clamp(0, 1).cpu()

    def fresh_scheduler(self) -> Any:
        """The scheduler of the stage that was begun, as it is before that stage's first step."""
        stage = self.stages[self.stage_begun]
        assert self.latents is not None
        scheduler = sampler(self.wishes.scheduler, self.family.scheduler, latent=self.family.latent)
        self.first = set_steps(scheduler, stage.planned, stage.strength, self.family.pace(self.latents))
        return scheduler

    def _enter(self, index: int) -> None:
        latents, noise = self._begun(self.stages[index])
        self.latents, self.stage_begun, self.entry = noise, index, 0
        self.scheduler = self.fresh_scheduler()
        if self.stages[index].begin == "noise":
            self.latents = noise * getattr(self.scheduler, "init_noise_sigma", 1.0)
        else:
            self.latents = noised(self.scheduler, latents, noise, self.first)

    def _begun(self, stage: Stage) -> tuple[Latents, Latents]:
        """What lies under the noise, and the noise."""
        if stage.begin == "noise":
            noise = self._drawn(self._shape(stage))
            return torch.zeros_like(noise), noise
        if stage.begin == "onward":
            assert self.clean is not None
            assert self.noise is not None
            return self.clean, self.noise
        if stage.begin == "picture":
            assert self.start is not None
            latents = self.family.encode(_resized(self.start, stage), self.generator)
        else:
            latents = self._over(stage)
        return latents, self._drawn(tuple(latents.shape))

    def _shape(self, stage: Stage) -> tuple[int, int, int, int]:
        scale = self.family.scale
        return 1, self.family.channels, stage.height // scale, stage.width // scale

    def _over(self, stage: Stage) -> Latents:
        """What the stage before has made, at this stage's size."""
        before = self.stages[self.stage_begun]
        made = self.latents if before.steps == before.planned else self.clean
        assert made is not None
        if tuple(made.shape) == self._shape(stage):
            return made
        image = self.family.decode(made)[0].clamp(0, 1)
        return self.family.encode(_resized(image, stage), self.generator)

    def _drawn(self, shape: tuple[int, ...]) -> Latents:
        device = torch.device(self.family.device)
        noise: Tensor = randn_tensor(shape, generator=self.generator, device=device, dtype=torch.float32)
        return noise

    @property
    def _draws(self) -> bool:
        return "generator" in self.scheduler.step.__code__.co_varnames

    @property
    def _doubly(self) -> bool:
        return not self.family.told_guidance and value_at(self.wishes.guidance, self.way) > 1

    def _conditions(self) -> tuple[Condition, Condition]:
        """Of the wanted phrases and of the unwanted ones, for the stage's size and this moment's guidance."""
        now = saying(self.recipe, self.way)
        if now not in self._said:
            if len(self._said) > 64:
                self._said.clear()
            self._said[now] = self._read(now)
            self._note_unavoided(now)
        guidance = value_at(self.wishes.guidance, self.way)
        stage = self.stage
        told, untold = (
            self.family.guided(self.family.placed(one, stage.height, stage.width), guidance)
            for one in self._said[now]
        )
        return told, untold

    @torch.no_grad()
    def _read(self, now: Saying) -> tuple[Condition, Condition]:
        wanted, whole = read(self.family, now.wanted)
        if not whole:
            windows = MOST_WINDOWS if self.family.many_windows else 1
            most = windows * self.family.tracks[0].max_tokens
            self._note(f"The prompt is longer than this model reads ({most} tokens): its end was not read.")
        blank = self.family.blank()
        unwanted = read(self.family, now.unwanted)[0] if now.unwanted else blank
        return alike(wanted, unwanted, blank)

    def _note_unavoided(self, now: Saying) -> None:
        told = self.family.told_guidance
        if not now.unwanted or not self.family.worded:
            return
        if told or max(values_of(self.wishes.guidance)) <= 1:
            phrases = ", ".join(f"“{said.text}”" for said in now.unwanted)
            self._note((UNAVOIDED if told else UNGUIDED).format(phrases))

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes = (*self.notes, note)


def _resized(image: Image, stage: Stage) -> Image:
    size = stage.height, stage.width
    if image.shape[-2:] == size:
        return image
    smaller = image.shape[-2] > size[0]
    return F.interpolate(image[None], size, mode="bicubic", antialias=smaller)[0].clamp(0, 1)
