"""Where fetched weights lie, and what to type if they do not."""

from __future__ import annotations

from pathlib import Path

import torch

from dreamconfig.catalogue import models
from dreamqueue.errors import PaintError
from dreamrender.vqgan_bases import FOLDER


def fetched(name: str, *suffixes: str) -> list[Path]:
    """The files `<name><suffix>` of a catalogue entry; raises PaintError if one of them is not here."""
    folder = Path(torch.hub.get_dir()) / FOLDER
    files = [folder / f"{name}{suffix}" for suffix in suffixes]
    if missing := [file.name for file in files if not file.is_file()]:
        raise PaintError(
            f"This worker does not have {' and '.join(missing)} of `{name}`. Whoever runs it can type "
            f"`aliendreams models fetch {name}`, or put {'it' if len(missing) == 1 else 'them'} into the "
            f"folder `{FOLDER}` of torch's downloads; {models()[name].origin}."
        )
    return files
