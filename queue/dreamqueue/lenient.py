"""Reads what another version may have written, for whoever only shows it."""

from __future__ import annotations

import json
from typing import Any


def table(raw: bytes | None) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    try:
        found = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
