"""One word rule, and what can be one.

A word or phrase is met where it stands as whole words, however it is spelled (`dreamqueue.rules.spelling`); a
regular expression is RE2's, which takes time linear in the text. An allowed word or phrase is taken out of a
text before anything is looked for.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, cast

import re2
from pydantic import Field

from dreamqueue.errors import BadValue
from dreamqueue.job import Owner
from dreamqueue.rules import spelling
from dreamqueue.text import quote
from dreamqueue.wire import Wire

LONGEST = 200
"""Characters of a rule."""
LARGEST = 128 * 1024
"""Bytes of a compiled regular expression."""

Kind: TypeAlias = Literal["word", "phrase", "regex", "allow"]
Action: TypeAlias = Literal["refuse", "tell"]


class Rule(Wire):
    """One rule, as it is kept."""

    kind: Kind
    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    """The word, the phrase, the regular expression, or the word or phrase that is allowed."""
    action: Action = "refuse"
    """refuse: nothing is painted; tell: it is, and moderators read of it."""
    reason: Annotated[str, Field(max_length=LONGEST)] = ""
    """What the member is told."""
    by: Owner | None = None
    """Who added it; None for those of the file."""
    added: float = 0.0
    """Unix time by Redis' clock, seconds; 0 for those of the file."""

    @property
    def name(self) -> str:
        """What it is called by: `word:peg`. Two rules of one name are the same rule."""
        return f"{self.kind}:{self.text}"


def rule_of(kind: str, text: str, **facts: Any) -> Rule:
    """A rule as somebody typed it. Raises BadValue for what can be none."""
    if kind == "regex":
        text = text.encode(errors="replace").decode()  # half a character has no place in UTF-8
        compiled(text)
        return Rule(kind="regex", text=text, **facts)
    words = spelling.words(spelling.plain(text))
    plain = " ".join(words)
    if not spelling.words(spelling.folded(plain)):
        raise BadValue(quote(text), "there is no word in it.")
    if len(plain) > LONGEST:
        raise BadValue(quote(text), f"a rule has up to {LONGEST} characters.")
    if kind == "word" and len(words) > 1:
        raise BadValue(quote(text), f"these are {len(words)} words; a rule for all of them is a phrase.")
    return Rule(kind=cast(Kind, kind), text=plain, **facts)


def options(memory: int) -> re2.Options:
    """How everything is compiled: quietly, bounded, in either case."""
    chosen = re2.Options()
    chosen.max_mem = memory
    chosen.log_errors = False
    chosen.case_sensitive = False
    return chosen


def compiled(pattern: str) -> Any:
    """A regular expression in RE2. Raises BadValue for one that is too large, or that RE2 does not know."""
    if len(pattern) > LONGEST:
        raise BadValue(quote(pattern), f"a rule has up to {LONGEST} characters.")
    try:
        found = re2.compile(pattern, options(LARGEST))
    except re2.error as error:
        raise BadValue(quote(pattern), f"this is no regular expression for RE2 ({_why(error)}).") from None
    if found.search("") is not None:
        raise BadValue(quote(pattern), "this is found in every text.")
    return found


def _why(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return quote(said.decode(errors="replace") if isinstance(said, bytes) else str(said))
