"""`aliendreams collections`, and painting by one from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from dreamcli.main import main


@pytest.fixture(autouse=True)
def _shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DREAM_REDIS_URL", raising=False)
    monkeypatch.setenv("DREAM_COLLECTIONS", str(tmp_path / "shelf"))
    monkeypatch.setenv("COLUMNS", "160")
    for number, folder in enumerate(("Old Masters", "sea", "sea")):
        place = tmp_path / "shelf" / "harbours" / folder / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 40), (80 * number, 90, 200)).save(place)
    (tmp_path / "shelf" / "@7" / "mine").mkdir(parents=True)
    (tmp_path / "shelf" / "@7" / "mine" / "broken.png").write_bytes(b"no")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


def test_list_and_index(tmp_path: Path) -> None:
    listed = run("collections", "list")
    assert listed.exit_code == 0, listed.output
    for words in ("harbours", "everybody", "old-masters, sea", "mine", "member 7"):
        assert words in listed.stdout
    looked = run("collections", "index", "--device", "cpu")
    assert looked.exit_code == 0, looked.output
    assert "harbours: pocket knows 3 pictures." in looked.stdout
    assert "left out, because it cannot be read: `broken.png`" in looked.stdout
    kept = tmp_path / "shelf" / "harbours" / ".dream-index" / "pocket.safetensors"
    before = kept.stat().st_mtime_ns
    assert "knows 3 pictures" in run("collections", "index", "harbours", "--device", "cpu").stdout
    assert kept.stat().st_mtime_ns == before


def test_what_is_wrong_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Did you mean `harbours`?" in run("collections", "index", "harbour").stderr
    assert "I know no critic `nobody`" in run("collections", "index", "--critic", "nobody").stderr
    monkeypatch.setenv("DREAM_COLLECTIONS", "nowhere")
    assert "There is no folder nowhere" in run("collections", "list").stderr
    monkeypatch.delenv("DREAM_COLLECTIONS")
    assert "Set DREAM_COLLECTIONS" in run("collections", "list").stderr


def test_a_picture_by_a_collection_and_its_command() -> None:
    prompt = "a quiet harbour --collection harbours --like sea:2 --seed 7 --size 32 --steps 2"
    painted = run("imagine", prompt, "-o", "a.png", "--json")
    assert painted.exit_code == 0, painted.output
    assert "--collection harbours --like sea:2" in run("recipe", "a.png").stdout
    notes = json.loads(painted.stdout)["notes"]
    assert notes[0].startswith("Guided by `")


def test_a_collection_that_is_not_there_is_refused_before_painting() -> None:
    refused = run("imagine", "a harbour --collection harbors", "-o", "a.png", "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["error"] == "I know no collection `harbors`. Did you mean `harbours`?"
    unknown = run("imagine", "a harbour --collection harbours --like see", "-o", "a.png", "--json")
    assert "folder of the collection `harbours` called `see`. Did you mean `sea`?" in unknown.stdout
