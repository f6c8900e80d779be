"""What is said about a job while it lives: news for everybody, frames in a mailbox, orders to the worker."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from dreamqueue.errors import TooLate
from dreamqueue.job import Ending, Owner
from dreamqueue.recipe import MOST_PICTURES, Phrase, Recipe
from dreamqueue.sights import Found
from dreamqueue.turns import BLEND, longer, turned
from dreamqueue.wire import Wire


class Queued(Wire):
    """It waits in a lane; places of the others may have changed."""

    kind: Literal["queued"] = "queued"
    job: str


class Started(Wire):
    """A worker began painting."""

    kind: Literal["started"] = "started"
    job: str
    worker: str
    tries: int
    resumed: int = 0
    """The step that it goes on from; 0: from the start."""


class Painted(Wire):
    """A new frame lies in the job's mailbox."""

    kind: Literal["painted"] = "painted"
    job: str
    step: int


class Ended(Wire):
    """The job's one end."""

    kind: Literal["ended"] = "ended"
    job: str
    ending: Ending


News = Annotated[Queued | Started | Painted | Ended, Field(discriminator="kind")]
NEWS: TypeAdapter[Queued | Started | Painted | Ended] = TypeAdapter(News)


class Frame(Wire):
    """A progress picture. Newest wins: the mailbox holds one."""

    job: str
    step: int
    """Steps done, 1 … steps."""
    steps: int
    score: float | None
    """Cosine similarity with the phrases, in [-1, 1]."""
    seconds: float
    """Time spent painting so far."""
    image: bytes
    """An encoded picture (JPEG)."""
    seen: Found = None
    """Concepts that the worker found on it."""


class Cancel(Wire):
    """End the job, keep nothing."""

    kind: Literal["cancel"] = "cancel"
    job: str
    by: Owner


class Stop(Wire):
    """End the job, keep the picture as it is."""

    kind: Literal["stop"] = "stop"
    job: str
    by: Owner


class Steer(Wire):
    """Other words from here on."""

    kind: Literal["steer"] = "steer"
    job: str
    by: Owner
    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1, max_length=32)]
    blend: Annotated[float, Field(gt=0, le=1)] = BLEND
    """Share of all steps over which they take the place of the old ones."""


class Lengthen(Wire):
    """More steps than were asked for."""

    kind: Literal["lengthen"] = "lengthen"
    job: str
    by: Owner
    steps: Annotated[int, Field(ge=1, le=20_000)]
    """Steps in all."""


class Choose(Wire):
    """Of the candidates that are tried, one goes on alone."""

    kind: Literal["choose"] = "choose"
    job: str
    by: Owner
    pick: Annotated[int, Field(ge=1, le=MOST_PICTURES)] | None = None
    """Its number: it goes on when the trial ends. None: the trial ends now, and the best goes on."""


Turn: TypeAlias = Steer | Lengthen | Choose
"""An order after which the painting goes on."""
Order = Annotated[Cancel | Stop | Steer | Lengthen | Choose, Field(discriminator="kind")]
ORDER: TypeAdapter[Cancel | Stop | Steer | Lengthen | Choose] = TypeAdapter(Order)


def read_order(raw: bytes | str) -> Cancel | Stop | Steer | Lengthen | Choose | None:
    """An order as it was written; None for one of a kind that this version does not know."""
    try:
        return ORDER.validate_json(raw)
    except ValueError:
        return None


def obeyed(order: Steer | Lengthen, recipe: Recipe, step: int) -> Recipe:
    """The recipe after a turn that is taken when `step` steps are done."""
    if isinstance(order, Steer):
        return turned(recipe, order.phrases, step, order.blend)
    if order.steps <= step:
        raise TooLate(f"It is at step {step} already.")
    return longer(recipe, step, order.steps)
