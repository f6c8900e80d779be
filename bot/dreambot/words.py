"""Everything a member reads about a job. Pure functions: records in, text out, as short as Discord wants.

The lines themselves are in `dreambot.texts`, in the language of who asked.
"""

from __future__ import annotations

import re

from dreambot.texts import Speech, speech
from dreamqueue.events import Choose, Frame
from dreamqueue.job import Cancelled, Ending, Expired, Failed, Finished, Job, Stopped
from dreamqueue.places import Place
from dreamqueue.prompt import told
from dreamqueue.recipe import Recipe
from dreamqueue.text import clip, normalise

LIMIT = 2000
"""Characters of a message."""
PROMPT_SHOWN = 600
"""Characters of a prompt that are shown; the rest is in the attached `prompt.txt`."""
DESCRIBED = 1000
"""Characters of a picture's description that Discord takes."""
NAME_SHOWN = 40
BAR = 12
"""Cells of the progress bar."""

_MARKUP = re.compile(r"([\\*_~|`\[\]()<>#+\-:@/])")

ENGLISH = speech()


def plain(text: str, limit: int = PROMPT_SHOWN) -> str:
    """Text of a member as it was typed: one line without markup, mention, link or anything that turns others'
    words about, at most `limit` characters."""
    kept = normalise(text[: 4 * limit])
    while True:
        kept = clip(kept, limit)
        escaped = _MARKUP.sub(r"\\\1", kept).replace("@", "@\u200b")
        if len(escaped) <= limit:
            return escaped
        kept = clip(kept, min(len(kept) - 1, len(kept) * limit // len(escaped)))


def is_cut(recipe: Recipe) -> bool:
    """Whether a message shows only the beginning of the prompt."""
    return plain(recipe.words) != plain(recipe.words, 1_000_000)


def waiting(job: Job, place: Place, said: Speech = ENGLISH, parent: str = "") -> str:
    """It waits in its lane."""
    return _message(job, said, parent, standing(place, said))


def standing(place: Place, said: Speech = ENGLISH) -> str:
    """Where it waits, and how long."""
    where = said.say("job.next") if place.ahead == 0 else ordinal(place.ahead + 1, said)
    if place.halt:
        return _kept_back(place, where, said)
    if place.starts_in is None:
        why = clip(_unpinged(place.why or said.say("job.no-worker")), 300)
        return said.say("job.waiting-for", place=where, why=why)
    if place.starts_in < 5:
        return said.say("job.waiting-soon", place=where)
    return said.say("job.waiting", place=where, time=duration(place.starts_in, said))


def _kept_back(place: Place, where: str, said: Speech) -> str:
    if place.halt == "held":
        return said.say("queue.held")
    paused = said.say("queue.paused", place=where)
    ends = [] if place.until is None else [said.say("queue.paused-until", time=f"<t:{place.until:.0f}:R>")]
    return " · ".join([paused, *ends, *([plain(place.reason, 300)] if place.reason else [])])


def begun(job: Job, tries: int = 1, resumed: int = 0, said: Speech = ENGLISH, parent: str = "") -> str:
    """A worker has it, no frame yet. `resumed` is the step from which it goes on."""
    steps = job.recipe.last_step
    doing = said.say("job.goes-on", step=resumed, steps=steps) if resumed else said.say("job.begins")
    return _message(job, said, parent, f"{bar(resumed, steps)} {doing}", _taken_over(tries, resumed, said))


def painting(
    job: Job,
    frame: Frame,
    tries: int = 1,
    resumed: int = 0,
    said: Speech = ENGLISH,
    parent: str = "",
    choice: Choose | None = None,
) -> str:
    """It is being painted. `choice` is which of its candidates goes on, if somebody has said so."""
    step = said.say("job.step", step=frame.step, steps=frame.steps)
    state = f"{bar(frame.step, frame.steps)} {step} · {clock(frame.seconds)}{score(frame.score, said)}"
    return _message(
        job, said, parent, state, _taken_over(tries, resumed, said), _choosing(job, frame, choice, said)
    )


def ended(job: Job, ending: Ending, said: Speech = ENGLISH, parent: str = "") -> str:
    """How it ended. `parent` is a link to the picture it came from, ready to be shown."""
    notes = ending.notes if isinstance(ending, (Finished, Stopped)) else ()
    return _message(job, said, parent, _end(job, ending, said), *notes)


def forgotten(job: Job, said: Speech = ENGLISH) -> str:
    """It ended with a picture that is not kept any more."""
    return _message(job, said, "", said.say("job.forgotten"))


def gone(job: Job, said: Speech = ENGLISH) -> str:
    """The queue knows nothing of it any more."""
    return _message(job, said, "", said.say("job.gone"))


def unpostable(job: Job, said: Speech = ENGLISH) -> str:
    """It ended with a picture that Discord refuses."""
    return _message(job, said, "", said.say("job.unpostable"))


def facts(recipe: Recipe, said: Speech = ENGLISH) -> str:
    """What is needed to paint it again, beside the words."""
    found = [
        f"{recipe.backend}/{recipe.preset}" if recipe.preset else recipe.backend,
        *_several(recipe, said),
        f"{recipe.width}×{recipe.height}",
        said.say("job.steps", steps=recipe.steps),
        said.say("job.seed", seed=recipe.seed),
        *([said.say("job.from-picture")] if recipe.image else []),
        *told(recipe),
    ]
    return " · ".join(found)


def _several(recipe: Recipe, said: Speech) -> list[str]:
    if recipe.candidates > 1:
        return [said.say("job.candidates", count=recipe.candidates)]
    return [said.say("job.pictures", count=recipe.cells)] if recipe.cells > 1 else []


def description(recipe: Recipe) -> str:
    """A picture in words, for those who cannot see it."""
    shown = "; ".join(variant.label for variant in recipe.variants)
    return clip(f"{recipe.words} ({shown})" if shown else recipe.words, DESCRIBED)


def bar(step: int, steps: int) -> str:
    """A progress bar; full only when it is done."""
    filled = min(BAR, step * BAR // max(1, steps))
    return f"`{'█' * filled}{'░' * (BAR - filled)}`"


def score(value: float | None, said: Speech = ENGLISH) -> str:
    """How near the picture is to the words, if that is known."""
    return "" if value is None else f" · {said.say('job.score', score=f'{value:.3f}')}"


def duration(seconds: float, said: Speech = ENGLISH) -> str:
    """A time to come, as roughly as it can be known: a message need not change each second."""
    if seconds < 60:
        count = max(5, round(seconds / 5) * 5) if seconds < 30 else round(seconds / 10) * 10
        return said.say("job.seconds", count=count)
    if seconds < 3600:
        return said.say("job.minutes", count=round(seconds / 60))
    if seconds < 48 * 3600:
        return said.say("job.hours", count=f"{seconds / 3600:.1f}")
    return said.say("job.days", count=f"{seconds / 86400:.3g}")


def clock(seconds: float) -> str:
    """A time gone by, such as `0:41` or `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def ordinal(number: int, said: Speech = ENGLISH) -> str:
    """1st, 2nd, 3rd, 4th, … 11th."""
    if said.knows("job.ordinal"):
        return said.say("job.ordinal", number=number)
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def fit(text: str) -> str:
    """At most as long as a message may be."""
    return clip(text, LIMIT)


def _end(job: Job, ending: Ending, said: Speech) -> str:
    match ending:
        case Finished():
            once = not ending.seconds and job.parent is not None  # one of several, painted with the others
            done = said.say("job.ready") if once else said.say("job.done", time=clock(ending.seconds))
            return done + score(ending.score, said)
        case Stopped():
            key = "job.kept" if _is_a_frame(job, ending) else "job.stopped"
            return said.say(key, step=ending.step, by=_name(ending.by.name)) + score(ending.score, said)
        case Cancelled():
            return said.say("job.cancelled", by=_name(ending.by.name))
        case Failed():
            why = said.say("job.failed", why=clip(_unpinged(ending.reason), 600))
            return f"{why} {said.say('job.incident', incident=ending.incident)}" if ending.incident else why
        case Expired():
            return said.say("job.expired", time=duration(ending.waited, said))


def _is_a_frame(job: Job, ending: Stopped) -> bool:
    """Whether it is a frame of another that somebody kept: nothing was painted for it, so it left one picture
    and nothing else."""
    return job.parent is not None and ending.state is None and ending.animation is None


def _message(job: Job, said: Speech, parent: str, state: str, *notes: str) -> str:
    fine = f"-# {facts(job.recipe, said)} · {said.say('job.for', name=_name(job.owner.name))}"
    if parent:
        fine += f" · {said.say('job.from', parent=parent)}"
    lines = [
        f"**{plain(_title(job, said))}**",
        state,
        fine,
        *(f"-# {_unpinged(note)}" for note in notes if note),
    ]
    return fit("\n".join(lines))


def _title(job: Job, said: Speech) -> str:
    if job.trial is None:
        return job.recipe.words
    return said.say("trials.title", subjects=", ".join(job.trial.subjects), trick=job.trial.trick)


def _choosing(job: Job, frame: Frame, choice: Choose | None, said: Speech) -> str:
    """Whether there is something to choose, and what was chosen."""
    recipe = job.recipe
    if recipe.candidates == 1 or frame.step >= recipe.trial_steps:
        return ""
    if choice is None:
        return said.say("choosing.may", step=recipe.trial_steps)
    by = _name(choice.by.name)
    if choice.pick is None:
        return said.say("choosing.best-chosen", by=by)
    return said.say("choosing.chosen", number=choice.pick, step=recipe.trial_steps, by=by)


def _taken_over(tries: int, resumed: int, said: Speech) -> str:
    if resumed:
        return said.say("job.resumed", step=resumed)
    return said.say("job.repainted") if tries > 1 else ""


def _name(name: str) -> str:
    return plain(name, NAME_SHOWN)


def _unpinged(text: str) -> str:
    return text.replace("@", "@\u200b").replace("\n", " ")
