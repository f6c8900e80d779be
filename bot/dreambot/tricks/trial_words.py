"""What is said of a test of a trick: what it costs, and what it found."""

from __future__ import annotations

from dreambot import words
from dreambot.texts import Speech
from dreamqueue.job import Job
from dreamqueue.tricks.measured import Lift, Measured
from dreamqueue.tricks.offers import Offer


def offer(offered: Offer, seconds: float, said: Speech) -> str:
    """A test of a trick and what it costs, before it is begun."""
    trial, recipe = offered.trial, offered.recipe
    head = said.say(
        "trials.offer",
        trick=trial.trick,
        name=words.plain(offered.owner.name, words.NAME_SHOWN),
        subjects=words.plain(", ".join(trial.subjects), 400),
        seeds=trial.seeds,
        judge=trial.judge,
    )
    painter = f"{recipe.backend}/{recipe.preset}" if recipe.preset else recipe.backend
    cost = said.say(
        "trials.cost",
        pictures=recipe.cells,
        size=f"{recipe.width}×{recipe.height}",
        steps=recipe.steps,
        painter=painter,
        time=words.duration(seconds, said),
    )
    return words.fit(f"{head}\n{cost}")


def lifts(measured: Measured, job: Job, said: Speech) -> str:
    """What a test of a trick found."""
    typed = words.plain(job.trial.words if job.trial else "", 100)
    lines = [
        said.say("trials.head", judge=measured.judge),
        _lift(said.say("trials.style", words=typed), measured.style, said),
        _lift(said.say("trials.subject"), measured.subject, said),
        f"-# {said.say('trials.fine', pairs=measured.style.pairs)}",
    ]
    return "\n".join(lines)


def _lift(what: str, lift: Lift, said: Speech) -> str:
    return said.say(
        "trials.lift",
        what=what,
        mean=f"{lift.mean:+.3f}",
        low=f"{lift.low:+.3f}",
        high=f"{lift.high:+.3f}",
        wins=lift.wins,
        pairs=lift.pairs,
        doubt="" if lift.certain else said.say("trials.doubt"),
    )
