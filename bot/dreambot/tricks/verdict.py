"""The word after a test: a critic that did not steer looks at the pictures, and the message says what it saw.

Whoever follows the job to its end does this before the job counts as shown. So a bot that falls on the way
leaves it to the next one, and a test that is judged twice is told and kept once.
"""

from __future__ import annotations

import asyncio
import logging

from dreambot import words
from dreambot.texts import Speech
from dreambot.tricks import trial_words
from dreamqueue.client import QueueClient
from dreamqueue.errors import CannotLook, DreamError
from dreamqueue.job import Ending, Finished, Job, Stopped
from dreamqueue.questions import Score, ask
from dreamqueue.tricks.measured import Measured, lifts, texts
from dreamqueue.tricks.results import Results

log = logging.getLogger(__name__)

TRIES = 10
AGAIN = 30.0
"""Seconds until a critic is asked once more that could not be asked."""


def due(job: Job, ending: Ending) -> bool:
    """Whether there is something to say after a job's end."""
    whole = isinstance(ending, (Finished, Stopped))
    return whole and job.trial is not None and job.trial.kind == "test"


def awaited(job: Job, ending: Ending, said: Speech) -> str:
    """What is said until then."""
    if job.trial is None or not due(job, ending):
        return ""
    return "-# " + said.say("trials.judging", judge=job.trial.judge)


async def verdict(queue: QueueClient, job: Job, ending: Ending, said: Speech) -> str:
    """What a test found, kept with the trick; or why nothing was found."""
    if not isinstance(ending, Finished) or not ending.parts:
        return "-# " + said.say("trials.not-whole")
    why: DreamError | None = None
    for _ in range(TRIES):
        try:
            measured = await _measured(queue, job, ending)
            await Results(queue.redis).put(measured)
        except CannotLook as error:
            why = error
            break
        except DreamError as error:
            why = error
            log.warning("the test %s is not judged yet: %s", job.id, error)
            await asyncio.sleep(AGAIN)
        else:
            return trial_words.lifts(measured, job, said)
    return "-# " + said.say("trials.unjudged", why=words.plain(str(why), 300))


async def _measured(queue: QueueClient, job: Job, ending: Finished) -> Measured:
    assert job.trial is not None
    pictures = tuple(part.picture for part in ending.parts)
    seen = await ask(queue, Score(pictures=pictures, texts=texts(job.trial), critic=job.trial.judge))
    subject, style = await asyncio.to_thread(lifts, job.trial, seen.similarities)
    return Measured.of(job.trial, job.recipe, subject, style, job=job.id)
