"""A Hugging Face hub on loopback: what its clients ask of it to fetch a repository, for a few small ones."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from .shop import serving

COMMIT = "0123456789abcdef0123456789abcdef01234567"
"""Of every repository."""


@dataclass
class Hub:
    """What it has, and what it does wrong."""

    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """By `owner/name`: the files by path."""
    gated: set[str] = field(default_factory=set)
    """Repositories that it shows and does not give."""
    overstated: int = 0
    """Bytes by which it says that every file is longer."""
    asked: list[str] = field(default_factory=list)
    """Files that were given, by path."""
    url: str = ""
    gate: threading.Event = field(default_factory=threading.Event)
    """Closed, it keeps everybody waiting for weights after their first half."""
    being_asked: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def add(self, repository: str, folder: Path) -> None:
        """Offer a folder as a repository."""
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        self.repositories[repository] = {
            path.relative_to(folder).as_posix(): path.read_bytes() for path in files
        }

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/api/models/")
        parts = path.strip("/").split("/")
        repository, what = "/".join(parts[:2]), parts[2] if len(parts) > 2 else ""
        if repository not in self.repositories:
            return _refusal("RepoNotFound", 404)
        files = self.repositories[repository]
        if what == "resolve":
            return await self._give(request, repository, "/".join(parts[4:]))
        if what == "tree":
            return web.json_response(
                [{"type": "file", "path": name, **_facts(files[name])} for name in files]
            )
        siblings = [
            {"rfilename": name, **_facts(data), "size": len(data) + self.overstated}
            for name, data in files.items()
        ]
        return web.json_response(
            {"id": repository, "sha": COMMIT, "private": False, "siblings": siblings, "tags": []}
        )

    async def _give(self, request: web.Request, repository: str, name: str) -> web.StreamResponse:
        data = self.repositories[repository].get(name)
        if repository in self.gated:
            return _refusal("GatedRepo", 403)
        if data is None:
            return _refusal("EntryNotFound", 404)
        facts = _facts(data)
        mark = facts["lfs"]["oid"] if name.endswith(".safetensors") else facts["blobId"]
        answer = web.StreamResponse(
            headers={"X-Repo-Commit": COMMIT, "ETag": f'"{mark}"', "X-Linked-ETag": f'"{mark}"'}
        )
        answer.content_length = len(data)
        await answer.prepare(request)
        if request.method == "HEAD":
            return answer
        self.asked.append(name)
        half = len(data) // 2 if name.endswith(".safetensors") else len(data)
        await answer.write(data[:half])
        if half < len(data):
            self.being_asked.set()
            await asyncio.to_thread(self.gate.wait)
            await answer.write(data[half:])
        return answer


def _facts(data: bytes) -> dict[str, object]:
    """As the hub states them: git's own checksum, and the sha256 of what lies in its large file storage."""
    git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324
    large = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
    large["sha256"] = large["oid"]
    return {"size": len(data), "oid": git, "blobId": git, "lfs": large}


def _refusal(code: str, status: int) -> web.Response:
    return web.Response(status=status, headers={"X-Error-Code": code, "X-Error-Message": code})


@contextmanager
def open_hub() -> Iterator[Hub]:
    """A hub that serves until the block ends; HF_ENDPOINT should be its address."""
    hub = Hub()
    with serving(hub.answer) as hub.url:
        yield hub
