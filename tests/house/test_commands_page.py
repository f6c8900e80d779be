"""docs/COMMANDS.md is what the bot does."""

from __future__ import annotations

import inspect

from tools.commands_md import PAGE, _who, page

from dreambot.cogs.imagine import Imagine
from dreambot.moderation.moderators import check_moderator
from dreambot.permissions import check_may_end
from dreambot.verbs import VERBS, ending


def test_the_page_is_what_the_bot_does() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python tools/commands_md.py"


def test_it_has_every_command_and_every_button() -> None:
    text = PAGE.read_text("utf-8")
    assert "### /imagine\n" in text
    assert all(f"`dream:{name}:…`" in text for name in VERBS)
    for option in list(inspect.signature(Imagine.imagine.callback).parameters)[2:]:
        assert f"| `{option}` |" in text


def test_who_may_is_read_off_the_code() -> None:
    assert _who(ending.cancel) == "who asked for it, and moderators"
    assert _who(Imagine.imagine.callback) == "everybody"
    for guard in (check_moderator, check_may_end):
        assert guard.__name__ in inspect.getsource(inspect.getmodule(_who) or guard)
