"""What is said about a job while it lives: news for everybody, frames in a mailbox, orders to the worker."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from dreamqueue.job import Ending, Owner
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


Order = Annotated[Cancel | Stop, Field(discriminator="kind")]
ORDER: TypeAdapter[Cancel | Stop] = TypeAdapter(Order)
