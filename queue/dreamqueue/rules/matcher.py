"""Finds which rules a text breaks, in time linear in the text, whoever wrote rules and text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import re2

from dreamqueue.rules import spelling
from dreamqueue.rules.rule import Rule, compiled, options

MOST_RULES = 2000
MOST_PATTERNS = 100
"""Regular expressions among them."""
LONGEST_TEXT = 20_000
"""Characters of a text that are looked at; nobody may ask for as many, nor for a third of it."""
TAKEN = " 〇〇 "
"""What stands where something allowed was taken out, so that its neighbours do not become a phrase."""
MEMORY = 64 * 2**20
"""Bytes for all words and phrases together, at most."""


class Matcher:
    """A set of rules, ready to be held against texts. Of two rules of one name the later one counts."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        """Raises BadValue for a regular expression that RE2 does not take."""
        self.rules = tuple({rule.name: rule for rule in rules}.values())
        self._words = _Rows([rule for rule in self.rules if rule.kind == "word"], spelling.words)
        self._phrases = _Rows(
            [rule for rule in self.rules if rule.kind == "phrase"],
            lambda text: spelling.parted(spelling.words(text)),
        )
        self._patterns = [(rule, compiled(rule.text)) for rule in self.rules if rule.kind == "regex"]
        allowed = [spelling.words(spelling.plain(rule.text)) for rule in self.rules if rule.kind == "allow"]
        longest_first = sorted((_row(words) for words in allowed), key=len, reverse=True)
        self._allowed = (
            re2.compile("|".join(map(re2.escape, longest_first)), options(MEMORY)) if allowed else None
        )

    def broken_by(self, *texts: str) -> list[Rule]:
        """The rules that any of these texts breaks, in their order."""
        if not (self._words or self._phrases or self._patterns):
            return []
        found: set[str] = set()
        for text in dict.fromkeys(texts):
            found |= self._found(self._without_allowed(spelling.plain(spelling.bounded(text, LONGEST_TEXT))))
        return [rule for rule in self.rules if rule.name in found]

    def _found(self, text: str) -> set[str]:
        folded = spelling.folded(text)
        readings = spelling.readings(folded)
        alone = [[word] for reading in readings for word in spelling.hidden(reading)]
        found = self._words.found(readings + alone)
        found |= self._phrases.found([spelling.parted(reading) for reading in readings])
        for rule, pattern in self._patterns:
            if any(pattern.search(form) is not None for form in dict.fromkeys((text, folded))):
                found.add(rule.name)
        return found

    def _without_allowed(self, text: str) -> str:
        if self._allowed is None:
            return text
        words = list(spelling.pieces(text))
        row = "".join(f" {piece} " for is_word, piece in words if is_word)
        spans = [match.span() for match in self._allowed.finditer(row)]
        if not spans:
            return text
        kept, at = [], 0
        taken = iter(spans)
        start, end = next(taken)
        for is_word, piece in words:
            if not is_word:
                kept.append(piece)
                continue
            while at >= end and (span := next(taken, None)):
                start, end = span
            kept.append(TAKEN if start <= at < end else piece)
            at += len(piece) + 2
        return "".join(kept)


class _Rows:
    """Words in a row, looked for among other words in a row: ` peg  leg ` in ` a  peg  leg `."""

    def __init__(self, rules: Sequence[Rule], read: Any) -> None:
        rows = {rule.name: _row(read(spelling.folded(spelling.plain(rule.text)))) for rule in rules}
        self._names = [name for name, row in rows.items() if row]
        self._set = None
        if self._names:
            self._set = re2.Set.SearchSet(options(MEMORY))
            for name in self._names:
                self._set.Add(re2.escape(rows[name]))
            self._set.Compile()

    def __bool__(self) -> bool:
        return bool(self._names)

    def found(self, readings: Iterable[Sequence[str]]) -> set[str]:
        """Names of the rules whose words are in one of these."""
        if self._set is None:
            return set()
        text = "\n".join(map(_row, readings))
        return {self._names[number] for number in self._set.Match(text) or ()}


def _row(words: Iterable[str]) -> str:
    return "".join(f" {word} " for word in words)
