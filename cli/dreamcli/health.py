"""`aliendreams health`: whether the bot or the worker here is well, for docker compose and for scripts.

It begins fast, because it is asked every few seconds: the port is read from the environment, and from .env
only if it is not there, which takes a quarter of a second.
"""

from __future__ import annotations

import http.client
import json
import os

import click

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""What a server listens at when it listens everywhere, and where to find it then."""


@click.command()
@click.option("--host", help="Where to ask. [default: DREAM_METRICS_HOST]")
@click.option("--port", type=click.IntRange(1, 65535), help="[default: DREAM_METRICS_PORT]")
@click.option("--timeout", type=float, default=3.0, show_default=True, help="Seconds to wait for an answer.")
def health(host: str | None, port: int | None, timeout: float) -> None:
    """Say in one line whether the bot or the worker of this machine is well; exit with 1 if not."""
    host, port = _address(host, port)
    if not port:
        raise click.ClickException("DREAM_METRICS_PORT is 0, so nobody tells; set it, for example to 9100.")
    well, line = _ask(host, port, timeout)
    click.echo(line)
    if not well:
        raise SystemExit(1)


def _ask(host: str, port: int, timeout: float) -> tuple[bool, str]:
    connection = http.client.HTTPConnection(ANYWHERE.get(host, host), port, timeout=timeout)
    try:
        connection.request("GET", "/health")
        report = json.loads(connection.getresponse().read())
        checks: dict[str, str] = report["checks"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        return False, f"nobody tells at {host}:{port}: {error or type(error).__name__}"
    finally:
        connection.close()
    who = next((f"{kind} {report[kind]}" for kind in ("worker", "bot") if kind in report), "it")
    if report["ok"]:
        return True, f"{who} is well: {', '.join(checks)}"
    wrong = "; ".join(f"{name} {found}" for name, found in checks.items() if found != "ok")
    return False, f"{who} is not well: {wrong}"


def _address(host: str | None, port: int | None) -> tuple[str, int]:
    told = os.environ.get("DREAM_METRICS_PORT", "")
    if port is None and told.isdecimal():
        port = int(told)
    if port is not None:
        return host or os.environ.get("DREAM_METRICS_HOST") or "127.0.0.1", port
    from dreamconfig.settings import QueueSettings

    settings = QueueSettings()
    return host or settings.metrics_host, settings.metrics_port
