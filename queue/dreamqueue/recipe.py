"""The recipe: everything needed to paint the same picture again."""

from __future__ import annotations

from math import prod
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from dreamqueue import braces
from dreamqueue.collection import Collection
from dreamqueue.course import Course, between, told_course, values_of
from dreamqueue.wire import Wire, unless

MAX_SEED = 2**32 - 1
MAX_STOP = 4.93
"""Half of π²: the spherical distance of opposite vectors."""
MOST_PICTURES = 16
"""Pictures that one job paints, as the cells of a grid or as candidates."""
MOST_VARIANTS = 64
"""Pictures that one job paints, where each of them is given."""
MOST_IN_A_ROW = 8
LABEL = 100
"""Characters of a label."""

MAX_CUTS = 64
MIN_SHARE = 0.05
MAX_AVERAGE = 0.999
MAX_GUIDANCE = 50
MAX_LORA = 4
MOST_LORAS = 8
MAX_HIRES = 4
LEAST_STOP = 10
"""Per cent of the steps."""
PALETTE = 2, 16
"""Fewest and most colours of a palette."""

HexColour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]


def _palette(colours: tuple[str, ...]) -> tuple[str, ...]:
    least, most = PALETTE
    if colours and not least <= len(colours) <= most:
        raise ValueError(f"a palette has {least} to {most} colours")
    return colours


class Phrase(Wire):
    """A piece of prompt text, steered towards (weight > 0) or away from (weight < 0)."""

    text: Annotated[str, Field(min_length=1, max_length=2000)]
    weight: Course = 1.0
    """A number, or a course in progress t: phrases may come and go."""
    stop: Annotated[float, Field(ge=0, le=MAX_STOP, allow_inf_nan=False)] | None = None
    """Spherical distance at which the steering rests: nearer it pulls no more, with a negative weight further
    away it pushes no more."""

    @property
    def wanted(self) -> bool:
        """Whether the picture is steered towards it, at least for a while."""
        return max(values_of(self.weight)) > 0


class TargetImage(Wire):
    """A picture beside the phrases, steered towards (weight > 0) or away from (weight < 0)."""

    key: str
    """sha256 of its bytes, kept in the blob store."""
    weight: Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)] = 1.0


