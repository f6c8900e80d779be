"""The shelf: the folder of models on this machine, and what may be taken from it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from dreamconfig.catalogue import FileEntry, ModelEntry, command, include, models
from dreamconfig.places import models_folder
from dreamconfig.settings import WorkerSettings
from dreamqueue.errors import PaintError
from dreamrender.diffusion import repositories
from dreamrender.diffusion.folders import Folder, describe
from dreamrender.fetching import LOOK_SECONDS, WEIGHTS, GivenUp, Tell, Wanted, fetch

Say = Callable[[FileEntry], Tell]
"""Told which file is fetched next; gives who is told how far it is."""


class Shelf:
    """A folder of models. `download`: missing ones may be fetched unasked when a painting needs them."""

    def __init__(self, folder: Path, *, download: bool = False, non_commercial: bool = False) -> None:
        self.folder = folder
        self.download = download
        self.non_commercial = non_commercial
        self._fetching = threading.Lock()

    def place(self, file: FileEntry) -> Path:
        """Where a file lies, or would."""
        path = self.folder / file.name
        if path.suffix in WEIGHTS and not path.is_file():
            found = (path.with_suffix(suffix) for suffix in WEIGHTS)
            return next((other for other in found if other.is_file()), path)
        return path

    def missing(self, name: str) -> list[FileEntry]:
        """The files of a model that are not here; a pipeline counts as one."""
        if models()[name].kind == "diffusers":
            return [] if self.here(name) else [FileEntry(name=name)]
        return [file for file in models()[name].files if not self.place(file).is_file()]

    def here(self, name: str) -> bool:
        """Whether a model's files are here: from the installation, on the shelf, or in open_clip's cache."""
        entry = models()[name]
        if entry.file is not None:
            return _shipped(entry.file).is_file()
        if entry.kind == "diffusers":
            return self._folder(entry) is not None
        if entry.files and not self.missing(name):
            return True
        return entry.kind == "open_clip" and _open_clip_has(entry)

    def allow(self, name: str) -> None:
        """Raises PaintError for a model whose licence asks for a decision that was not made."""
        entry = models()[name]
        if not (entry.commercial or entry.file is not None or self.non_commercial):
            raise PaintError(
                f"`{name}` is not licensed for commercial use ({entry.licence}). Who runs this worker allows "
                "such models by setting DREAM_NON_COMMERCIAL=true."
            )

    def require(self, name: str, *only: str) -> list[Path]:
        """The files of a model in the catalogue's order, or only those of these names; a pipeline's folder.

        Raises PaintError, saying what to type to get them.
        """
        self.allow(name)
        entry = models()[name]
        if entry.kind == "diffusers":
            return [self._require_folder(name, entry)]
        if entry.file is not None:
            return [_shipped(entry.file)]
        wanted = [file for file in entry.files if not only or file.name in only]
        if absent := [file.name for file in wanted if not self.place(file).is_file()]:
            raise PaintError(
                f"This worker does not have {' and '.join(absent)} of `{name}` ({entry.megabytes:,.0f} MB in "
                f"all). Who runs it gets it with {command(name)}."
            )
        return [self.place(file) for file in wanted]

    def pipeline(self, name: str) -> Folder:
        """What a diffusers pipeline is and where; raises PaintError if it is not here, or not whole."""
        (folder,) = self.require(name)
        return describe(folder, models()[name].variant)

    def connecting(self, name: str) -> dict[str, Any]:
        """What diffusers' `from_pretrained` has to be told besides, for a pipeline in several parts."""
        if not models()[name].connected:
            return {}
        return {"load_connected_pipeline": True, "cache_dir": self.folder / repositories.CACHE}

    def _folder(self, entry: ModelEntry) -> Path | None:
        """Where a pipeline lies; None if it is not here."""
        if entry.file is not None:
            return _shipped(entry.file).parent
        if entry.folder is not None:
            return folder if (folder := self.folder / entry.folder).is_dir() else None
        return repositories.find(entry, self.folder)

    def _require_folder(self, name: str, entry: ModelEntry) -> Path:
        if (folder := self._folder(entry)) is not None:
            return folder
        if entry.folder is not None:
            raise PaintError(f"The folder of `{name}`, {self.folder / entry.folder}, is not there any more.")
        raise PaintError(
            f"This worker does not have `{name}` ({entry.megabytes:,.0f} MB in all). Who runs it gets it "
            f"with {command(name)}."
        )

    def fetch(
        self,
        name: str,
        say: Say = lambda file: lambda here, whole: None,
        *,
        give_up: threading.Event | None = None,
        pause: float = 1.0,
    ) -> None:
        """Fetch what is missing of a model. One at a time. Raises PaintError."""
        self.allow(name)
        while not self._fetching.acquire(timeout=LOOK_SECONDS):
            if give_up is not None and give_up.is_set():
                raise GivenUp(f"`{name}` is not wanted any more.")
        try:
            for file in self.missing(name):
                if models()[name].kind == "diffusers":
                    self._fetch_pipeline(models()[name], say(file), give_up)
                    continue
                wanted = Wanted(self.folder / file.name, file.sources, file.sha256, file.bytes)
                fetch(wanted, say(file), give_up=give_up, pause=pause)
        finally:
            self._fetching.release()

    def _fetch_pipeline(self, entry: ModelEntry, tell: Tell, give_up: threading.Event | None) -> None:
        if entry.repository is None:
            raise PaintError("Its folder is not there, and the catalogue names no repository that has it.")
        repositories.fetch(entry, self.folder, tell, give_up=give_up)


def _shipped(file: str) -> Path:
    return Path(str(files("dreamrender").joinpath(file)))


def _open_clip_has(entry: ModelEntry) -> bool:
    if not entry.architecture or not (Path(entry.pretrained or "").is_file() or _open_clip_fetched_before()):
        return False  # without importing open_clip, which takes seconds
    from dreamrender.critics.open_clip import find_weights

    return find_weights(entry.architecture, entry.pretrained or "") is not None


def _open_clip_fetched_before() -> bool:
    from huggingface_hub.constants import HF_HUB_CACHE

    hub = Path(HF_HUB_CACHE).expanduser()
    return Path("~/.cache/clip").expanduser().is_dir() or (hub.is_dir() and any(hub.glob("models--*")))


_chosen: list[Shelf] = []


def use(shelf: Shelf) -> None:
    """This process takes its models from here."""
    _chosen[:] = [shelf]


def forget() -> None:
    """The default folder again, which allows nothing that was not asked for."""
    _chosen.clear()


def open_shelf(settings: WorkerSettings) -> None:
    """From here on this process's models come from the folder that is set, as far as the settings allow.

    Raises PaintError if the folder's own catalogue cannot be read.
    """
    folder = models_folder(settings.models)
    try:
        include(folder)
    except ValueError as error:
        raise PaintError(str(error)) from None
    use(Shelf(folder, download=settings.download, non_commercial=settings.non_commercial))


def shelf() -> Shelf:
    """Where this process takes its models from."""
    return _chosen[0] if _chosen else Shelf(models_folder())
