"""Styles: words that are added by name, and the list that opens while a name is typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dreamconfig.catalogue import Style
from dreamqueue.prompt.menu import name_of, whole_menu
from dreamqueue.prompt.reading import Piece, Use, read, unquoted
from dreamqueue.prompt.suggestions import LONGEST_SUGGESTION, MOST_SUGGESTIONS, alike
from dreamqueue.recipe import UsedStyle
from dreamqueue.text import normalise

SLOT = "{prompt}"


def apply_styles(
    phrases: Sequence[Piece], chosen: Sequence[Style], away: float
) -> tuple[list[Piece], tuple[UsedStyle, ...]]:
    """The phrases with the styles worked in, and a record of them.

    A style with `{prompt}` is put around the first phrase that is steered towards, the next one around that;
    a style without it becomes a phrase of its own, at the end. What a style steers away from is a phrase of
    weight `away`, after all others.
    """
    styled = list(phrases)
    first = next(index for index, phrase in enumerate(styled) if phrase.steers_towards)
    for style in chosen:
        if SLOT in style.text:
            text = normalise(style.text.replace(SLOT, styled[first].text))
            styled[first] = replace(styled[first], text=text)
        elif style.text:
            styled.append(Piece(normalise(style.text)))
    unwanted = dict.fromkeys(normalise(style.negative) for style in chosen if style.negative)
    styled += [Piece(words, away) for words in unwanted]
    return styled, tuple(_used(style) for style in chosen)


def brought(chosen: Iterable[Style], typed: Mapping[str, Use]) -> dict[str, Use]:
    """The flags that styles bring along, by name; of two styles with one flag the later one's counts.

    Typed flags win: also a typed size over a shape, and a typed backend over a preset of another.
    """
    found: dict[str, Use] = {}
    for style in chosen:
        for use in read(style.flags).uses if style.flags else ():
            if use.value is not None:
                found[use.name] = Use(use.name, unquoted(use.value).rstrip(","), style.name)
    for said, instead in (("size", "ar"), ("backend", "preset"), ("preset", "backend")):
        if said in typed:
            found.pop(instead, None)
    return found


def _used(style: Style) -> UsedStyle:
    return UsedStyle(
        name=style.name,
        text=style.text,
        version=style.version,
        negative=style.negative,
        flags=style.flags,
    )


def suggest_styles(typed: str, styles: Mapping[str, Style] | None = None) -> list[Style]:
    """Styles whose names begin with, then contain, then resemble what is typed.

    After a comma the last name is completed and the earlier ones are kept: each suggestion's `name` is the
    whole value, ready to be put in the field.
    """
    known = whole_menu().styles if styles is None else styles
    *earlier, last = (name_of(part) for part in normalise(typed).split(","))
    chosen = [name for name in known if name_of(name) in earlier]
    found = [
        known[name].model_copy(update={"name": ",".join([*chosen, name])})
        for name in alike(last, known)
        if name not in chosen
    ]
    return [style for style in found if len(style.name) <= LONGEST_SUGGESTION][:MOST_SUGGESTIONS]
