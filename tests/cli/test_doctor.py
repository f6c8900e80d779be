"""`aliendreams doctor`: each line says what is wrong and what to do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from dreamcli.main import main
from dreamconfig.settings import QueueSettings
from dreamqueue import workers
from dreamqueue.client import QueueClient


def examine() -> Result:
    return CliRunner().invoke(main, ["doctor"])


def test_without_redis_it_says_how_to_start_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAM_REDIS_URL", "redis://127.0.0.1:1/0")
    found = examine()
    assert found.exit_code == 1
    assert "redis does not answer at DREAM_REDIS_URL" in found.output
    assert "docker compose up" in found.output


def test_with_everything_but_a_token_it_is_content(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAM_REDIS_URL", redis_url)
    monkeypatch.setenv("DREAM_DISCORD_TOKEN", "")
    monkeypatch.setenv("COLUMNS", "300")

    async def wake() -> None:
        client = await QueueClient.connect(QueueSettings(redis_url=SecretStr(redis_url)))
        card = workers.WorkerCard(name="w1", backends=("pixels",), device="cpu", slots=1)
        await workers.show(client.redis, card)
        await client.close()

    asyncio.run(wake())
    found = examine()
    assert found.exit_code == 0, found.output
    for line in ("w1 paints pixels on cpu", "clock agrees", "torch 2.", "pocket is here", "appendonly yes"):
        assert line in found.output, line
    assert "DREAM_DISCORD_TOKEN is not set" in found.output


def test_a_critic_that_is_not_in_the_catalogue_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAM_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("DREAM_CRITIC", "picasso")
    assert "DREAM_CRITIC=picasso is not in the catalogue" in examine().output


def test_models_are_counted_and_a_missing_critic_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DREAM_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DREAM_MODELS", str(tmp_path))
    monkeypatch.setenv("DREAM_CRITIC", "vit-b-32")
    said = examine().output
    assert f"are here: pocket, pocket-judge, vqgan-pocket, diffusion-pocket ({tmp_path})" in said
    assert "vit-b-32 is not here: run `aliendreams models fetch vit-b-32`" in said
    (tmp_path / "models.toml").write_text("[broken")
    assert f"{tmp_path / 'models.toml'} is no catalogue of models" in examine().output
