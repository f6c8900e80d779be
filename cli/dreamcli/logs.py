"""How this command logs: in colours on a terminal, else as lines of text or JSON (DREAM_LOG)."""

from __future__ import annotations

import logging
import os
import sys

import click

from dreamconfig.settings import QueueSettings
from dreamqueue.logs import Hide, JsonLines, Marks, TextLines, secrets_of

PLAIN = "%(asctime)s %(levelname)s %(name)s: %(about)s%(message)s"
ON_A_TERMINAL = "%(name)s: %(about)s%(message)s"
NOISY = ("arq.worker", "discord", "PIL", "asyncio", "httpx2", "httpcore2", "filelock")


def write_logs(verbose: bool) -> None:
    """For verbs that people type: text."""
    _use([_text(Hide())], verbose, force=False)


def write_logs_of(settings: QueueSettings, **own: str) -> None:
    """For the processes of a deployment: as their settings say, counted, and without their secrets.

    `own` says who it is in every JSON line, such as `worker="attic"`.
    """
    from dreamqueue.metrics import Counting

    hide = Hide([*secrets_of(settings), os.environ.get("HF_TOKEN", "")])
    if settings.log == "json":
        handler: logging.Handler = logging.StreamHandler()
        handler.setFormatter(JsonLines(own, hide))
    else:
        handler = _text(hide)
    _use([handler, Counting()], click.get_current_context().find_root().params["verbose"], force=True)


def _text(hide: Hide) -> logging.Handler:
    if not sys.stderr.isatty():
        handler: logging.Handler = logging.StreamHandler()
        handler.setFormatter(TextLines(PLAIN, hide))
        return handler
    from rich.console import Console
    from rich.logging import RichHandler

    console = Console(stderr=True)
    handler = RichHandler(console=console, show_path=False, omit_repeated_times=False, markup=False)
    handler.setFormatter(TextLines(ON_A_TERMINAL, hide))
    return handler


def _use(handlers: list[logging.Handler], verbose: bool, *, force: bool) -> None:
    for one in handlers:
        one.addFilter(Marks())
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=handlers, force=force)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.DEBUG if verbose else logging.WARNING)
