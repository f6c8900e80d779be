"""The file in which a critic's embeddings of a collection are kept: safetensors, nothing in it is ever run.

It lies in the collection's own `.dream-index`, or in the cache folder if nothing can be written there. It is
replaced as a whole, so whoever reads it, on this worker or another, sees one whole version.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from dreamqueue.collection import slug
from dreamrender.collection.pictures import PictureFile
from dreamrender.critics import Critic
from dreamrender.types import Embeddings

log = logging.getLogger(__name__)

FORMAT = "aliendreams-collection-1"
FOLDER = ".dream-index"
MAX_FILE = 512 * 1024 * 1024
ALIKE = 0.995
"""Least cosine of a critic's look at the probes and the kept one: as near as one critic's own looks are on
different devices, and nearer than two critics' ever are."""


@dataclass(frozen=True)
class Kept:
    """What an index file holds."""

    embeddings: Mapping[PictureFile, Tensor]
    """Half precision, (dim,) each."""
    damaged: frozenset[PictureFile]
    """Pictures that could not be read."""


NOTHING = Kept({}, frozenset())


def places(collection: Path, critic: Critic) -> list[Path]:
    """Where the file may lie, the better place first."""
    name = f"{slug(critic.name) or 'critic'}.safetensors"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = hashlib.sha256(os.fsencode(collection.resolve())).hexdigest()[:24]
    return [collection / FOLDER / name, cache / "aliendreams" / "collections" / key / name]


def load(collection: Path, critic: Critic, probes: Embeddings) -> Kept:
    """What was kept, from the first place that has a whole file of this very critic; else `NOTHING`."""
    for path in places(collection, critic):
        if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
            continue
        try:
            if path.stat().st_size > MAX_FILE:
                raise ValueError("it is far too large")
            return _read(path, critic, probes)
        except (ValueError, KeyError, TypeError, OSError, SafetensorError, RecursionError) as error:
            log.warning("the index %s is made anew: %s", path, error)
    return NOTHING


def save(collection: Path, critic: Critic, probes: Embeddings, kept: Kept) -> None:
    """Keep it in the first place that can be written; said in the log if there is none."""
    pictures = sorted(kept.embeddings)
    rows = [kept.embeddings[picture] for picture in pictures]
    matrix = torch.stack(rows) if rows else torch.empty(0, critic.dim, dtype=torch.float16)
    head = {
        "format": FORMAT,
        "critic": critic.name,
        "pictures": json.dumps(pictures),
        "damaged": json.dumps(sorted(kept.damaged)),
    }
    head["digest"] = _digest(head, matrix)
    data = safetensors.torch.save({"embeddings": matrix, "probes": probes.float().cpu().contiguous()}, head)
    why: OSError | None = None
    for path in places(collection, critic):
        try:
            _replace(path, data)
        except OSError as error:
            why = error
        else:
            return
    log.warning("the embeddings of %s cannot be kept: %s", collection, why)


def _read(path: Path, critic: Critic, probes: Embeddings) -> Kept:
    with safe_open(path, "pt") as file:
        head = file.metadata() or {}
        if head.get("format") != FORMAT:
            raise ValueError("it is of another format")
        matrix, before = file.get_tensor("embeddings"), file.get_tensor("probes")
    if before.shape != probes.shape or not _alike(before, probes):
        raise ValueError(f"the critic {critic.name} sees otherwise than it did")
    pictures, damaged = _pictures(head["pictures"]), _pictures(head["damaged"])
    if matrix.shape != (len(pictures), critic.dim) or matrix.dtype != torch.float16:
        raise ValueError("its parts do not fit together")
    if head["digest"] != _digest(head, matrix):
        raise ValueError("it is damaged")
    if not bool(((matrix.float().norm(dim=1) - 1).abs() < 0.01).all()):
        raise ValueError("it holds what no critic says")
    return Kept(dict(zip(pictures, matrix, strict=True)), frozenset(damaged))


def _alike(before: Embeddings, now: Embeddings) -> bool:
    return bool(((before.float() * now.float().cpu()).sum(1) > ALIKE).all())


def _pictures(text: str) -> list[PictureFile]:
    found = [PictureFile(str(path), int(size), int(modified)) for path, size, modified in json.loads(text)]
    if len(set(found)) != len(found):
        raise ValueError("it names a picture twice")
    return found


def _digest(head: Mapping[str, str], matrix: Tensor) -> str:
    names: Sequence[str] = ("critic", "pictures", "damaged")
    digest = hashlib.sha256("\n".join(head[name] for name in names).encode())
    digest.update(matrix.contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.parent.is_symlink():
        raise NotADirectoryError(f"{path.parent} is a link")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with open(handle, "wb") as file:
            os.fchmod(handle, 0o644)  # another worker may be another user
            file.write(data)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
