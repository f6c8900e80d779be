"""`aliendreams models`: what the catalogue names, what is here, and getting, trying and adding the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dreamcli.diffusion_models import put_folder, put_lora, put_repository, repository_of
from dreamcli.downloads import shown
from dreamconfig import catalogue
from dreamconfig.catalogue import ModelEntry
from dreamconfig.settings import WorkerSettings
from dreamqueue.errors import DreamError, UnknownWord
from dreamqueue.prompt.menu import nearest

ADDED_KINDS = ("vqgan", "open_clip")


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """The checkpoints of the catalogue: which there are, and fetching, trying and adding them."""
    from dreamrender.shelf import open_shelf

    try:
        open_shelf(WorkerSettings())
    except DreamError as error:
        raise click.ClickException(str(error)) from None
    if context.invoked_subcommand is None:
        context.invoke(list_models)


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_models(as_json: bool = False) -> None:
    """Say which there are, on which terms, and which are on this machine."""
    from dreamrender.shelf import shelf

    own = shelf()
    here = {name: own.here(name) for name in catalogue.models()}
    if as_json:
        click.echo(
            json.dumps({name: _facts(name, entry, here[name]) for name, entry in catalogue.models().items()})
        )
        return
    table = Table()
    table.add_column("name", no_wrap=True)
    for heading in ("what", "licence", "MB", "GB to paint", "here"):
        table.add_column(heading)
    for name, entry in catalogue.models().items():
        licence = "" if entry.commercial else "[yellow]not commercial:[/] "
        licence += escape(entry.licence)
        licence += " [yellow](HF_TOKEN)[/]" if entry.gated else ""
        table.add_row(
            name,
            escape(entry.title),
            licence,
            f"{entry.megabytes:g}",
            f"{_gigabytes(entry):.1f}",
            "yes" if here[name] else "no",
        )
    console = Console()
    console.print(table)
    console.print(
        "GB to paint: on the device in single precision, at 256x256 or the model's own size, with 8 cutouts, "
        f"estimated. Folder of models: {own.folder}",
        highlight=False,
        soft_wrap=True,
    )


@models.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
def fetch(names: tuple[str, ...], yes: bool) -> None:
    """Download models, going on where an earlier attempt broke off, and load each to see that it works."""
    from dreamrender.checking import check
    from dreamrender.shelf import shelf

    own = shelf()
    wanted = _known(names)
    try:
        for name in wanted:
            own.allow(name)
    except DreamError as error:
        raise click.ClickException(str(error)) from None
    absent = [name for name in wanted if not own.here(name)]
    for name in absent:
        entry = catalogue.models()[name]
        click.echo(
            f"{name}: {entry.title}; {entry.megabytes:,.0f} MB; {entry.licence}; from {entry.origin}",
            err=True,
        )
        if entry.gated:
            click.echo(
                f"{name}: its publisher gives it to those who accepted its terms at {entry.origin} and set "
                "HF_TOKEN to a token of their account.",
                err=True,
            )
    if absent and not yes:
        click.confirm(f"Fetch into {own.folder}?", default=True, abort=True, err=True)
    for name in wanted:
        try:
            with shown() as say:
                if name in absent:
                    own.fetch(name, say)
            click.echo(f"{name} is here: {check(name)}.")
        except DreamError as error:
            raise click.ClickException(str(error)) from None


@models.command()
@click.argument("names", nargs=-1)
def check(names: tuple[str, ...]) -> None:
    """Load each model that is here, or those named, and say how it is; exit 1 if one does not work."""
    from dreamrender import checking
    from dreamrender.shelf import shelf

    wanted = _known(names) or [name for name in catalogue.models() if shelf().here(name)]
    broken = 0
    for name in wanted:
        try:
            click.echo(f"ok   {name}: {checking.check(name)}")
        except DreamError as error:
            broken += 1
            click.echo(f"bad  {name}: {error}")
    if broken:
        raise SystemExit(1)


@models.command()
@click.argument("name")
@click.argument("files", nargs=-1, required=True)
@click.option("--kind", type=click.Choice(ADDED_KINDS), help="What it is, where the catalogue does not know.")
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A VQGAN's .yaml file."
)
@click.option("--architecture", help="A critic's architecture by open_clip's name, such as ViT-B-32.")
@click.option("--lora", is_flag=True, help="It is a LoRA, for diffusion models of its family.")
@click.option("--revision", help="A repository's branch, tag or commit, instead of its main branch.")
@click.option("--variant", default="", help="Which of a repository's weights, such as fp16.")
@click.option("--title", default="", help="What members read about it.")
@click.option("--licence", default="", help="On which terms it may be used.")
@click.option("--commercial", is_flag=True, help="Its licence allows commercial use.")
@click.option("--link", is_flag=True, help="Link to the files instead of copying them.")
@click.option("--yes", is_flag=True, help="Do not ask before downloading.")
def add(
    name: str,
    files: tuple[str, ...],
    kind: str | None,
    config: Path | None,
    architecture: str | None,
    lora: bool,
    revision: str | None,
    variant: str,
    title: str,
    licence: str,
    commercial: bool,
    link: bool,
    yes: bool,
) -> None:
    """Put local FILES in place as the model NAME, after loading them to see that they work.

    NAME is in the catalogue, or new: then say its --kind, and a VQGAN is a preset of `vqgan` from then on, a
    critic may be asked for by its name. A folder in diffusers' layout, or a repository of the Hugging Face
    hub (owner/name), becomes a preset of `diffusion`; a .safetensors file with --lora becomes a LoRA.
    """
    terms = {"title": title, "licence": licence, "commercial": commercial}
    pipeline = len(files) == 1 and (Path(files[0]).is_dir() or repository_of(files[0]) is not None)
    if pipeline and (lora or kind or config or architecture):
        asked = "--lora" if lora else "--kind, --config and --architecture"
        raise click.UsageError(f"{files[0]} is a folder or a repository, and {asked} is said of files.")
    if (revision or variant) and (not pipeline or Path(files[0]).is_dir()):
        raise click.UsageError("--revision and --variant are said of a repository (owner/name).")
    if len(files) == 1 and Path(files[0]).is_dir():
        put_folder(name, Path(files[0]), terms, link=link)
    elif len(files) == 1 and (repository := repository_of(files[0])):
        put_repository(name, repository, terms, revision=revision, variant=variant, yes=yes)
    elif lora:
        put_lora(name, _paths(files), terms, link=link)
    else:
        _put_files(name, _paths(files), kind, config, architecture, terms, link=link)


def _put_files(
    name: str,
    files: Sequence[Path],
    kind: str | None,
    config: Path | None,
    architecture: str | None,
    terms: Mapping[str, Any],
    *,
    link: bool,
) -> None:
    from dreamrender.adding import add as put
    from dreamrender.adding import entry_for
    from dreamrender.shelf import shelf

    if kind == "vqgan" and not name.startswith("vqgan-"):
        name = f"vqgan-{name}"
    given = [*files, *([config] if config else [])]
    entry = catalogue.models().get(name)
    try:
        if entry is None:
            entry = entry_for(
                name,
                _kind(name, kind, config, architecture),
                files[0],
                **terms,
                architecture=architecture,
            )
        if len(given) != len(entry.files):
            needs = (
                " and ".join(file.name for file in entry.files) or "no files: it comes with the installation"
            )
            raise click.UsageError(
                f"{name} needs {needs}; {len(given)} given (a .yaml may follow as --config)."
            )
        what = put(shelf(), name, given, entry, link=link)
    except DreamError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{name} is here: {what}.{_how_to_ask(name, entry)}")


def _paths(files: Sequence[str]) -> list[Path]:
    for file in files:
        if not Path(file).is_file():
            raise click.UsageError(f"There is no file {file}.")
    return [Path(file) for file in files]


def _kind(name: str, kind: str | None, config: Path | None, architecture: str | None) -> str:
    if kind is None:
        close = nearest(name, catalogue.models())
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise click.UsageError(f"The catalogue has no {name}.{hint} If it is new, say its --kind.")
    if kind == "vqgan" and config is None:
        raise click.UsageError("A VQGAN needs its .yaml file: --config FILE.")
    if kind == "open_clip" and architecture is None:
        raise click.UsageError(
            "A critic needs its architecture by open_clip's name: --architecture ViT-B-32."
        )
    return kind


def _how_to_ask(name: str, entry: ModelEntry) -> str:
    if entry.backend is None:
        return f" Ask for it with --critic {name}."
    return f" Ask for it with --backend {entry.backend} --preset {catalogue.presets_of(name, entry)[0]}."


def _known(names: Iterable[str]) -> list[str]:
    known = catalogue.models()
    try:
        for name in names:
            if name not in known:
                raise UnknownWord("model", name, nearest(name, known), list(known))
    except DreamError as error:
        raise click.ClickException(str(error)) from None
    return list(dict.fromkeys(names))


def _gigabytes(entry: ModelEntry) -> float:
    memory = entry.memory
    width, height = entry.painting.size or (256, 256)
    return (memory.fixed + memory.pixel * width * height / 1e3 + memory.cut * 8) / 1e3


def _facts(name: str, entry: ModelEntry, here: bool) -> dict[str, object]:
    return {
        "title": entry.title,
        "kind": entry.kind,
        "backend": entry.backend,
        "presets": catalogue.presets_of(name, entry),
        "licence": entry.licence,
        "commercial": entry.commercial,
        "megabytes": entry.megabytes,
        "gigabytes_to_paint": round(_gigabytes(entry), 2),
        "family": entry.family,
        "gated": entry.gated,
        "sources": [
            *([f"hf:{entry.repository}"] if entry.repository else []),
            *(source for file in entry.files for source in file.sources),
        ],
        "here": here,
    }
