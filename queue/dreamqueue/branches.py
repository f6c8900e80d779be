"""New jobs that grow out of old ones: the same painting made longer, another one from an early frame."""

from __future__ import annotations

from collections.abc import Sequence

from dreamconfig.catalogue import backends
from dreamqueue.client import QueueClient
from dreamqueue.errors import PictureError, TooLate
from dreamqueue.job import Finished, Record, Stopped
from dreamqueue.length import check_length
from dreamqueue.pictures import read_picture
from dreamqueue.prompt.understood import understands
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.turns import held, longer, turned

NEARBY = 0.5
"""How much of a picture diffusion paints over to vary it."""


def steps_done(record: Record) -> int:
    """How far an ended job came."""
    return record.ending.step if isinstance(record.ending, Stopped) else record.recipe.last_step


async def extended(
    client: QueueClient, job: str, more: int, phrases: Sequence[Phrase] = ()
) -> tuple[Recipe, str, int]:
    """The recipe for `more` steps of an ended job, the state to go on from, and the steps that are done.

    With `phrases` the words turn to them where it goes on. Raises TooLate if its state is not there, and
    BadValue for more steps than a painting may have.
    """
    record = await client.record(job)
    state = record.ending.state if isinstance(record.ending, Finished | Stopped) else None
    if state is None or (data := await client.fetch(state)) is None:
        raise TooLate("Its state is not kept (any more), so it cannot go on; begin anew from its picture.")
    await client.keep(data)
    done = steps_done(record)
    check_length(record.recipe, client.settings, done + more)
    recipe = longer(record.recipe, done, done + more)
    return turned(recipe, phrases, done) if phrases else recipe, state, done


def alone(record: Record) -> tuple[Recipe, str] | None:
    """What paints the one picture that an ended job shows, and the picture; None if it has none, or shows
    several."""
    ending, recipe = record.ending, record.recipe
    if not isinstance(ending, Finished | Stopped):
        return None
    if not recipe.several:
        return recipe, ending.picture
    if recipe.candidates == 1 or recipe.finish > 1 or isinstance(ending, Stopped):
        return None
    best = max(ending.parts, key=lambda part: (part.step, part.score or -1.0), default=None)
    return None if best is None else (best.recipe, best.picture)


async def varied(client: QueueClient, job: str, seed: int) -> Recipe:
    """A new recipe for a picture much like a job's: it begins with that one and has another seed, and the
    words that pulled at its end. Where the model paints from words only, just the seed is another.

    Raises PictureError if there is no such picture, and BadValue for more steps than a painting may have.
    """
    record = await client.record(job)
    found = alone(record)
    if found is None:
        raise PictureError("There is no single picture to vary; take one of them first.")
    recipe, picture = found
    changes: dict[str, object] = {"seed": seed, "legs": (), "phrases": held(recipe, steps_done(record))}
    if _begins_with_pictures(recipe):
        data = await client.fetch(picture)
        if data is None:
            raise PictureError("This picture is not kept any more.")
        changes["image"] = await client.keep(read_picture(data))
        if understands(recipe.backend, "sampled"):
            changes["strength"] = NEARBY
    varied = Recipe.model_validate({**recipe.model_dump(), **changes})
    check_length(varied, client.settings)
    return varied


def _begins_with_pictures(recipe: Recipe) -> bool:
    """Whether its painter can begin with a picture, as far as the catalogue tells."""
    entry = backends().get(recipe.backend)
    return entry is None or entry.families.get(recipe.preset or entry.preset) != ""


async def forked(
    client: QueueClient, job: str, step: int | None = None, phrases: Sequence[Phrase] = ()
) -> Recipe:
    """A new recipe that begins with a frame of a job: the one kept nearest to `step`, or its result.

    Without `phrases` its words pull as they did at that frame. The frame shapes it as any initial picture
    does: a kept picture is some hundred kilobytes, where a state of the painter would be megabytes a frame.
    Raises PictureError if there is no such frame, and BadValue for more steps than a painting may have.
    """
    record = await client.record(job)
    if record.recipe.several:
        raise PictureError("This job painted several pictures; begin with one of them as initial picture.")
    frames = dict(record.kept)
    if isinstance(record.ending, Finished | Stopped):
        frames[steps_done(record)] = record.ending.picture
    if not frames:
        raise PictureError("This job has no kept frame yet; one is kept every tenth of the way.")
    nearest = max(frames) if step is None else min(frames, key=lambda kept: (abs(kept - step), -kept))
    data = await client.fetch(frames[nearest])
    if data is None:
        raise PictureError("This frame is not kept any more.")
    changes = {
        "image": await client.keep(read_picture(data)),
        "legs": (),
        "phrases": tuple(phrases) or held(record.recipe, nearest),
    }
    recipe = Recipe.model_validate({**record.recipe.model_dump(), **changes})
    check_length(recipe, client.settings)
    return recipe
