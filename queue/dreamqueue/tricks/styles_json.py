"""Fooocus' styles: a JSON list of `{"name": …, "prompt": "… {prompt} …", "negative_prompt": …}`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from dreamqueue.errors import TrickError
from dreamqueue.text import normalise, quote
from dreamqueue.tricks.foreign import Row, plain_words
from dreamqueue.tricks.record import Trick

_FIELDS = {"name": "name", "prompt": "text", "negative_prompt": "negative"}


def rows(text: str) -> Iterator[Row]:
    """The entries of the list. Raises TrickError for a file that is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TrickError("The file is no JSON that I can read.") from error
    entries = [found] if isinstance(found, dict) and "name" in found else found
    if not isinstance(entries, list):
        raise TrickError('I need a list here: `[{"name": …, "prompt": …, "negative_prompt": …}, …]`.')
    for number, entry in enumerate(entries, 1):
        where = f"entry {number}"
        if not isinstance(entry, dict):
            yield Row(where, losses=("this is no trick: I need a name and a prompt in braces",))
            continue
        yield _row(where, entry)


def write(tricks: Iterable[Trick]) -> str:
    """The file. Fooocus drops the member's words where a style has no place for them, so it gets one."""
    entries = [
        {
            "name": trick.name,
            "prompt": trick.text if "{prompt}" in trick.text else f"{{prompt}}, {trick.text}".rstrip(", "),
            "negative_prompt": trick.negative,
        }
        for trick in tricks
    ]
    return json.dumps(entries, indent=2, ensure_ascii=False) + "\n"


def _row(where: str, entry: dict[str, object]) -> Row:
    said: dict[str, str] = {}
    losses: list[str] = []
    for key, value in entry.items():
        field = _FIELDS.get(key)
        if field is None:
            losses.append(f"`{quote(normalise(key[:200]), 30)}` is not known here and was left out")
        elif isinstance(value, str):
            words, lost = (value, ()) if field == "name" else plain_words(value)
            said[field] = words
            losses += lost
        elif value is not None:
            losses.append(f"`{key}` is no text and was left out")
    name, text, negative = (said.get(field, "") for field in _FIELDS.values())
    return Row(where, name, text, negative, losses=tuple(dict.fromkeys(losses))[:8])
