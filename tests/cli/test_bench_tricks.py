"""`aliendreams bench tricks`: sheets of what was painted, and numbers that fit them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from dreamcli.bench.tricks import written
from dreamcli.main import main


def test_tricks_are_measured_on_pictures_that_are_on_the_sheets(tmp_path: Path) -> None:
    flags = ["--flags", "--preset quick --size 64 --steps 1", "--subjects", "a red apple | a hut"]
    arguments = [
        "bench",
        "tricks",
        "-o",
        str(tmp_path),
        "--tricks",
        "vray,watercolor",
        "--seeds",
        "2",
        "--json",
    ]
    done = CliRunner().invoke(main, [*arguments, *flags])
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert [(row["trick"], row["words"]) for row in facts["tricks"]] == [
        ("vray", "vray"),
        ("watercolor", "a watercolor"),
    ]
    for row in facts["tricks"]:
        assert (row["judge"], row["backend"], row["subjects"], row["seeds"]) == (
            "pocket-judge",
            "pixels",
            2,
            2,
        )
        for lift in (row["style"], row["subject"]):
            assert lift["low"] <= lift["mean"] <= lift["high"]
            assert lift["pairs"] == 4
        with Image.open(tmp_path / row["sheet"]) as sheet:
            assert sheet.width > 4 * 64 > 2 * 64, "a subject's pairs in a row"
    with Image.open(tmp_path / "tricks.jpg") as sheet:
        assert sheet.width > 3 * 128
        assert sheet.height > 4 * 128
    table = written(facts)
    assert "| vray (vray) | " in table
    assert " of 4 |" in table


@pytest.mark.parametrize(
    "wrong",
    [
        ["--tricks", "nosuch"],
        ["--subjects", "a {b,c}"],
        ["--judge", "nosuch"],
        ["--judge", "pocket"],
    ],
)
def test_what_cannot_be_measured_is_said(tmp_path: Path, wrong: list[str]) -> None:
    flags = ["--flags", "--size 64 --steps 1", "--seeds", "1"]
    done = CliRunner().invoke(main, ["bench", "tricks", "-o", str(tmp_path), *flags, *wrong])
    assert done.exit_code != 0
    assert any(why in done.output for why in ("I know no", "no braces", "steers these pictures"))
