"""What every record on the wire is built from: frozen, closed pydantic models, written as JSON."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

WIRE = 2
"""Version of the records that this process writes; it grows when older readers could not understand them."""
READS = (1, WIRE)
"""Versions that it can read."""


class Wire(BaseModel):
    """A record that travels between processes. Frozen; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


def unless(usual: object) -> Any:
    """For a field that came later: it is left out where it is as usual, so that the version before, which
    refuses fields that it does not know, can read such a record."""
    return Field(exclude_if=lambda value: value == usual)


def arq_dumps(payload: dict[str, Any]) -> bytes:
    """arq's job_serializer: JSON instead of its default pickle, which would run code from Redis."""
    return json.dumps(payload, default=str).encode()


def arq_loads(payload: bytes) -> dict[str, Any]:
    """arq's job_deserializer, the other half of `arq_dumps`."""
    try:
        loaded = json.loads(payload)
    except RecursionError:
        raise ValueError("an arq payload is not as deep as that") from None
    if not isinstance(loaded, dict):
        raise ValueError("an arq payload is a JSON object")
    return loaded
