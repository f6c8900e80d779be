"""What docs/PROMPTS.md says about the grammar is what the grammar does."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dreamqueue.prompt import FLAGS, parse, whole_menu
from dreamqueue.schedulers import SCHEDULERS

PAGE = Path(__file__).parents[2].joinpath("docs", "PROMPTS.md").read_text("utf-8")
EXAMPLES = [
    line for block in re.findall(r"```prompt\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_is_in_the_table(flag: str) -> None:
    assert f"| `--{flag}` |" in PAGE


def test_the_table_has_no_other_flags() -> None:
    assert set(re.findall(r"^\| `--([\w-]+)` \|", PAGE, re.MULTILINE)) == set(FLAGS)


def test_every_scheduler_is_in_its_table() -> None:
    table = PAGE.partition("| scheduler |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE) == list(SCHEDULERS)


def test_the_page_says_which_painters_understand_a_flag() -> None:
    rows = re.findall(r"^\| `--([\w-]+)` \|", PAGE, re.MULTILINE)
    kinds = {FLAGS[name].of for name in rows[rows.index("iw") : rows.index("average") + 1]}
    assert kinds == {"steered"}
    assert {FLAGS[name].of for name in rows[rows.index("guidance") : rows.index("hires") + 1]} == {"sampled"}
    assert [name for name in rows if FLAGS[name].of == "guided"] == ["gradient"]
    assert {FLAGS[name].of for name in rows[: rows.index("iw")]} == {"all"}


@pytest.mark.parametrize("prompt", EXAMPLES)
def test_examples_can_be_typed(prompt: str) -> None:
    assert parse(prompt).phrases


@pytest.mark.parametrize("flag", FLAGS)
def test_examples_of_the_table_can_be_typed(flag: str) -> None:
    menu = whole_menu()
    loras = {"watercolours": menu.critics["pocket"]}  # any entry will do: only its name is looked up
    assert parse(f"a hut {FLAGS[flag].example}", menu=replace(menu, loras=loras))


def test_no_style_hides_behind_a_flag() -> None:
    assert not set(FLAGS) & set(whole_menu().styles)
