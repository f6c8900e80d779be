"""The `aliendreams` command: one small file a verb, imported when it is called."""

from __future__ import annotations

import logging

import click
from rich.console import Console
from rich.logging import RichHandler

from dreamcli.lazy import LazyGroup

VERBS = {
    "practice": "dreamcli.practice:practice",
    "imagine": "dreamcli.imagine:imagine",
    "job": "dreamcli.job:job",
    "recipe": "dreamcli.recipe:recipe",
    "models": "dreamcli.models:models",
    "collections": "dreamcli.collections:collections",
    "bot": "dreamcli.serve:bot",
    "worker": "dreamcli.serve:worker",
    "doctor": "dreamcli.doctor:doctor",
    "bench": "dreamcli.bench:bench",
}


@click.command(cls=LazyGroup, verbs=VERBS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.version_option(package_name="aliendreams")
def main(verbose: bool) -> None:
    """Alien Dreams: a Discord art bot that a community runs on its own GPUs.

    Try `aliendreams practice` first: everything at once, no account, on this machine.
    """
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(name)s: %(message)s",
        handlers=[
            RichHandler(
                console=Console(stderr=True), show_path=False, omit_repeated_times=False, markup=False
            )
        ],
    )
    for noisy in ("arq.worker", "discord", "PIL", "asyncio", "httpx2", "httpcore2", "filelock"):
        logging.getLogger(noisy).setLevel(logging.DEBUG if verbose else logging.WARNING)
