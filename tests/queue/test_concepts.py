"""The file of concepts: what is read of it, what is refused, and which action counts where."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from dreamconfig.concepts import Concepts, read_concepts
from dreamqueue.events import Frame
from dreamqueue.job import Finished

FILE = """
critic = "vit-b-32"
[concepts.gore]
texts = ["blood"]
[concepts.nudity]
texts = ["a nude person"]
action = "drop"
[age-restricted]
nudity = "spoiler"
[channels.anatomy]
gore = "post"
"""


@pytest.fixture
def concepts(tmp_path: Path) -> Concepts:
    path = tmp_path / "concepts.toml"
    path.write_text(FILE)
    return read_concepts(path)


def test_the_strictest_action_of_the_place_counts(concepts: Concepts) -> None:
    assert concepts.critic == "vit-b-32"
    assert concepts.action([]) == "post"
    assert concepts.action(["gore"]) == "hold"
    assert concepts.action(["gore", "nudity"]) == "drop"
    assert concepts.action(["nudity"], age_restricted=True) == "spoiler"
    assert concepts.action(["gore", "nudity"], age_restricted=True) == "hold"
    assert concepts.action(["gore"], ["anatomy", "17"]) == "post"
    assert concepts.action(["gore", "nudity"], ["anatomy"], age_restricted=True) == "spoiler"


def test_what_is_not_known_is_held(concepts: Concepts) -> None:
    assert concepts.action(None) == "hold", "nobody has looked"
    assert concepts.action(["something else"]) == "hold", "a worker of another file found it"
    assert Concepts().action(["gore"]) == "hold"
    assert Concepts().action(None) == "post", "nobody was asked to look"


def test_no_file_an_empty_one_and_the_example_look_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("")
    assert not read_concepts(None)
    assert not read_concepts(tmp_path / "empty.toml")
    assert not read_concepts(Path(str(files("dreamconfig").joinpath("concepts.toml"))))


def test_the_example_is_right_once_its_marks_are_taken_away(tmp_path: Path) -> None:
    text = files("dreamconfig").joinpath("concepts.toml").read_text("utf-8")
    _, _, example = text.partition("\n\n# critic")
    (tmp_path / "mine.toml").write_text(
        "\n".join(line.removeprefix("#").strip() for line in f"# critic{example}".splitlines())
    )
    concepts = read_concepts(tmp_path / "mine.toml")
    assert set(concepts.concepts) == {"gore", "nudity"}
    assert concepts.action(["gore"], age_restricted=True) == "spoiler"


def test_records_that_nobody_looked_at_say_nothing_of_it() -> None:
    """So that a bot of the version before reads them: workers are brought up to date before it."""
    frame = Frame(job="1", step=1, steps=2, score=None, seconds=0.0, image=b"")
    assert "seen" not in frame.model_dump_json() + Finished(picture="0").model_dump_json()
    clean = Finished(picture="0", seen=())
    assert Finished.model_validate_json(clean.model_dump_json()) == clean


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("concepts = 3", "concepts: Input should be"),
        ("[concepts.gore]\ntexts = []", r"concepts.gore.texts: Tuple should have at least 1"),
        ("[concepts.gore]\ntexts = ['a']\naction = 'burn'", "concepts.gore.action"),
        ("[concepts.gore]\ntexts = ['a']\nmargin = nan", "concepts.gore.margin"),
        (
            "[concepts.gore]\ntexts = ['a']\n[channels.art]\nblood = 'hold'",
            "no concept `blood`; there are gore",
        ),
        ("[age-restricted]\nblood = 'hold'", "no concept `blood`"),
        ("[concepts", "DREAM_CONCEPTS"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "wrong.toml").write_text(text)
    with pytest.raises(ValueError, match=why):
        read_concepts(tmp_path / "wrong.toml")
    with pytest.raises(ValueError, match="cannot be read"):
        read_concepts(tmp_path / "none.toml")
