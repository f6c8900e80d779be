"""The judge of Discord traffic, where there is one: requests, replies and events against Discord's documents.

It is not part of this repository; DISCORD_JUDGE names its folder.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from dreampractice import PracticeDiscord

ROOT = Path(__file__).parents[1]
JUDGE = Path(os.environ.get("DISCORD_JUDGE") or ROOT.parent / "shared/tools/discord_judge")
KNOWN = ("fields the spec does not list: ['tts']",)  # discord.py sends tts with every edit


def is_there() -> bool:
    """Whether this machine has the judge."""
    return (JUDGE / "judge.py").exists()


@cache
def _judges() -> tuple[Any, Any]:
    sys.path.insert(0, str(JUDGE))
    try:
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            rest = importlib.import_module("judge").Judge(str(JUDGE / "openapi.json"))
            return rest, importlib.import_module("gateway_judge").GatewayJudge()
    finally:
        sys.path.remove(str(JUDGE))


def findings(discord: PracticeDiscord) -> list[str]:
    """What is wrong with all that was said so far between a bot and this Discord."""
    rest, gateway = _judges()
    rest.findings.clear()
    gateway.findings.clear()
    for one in (each for each in discord.traffic if each.status < 500):  # those a test has asked for
        rest.request(one.method, one.path, one.query, one.headers, one.content_type, one.body, one.files)
        rest.response(one.method, one.path, one.status, one.reply_headers, one.reply)
    for name, data in discord.core.dispatched:
        gateway.event(name, data)
    found = [str(finding) for finding in rest.findings if not str(finding).endswith(KNOWN)]
    return found + [str(finding) for finding in gateway.findings]
