"""What the bot counts: edits, frames, what Discord refuses, and how soon interactions are acknowledged."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from dreamqueue.metrics import counter, histogram

FRAMES = counter("frames_shown", "Progress frames that a message showed.")
EDITS = counter(
    "edits",
    "Edits of messages: made, refused by Discord, limited (429), failed (5xx) or unreached.",
    ["outcome"],
)
LIMITED = counter("rate_limited", "Requests of any kind that Discord answered with 429.")
INTERACTIONS = counter(
    "interactions",
    "Interactions by how the answer to them fared: acknowledged, late (404) or refused.",
    ["outcome"],
)
ACKNOWLEDGED = histogram(
    "acknowledged_seconds",
    "Seconds from Discord's making an interaction to its being acknowledged, by this machine's clock.",
)

_CALLBACK = re.compile(r"/interactions/(\d+)/[^/]+/callback$")


@contextmanager
def an_edit() -> Iterator[None]:
    """Count how the edit inside fares."""
    outcome = "unreached"
    try:
        yield
        outcome = "made"
    except discord.HTTPException as error:
        outcome = "limited" if error.status == 429 else "failed" if error.status >= 500 else "refused"
        raise
    finally:
        EDITS.labels(outcome).inc()


def counting(trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
    """Also count by a trace of discord.py's HTTP session."""
    trace.on_request_end.append(_on_request_end)
    return trace


async def _on_request_end(
    session: aiohttp.ClientSession, context: object, params: aiohttp.TraceRequestEndParams
) -> None:
    status = params.response.status
    if status == 429:
        LIMITED.inc()
    if found := _CALLBACK.search(params.url.path):
        if status < 300:
            made = discord.utils.snowflake_time(int(found[1])).timestamp()
            ACKNOWLEDGED.observe(max(0.0, time.time() - made))
        outcome = "acknowledged" if status < 300 else "late" if status == 404 else "refused"
        INTERACTIONS.labels(outcome).inc()
