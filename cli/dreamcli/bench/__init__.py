"""`aliendreams bench`: measurements and galleries, one file a verb, imported when it is called."""

from __future__ import annotations

import click

from dreamcli.lazy import LazyGroup

VERBS = {
    "bot": "dreamcli.bench.bot:bot",
    "chaos": "dreamcli.bench.chaos:chaos",
    "diffusion": "dreamcli.bench.diffusion:diffusion",
    "engine": "dreamcli.bench.engine:engine",
    "evening": "dreamcli.bench.evening:evening",
    "gallery": "dreamcli.bench.gallery:gallery",
    "queue": "dreamcli.bench.queue:queue",
    "steering": "dreamcli.bench.steering:steering",
    "tricks": "dreamcli.bench.tricks:tricks",
}


@click.command(cls=LazyGroup, verbs=VERBS)
def bench() -> None:
    """Measure this machine. Takes minutes; let nothing else run beside it."""
