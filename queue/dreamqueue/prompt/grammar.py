"""The prompt grammar: what a member typed becomes a recipe, or an answer that says what would be right."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from dreamconfig.catalogue import BackendEntry, Style
from dreamqueue.errors import BadValue, PromptError, UnknownWord
from dreamqueue.prompt import habits, sampling, steering, values
from dreamqueue.prompt.candidates import candidates
from dreamqueue.prompt.collections import collection
from dreamqueue.prompt.courses import course
from dreamqueue.prompt.elsewhere import elsewhere, typical
from dreamqueue.prompt.flags import FLAGS
from dreamqueue.prompt.limits import Limits
from dreamqueue.prompt.menu import Menu, find, name_of, nearest, resembles, whole_menu
from dreamqueue.prompt.reading import Asked, Piece, Use, items, piece_of, read, unquoted
from dreamqueue.prompt.several import possible
from dreamqueue.prompt.story import chapters
from dreamqueue.prompt.styles import apply_styles, brought
from dreamqueue.prompt.understood import check_flags, check_model, check_stops
from dreamqueue.prompt.weights import away
from dreamqueue.recipe import MAX_SEED, Phrase, Recipe
from dreamqueue.text import normalise, quote

NO_WEIGHT = -0.5
"""How strongly `--no` steers away."""

MOST_CRITICS = 3
"""Each one looks at every step."""

NOTHING = (
    "What should I paint? Tell me in a few words, such as `a hut in a blizzard | oil painting` "
    "(`--no` and flags only change how)."
)


def random_seed() -> int:
    """A seed that nobody has chosen."""
    return secrets.randbelow(MAX_SEED + 1)


def parse(
    text: str,
    *,
    options: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    menu: Menu | None = None,
    image: str | None = None,
    seed: Callable[[], int] = random_seed,
) -> Recipe:
    """The recipe that was asked for; raises PromptError where there is none.

    `options` are the fields of the slash command, by the names and in the grammar of the flags. A flag in
    the text wins over its field; styles and `no` of both add up. `image` is the blob key of an initial
    picture.
    """
    menu, limits = menu or whole_menu(), limits or Limits()
    _check_length(text, len(text), 3 * limits.max_characters)
    asked = read(normalise(text), _is_flag(menu))
    said = _said(asked, options or {}, menu)
    story = chapters(said.values["story"]) if "story" in said.values else []
    phrases = [*asked.pieces, *story, *said.no]
    if not any(phrase.steers_towards for phrase in phrases):
        raise PromptError(NOTHING)
    styled, used = apply_styles(phrases, said.styles, NO_WEIGHT)
    _check_length(text, sum(len(phrase.text) for phrase in styled), limits.max_characters)
    if len(styled) > limits.max_phrases:
        raise PromptError(f"That is {len(styled)} phrases, and I steer by {limits.max_phrases} at most.")
    backend, entry, preset = _backend(said.values, menu)
    check_flags(said.values.values(), backend, menu.backends)
    own = entry.of(preset)
    width, height = _size(said.values, own, limits, entry.fixed(preset))
    recipe = Recipe(
        phrases=tuple(_phrase(piece) for piece in styled),
        backend=backend,
        preset=preset,
        critic=_critics(said.values, menu),
        width=width,
        height=height,
        steps=_steps(said.values, own, limits, len(story)),
        seed=values.whole_number(said.values["seed"], 0, MAX_SEED) if "seed" in said.values else seed(),
        image=image,
        image_weight=course(said.values["iw"], 0, 100) if "iw" in said.values else 1.0,
        collection=collection(said.values),
        tv=course(said.values["tv"], 0, 10) if "tv" in said.values else None,
        saturation=course(said.values["saturation"], -10, 10) if "saturation" in said.values else 0.0,
        symmetry=_symmetry(said.values),
        **steering.asked(said.values),
        **sampling.asked(said.values, menu.loras),
        **habits.asked(said.values),
        styles=used,
        **candidates(said.values)._asdict(),
    )
    check_stops(recipe.phrases, backend, menu.backends)
    check_model(recipe, menu.backends, menu.loras)
    if "hires" in said.values:
        sampling.check_first_pass(said.values["hires"], recipe, own.multiple)
    return possible(recipe, limits)


def _is_flag(menu: Menu) -> Callable[[str], bool]:
    @cache
    def known(name: str) -> bool:
        near = (style for style in menu.styles if style[:1] == name[:1])
        return menu.style(name) is not None or resembles(name, [*FLAGS, *near]) or typical(name)

    return known


@dataclass(frozen=True)
class _Said:
    values: dict[str, Use]
    """Flags that are said once, by name."""
    styles: list[Style]
    no: list[Piece]


def _said(asked: Asked, options: Mapping[str, str], menu: Menu) -> _Said:
    fields = [Use(name, normalise(value)) for name, value in options.items()]
    fields = [use for use in fields if use.value]
    once = {use.name: use for use in fields if use.name in FLAGS and not FLAGS[use.name].many}
    typed: dict[str, Use] = {}
    styles: dict[str, Style] = {}
    no: list[Piece] = []
    for use in [*(use for use in fields if use.name not in once), *asked.uses]:
        style = _style_of(use, menu)
        if style is not None:
            styles.setdefault(style.name, style)
        elif FLAGS[use.name].takes and not (use.value and items(use.value)):
            flag = FLAGS[use.name]
            raise BadValue(use.said, f"something has to follow here ({flag.about}): `{flag.example}`.")
        elif use.name == "style":
            found = (
                menu.style(item) or find("style", item, menu.styles)[1] for item in items(use.value or "")
            )
            styles.update((style.name, style) for style in found)
        elif use.name == "no":
            no.extend(_away(item, use) for item in items(use.value or ""))
        elif use.name in typed:
            both = f"{typed[use.name].said} {use.said}"
            raise BadValue(both, f"`--{use.name}` is there twice; please keep one of them.")
        else:
            value = None if use.value is None else unquoted(use.value).rstrip(",")
            typed[use.name] = Use(use.name, value)
    if "size" in typed:
        once.pop("ar", None)
    values = {**once, **typed}
    return _Said({**brought(styles.values(), values), **values}, list(styles.values()), no)


def _style_of(use: Use, menu: Menu) -> Style | None:
    """The style that a flag names (`--unreal-engine`); None for a flag of the grammar."""
    if use.name in FLAGS:
        return None
    style = menu.style(use.name)
    if style is None and (why := elsewhere(use.name)):
        raise BadValue(use.said, why)
    if style is None:
        close = [f"--{name}" for name in nearest(use.name, [*FLAGS, *menu.styles])]
        raise UnknownWord("flag", quote(f"--{use.name}"), close, [f"--{name}" for name in FLAGS])
    if use.value:
        raise BadValue(use.said, f"a style takes no value here. Words of your own do: `{use.name}:0.5`.")
    return style


def _away(item: str, use: Use) -> Piece:
    piece = piece_of(item)
    weight = away(piece.weight, NO_WEIGHT) if piece is not None else None
    if piece is None or weight is None:
        raise BadValue(use.said, "`--no` steers away already; please write the words, or a weight above 0.")
    return replace(piece, weight=weight)


def _phrase(piece: Piece) -> Phrase:
    return Phrase(text=piece.text, weight=1.0 if piece.weight is None else piece.weight, stop=piece.stop)


def _backend(said: Mapping[str, Use], menu: Menu) -> tuple[str, BackendEntry, str]:
    """The backend, its entry and the preset. A preset alone brings its backend along."""
    wanted = name_of(said["preset"].value or "") if "preset" in said else ""
    owners = [name for name, entry in menu.backends.items() if wanted in map(name_of, entry.presets)]
    chosen = said["backend"].value if "backend" in said else next(iter(owners), None)
    name, entry = find("backend", chosen or next(iter(menu.backends)), menu.backends)
    return name, entry, find(f"`{name}` preset", wanted, entry.presets)[0] if wanted else entry.preset


def _critics(said: Mapping[str, Use], menu: Menu) -> str:
    """Names with commas between them, each once."""
    if "critic" not in said:
        return next(iter(menu.critics))
    use = said["critic"]
    names = dict.fromkeys(find("critic", item, menu.critics)[0] for item in items(use.value or ""))
    if len(names) > MOST_CRITICS:
        raise BadValue(use.said, f"at most {MOST_CRITICS} critics look at one picture.")
    return ",".join(names)


def _symmetry(said: Mapping[str, Use]) -> Literal["", "x", "y", "xy"]:
    if "symmetry" not in said:
        return ""
    match name_of(said["symmetry"].value or ""):
        case "x":
            return "x"
        case "y":
            return "y"
        case "xy" | "yx" | "x,y" | "y,x":
            return "xy"
    raise BadValue(
        said["symmetry"].said, "I need `x` (left mirrors right), `y` (top mirrors bottom) or `xy` here."
    )


def _steps(said: Mapping[str, Use], entry: BackendEntry, limits: Limits, parts: int) -> int:
    """What was asked for, else the preset's own number, and half of that more for each turn of a story."""
    most = min(entry.max_steps, limits.max_steps)
    usual = entry.steps
    usual += max(0, parts - 1) * usual // 2
    return values.whole_number(said["steps"], 1, most) if "steps" in said else min(usual, most)


