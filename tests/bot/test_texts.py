"""What the bot says in its languages: nothing is missing, and a German is answered in German."""

from __future__ import annotations

from string import Formatter

import pytest

from dreambot.texts import ENGLISH, languages, lines, speech


def facts(line: object) -> set[str]:
    found = [line] if isinstance(line, str) else list(line.values())  # type: ignore[attr-defined]
    return {name for text in found for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", [name for name in languages() if name != ENGLISH])
def test_a_language_says_all_that_english_does_with_the_same_facts(language: str) -> None:
    english, other = lines(ENGLISH), lines(language)
    told_beside_the_commands = {key for key in other if key.startswith("commands.")}
    own_alone = {"job.ordinal"} | told_beside_the_commands
    assert set(other) - own_alone == set(english)
    for key, line in english.items():
        assert facts(other[key]) == facts(line), key
        assert isinstance(other[key], str) == isinstance(line, str), key


def test_a_locale_without_its_own_texts_is_spoken_to_in_english() -> None:
    assert speech("fr").say("buttons.cancel") == "Cancel"
    assert speech("en-GB").say("buttons.cancel") == "Cancel"
    assert speech("de").say("buttons.cancel") == "Abbrechen"


def test_members_words_are_facts_and_never_format_strings() -> None:
    assert speech().say("job.cancelled", by="{by.__class__}") == "cancelled by {by.__class__}"
