"""A job: a recipe, who asked, where the reply is, its state and how it ended."""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from dreamqueue.recipe import Recipe
from dreamqueue.sights import Found, Sights
from dreamqueue.trial import Trial
from dreamqueue.wire import Wire


class JobState(StrEnum):
    """Where a job is on its road."""

    #: in its lane; nobody has begun
    waiting = "waiting"
    #: a worker is painting; frames arrive
    painting = "painting"
    #: it has exactly one `Ending`
    ended = "ended"


class Owner(Wire):
    """Who asked. `id` is Discord's user id as text, or "local" for the command line."""

    id: str
    name: str


class Cap(Wire):
    """How much of the queue a member, a channel or a server may take."""

    scope: str
    """Whose: `member:1`, `channel:2`, `server:3`."""
    whose: str = "yours"
    """In words: "yours", "this channel"."""
    waiting: int | None = None
    """Jobs that may wait; None for any number."""
    running: int | None = None
    """Jobs that are painted at once; more wait for those to end."""
    seconds_a_day: float | None = None
    """Estimated seconds of painting that it may ask for from midnight to midnight (UTC)."""


class Reply(Wire):
    """The message in which the job is shown."""

    channel: int
    message: int
    server: int | None = None
    language: str = "en"
    """Of what is said in it."""
    spoiler: bool = False
    """Whether pictures are hidden until somebody clicks."""
    ping: bool = False
    """Whether who asked is mentioned when it is done."""


class KeptPart(Wire):
    """One of several pictures that a job painted."""

    label: str
    """What is its own: the choices of a grid's cell, a candidate's seed."""
    picture: str
    """Blob key of its PNG, which carries `recipe`."""
    recipe: Recipe
    """Paints this one alone."""
    step: int
    """Steps done; fewer than the recipe's where it did not go on."""
    score: float | None = None
    extras: dict[str, str] = Field(default_factory=dict)
    seen: Found = None
    """Concepts that the worker found on it."""


class Leavings(Wire):
    """What a painting leaves behind, whether it came to its end or was stopped."""

    picture: str
    """Blob key of the PNG."""
    animation: str | None = None
    """Blob key of the GIF of its frames."""
    score: float | None = None
    """Cosine similarity of the picture and its phrases, in [-1, 1]."""
    seconds: float = 0.0
    """Time spent painting."""
    notes: tuple[str, ...] = ()
    """What the member should know of it, in words fit to show."""
    extras: dict[str, str] = Field(default_factory=dict)
    """Other forms of the picture: file suffix ("svg") → blob key."""
    parts: tuple[KeptPart, ...] = ()
    """Where it is several pictures: each of them, in the order of their numbers."""
    state: str | None = None
    """Blob key of what a longer render goes on from; None if it was not kept."""
    seen: Found = None
    """Concepts that the worker found on the picture, on one of its parts or in the animation."""


class Finished(Leavings):
    """All steps painted."""

    kind: Literal["finished"] = "finished"


class Stopped(Leavings):
    """Somebody pressed stop and kept what was there."""

    kind: Literal["stopped"] = "stopped"
    by: Owner
    step: int


class Cancelled(Wire):
    """Somebody cancelled it; nothing is kept."""

    kind: Literal["cancelled"] = "cancelled"
    by: Owner


class Failed(Wire):
    """It could not be painted. `reason` is fit to show; `incident` finds the log line."""

    kind: Literal["failed"] = "failed"
    reason: str
    incident: str | None = None


class Expired(Wire):
    """It waited so long that it was taken out of the queue."""

    kind: Literal["expired"] = "expired"
    waited: float
    """Seconds, without those in which a moderator kept it back."""


Ending = Annotated[Finished | Stopped | Cancelled | Failed | Expired, Field(discriminator="kind")]


class Job(Wire):
    """What never changes about a job."""

    version: Literal[1] = 1
    id: str
    recipe: Recipe
    owner: Owner
    typed: str = ""
    """The words as typed, for people."""
    lane: str = ""
    """What it needs of a worker, in short (`dreamqueue.needs`)."""
    parent: str | None = None
    """The job that this one came from (Again, Vary, …)."""
    state: str | None = None
    """Blob key of the saved painting that it goes on from; None begins anew."""
    done: Annotated[int, Field(ge=0)] = 0
    """Steps of that painting."""
    created: float
    """Unix time, seconds."""
    cost: float = 60.0
    """Estimated seconds of painting, for fair scheduling and waiting times."""
    upload_limit: int = 10 * 1024 * 1024
    """Bytes that the reply's channel accepts per file."""
    trial: Trial | None = None
    """A trick that its pictures show, where it is one that is tried."""
    shown: bool = False
    """True if a Discord message has to follow this job to its end."""


class Review(Wire):
    """What a moderator decided about a picture that was held back."""

    verdict: Literal["show", "drop"]
    by: Owner


class Checkpoint(Wire):
    """A painting on its way, saved."""

    name: str
    """Where its bytes lie in the album."""
    step: int
    """Steps done."""
    seconds: float
    """Time that they took."""
    notes: tuple[str, ...] = ()
    """What the member should know of it until then."""


class Halt(Wire):
    """A moderator's word that something shall wait."""

    by: Owner
    since: float
    """Unix seconds by Redis' clock."""
    why: str = ""
    until: float | None = None
    """When it ends by itself, Unix seconds; None: when somebody says so."""


class Record(Wire):
    """A job with everything that does change."""

    job: Job
    state: JobState
    tries: int = 0
    """How often a worker has begun it."""
    worker: str | None = None
    holder: str | None = None
    """The try that holds it now, as `begin` named it."""
    created: float | None = None
    """When it came in, Unix seconds by Redis' clock."""
    started: float | None = None
    reply: Reply | None = None
    turned: Recipe | None = None
    """The recipe since it was changed on its way."""
    kept: dict[int, str] = Field(default_factory=dict)
    """Blob keys of earlier frames that can be taken, by step: one every tenth of the way."""
    kept_seen: dict[int, Sights] = Field(default_factory=dict)
    """Concepts that the worker found on these frames, by step; none where nobody looked."""
    checkpoint: Checkpoint | None = None
    """What a worker that takes the job over goes on from."""
    resumed: int = 0
    """The step of the checkpoint that the newest try went on from; 0: it began anew."""
    asked: dict[str, str] = Field(default_factory=dict)
    """Turns (as JSON) that nobody has taken yet, in the order in which they were ordered, by their fields."""
    held: Halt | None = None
    """A moderator holds it aside while it waits."""
    ending: Ending | None = None
    review: Review | None = None
    """What a moderator decided about the picture, where it was held back."""

    @property
    def recipe(self) -> Recipe:
        """What is painted, turns on the way included."""
        return self.turned or self.job.recipe


def new_job_id() -> str:
    """A fresh id of 12 hexadecimal digits. Ids are never used again: arq remembers aborts by id."""
    return secrets.token_hex(6)
