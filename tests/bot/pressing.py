"""Pictures on the stage, ready to be pressed at: painted, being painted, of several pictures."""

from __future__ import annotations

from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, eventually, shows

from dreambot.texts import speech
from dreampractice import Person
from dreampractice.messages import Message
from dreamqueue.grid import cells
from dreamqueue.job import Finished, Job, KeptPart

TWICE = "You asked for just this a moment ago, and I am at it. Once is enough."


async def begun(stage: Stage, person: Person, prompt: str = "a hut --seed 7") -> tuple[Message, Job]:
    """A job that a worker has, without a frame, and its message."""
    message = await stage.imagine(person, prompt)
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await shows(message, speech(person.user.locale).say("job.begins"))
    return message, job


async def painting(
    stage: Stage, person: Person, prompt: str = "a hut --seed 7", step: int = 5, colour: str = "grey"
) -> tuple[Message, Job]:
    """A job whose frame is shown, and its message."""
    message, job = await begun(stage, person, prompt)
    await stage.worker.paint(job, step, colour)
    await shows(message, speech(person.user.locale).say("job.step", step=step, steps=job.recipe.steps))
    return message, job


async def painted(stage: Stage, person: Person, prompt: str = "a hut --seed 7") -> tuple[Message, Job]:
    """A job that is done, and its message."""
    message, job = await begun(stage, person, prompt)
    await stage.worker.finish(job)
    await shows(message, "done in")
    await stage.all_shown()
    return message, job


async def painted_grid(stage: Stage, person: Person, prompt: str) -> tuple[Message, Job]:
    """A sheet of pictures that is done: red, green, blue and so on."""
    message, job = await begun(stage, person, prompt)
    parts = [
        KeptPart(
            label=cell.label,
            picture=await stage.queue.keep(picture(colour)),
            recipe=cell.recipe,
            step=job.recipe.steps,
        )
        for cell, colour in zip(cells(job.recipe), ["red", "lime", "blue", "white"] * 4, strict=False)
    ]
    sheet = await stage.queue.keep(picture("grey", side=128))
    await stage.worker.end(job, Finished(picture=sheet, parts=tuple(parts)))
    await shows(message, "done in")
    await stage.all_shown()
    return message, job


async def heard(stage: Stage, person: Person, words: str) -> Message:
    """What only this person is told, with these words in it."""
    found = await eventually(
        lambda: [message for message in stage.whispers(person) if words in message.content]
    )
    return found[-1]  # type: ignore[no-any-return]


def labels(message: Message) -> list[list[str]]:
    """What stands on its buttons, row by row."""
    return [[part.get("label", "") for part in row["components"]] for row in message.components]


def forge(message: Message, custom_id: str) -> None:
    """Give the message's first button an id that the bot did not give it there."""
    message.components[0]["components"][0]["custom_id"] = custom_id
