"""What docs/PROMPTS.md says about the grammar is what the grammar does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dreamqueue.prompt import FLAGS, parse, whole_menu

PAGE = Path(__file__).parents[2].joinpath("docs", "PROMPTS.md").read_text("utf-8")
EXAMPLES = [
    line for block in re.findall(r"```prompt\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_is_in_the_table(flag: str) -> None:
    assert f"| `--{flag}` |" in PAGE


def test_the_table_has_no_other_flags() -> None:
    assert set(re.findall(r"^\| `--([\w-]+)` \|", PAGE, re.MULTILINE)) == set(FLAGS)


@pytest.mark.parametrize("prompt", EXAMPLES)
def test_examples_can_be_typed(prompt: str) -> None:
    assert parse(prompt).phrases


@pytest.mark.parametrize("flag", FLAGS)
def test_examples_of_the_table_can_be_typed(flag: str) -> None:
    assert parse(f"a hut {FLAGS[flag].example}")


def test_no_style_hides_behind_a_flag() -> None:
    assert not set(FLAGS) & set(whole_menu().styles)
