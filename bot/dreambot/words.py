"""Everything a member reads about a job. Pure functions: records in, text out, as short as Discord wants."""

from __future__ import annotations

import re

from dreamqueue.events import Frame
from dreamqueue.job import Cancelled, Ending, Expired, Failed, Finished, Job, Stopped
from dreamqueue.places import Place
from dreamqueue.prompt import told
from dreamqueue.recipe import Recipe
from dreamqueue.text import clip

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

FORGOTTEN = "It is painted, but the picture was forgotten before I could show it here."
ASK_AGAIN = "Something broke before this reached the queue, and nothing was started. Please ask again."
QUEUE_IS_AWAY = "The queue does not answer just now; I keep trying."
GONE = "The queue has forgotten this job, so I cannot say what became of it."
UNPOSTABLE = "It is painted, but Discord does not take the picture from me."
REPAINTED = "The worker before went away; another began anew."
RESUMED = "The worker before went away; another goes on from step {step}."


def plain(text: str, limit: int = PROMPT_SHOWN) -> str:
    """Text of a member as it was typed: no markup, no mention, no link, at most `limit` characters."""
    kept = text
    while True:
        kept = clip(kept, limit)
        escaped = _MARKUP.sub(r"\\\1", kept).replace("@", "@\u200b")
        if len(escaped) <= limit:
            return escaped
        kept = clip(kept, min(len(kept) - 1, len(kept) * limit // len(escaped)))


def is_cut(recipe: Recipe) -> bool:
    """Whether a message shows only the beginning of the prompt."""
    return plain(recipe.words) != plain(recipe.words, 1_000_000)


def waiting(job: Job, place: Place) -> str:
    """It waits in its lane."""
    where = "next" if place.ahead == 0 else ordinal(place.ahead + 1)
    if place.starts_in is None:
        why = clip(_unpinged(place.why or "no worker is awake just now"), 300)
        return _message(job, f"waiting, {where}; {why}, so it waits for one")
    when = f"about {duration(place.starts_in)}" if place.starts_in >= 5 else "any moment now"
    return _message(job, f"waiting, {where}, {when}")


def begun(job: Job, tries: int = 1, resumed: int = 0) -> str:
    """A worker has it, no frame yet. `resumed` is the step from which it goes on."""
    steps = job.recipe.steps
    doing = f"a worker goes on from step {resumed} of {steps}" if resumed else "a worker begins"
    return _message(job, f"{bar(resumed, steps)} {doing}", _taken_over(tries, resumed))


def painting(job: Job, frame: Frame, tries: int = 1, resumed: int = 0) -> str:
    """It is being painted."""
    state = f"{bar(frame.step, frame.steps)} step {frame.step} of {frame.steps} · {clock(frame.seconds)}"
    return _message(job, state + score(frame.score), _taken_over(tries, resumed))


def ended(job: Job, ending: Ending) -> str:
    """How it ended."""
    notes = ending.notes if isinstance(ending, (Finished, Stopped)) else ()
    return _message(job, _end(job, ending), *notes)


def forgotten(job: Job) -> str:
    """It ended with a picture that is not kept any more."""
    return _message(job, FORGOTTEN)


def gone(job: Job) -> str:
    """The queue knows nothing of it any more."""
    return _message(job, GONE)


def unpostable(job: Job) -> str:
    """It ended with a picture that Discord refuses."""
    return _message(job, UNPOSTABLE)


def only_owner(owner: str, verb: str) -> str:
    """Who may press a button."""
    return f"Only {plain(owner, NAME_SHOWN)} or a moderator can {verb} this."


def facts(recipe: Recipe) -> str:
    """What is needed to paint it again, beside the words."""
    painter = f"{recipe.backend}/{recipe.preset}" if recipe.preset else recipe.backend
    start = " · from a picture" if recipe.image else ""
    size = f"{recipe.width}×{recipe.height}"
    how = "".join(f" · {fact}" for fact in told(recipe))
    return f"{painter}{_several(recipe)} · {size} · {recipe.steps} steps · seed {recipe.seed}{start}{how}"


def _several(recipe: Recipe) -> str:
    if recipe.candidates > 1:
        return f" · {recipe.candidates} candidates"
    return f" · {recipe.cells} pictures" if recipe.cells > 1 else ""


def description(recipe: Recipe) -> str:
    """A picture in words, for those who cannot see it."""
    return clip(recipe.words, DESCRIBED)


def bar(step: int, steps: int) -> str:
    """A progress bar; full only when it is done."""
    filled = min(BAR, step * BAR // max(1, steps))
    return f"`{'█' * filled}{'░' * (BAR - filled)}`"


def score(value: float | None) -> str:
    """How near the picture is to the words, if that is known."""
    return "" if value is None else f" · score {value:.3f}"


def duration(seconds: float) -> str:
    """A time to come, as roughly as it can be known: a message need not change each second."""
    if seconds < 60:
        return f"{max(5, round(seconds / 5) * 5) if seconds < 30 else round(seconds / 10) * 10} s"
    if seconds < 3600:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def clock(seconds: float) -> str:
    """A time gone by, such as `0:41` or `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, … 11th."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def fit(text: str) -> str:
    """At most as long as a message may be."""
    return clip(text, LIMIT)


def _end(job: Job, ending: Ending) -> str:
    match ending:
        case Finished():
            return f"done in {clock(ending.seconds)}{score(ending.score)}"
        case Stopped():
            return f"stopped at step {ending.step} by {_name(ending.by.name)}{score(ending.score)}"
        case Cancelled():
            return f"cancelled by {_name(ending.by.name)}"
        case Failed():
            incident = f" (incident `{ending.incident}`)" if ending.incident else ""
            return f"failed: {clip(_unpinged(ending.reason), 600)}{incident}"
        case Expired():
            return f"taken out of the queue: it waited {duration(ending.waited)} and no worker came"


def _message(job: Job, state: str, *notes: str) -> str:
    fine = f"-# {facts(job.recipe)} · for {_name(job.owner.name)}"
    lines = [
        f"**{plain(job.recipe.words)}**",
        state,
        fine,
        *(f"-# {_unpinged(note)}" for note in notes if note),
    ]
    return fit("\n".join(lines))


def _taken_over(tries: int, resumed: int) -> str:
    if resumed:
        return RESUMED.format(step=resumed)
    return REPAINTED if tries > 1 else ""


def _name(name: str) -> str:
    return plain(name, NAME_SHOWN)


def _unpinged(text: str) -> str:
    return text.replace("@", "@\u200b").replace("\n", " ")
