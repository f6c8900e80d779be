"""The first reading of a prompt: text in, phrases and flags out; what the flags mean comes later.

Words, separators (`|` and `;`) and flags. `::` and `::2` at the end of a word end the phrase too, as in
"hot:: dog". Double quotes keep what is between them together, separators and dashes included; a phrase that
is quoted as a whole loses the quotes (and reads `\\"` as `"`). “Curly quotes” keep things together too, and
stay. So do braces with a comma between them (see `dreamqueue.braces`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dreamqueue.braces import CHOICES
from dreamqueue.course import Course, values_of
from dreamqueue.errors import BadValue
from dreamqueue.prompt.flags import FLAGS
from dreamqueue.prompt.weights import split_weight
from dreamqueue.text import FLAG_DASHES, quote

SEPARATORS = frozenset("|;")

_QUOTED = r'(?<![^\s|;(\[{=:,])(?:"(?:\\.|[^"\\])*"|“[^”]*”)'
_TOKEN = re.compile(rf"[|;]|(?:{CHOICES}|{_QUOTED}|[^\s|;])+")
_WHOLE = re.compile(r'"((?:\\.|[^"\\])*)"')
_ASKED = re.compile(r"\s*[/.!]imagine(?:\s+prompt:|(?=\s))", re.IGNORECASE)
"""What is pasted with a prompt from elsewhere."""
_ENDED = re.compile(r"[^\"“]*::[-+−–]?[0-9.,@%:…eE-]*")
_FLAG = re.compile(rf"(?P<dashes>{FLAG_DASHES})(?P<name>[^\W\d_][^=:]*)(?:[=:](?P<value>.*))?")
_ITEM = re.compile(rf'(?:{CHOICES}|"[^"]*"|“[^”]*”|[^,])+')
_TWO_SIDED = frozenset({"size", "ar"})
_BETWEEN = frozenset({"x", "X", "×", ":"})


@dataclass(frozen=True)
class Piece:
    """A phrase as typed: its words, and the weight and stop written after them, if they were."""

    text: str
    weight: Course | None = None
    stop: float | None = None

    @property
    def steers_towards(self) -> bool:
        """False for words that are not wanted."""
        return self.weight is None or max(values_of(self.weight)) > 0


@dataclass(frozen=True)
class Use:
    """A flag as typed; `value` is None where nothing followed it."""

    name: str
    value: str | None
    brought_by: str = ""
    """The trick that it came with; empty if a member typed it."""

    @property
    def said(self) -> str:
        """The flag and its value, to be quoted in an answer."""
        typed = f"--{self.name}" if self.value is None else f"--{self.name} {self.value}"
        return quote(f"{typed} (of --{self.brought_by})" if self.brought_by else typed)


@dataclass
class Asked:
    """What was found in a prompt, in the order of the typing."""

    pieces: list[Piece] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)


def read(text: str, is_flag: Callable[[str], bool] = lambda name: True) -> Asked:
    """Phrases and flags of a normalised prompt.

    A phone's single dash (`—seed`) begins a flag only where `is_flag` knows the name, so that a poem may
    have lines like "—and then". `--no` takes all words up to the next flag or separator; before the prompt
    ("--no people a hut") it takes one word, or several with commas.
    """
    asked, words = Asked(), list[str]()
    tokens = _Tokens(_TOKEN.findall(_ASKED.sub("", text, count=1) if _ASKED.match(text) else text), is_flag)
    for token in tokens:
        flag = tokens.flag(token)
        if token in SEPARATORS:
            _end_phrase(words, asked)
        elif flag is None:
            words.append(token)
            if _ENDED.fullmatch(token):
                _end_phrase(words, asked)
        else:
            leading = not words and not asked.pieces
            name = _name(flag)
            asked.uses.append(
                Use(name, _value(name, flag["value"], tokens, greedy=name == "no" and not leading))
            )
    _end_phrase(words, asked)
    return asked


def piece_of(phrase: str) -> Piece | None:
    """A phrase's words and weight; None if there are no words."""
    words, weight, stop = split_weight(phrase)
    whole = _WHOLE.fullmatch(words)
    if whole is not None:
        words = re.sub(r'\\(["\\])', r"\1", whole[1]).strip()
    if words:
        return Piece(words, weight, stop)
    if weight is not None:
        raise BadValue(quote(phrase), "there are no words before this weight.")
    return None


def unquoted(value: str) -> str:
    """A flag's value without the quotes around it."""
    return value[1:-1].strip() if len(value) > 1 and value[0] + value[-1] in {'""', "“”"} else value


def items(value: str) -> list[str]:
    """What stands between the commas, quotes taken off."""
    parts = (unquoted(part.strip()) for part in _ITEM.findall(value))
    return [part for part in parts if part]


def _end_phrase(words: list[str], asked: Asked) -> None:
    phrase = " ".join(words)
    piece = piece_of(phrase[:-2].rstrip() if phrase.endswith("::") else phrase)
    words.clear()
    if piece is not None:
        asked.pieces.append(piece)


def _name(flag: re.Match[str]) -> str:
    return flag["name"].rstrip(",.!").casefold()


def _value(name: str, attached: str | None, tokens: _Tokens, *, greedy: bool) -> str | None:
    if name not in FLAGS:
        return attached
    if not FLAGS[name].takes:
        return attached
    if attached is None and tokens.next_word() == "=":
        next(tokens)
    first = attached or (next(tokens) if tokens.next_word() is not None else None)
    if first is None:
        return None
    taken = [first]
    if greedy:
        while tokens.next_word() is not None:
            taken.append(next(tokens))
    elif FLAGS[name].listed:
        while taken[-1].endswith(",") and tokens.next_word() is not None:
            taken.append(next(tokens))
    elif name in _TWO_SIDED and tokens.next_word() in _BETWEEN and (tokens.next_word(1) or "")[:1].isdigit():
        return first + next(tokens) + next(tokens)
    return " ".join(taken)


class _Tokens(Iterator[str]):
    """Tokens with a look at the next one."""

    def __init__(self, tokens: list[str], is_flag: Callable[[str], bool]) -> None:
        self._tokens, self._is_flag, self._at = tokens, is_flag, 0

    def __next__(self) -> str:
        if self._at == len(self._tokens):
            raise StopIteration
        self._at += 1
        return self._tokens[self._at - 1]

    def flag(self, token: str) -> re.Match[str] | None:
        """The parts of a flag, None for other tokens."""
        match = _FLAG.fullmatch(token)
        certain = match is None or len(match["dashes"]) > 1 or self._is_flag(_name(match))
        return match if certain else None

    def next_word(self, ahead: int = 0) -> str | None:
        """The next token (or one further ahead) if it is neither a separator nor a flag."""
        if self._at + ahead >= len(self._tokens):
            return None
        token = self._tokens[self._at + ahead]
        return None if token in SEPARATORS or self.flag(token) else token
