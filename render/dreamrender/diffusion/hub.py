"""One repository from the Hugging Face hub, in a process of its own: `python -m dreamrender.diffusion.hub`.

huggingface_hub fetches files side by side and cannot be interrupted; a process can. What is fetched is what
`folders.read` finds to be needed, which is what diffusers loads; diffusers' own `download` chooses the same
files after ten seconds of importing itself. The process tells what it knows in JSON, a line each, on standard
output: `{"whole": bytes}` once it knows how much there is, `{"failed": sentence}` if it has to end without.
With `--held` it ends when its standard input does: when the process that started it has ended.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import threading
from pathlib import Path
from typing import Any

from dreamqueue.errors import PaintError
from dreamrender.diffusion import folders
from dreamrender.fetching import ROOM


def main() -> int:
    """Get the repository that the command line names; 0 if it is here whole."""
    asked = argparse.ArgumentParser()
    asked.add_argument("repository")
    asked.add_argument("cache", type=Path)
    asked.add_argument("--revision")
    asked.add_argument("--variant", default="")
    asked.add_argument("--held", action="store_true")
    wanted = asked.parse_args()
    if wanted.held:
        threading.Thread(target=_end_with_whoever_started_us, daemon=True).start()
    try:
        download(wanted.repository, wanted.cache, wanted.revision, wanted.variant)
    except PaintError as error:
        _say(failed=str(error))
    except Exception as error:
        why = explain(error, wanted.repository)
        if why is None:
            raise
        _say(failed=why)
    else:
        return 0
    return 1


def download(repository: str, cache: Path, revision: str | None, variant: str) -> None:
    """Get it, whole, into a cache in the hub's layout. Raises PaintError, or what huggingface_hub raises."""
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download

    about = HfApi().model_info(repository, revision=revision, files_metadata=True)
    sizes = {file.rfilename: file.size or 0 for file in about.siblings or ()}
    if folders.INDEX not in sizes:
        raise PaintError(folders.no_pipeline(f"`{repository}`", sizes))
    index = hf_hub_download(repository, folders.INDEX, revision=about.sha, cache_dir=cache)
    what = folders.read(folders.read_json(Path(index)), sizes, f"`{repository}`", variant=variant)
    needed = what.needed(sizes)
    whole = sum(sizes[name] for name in needed)
    _say(whole=whole)
    _make_room(cache / f"models--{repository.replace('/', '--')}", whole)
    snapshot_download(repository, revision=revision, cache_dir=cache, allow_patterns=needed)


def explain(error: Exception, repository: str) -> str | None:
    """A sentence for what went wrong on the way; None for what should not happen."""
    from huggingface_hub import errors

    match error:
        case errors.GatedRepoError():
            return (
                f"The publisher of `{repository}` gives it only to accounts that accepted its terms: accept "
                f"them at {_hub()}/{repository}, make a token there, and set HF_TOKEN to it."
            )
        case errors.RevisionNotFoundError():
            return f"`{repository}` has no such revision."
        case errors.RepositoryNotFoundError():
            return f"{_hub()} has no repository `{repository}`, or shows it only with a token (HF_TOKEN)."
        case errors.OfflineModeIsEnabled():
            return "HF_HUB_OFFLINE is set, so nothing is fetched from the hub."
        case errors.HFValidationError():
            return f"`{repository}` cannot be the name of a repository."
        case errors.HfHubHTTPError():
            return f"{_hub()} answers {error.response.status_code} for `{repository}`."
        case OSError(errno=errno.ENOSPC):
            return "The disk is full; what was fetched is kept."
    return f"{_hub()} could not be reached: {error}" if _of_the_line(error) else None


def _of_the_line(error: Exception) -> bool:
    """Whether it is a failure of the network, by whatever library the hub's own uses for it."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return bool(kinds & {"ConnectError", "TransportError", "ConnectionError", "LocalEntryNotFoundError"})


def _make_room(place: Path, whole: int) -> None:
    blobs = place / "blobs"
    here = sum(file.stat().st_size for file in blobs.iterdir()) if blobs.is_dir() else 0
    place.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(place).free
    if whole - here + ROOM > free:
        raise PaintError(
            f"{(whole - here) / 1e9:.1f} GB are missing, and the disk of {place.parent} has "
            f"{free / 1e9:.1f} GB free."
        )


def _end_with_whoever_started_us() -> None:
    while os.read(0, 1024):
        pass
    os._exit(1)


def _hub() -> str:
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def _say(**told: Any) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
