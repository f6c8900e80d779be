"""Settings that are ill formed: a sentence for each, no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dreamcli.main import main


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.fixture(autouse=True)
def no_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("verb", [["bot"], ["worker"], ["doctor"], ["models", "list"]])
def test_each_wrong_setting_is_said_by_its_name(verb: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAM_MAX_STEPS", "many")
    monkeypatch.setenv("DREAM_EXPIRE_HOURS", "-1")
    told = run(*verb)
    assert told.exit_code == 2
    assert "DREAM_MAX_STEPS is `many`, and should be a valid integer.\n" in told.output
    assert "DREAM_EXPIRE_HOURS is `-1`, and should be greater than 0" in told.output
    assert told.output.count("DREAM_") == 2
    assert "Traceback" not in told.output


def test_one_of_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAM_PRECISION", "best")
    told = run("worker")
    assert told.exit_code == 2
    assert "DREAM_PRECISION is `best`, and should be 'auto', 'plain'" in told.output


@pytest.mark.parametrize("url", ["https://me:hunter2@example.org", "redis://:hunter2@host:port", "hunter2"])
def test_a_wrong_address_is_said_without_its_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAM_REDIS_URL", url)
    told = run("bot")
    assert told.exit_code == 2
    assert "DREAM_REDIS_URL: an address of Redis looks like redis://" in told.output
    assert "hunter2" not in told.output
