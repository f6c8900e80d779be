"""`aliendreams bench`: measurements and galleries, one file a verb, imported when it is called."""

from __future__ import annotations

import importlib

import click

VERBS = {
    "gallery": "dreamcli.bench.gallery:gallery",
    "steering": "dreamcli.bench.steering:steering",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, name = VERBS[cmd_name].split(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.command(cls=_Lazy)
def bench() -> None:
    """Measure this machine. Takes minutes; let nothing else run beside it."""