class UsedLora(Wire):
    """Small changes to a diffusion's weights (Hu et al. 2021), by their name in the catalogue."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,59}$")]
    weight: Annotated[float, Field(ge=-MAX_LORA, le=MAX_LORA, allow_inf_nan=False)] = 1.0
    """1 is as it was trained; below 0 it changes the other way."""


def _no_two_alike(loras: tuple[UsedLora, ...]) -> tuple[UsedLora, ...]:
    if len({lora.name for lora in loras}) < len(loras):
        raise ValueError("each LoRA is there once")
    return loras


class Leg(Wire):
    """The first part of a render that was made longer on its way: up to a step it counted on fewer steps."""

    until: Annotated[int, Field(ge=0, le=20_000)]
    """The step at which more steps were asked for."""
    steps: Annotated[int, Field(ge=1, le=20_000)]
    """What `Recipe.steps` was before."""


class UsedStyle(Wire):
    """A style or trick as it was when it was used, so that an old picture repaints after it was edited."""

    name: str
    text: str
    version: Annotated[int, Field(ge=1), unless(1)] = 1
    """Of a trick: which of its edits this was."""
    negative: Annotated[str, unless("")] = ""
    flags: Annotated[str, unless("")] = ""
    """What came along with it; those that were typed won."""


class Variant(Wire):
    """One given picture of a job that paints several: what it has of its own."""

    label: Annotated[str, Field(min_length=1, max_length=LABEL)]
    """For people, on the sheet."""
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1, max_length=32)]
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)]
    styles: tuple[UsedStyle, ...] = ()
    """Where some of its phrases came from."""


class Recipe(Wire):
    """All that decides the pixels. `version` counts incompatible changes of this record."""

    version: Literal[1] = 1
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1, max_length=32)]
    """What to steer by, styles already expanded."""
    backend: str = "pixels"
    preset: str = ""
    """A backend's named set of defaults; empty means its first one."""
    critic: str = "pocket"
    """A critic of the catalogue, or several with commas between them; the first one gives the score."""
    width: Annotated[int, Field(ge=16, le=4096)] = 256
    height: Annotated[int, Field(ge=16, le=4096)] = 256
    steps: Annotated[int, Field(ge=1, le=20_000)] = 120
    stop: Annotated[int, Field(ge=LEAST_STOP, le=100), unless(100)] = 100
    """Per cent of the steps after which it is finished, as it is then; below 100 what comes last stays
    undone."""
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 0
    image: str | None = None
    """Key of the initial picture (sha256 of its bytes), kept in the blob store."""
    image_weight: Course = 1.0
    """How strongly to stay near the initial picture; 0 only begins with it."""
    targets: Annotated[tuple[TargetImage, ...], Field(max_length=8)] = ()
    """Pictures whose content and style the critic looks for, as it does for the phrases'."""
    collection: Collection | None = None
    """Pictures on the worker's disk that guide different stages of the painting."""
    tv: Course | None = None
    """Weight of smoothness (total variation); None is the preset's own."""
    saturation: Course = 0.0
    """Colourfulness: above 0 more of it, below 0 less."""
    symmetry: Literal["", "x", "y", "xy"] = ""
    """x: left and right mirror each other; y: top and bottom."""
    candidates: Annotated[int, Field(ge=1, le=MOST_PICTURES)] = 1
    """How many are begun, each with a seed one higher than the one before."""
    finish: Annotated[int, Field(ge=1, le=MOST_PICTURES)] = 1
    """How many of the candidates go on after the trial: those with the highest scores."""
    trial: Annotated[float, Field(gt=0, le=1)] = 0.2
    """Share of the steps after which the candidates are ranked; 1 finishes them all first."""
    variants: Annotated[tuple[Variant, ...], Field(max_length=MOST_VARIANTS), unless(())] = ()
    """Pictures that are painted instead of one of `phrases` and `seed`, alike in everything else."""
    row: Annotated[int, Field(ge=0, le=MOST_IN_A_ROW), unless(0)] = 0
    """How many of them stand beside each other on their sheet; 0 for as square a sheet as it can be."""
    cuts: Annotated[Course, between(1, MAX_CUTS)] | None = None
    """Cutouts that each critic is shown a step, rounded; None is the preset's own."""
    resolution: Annotated[Course, between(MIN_SHARE, 1)] | None = None
    """Share of the sides that it is steered at; None is the preset's own."""
    cutouts: Literal["", "classic", "pooled", "overview"] = ""
    """How they are cut; empty is the preset's own way."""
    rate: Annotated[Course, between(0.05, 20)] | None = None
    """Factor of the preset's learning rate; None is 1."""
    noise: Annotated[Course, between(0, 1)] | None = None
    """Standard deviation of noise on what the critics see, besides the preset's own; None is 0."""
    range: Annotated[Course, between(0, 10)] | None = None
    """How strongly colours that leave the visible range are called back; None is 0."""
    symmetry_weight: Annotated[Course, between(0, 10)] = 1.0
    palette: Annotated[tuple[HexColour, ...], AfterValidator(_palette)] = ()
    """The colours to keep to, as #rrggbb; none for any."""
    palette_weight: Annotated[Course, between(0, 10)] = ((0.0, 0.0), (1.0, 1.0))
    """How strictly. Strict from the start, a picture takes the colour that is nearest to grey all over."""
    average: Annotated[float, Field(ge=0, le=MAX_AVERAGE)] | None = None
    """Decay of the average that is shown; 0 shows the newest, None is the preset's own."""
    guidance: Annotated[Course, between(0, MAX_GUIDANCE)] | None = None
    """Scale of classifier-free guidance (Ho and Salimans 2022), as diffusers counts it: at 1 the words are
    followed as they were learnt, above 1 more. A course goes by `turns.way`, as phrases' weights do. None is
    the model's own."""
    scheduler: str = ""
    """How noise is taken off, by its name in `dreamqueue.schedulers`; empty is the model's own."""
    strength: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    """How much of the initial picture is painted over, in (0, 1]; None is the model's own."""
    loras: Annotated[tuple[UsedLora, ...], Field(max_length=MOST_LORAS), AfterValidator(_no_two_alike)] = ()
    """What changes the model, all of them added up."""
    hires: Annotated[float, Field(ge=1, le=MAX_HIRES, allow_inf_nan=False)] = 1.0
    """Above 1 it is composed at 1/hires of the sides, then painted over at its size (`dreamqueue.hires`)."""
    gradient: Literal["", "fast", "full"] = ""
    """Whether CLIP's gradient goes through the denoiser ("full") or not ("fast"); empty: the preset's own."""
    tile: Annotated[bool, unless(False)] = False
    """Whether it repeats: its left edge goes on where its right one ends, its top where its bottom does."""
    legs: Annotated[tuple[Leg, ...], Field(max_length=16)] = ()
    """Where it was made longer, in order, so that it is painted again in the same way."""
    styles: tuple[UsedStyle, ...] = ()
    """Where some of the phrases came from; for people, the painters read `phrases`."""

    @model_validator(mode="after")
    def _not_more_go_on_than_begin(self) -> Self:
        if self.finish > self.candidates:
            raise ValueError("at most as many go on as there are candidates")
        return self

    @model_validator(mode="after")
    def _variants_are_single_pictures(self) -> Self:
        said = (*self.phrases, *(phrase for variant in self.variants for phrase in variant.phrases))
        if self.variants and (self.candidates > 1 or any(braces.count(one.text) > 1 for one in said)):
            raise ValueError("variants are single pictures: neither candidates nor choices in braces")
        return self

    def steps_at(self, step: int) -> int:
        """How many steps the painter counts on at a step: fewer than `steps` in the legs before."""
        return next((leg.steps for leg in self.legs if step < leg.until), self.steps)

    @property
    def last_step(self) -> int:
        """The step after which it is finished: fewer than `steps` if it shall stop before."""
        return max(1, round(self.steps * self.stop / 100))

    @property
    def critics(self) -> tuple[str, ...]:
        """Names of the critics, in order."""
        return tuple(self.critic.split(","))

    @property
    def pictures(self) -> tuple[str, ...]:
        """Keys of all pictures that are needed to paint it."""
        return (*([self.image] if self.image else []), *(target.key for target in self.targets))

    @property
    def texts(self) -> tuple[str, ...]:
        """All that it steers by, of every variant, each text once."""
        said = (*self.phrases, *(phrase for variant in self.variants for phrase in variant.phrases))
        return tuple(dict.fromkeys(phrase.text for phrase in said))

    @property
    def cells(self) -> int:
        """How many pictures the choices in braces make, or how many are given: 1 if there are none."""
        if self.variants:
            return len(self.variants)
        return prod(braces.count(phrase.text) for phrase in self.phrases)

    @property
    def several(self) -> bool:
        """Whether it asks for more than one picture."""
        return self.candidates > 1 or self.cells > 1 or bool(self.variants)

    @property
    def trial_steps(self) -> int:
        """Steps after which candidates are ranked."""
        return max(1, round(self.trial * self.last_step))

    @property
    def work(self) -> int:
        """Steps of all its pictures together."""
        if self.candidates > 1:
            return self.trial_steps * self.candidates + (self.last_step - self.trial_steps) * self.finish
        return self.last_step * min(self.cells, MOST_VARIANTS if self.variants else MOST_PICTURES)

    @property
    def words(self) -> str:
        """The phrases for people, styles included: weights are rounded (`render` writes them whole)."""
        return " | ".join(_typed(phrase) for phrase in self.phrases)


def _typed(phrase: Phrase) -> str:
    weight = told_course(phrase.weight)
    if phrase.stop is not None:
        return f"{phrase.text}:{weight}:{phrase.stop:g}"
    return phrase.text if phrase.weight == 1 else f"{phrase.text}:{weight}"
