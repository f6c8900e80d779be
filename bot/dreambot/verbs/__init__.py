"""What buttons do: one file a verb or a family, named here and imported when it is pressed."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias, cast

import discord

from dreamqueue.job import Ending, Finished, Job, Stopped
from dreamqueue.recipe import MOST_PICTURES

Press: TypeAlias = Callable[[discord.Interaction[Any], str, str], Awaitable[None]]
"""Takes the interaction, the job (or other thing) of the id, and its detail, which may be empty. It answers
the interaction; what it raises is answered to who pressed and to nobody else. Ids may be forged."""

PLAIN, MAIN, RED = (
    discord.ButtonStyle.secondary,
    discord.ButtonStyle.primary,
    discord.ButtonStyle.danger,
)


@dataclass(frozen=True)
class Verb:
    """How a button looks, and what pressing it does."""

    does: str
    """`module:function`, a `Press`."""
    style: discord.ButtonStyle = PLAIN
    label: str = ""
    """Key of its text; empty: `buttons.<verb>`. The id's detail is a fact of it."""
    emoji: str | None = None

    @property
    def press(self) -> Callable[[], Press] | None:
        """Gives the function; None if there is none."""
        return self._load if self.does else None

    def _load(self) -> Press:
        module, _, name = self.does.partition(":")
        return cast(Press, getattr(import_module(module), name))


VERBS = {
    "stop": Verb("dreambot.verbs.ending:stop"),
    "cancel": Verb("dreambot.verbs.ending:cancel", RED),
    "steer": Verb("dreambot.verbs.steer:steer"),
    "keep": Verb("dreambot.verbs.keeping:keep"),
    "choose": Verb("dreambot.verbs.choosing:choose"),
    "best": Verb("dreambot.verbs.choosing:best", MAIN),
    "vary": Verb("dreambot.verbs.again:vary"),
    "again": Verb("dreambot.verbs.again:again", MAIN),
    "test-go": Verb("dreambot.verbs.trials:go", MAIN),
    "trick-try": Verb("dreambot.verbs.trials:ask_to_try", MAIN),
    "test-leave": Verb("dreambot.verbs.trials:leave"),
    "trick-up": Verb("dreambot.verbs.trick:up", label="trick.vote-up"),
    "trick-down": Verb("dreambot.verbs.trick:down", label="trick.vote-down"),
    "trick-remix": Verb("dreambot.verbs.trick:remix", label="trick.remix"),
    "trick-report": Verb("dreambot.verbs.trick:report", RED, label="trick.report"),
    "trick-newer": Verb("dreambot.verbs.trick:turn", label="trick.newer"),
    "trick-older": Verb("dreambot.verbs.trick:turn", label="trick.older"),
    "share": Verb("dreambot.verbs.trick:share", label="trick.share"),
    "paint-this": Verb("dreambot.cogs.describe:paint_this", PLAIN, "describe.paint"),
    "review-show": Verb("dreambot.verbs.review:show", MAIN, "review.show"),
    "review-drop": Verb("dreambot.verbs.review:drop", RED, "review.drop"),
    "review-look": Verb("dreambot.verbs.review:look", PLAIN, "review.look"),
    "queue-back": Verb("dreambot.verbs.queue_pages:turn", label="queue.back"),
    "queue-on": Verb("dreambot.verbs.queue_pages:turn", label="queue.on"),
    "queue-clear": Verb("dreambot.verbs.queue_pages:clear", RED, "queue.clear"),
    "panel-pause": Verb("dreambot.verbs.panel:pause", label="panel.pause"),
    "panel-resume": Verb("dreambot.verbs.panel:resume", MAIN, "panel.resume"),
    "panel-drain": Verb("dreambot.verbs.panel:drain", label="panel.drain"),
    "panel-refresh": Verb("dreambot.verbs.panel:refresh", label="panel.refresh"),
    "panel-jobs": Verb("dreambot.verbs.panel:jobs", label="panel.jobs"),
    "mod-back": Verb("dreambot.verbs.sanctions:turn", label="queue.back"),
    "mod-on": Verb("dreambot.verbs.sanctions:turn", label="queue.on"),
    "remix": Verb("dreambot.verbs.remix:remix"),
    "longer": Verb("dreambot.verbs.again:longer"),
    "star": Verb("dreambot.verbs.star:star"),
    "one": Verb("dreambot.verbs.keeping:one"),
    "delete": Verb("dreambot.verbs.delete:delete"),
    "delete-now": Verb("dreambot.verbs.delete:delete_now", RED),
    "cancel-mine": Verb("dreambot.members.standing:cancel", label="buttons.cancel"),
    "cancel-all-mine": Verb("dreambot.members.standing:cancel_all", RED, label="standing.cancel-all"),
    "gallery": Verb("dreambot.members.gallery:turn"),
    "example": Verb("dreambot.members.helping:example"),
    "forget": Verb("dreambot.members.forgetting:pressed", RED, label="privacy.forget"),
    "settings-flip": Verb("dreambot.members.settings:flip"),
    "settings-type": Verb("dreambot.members.settings:ask", label="settings.type"),
    "settings-reset": Verb("dreambot.members.settings:reset", label="settings.reset"),
}

