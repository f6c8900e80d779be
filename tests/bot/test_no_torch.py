"""The bot runs where torch is not installed."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "numpy", "open_clip", "dreamrender", "dreampractice")


def test_the_bot_runs_without_what_painters_need() -> None:
    code = f"import sys, dreambot.app; print([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
