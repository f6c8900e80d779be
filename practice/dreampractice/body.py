"""Reading a request: JSON, or multipart with `payload_json` and `files[n]`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from dreampractice import errors

Json = dict[str, Any]
FILE_PART = re.compile(r"files\[(\d)\]$")


@dataclass(frozen=True)
class Upload:
    """A file in a request."""

    filename: str
    content: bytes = field(repr=False)
    content_type: str | None = None


@dataclass(frozen=True)
class Body:
    """What a request carries."""

    content_type: str = ""
    data: Any = None
    """The JSON: an object, or for commands a list; None when there was none."""
    files: dict[str, Upload] = field(default_factory=dict)
    """By number, as `attachments` entries refer to them."""

    @property
    def json(self) -> Json:
        """The JSON object, empty when there was none."""
        return self.data if isinstance(self.data, dict) else {}


async def read(request: web.Request, file_limit: int) -> Body:
    """The body of a request; files above the limit are refused with 413."""
    if request.content_type == "multipart/form-data":
        return await _multipart(request, file_limit)
    raw = await request.read()
    if not raw:
        return Body()
    try:
        return Body(request.content_type, json.loads(raw))
    except ValueError:
        raise errors.Refusal(400, 50109, "The request body contains invalid JSON.") from None


async def _multipart(request: web.Request, file_limit: int) -> Body:
    data: Any = {}
    files: dict[str, Upload] = {}
    oversized = False
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        content = bytes(await part.read(decode=True))
        number = FILE_PART.match(part.name or "")
        if part.name == "payload_json":
            data = json.loads(content)
        elif number:
            oversized |= len(content) > file_limit
            kind = part.headers.get("Content-Type")
            files[number[1]] = Upload(part.filename or "file", content, kind)
    if oversized:
        raise errors.too_large()
    return Body("multipart/form-data", data, files)
