"""`aliendreams imagine`: the same queue and engine, without Discord."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dreamcli.embedded import embedded_queue
from dreamcli.for_operators import told
from dreamcli.own_models import know_own_models
from dreamcli.several import described, part_files
from dreamcli.targets import read_targets
from dreamconfig.settings import QueueSettings
from dreamqueue.client import QueueClient
from dreamqueue.errors import DreamError
from dreamqueue.events import Ended, Painted, Queued
from dreamqueue.job import Cancelled, Expired, Failed, Finished, Job, Owner, Stopped
from dreamqueue.pictures import read_picture
from dreamqueue.prompt import Limits, Menu, check_pictures, parse, whole_menu
from dreamqueue.recipe import Recipe, TargetImage
from dreamqueue.tricks import menu_of
from dreamqueue.tricks.uses import count_uses

YOU = Owner(id="local", name=os.environ.get("USER", "you"))


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("prompt")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=Path("dream.png"))
@click.option(
    "--image", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Initial picture."
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="FILE[:WEIGHT]",
    help="Picture to steer towards, or away from with a weight below 0. May be given up to 8 times.",
)
@click.option("--animation", type=click.Path(dir_okay=False, path_type=Path), help="Also write its GIF here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of progress.")
def imagine(
    prompt: str,
    output: Path,
    image: Path | None,
    targets: tuple[str, ...],
    animation: Path | None,
    as_json: bool,
) -> None:
    """Paint PROMPT to a file. Flags go into the prompt: "a hut | watercolor --seed 7 --steps 60".

    With DREAM_REDIS_URL set the job goes to that queue; otherwise Valkey and a worker run in this command.
    """
    for file in (output, *([animation] if animation else [])):
        if not file.parent.is_dir():
            raise click.ClickException(f"There is no folder {file.parent}.")
    try:
        picture = read_picture(image.read_bytes()) if image else None
        aims = read_targets(targets)
        recipe, ending, files, parts = asyncio.run(_paint(prompt, picture, aims, quiet=as_json))
    except DreamError as error:
        if as_json:
            click.echo(json.dumps({"error": told(error)}))
            raise SystemExit(1) from None
        raise click.ClickException(told(error)) from None
    output.write_bytes(files["png"])
    if animation is not None and "gif" in files:
        animation.write_bytes(files["gif"])
    for kind in ending.extras.keys() & files.keys():
        output.with_suffix(f".{kind}").write_bytes(files[kind])
    for name, data in parts.items():
        output.with_name(f"{output.stem}-{name}").write_bytes(data)
    _report(recipe, ending, output, as_json)


async def _paint(
    prompt: str, picture: bytes | None, targets: Sequence[tuple[bytes, float]], *, quiet: bool
) -> tuple[Recipe, Finished | Stopped, dict[str, bytes], dict[str, bytes]]:
    """Paint through the queue; gives the recipe, its end, the files by suffix, the files of its parts."""
    settings = QueueSettings()
    know_own_models(settings)
    recipe = parse(prompt, limits=Limits.of(settings), menu=await _menu(settings))
    check_pictures(recipe, image=picture is not None, targets=bool(targets))
    async with contextlib.AsyncExitStack() as stack:
        if "redis_url" not in settings.model_fields_set:
            settings = await stack.enter_async_context(embedded_queue(settings))
        client = await QueueClient.connect(settings)
        stack.push_async_callback(client.close)
        if picture is not None:
            recipe = recipe.model_copy(update={"image": await client.keep(picture)})
        aims = [TargetImage(key=await client.keep(data), weight=weight) for data, weight in targets]
        recipe = recipe.model_copy(update={"targets": tuple(aims)})
        job = await client.submit(recipe, YOU, typed=prompt)
        ending = await _follow(client, job, quiet=quiet)
        wanted = {"png": ending.picture, "gif": ending.animation, **ending.extras}
        found = {kind: await client.fetch(key) for kind, key in wanted.items() if key is not None}
        files = {kind: data for kind, data in found.items() if data is not None}
        if "png" not in files:
            raise DreamError("The picture was painted, but the queue has forgotten it.")
        return recipe, ending, files, await part_files(client, ending.parts)


async def _menu(settings: QueueSettings) -> Menu:
    """With the tricks of the queue's community; a queue of one's own has those that are shipped."""
    if "redis_url" not in settings.model_fields_set:
        return whole_menu(settings.critic)
    client = await QueueClient.connect(settings)
    try:
        return await menu_of(client.redis, settings.critic)
    finally:
        await client.close()


async def _follow(client: QueueClient, job: Job, *, quiet: bool) -> Finished | Stopped:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[score]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        bar = progress.add_task("waiting", total=job.recipe.last_step, score="")
        async for news in client.follow(job.id):
            if isinstance(news, Queued):
                place = await client.place(job.id)
                if place is not None and place.starts_in is None:
                    progress.update(bar, description=f"waiting: {place.why or 'no worker is awake'}")
            elif isinstance(news, Painted):
                frame = await client.frame(job.id)
                score = f"score {frame.score:.3f}" if frame and frame.score is not None else ""
                progress.update(bar, description="painting", completed=news.step, score=score)
            elif isinstance(news, Ended):
                ending = news.ending
                if isinstance(ending, Finished | Stopped):
                    await count_uses(client.redis, job, news)
                    progress.update(bar, description="painted", completed=job.recipe.last_step)
                    return ending
                raise DreamError(_why(ending))
    raise AssertionError("a job that is followed ends")


def _why(ending: Failed | Cancelled | Expired) -> str:
    match ending:
        case Failed():
            return ending.reason + (f" (incident {ending.incident})" if ending.incident else "")
        case Cancelled():
            return f"Cancelled by {ending.by.name}."
        case Expired():
            return f"It waited {in_words(ending.waited)} and was given up."


def in_words(seconds: float) -> str:
    """A time gone by: 40 seconds, 1 minute, 3.5 hours."""
    count, unit = seconds, "second"
    if seconds >= 3600:
        count, unit = seconds / 3600, "hour"
    elif seconds >= 60:
        count, unit = seconds / 60, "minute"
    shown = f"{count:.1f}".removesuffix(".0") if unit == "hour" else f"{count:.0f}"
    return f"{shown} {unit}{'' if shown == '1' else 's'}"


def _report(recipe: Recipe, ending: Finished | Stopped, output: Path, as_json: bool) -> None:
    if as_json:
        facts = {
            "path": str(output),
            "seed": recipe.seed,
            "backend": recipe.backend,
            "preset": recipe.preset,
            "steps": recipe.steps,
            "size": [recipe.width, recipe.height],
            "score": ending.score,
            "seconds": round(ending.seconds, 2),
            "parts": described(ending.parts, output),
            "notes": ending.notes,
        }
        click.echo(json.dumps(facts))
        return
    score = "" if ending.score is None else f", score {ending.score:.3f}"
    click.echo(f"{output}: {recipe.words} · seed {recipe.seed}{score}, {ending.seconds:.0f} s")
    for part in described(ending.parts, output):
        score = "" if part["score"] is None else f", score {part['score']:.3f}"
        click.echo(f"{part['path']}: {part['label']}{score}")
    for note in ending.notes:
        click.echo(note, err=True)