def _size(
    said: Mapping[str, Use], entry: BackendEntry, limits: Limits, fixed: tuple[int, int] | None
) -> tuple[int, int]:
    if fixed is not None and limits.fits(*fixed):
        return _only(said, fixed, limits, entry.multiple)
    if "size" in said:
        width, height = values.size(said["size"], limits, entry.multiple)
    else:
        width, height = limits.nearest(*entry.size, entry.multiple)
    if "ar" in said:
        return values.shape(said["ar"], width * height, limits, entry.multiple)
    return width, height


def _only(said: Mapping[str, Use], fixed: tuple[int, int], limits: Limits, multiple: int) -> tuple[int, int]:
    """The one size that a model can do; raises BadValue for another."""
    area = fixed[0] * fixed[1]
    asked = [values.size(said["size"], limits, multiple)] if "size" in said else []
    asked += [values.shape(said["ar"], area, limits, multiple)] if "ar" in said else []
    if any(size != fixed for size in asked):
        use = said["size" if "size" in said else "ar"]
        raise BadValue(
            use.said, f"this model paints {fixed[0]}x{fixed[1]} only; please leave the size to it."
        )
    return fixed


def _check_length(text: str, length: int, most: int) -> None:
    if length > most:
        raise BadValue(
            quote(text[:60], 30), f"that is {length:,} characters long, and I read up to {most:,}."
        )
