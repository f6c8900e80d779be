"""`aliendreams tricks`, and a community's tricks in `aliendreams imagine`, on a real queue."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dreamcli.main import main
from dreamqueue.tricks import read_tricks, starters


@pytest.fixture(autouse=True)
def queue(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAM_REDIS_URL", redis_url)


def said(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_files_go_in_and_out(tmp_path: Path) -> None:
    table = tmp_path / "styles.csv"
    table.write_text("name,prompt,negative_prompt\nGlow,glowing,noise\n,nameless,\nseed,x,\n")
    first = said("tricks", "import", str(table))
    assert first.output.splitlines() == [
        "line 3: no name",
        "line 4: `seed` looks like `--seed`, which is there already; please choose another.",
        "1 taken: glow",
    ]
    assert "--glow  +0 -0  0 painted  glowing" in said("tricks", "list").output
    assert len(said("tricks", "list", "--tag", "photo").output.splitlines()) == 4
    out = tmp_path / "all.toml"
    assert said("tricks", "export", str(out)).exit_code == 0
    assert [one.name for one in read_tricks(out.name, out.read_bytes()).tricks] == [*starters(), "glow"]
    assert "a trick `glow` already" in said("tricks", "import", str(table)).output
    assert "has to end with" in said("tricks", "export", str(tmp_path / "x.txt")).output


def test_a_misspelt_trick_of_the_community_is_asked_about(tmp_path: Path) -> None:
    table = tmp_path / "styles.csv"
    table.write_text("name,prompt\nsoft glow,glowing\n")
    said("tricks", "import", str(table))
    assert "Did you mean `--soft-glow`?" in said("imagine", "a hut --soft-glwo").output
