"""The part of a file that has been fetched so far, and what it is a part of."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any


class Part:
    """`<file>.part`, and `<file>.part.json` with the source's address, the file's mark and its length there.

    Part of one file is never continued with another's.
    """

    def __init__(self, file: Path, url: str) -> None:
        self.path = file.with_name(f"{file.name}.part")
        self._about = file.with_name(f"{file.name}.part.json")
        self._url = url
        self._mark = ""
        self._whole: int | None = None
        about = self._read_about()
        if about.get("url") == url:
            self._mark, self._whole = str(about.get("mark", "")), about.get("whole")
        else:
            self.clear()

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def range_header(self) -> dict[str, str]:
        """Asks for the rest, if there is a beginning; for all of it if the file there is another by now."""
        if not self.size:
            return {}
        return {"Range": f"bytes={self.size}-", **({"If-Range": self._mark} if self._mark else {})}

    def fits(self, whole: int | None) -> bool:
        """Whether a file of that length can be the one that this is a part of."""
        return self._whole in (None, whole)

    def source(self, etag: str, modified: str, whole: int | None) -> None:
        """Remember of which version of the source's file this is a part: by its ETag, else by its date."""
        self._mark = etag if etag and not etag.startswith("W/") else modified
        self._whole = whole
        about = {"url": self._url, "mark": self._mark, "whole": whole}
        self._about.write_text(json.dumps(about), "utf-8")

    def beginning(self) -> bytes:
        """Its first bytes."""
        with self.path.open("rb") as file:
            return file.read(64)

    def clear(self) -> None:
        """Throw it away."""
        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)

    def put(self, file: Path, sha256: str) -> None:
        """It is whole: it takes the file's place at once, with its checksum beside it."""
        with self.path.open("rb+") as written:
            os.fsync(written.fileno())
        os.replace(self.path, file)
        proof_of(file).write_text(f"{sha256}\n", "utf-8")
        self._about.unlink(missing_ok=True)

    def _read_about(self) -> dict[str, Any]:
        try:
            about = json.loads(self._about.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return about if isinstance(about, dict) else {}


def proof_of(file: Path) -> Path:
    """Where the checksum is kept that a file had when it was fetched."""
    return file.with_name(f"{file.name}.sha256")


def sha256_of(path: Path) -> str:
    """The checksum of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
