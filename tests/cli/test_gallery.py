"""`aliendreams bench gallery`: a picture for each backend and prompt, and the sheet that shows them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from dreambench.gallery import PROMPTS
from dreamcli.main import main
from dreamqueue.png import read_recipe


@pytest.fixture(autouse=True)
def empty_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAM_MODELS", str(tmp_path / "no-models"))


def test_a_gallery_has_a_picture_of_each_and_says_which_weights_are_random(tmp_path: Path) -> None:
    command = ["bench", "gallery", "-o", str(tmp_path), "--backends", "pixels,dvae"]
    asked = CliRunner().invoke(main, [*command, "--size", "32", "--share", "0.01", "--seed", "3", "--json"])
    assert asked.exit_code == 0, asked.output
    hung = json.loads(asked.stdout)
    assert [(one["backend"], one["prompt"]) for one in hung] == [
        (name, prompt) for name in ("pixels", "dvae") for prompt in PROMPTS
    ]
    assert {one["backend"]: one["weights"] for one in hung} == {
        "pixels": "none needed",
        "dvae": "random weights",
    }
    for one in hung:
        data = (tmp_path / one["file"]).read_bytes()
        recipe = read_recipe(data)
        assert (recipe.backend, recipe.phrases[0].text, recipe.seed) == (one["backend"], one["prompt"], 3)
        assert -1 <= one["judged"] <= 1
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 4 * 32
        assert len(sheet.convert("RGB").getcolors(1 << 20) or ()) > 100


def test_an_unknown_backend_is_named(tmp_path: Path) -> None:
    asked = CliRunner().invoke(main, ["bench", "gallery", "-o", str(tmp_path), "--backends", "pixel"])
    assert asked.exit_code == 2
    assert "pixel: there are pixels" in asked.output
