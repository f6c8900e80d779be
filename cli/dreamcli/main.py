"""The `aliendreams` command: one small file a verb, imported when it is called."""

from __future__ import annotations

import click

from dreamcli.lazy import LazyGroup

VERBS = {
    "practice": "dreamcli.practice:practice",
    "imagine": "dreamcli.imagine:imagine",
    "job": "dreamcli.job:job",
    "queue": "dreamcli.queue:queue",
    "recipe": "dreamcli.recipe:recipe",
    "tricks": "dreamcli.tricks:tricks",
    "models": "dreamcli.models:models",
    "collections": "dreamcli.collections:collections",
    "bot": "dreamcli.serve:bot",
    "worker": "dreamcli.serve:worker",
    "status": "dreamcli.status:status",
    "health": "dreamcli.health:health",
    "doctor": "dreamcli.doctor:doctor",
    "bench": "dreamcli.bench:bench",
}
SILENT = {"health"}
"""Verbs that log nothing, and so begin sooner."""


@click.command(cls=LazyGroup, verbs=VERBS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.version_option(package_name="aliendreams")
@click.pass_context
def main(context: click.Context, verbose: bool) -> None:
    """Alien Dreams: a Discord art bot that a community runs on its own GPUs.

    Try `aliendreams practice` first: everything at once, no account, on this machine.
    """
    if context.invoked_subcommand not in SILENT:
        from dreamcli.logs import write_logs

        write_logs(verbose)
