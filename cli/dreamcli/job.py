"""`aliendreams job`: what a member can do to a job that is queued, being painted or done."""

from __future__ import annotations

import click

from dreamcli.asking import ask
from dreamcli.imagine import YOU
from dreamqueue import bands
from dreamqueue.branches import extended, forked
from dreamqueue.client import QueueClient
from dreamqueue.errors import TooLate
from dreamqueue.job import JobState, Record
from dreamqueue.prompt import display, parse_turn
from dreamqueue.recipe import Phrase
from dreamqueue.tricks import menu_of

OVER = "It has ended already."


@click.group()
def job() -> None:
    """Steer, stop, choose, lengthen, fork or promote a job of the queue at DREAM_REDIS_URL."""


@job.command()
@click.argument("job_id")
def show(job_id: str) -> None:
    """Say how a job fares, and which frames of it can be taken."""
    record = ask(lambda queue: queue.record(job_id))
    click.echo(f"{record.state}: {display(record.recipe)}")
    if record.ending is not None:
        click.echo(f"ended: {record.ending.kind}")
    if record.kept:
        click.echo("kept frames: " + ", ".join(str(step) for step in sorted(record.kept)))


@job.command()
@click.argument("job_id")
def stop(job_id: str) -> None:
    """Stop a job and keep its picture as it is."""
    _say(ask(lambda queue: queue.stop(job_id, YOU)), "stopped")


@job.command()
@click.argument("job_id")
def cancel(job_id: str) -> None:
    """Stop a job and keep nothing."""
    _say(ask(lambda queue: queue.cancel(job_id, YOU)), "cancelled")


@job.command()
@click.argument("job_id")
@click.option("--back", is_flag=True, help="Among everyone's again.")
def promote(job_id: str, back: bool) -> None:
    """Put a waiting job in front of all."""
    band = bands.EVERYONE if back else bands.FIRST
    if not ask(lambda queue: queue.promote(job_id, band)):
        raise click.ClickException("It waits no longer.")
    click.echo("among everyone's" if back else "in front")


@job.command()
@click.argument("job_id")
@click.argument("words")
@click.option(
    "--blend",
    type=click.FloatRange(0.001, 1),
    default=0.1,
    show_default=True,
    help="Share of all steps over which the new words take the place of the old ones.",
)
def steer(job_id: str, words: str, blend: float) -> None:
    """Turn a job to other WORDS from where it is."""
    _say(ask(lambda queue: _steered(queue, job_id, words, blend)), "turned")


@job.command()
@click.argument("job_id")
@click.argument("number", type=click.IntRange(1), required=False)
def choose(job_id: str, number: int | None) -> None:
    """Let candidate NUMBER go on when all were tried; without it, the best one goes on now."""
    _say(ask(lambda queue: queue.choose(job_id, number, YOU)), "chosen")


@job.command()
@click.argument("job_id")
@click.argument("more", type=click.IntRange(1, 20_000))
@click.option("--words", help="Turn to other words where it goes on.")
def longer(job_id: str, more: int, words: str | None) -> None:
    """Give a job MORE steps: while it is painted, or as a new job that goes on from its end."""
    click.echo(ask(lambda queue: _longer(queue, job_id, more, words)))


@job.command()
@click.argument("job_id")
@click.argument("words", required=False)
@click.option("--step", type=int, help="The kept frame nearest to this step. [default: the last]")
def fork(job_id: str, words: str | None, step: int | None) -> None:
    """Begin a new job from a frame of another, with other WORDS or the same."""
    click.echo(ask(lambda queue: _fork(queue, job_id, words, step)))


async def _phrases(queue: QueueClient, words: str) -> tuple[Phrase, ...]:
    return parse_turn(words, menu=await menu_of(queue.redis))


async def _steered(queue: QueueClient, job_id: str, words: str, blend: float) -> bool:
    return await queue.steer(job_id, await _phrases(queue, words), YOU, blend)


async def _longer(queue: QueueClient, job_id: str, more: int, words: str | None) -> str:
    record: Record = await queue.record(job_id)
    phrases = await _phrases(queue, words) if words else ()
    if record.state is not JobState.ended:
        if not await queue.lengthen(job_id, record.recipe.steps + more, YOU):
            raise TooLate(OVER)
        if phrases:
            await queue.steer(job_id, phrases, YOU)
        return f"{job_id}: {record.recipe.steps + more} steps"
    recipe, state, done = await extended(queue, job_id, more, phrases)
    new = await queue.submit(recipe, YOU, parent=job_id, state=state, done=done)
    return f"{new.id}: goes on from step {done}"


async def _fork(queue: QueueClient, job_id: str, words: str | None, step: int | None) -> str:
    recipe = await forked(queue, job_id, step, await _phrases(queue, words) if words else ())
    new = await queue.submit(recipe, YOU, typed=words or "", parent=job_id)
    return f"{new.id}: {display(new.recipe)}"


def _say(done: bool, what: str) -> None:
    if not done:
        raise click.ClickException(OVER)
    click.echo(what)
