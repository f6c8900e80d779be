"""What buttons do: one file a verb or a family, named here and imported when it is pressed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias, cast

import discord

from dreamqueue.job import Ending, Job

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
    "again": Verb("dreambot.verbs.again:again", MAIN),
    "cancel-mine": Verb("dreambot.standing:cancel", label="buttons.cancel"),
    "cancel-all-mine": Verb("dreambot.standing:cancel_all", RED, label="standing.cancel-all"),
    "gallery": Verb("dreambot.gallery:turn"),
    "example": Verb("dreambot.helping:example"),
    "forget": Verb("dreambot.forgetting:pressed", RED, label="privacy.forget"),
    "settings-flip": Verb("dreambot.settings:flip"),
    "settings-type": Verb("dreambot.settings:ask", label="settings.type"),
    "settings-reset": Verb("dreambot.settings:reset", label="settings.reset"),
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
}


def waiting() -> tuple[str, ...]:
    """Buttons under a job that waits."""
    return ("cancel",)


def painting(job: Job) -> tuple[str, ...]:
    """Buttons under one that is being painted."""
    return ("stop", "cancel")


def held(*, here: bool) -> tuple[str, ...]:
    """Buttons under one whose picture is held back or dropped. `here`: moderators decide there and then."""
    return ("again", "review-look", "review-show", "review-drop") if here else ("again",)


def ended(job: Job, ending: Ending) -> tuple[str, ...]:
    """Buttons under one that has ended."""
    return ("again",)