ROW = ""
"""Begins a new row of buttons."""
MOST_IN_A_ROW = 5
MOST_BELOW = 15
"""Numbers that fit below two rows of others; more stand beside them. Discord takes five rows of five."""


def waiting() -> tuple[str, ...]:
    """Buttons under a job that waits."""
    return ("cancel",)


def painting(job: Job, step: int = 0) -> tuple[str, ...]:
    """Buttons under one that is being painted; `step` is that of the frame which is shown, if one is."""
    recipe = job.recipe
    row = ("stop", "cancel", *(() if recipe.several else ("steer",)), *(("keep",) if step else ()))
    if recipe.candidates == 1 or not 0 < step < recipe.trial_steps:
        return row
    return (*row, "best", *_in_rows(f"choose:{number}" for number in range(1, recipe.candidates + 1)))


def _in_rows(numbers: Iterable[str]) -> Iterator[str]:
    """In rows of about the same length, each begun by ROW: six as three and three."""
    every = list(numbers)
    rows = math.ceil(len(every) / MOST_IN_A_ROW)
    long = math.ceil(len(every) / rows)
    for place, verb in enumerate(every):
        if place % long == 0:
            yield ROW
        yield verb


def held(*, here: bool) -> tuple[str, ...]:
    """Buttons under one whose picture is held back or dropped. `here`: moderators decide there and then."""
    return ("again", "review-look", "review-show", "review-drop") if here else ("again",)


def ended(job: Job, ending: Ending) -> tuple[str, ...]:
    """Buttons under one that has ended."""
    if not isinstance(ending, Finished | Stopped):
        return ("again", "remix", "delete")
    parts = len(ending.parts) if len(ending.parts) <= MOST_PICTURES else 0
    numbers = tuple(f"one:{number}" for number in range(1, parts + 1))
    alone = not job.recipe.several or (len(numbers) > 1 and _is_best(job, ending))
    first = (
        *(("vary",) if alone else ()),
        "again",
        "remix",
        *(("longer",) if ending.state else ()),
    )
    second = ("star", *(("share",) if "share" in VERBS else ()), "delete")
    if len(numbers) < 2:
        return (*first, ROW, *second)
    if len(numbers) > MOST_BELOW:
        return (*first, *second, *numbers)
    return (*first, ROW, *second, ROW, *numbers)


def _is_best(job: Job, ending: Finished | Stopped) -> bool:
    """Whether one of several candidates is shown alone."""
    return isinstance(ending, Finished) and job.recipe.candidates > 1 and job.recipe.finish == 1
