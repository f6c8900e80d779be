"""`--target FILE[:WEIGHT]` on the command line."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from PIL import Image

from dreamcli.targets import read_targets


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "stripes.png"
    Image.new("RGB", (40, 30), "red").save(path)
    return path


def test_weights(picture: Path) -> None:
    weights = [weight for _, weight in read_targets([str(picture), f"{picture}:0.5", f"{picture}:-2"])]
    assert weights == [1, 0.5, -2]


def test_a_file_with_a_colon_in_its_name_is_found(picture: Path) -> None:
    odd = picture.rename(picture.with_name("at 10:30"))
    ((_, weight),) = read_targets([str(odd)])
    assert weight == 1


@pytest.mark.parametrize(
    ("value", "why"),
    [("nowhere.png", "no file nowhere.png"), ("{}:0", "is not 0"), ("{}:101", "between -100")],
)
def test_what_is_wrong_is_said(picture: Path, value: str, why: str) -> None:
    with pytest.raises(click.BadParameter, match=why):
        read_targets([value.format(picture)])


def test_there_are_eight_at_most(picture: Path) -> None:
    with pytest.raises(click.BadParameter, match="At most 8"):
        read_targets([str(picture)] * 9)
