"""Names of tricks: how they are spelt, and which of them people would take for one another.

A skeleton in the sense of Unicode's report 39 on confusable characters, made small: a name's letters without
accents, with the letters of other alphabets that look like Latin ones put in their place. Two names with one
skeleton are one name to the eye.
"""

from __future__ import annotations

import re
import unicodedata

from dreamqueue.errors import TrickError
from dreamqueue.prompt.menu import name_of
from dreamqueue.text import normalise, quote
from dreamqueue.tricks.record import LONGEST_NAME

_ALIKE = {
    "aаαɑꭺ": "a",
    "bвьβᏼ": "b",
    "cсϲꮯ": "c",
    "dԁꭰ": "d",
    "eеєεꭼ": "e",
    "gɡցꮐ": "g",
    "hһнհꮋ": "h",
    "jјϳꭻ": "j",
    "kкκꮶ": "k",
    "l1iіιӏıɩꮮꭵ|": "l",
    "mмꮇ": "m",
    "nпηոи": "n",
    "o0оοσօ": "o",
    "pрρꮲ": "p",
    "qԛզ": "q",
    "rгꭱ": "r",
    "sѕꮪ": "s",
    "tтτꭲ": "t",
    "uυսцμ": "u",
    "vѵνꮩ": "v",
    "wԝωшꮃ": "w",
    "xхχ": "x",
    "yуүγ": "y",
    "zꮓ": "z",
    "3зӡ": "3",
    "ө": "o",
    "ð": "d",
}
_LATIN = {ord(letter): latin for letters, latin in _ALIKE.items() for letter in letters}
_VARIANT = re.compile(
    r"LATIN (?:LETTER SMALL CAPITAL|SMALL LETTER(?: DOTLESS| SCRIPT| OPEN)?) ([A-Z])(?: WITH .*)?"
)
_PAIRS = (("rn", "m"), ("vv", "w"))
_LOOK_ALIKE_SCRIPTS = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})


def trick_name(typed: str) -> str:
    """The name as it is kept: `Unreal Engine!` is `unreal-engine`. Raises TrickError where nothing is left,
    where it is too long or where alphabets that look alike are mixed in it."""
    typed = normalise(typed[: 20 * LONGEST_NAME])
    said = quote(typed, 30)
    plain = unicodedata.normalize("NFKC", typed.casefold())
    kept = "".join(one if unicodedata.category(one)[0] in "LN" else " " for one in plain)
    name = name_of(kept)
    if not any(unicodedata.category(one)[0] == "L" for one in name) or name_of(name) != name:
        raise TrickError(f"`{said}`: a name needs letters; digits and dashes may be among them.")
    if len(name) > LONGEST_NAME:
        raise TrickError(f"`{said}`: a name has at most {LONGEST_NAME} characters.")
    scripts = {unicodedata.name(one, "?").split()[0] for one in name if unicodedata.category(one)[0] == "L"}
    if len(scripts) > 1 and scripts & _LOOK_ALIKE_SCRIPTS:
        raise TrickError(f"`{said}` mixes letters of alphabets that look alike; please write it in one.")
    return name


def skeleton(name: str) -> str:
    """What a name looks like: equal for names that cannot be told apart at a glance."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    bare = (_plain(one) for one in apart if unicodedata.category(one)[0] in "LN")
    seen = "".join(bare).translate(_LATIN)
    for pair, one in _PAIRS:
        seen = seen.replace(pair, one)
    return seen


def _plain(letter: str) -> str:
    variant = _VARIANT.fullmatch(unicodedata.name(letter, ""))
    return variant[1].lower() if variant else letter
