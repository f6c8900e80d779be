"""Log lines that say which job they are about, as text for people or as JSON for what collects logs.

`about` marks what is logged inside, in tasks and threads that take the context along too. `Marks`, a filter
of handlers, writes that on each record, and the formatters show it. They hide secrets: those they are told,
and the tokens by which interactions are answered, which discord.py writes into its debugging lines.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr
from pythonjsonlogger.json import JsonFormatter

SHORTEST_SECRET = 4
"""Characters of the shortest secret that is looked for: a shorter one is part of too many words."""

_IN_ADDRESS = re.compile(r"((?:webhooks|interactions)/\d+/)[\w.=-]{8,}")
_IN_RECORD = re.compile(r"([\"']token\\?[\"']\s*:\s*\\?[\"'])[\w.=+/-]{8,}")
_HIDDEN = "•••"

_about: ContextVar[tuple[str, ...]] = ContextVar("about", default=())


@contextmanager
def about(*jobs: str) -> Iterator[None]:
    """What is logged inside is about these jobs; with none, about what it was about before."""
    before = _about.set(jobs or _about.get())
    try:
        yield
    finally:
        _about.reset(before)


def jobs() -> tuple[str, ...]:
    """The jobs that this is about."""
    return _about.get()


class Marks(logging.Filter):
    """Writes on each record which jobs it is about: those around it, or `extra={"job": …}`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let it pass, marked: `jobs` for machines, `about` for people who do not read it in the sentence."""
        named = getattr(record, "job", None)
        marked = (str(named),) if named is not None else jobs()
        said = record.getMessage()
        untold = [job for job in marked if job not in said]
        record.jobs = marked
        record.about = f"{'jobs' if len(untold) > 1 else 'job'} {', '.join(untold)}: " if untold else ""
        return True


class Hide:
    """Puts dots in the place of secrets."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        long_enough = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        spelled = {*long_enough, *(json.dumps(secret)[1:-1] for secret in long_enough)}
        self._secrets = sorted(spelled, key=len, reverse=True)

    def __call__(self, line: str) -> str:
        """The line without them."""
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        for token in (_IN_ADDRESS, _IN_RECORD):
            line = token.sub(rf"\1{_HIDDEN}", line)
        return line


class TextLines(logging.Formatter):
    """For people."""

    def __init__(self, form: str, hide: Hide) -> None:
        super().__init__(form)
        self._hide = hide

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the exception's lines."""
        return self._hide(super().format(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """ISO 8601, in this machine's zone."""
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")


class JsonLines(JsonFormatter):
    """One JSON object a line.

    `time` (ISO 8601, UTC), `level`, `logger`, `message`; `own` as it is, such as the worker's name; `job`, or
    `jobs` where it is about several; `incident` and `exception` where there is one.
    """

    def __init__(self, own: Mapping[str, str], hide: Hide) -> None:
        super().__init__(json_ensure_ascii=False)
        self._own = dict(own)
        self._hide = hide

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return self._hide(super().format(record))

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """What the object says."""
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data |= {"level": record.levelname, "logger": record.name, "message": record.message, **self._own}
        about: tuple[str, ...] = getattr(record, "jobs", ())
        if len(about) == 1:
            log_data["job"] = about[0]
        elif about:
            log_data["jobs"] = list(about)
        if incident := getattr(record, "incident", None):
            log_data["incident"] = incident
        if exception := message_dict.get("exc_info"):
            log_data["exception"] = exception


def secrets_of(settings: BaseModel) -> list[str]:
    """What must not be read in a log: every secret, of an address only its password."""
    found = []
    for value in dict(settings).values():
        if not isinstance(value, SecretStr):
            continue
        secret = value.get_secret_value().strip()
        if "://" in secret:
            password = urlsplit(secret).password or ""
            found += [password, unquote(password)]
        else:
            found.append(secret)
    return [secret for secret in found if secret]
