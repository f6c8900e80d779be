"""Adding diffusion models of one's own: a folder, a repository of the hub, a LoRA."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from dreamcli.downloads import shown
from dreamconfig import catalogue
from dreamconfig.catalogue import FileEntry
from dreamqueue.errors import DreamError

_REPOSITORY = re.compile(r"(?:https://huggingface\.co/|hf:)?([\w-][\w.-]*/[\w-][\w.-]*)/?")


def repository_of(typed: str) -> str | None:
    """`owner/name`, as it is or as an address of the hub; None for a file's path."""
    match = _REPOSITORY.fullmatch(typed)
    return match[1] if match and not Path(typed).exists() and not typed.endswith(".safetensors") else None


def put_folder(name: str, folder: Path, terms: Mapping[str, Any], *, link: bool) -> None:
    """Add a pipeline's folder, copied or left where it is."""
    from dreamrender.diffusion.adding import Terms, add_folder
    from dreamrender.shelf import shelf

    name = _preset(name)
    _say(name, lambda: add_folder(shelf(), name, folder, Terms(**terms), link=link))


def put_repository(
    name: str, repository: str, terms: Mapping[str, Any], *, revision: str | None, variant: str, yes: bool
) -> None:
    """Fetch a repository and add it."""
    from dreamrender.adding import check_name
    from dreamrender.diffusion.adding import Terms, add_repository
    from dreamrender.shelf import shelf

    name, own = _preset(name), shelf()
    try:
        check_name(name)
    except DreamError as error:
        raise click.ClickException(str(error)) from None
    if not yes:
        click.confirm(f"Fetch {repository} into {own.folder}?", default=True, abort=True, err=True)

    def put() -> str:
        with shown() as say:
            tell = say(FileEntry(name=name))
            return add_repository(
                own, name, repository, Terms(**terms), tell, revision=revision, variant=variant
            )

    _say(name, put)


def put_lora(name: str, files: Sequence[Path], terms: Mapping[str, Any], *, link: bool) -> None:
    """Add a LoRA."""
    from dreamrender.diffusion.adding import Terms, add_lora
    from dreamrender.shelf import shelf

    if len(files) != 1:
        raise click.UsageError(f"A LoRA is one .safetensors file; {len(files)} given.")
    _say(name, lambda: add_lora(shelf(), name, files[0], Terms(**terms), link=link))


def _preset(name: str) -> str:
    """What a pipeline's entry is called: `diffusion-moss`, for the preset `moss` of `diffusion`."""
    known = catalogue.models().get(name)
    if name.startswith("diffusion-") or (known is not None and known.kind == "diffusers"):
        return name
    return f"diffusion-{name}"


def _say(name: str, put: Callable[[], str]) -> None:
    try:
        what = put()
    except DreamError as error:
        raise click.ClickException(str(error)) from None
    entry = catalogue.models()[name]
    if entry.kind == "lora":
        asked = f"--backend diffusion --lora {name}"
    else:
        asked = f"--backend {entry.backend} --preset {catalogue.presets_of(name, entry)[0]}"
    click.echo(f"{name} is here: {what}. Ask for it with {asked}.")
