"""The house: which folder may lean on which, and the promises made about them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dreamconfig.settings import BotSettings, WorkerSettings

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = {
    "dreamconfig": "config/dreamconfig",
    "dreamqueue": "queue/dreamqueue",
    "dreambot": "bot/dreambot",
    "dreamrender": "render/dreamrender",
    "dreampractice": "practice/dreampractice",
    "dreamcli": "cli/dreamcli",
    "dreambench": "benchmarks/dreambench",
}
MAY_IMPORT = {
    "dreamconfig": set(),
    "dreamqueue": {"dreamconfig"},
    "dreambot": {"dreamconfig", "dreamqueue"},
    "dreamrender": {"dreamconfig", "dreamqueue"},
    "dreampractice": set(),
    "dreamcli": set(PACKAGES),
    "dreambench": {"dreamconfig", "dreamqueue", "dreamrender", "dreampractice"},
}
FORBIDDEN = {
    "dreamconfig": {"torch", "discord", "arq"},
    "dreamqueue": {"torch", "discord"},
    "dreambot": {"torch", "open_clip", "numpy"},
    "dreamrender": {"discord"},
}


def imports(folder: Path) -> set[str]:
    """Top-level names that a package imports anywhere."""
    names: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_arrows_run_one_way(package: str) -> None:
    found = imports(ROOT / PACKAGES[package])
    assert (found & PACKAGES.keys()) - {package} <= MAY_IMPORT[package]
    assert not found & FORBIDDEN.get(package, set())


def test_import_queue_is_the_standard_librarys() -> None:
    code = "import queue, asyncio; print(queue.SimpleQueue.__module__)"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "_queue"
    assert not list(ROOT.glob("*/__init__.py")), "a top-level folder is a plain folder"


def test_the_bot_never_loads_torch() -> None:
    code = "import dreambot.app, sys; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize("settings", [BotSettings, WorkerSettings])
def test_env_example_names_every_setting(settings: type[BotSettings] | type[WorkerSettings]) -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    missing = [name for name in settings.model_fields if f"DREAM_{name.upper()}=" not in text]
    assert not missing


def test_every_verb_is_in_the_readme() -> None:
    from dreamcli.main import VERBS

    readme = (ROOT / "README.md").read_text("utf-8")
    assert [verb for verb in VERBS if f"aliendreams {verb}" not in readme] == []


def test_backends_of_the_catalogue_and_of_the_painters_agree() -> None:
    from dreamconfig.catalogue import backends
    from dreamrender.backends import BACKENDS

    assert set(backends()) == set(BACKENDS)


def test_constraints_pin_exactly_and_hold_no_address() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line[:1] != "#"]
    assert [line for line in lines if line.count("==") != 1 or "/" in line or "@" in line] == []


def test_the_bot_knows_the_communitys_tricks_wherever_it_reads_a_prompt() -> None:
    for file in sorted(ROOT.joinpath("bot").rglob("*.py")):
        source = file.read_text("utf-8")
        assert "whole_menu" not in source, f"{file.name}: the bot's menu is `bot.menu`, with tricks"
        for call in re.findall(r"parse_turn\([^\n]*", source):
            assert "menu=" in call, f"{file.name}: parse_turn has to know the tricks: menu=bot.menu"


def test_every_key_in_redis_stands_in_the_table_of_the_architecture() -> None:
    from dreamqueue import keys

    page = ROOT.joinpath("docs/ARCHITECTURE.md").read_text("utf-8")
    table = [line for line in page.splitlines() if line.startswith("| `")]
    told = {name for line in table for name in re.findall(r"`((?:dream|arq):[a-z-]+:?)", line)}
    assert {value for value in vars(keys).values() if re.match(r"(dream|arq):", str(value))} <= told
