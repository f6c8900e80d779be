"""What Discord finds wrong with a message, a modal or a command, with its own codes (50035)."""

from __future__ import annotations

import re
from typing import Any

from dreampractice import errors

Json = dict[str, Any]

EMBED_LIMITS = {"title": 256, "description": 4096}
ROW, BUTTON, SELECT, TEXT_INPUT, LABEL = 1, 2, 3, 4, 18
SELECTS = (3, 5, 6, 7, 8)
LOCALES = re.compile(
    "id|da|de|en-GB|en-US|es-ES|es-419|fr|hr|it|lt|hu|nl|no|pl|pt-BR|ro|fi|sv-SE|vi|tr|cs|el|bg|ru|uk|hi|th|"
    "zh-CN|ja|zh-TW|ko"
)
"""Languages of Discord's clients."""
COMMAND_NAME = re.compile(r"^[-_'\w]{1,32}$")


def longer_than(path: str, text: object, limit: int) -> None:
    """Refuse a text above its limit."""
    if isinstance(text, str) and len(text) > limit:
        raise errors.invalid(path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")


def required(path: str, value: object) -> None:
    """Refuse what is missing or empty."""
    if value is None or value == "":
        raise errors.invalid(path, "BASE_TYPE_REQUIRED", "This field is required")


def message(data: Json, content_limit: int, prefix: str = "") -> None:
    """The parts of a message that have limits."""
    longer_than(f"{prefix}content", data.get("content"), content_limit)
    embeds = data.get("embeds") or []
    if len(embeds) > 10:
        raise errors.invalid(f"{prefix}embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    total = sum(_embed(embed, f"{prefix}embeds.{n}") for n, embed in enumerate(embeds))
    if total > 6000:
        raise errors.invalid(
            f"{prefix}embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000"
        )
    components(data.get("components") or [], f"{prefix}components")


def _embed(embed: Json, path: str) -> int:
    footer, author = embed.get("footer") or {}, embed.get("author") or {}
    total = 0
    for key, limit in EMBED_LIMITS.items():
        longer_than(f"{path}.{key}", embed.get(key), limit)
        total += len(embed.get(key) or "")
    longer_than(f"{path}.footer.text", footer.get("text"), 2048)
    longer_than(f"{path}.author.name", author.get("name"), 256)
    total += len(footer.get("text") or "") + len(author.get("name") or "")
    rows = embed.get("fields") or []
    if len(rows) > 25:
        raise errors.invalid(f"{path}.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for n, row in enumerate(rows):
        for key, limit in (("name", 256), ("value", 1024)):
            required(f"{path}.fields.{n}.{key}", row.get(key))
            longer_than(f"{path}.fields.{n}.{key}", row.get(key), limit)
            total += len(row[key])
    return total


def components(rows: list[Json], path: str) -> None:
    """Action rows with their buttons and menus."""
    if len(rows) > 5:
        raise errors.invalid(path, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    seen: set[str] = set()
    for n, row in enumerate(rows):
        if row.get("type") != ROW:
            raise errors.invalid(f"{path}.{n}.type", "UNION_TYPE_CHOICES", "Value must be one of (1,).")
        parts = row.get("components") or []
        if not 1 <= len(parts) <= 5:
            where = f"{path}.{n}.components"
            raise errors.invalid(where, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
        for m, part in enumerate(parts):
            _part(part, f"{path}.{n}.components.{m}", seen)


def _part(part: Json, path: str, seen: set[str]) -> None:
    kind = part.get("type")
    if kind == BUTTON:
        longer_than(f"{path}.label", part.get("label"), 80)
        if part.get("style") == 5:
            required(f"{path}.url", part.get("url"))
            return
    elif kind not in SELECTS:
        raise errors.invalid(f"{path}.type", "UNION_TYPE_CHOICES", "Value must be one of (2, 3, 5, 6, 7, 8).")
    if kind == SELECT and not 1 <= len(part.get("options") or []) <= 25:
        raise errors.invalid(f"{path}.options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.")
    custom_id = part.get("custom_id")
    required(f"{path}.custom_id", custom_id)
    longer_than(f"{path}.custom_id", custom_id, 100)
    if custom_id in seen:
        raise errors.invalid(
            f"{path}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
        )
    seen.add(str(custom_id))


def modal(data: Json) -> None:
    """A dialog: title, id, one to five fields."""
    for key, limit in (("custom_id", 100), ("title", 45)):
        required(f"data.{key}", data.get(key))
        longer_than(f"data.{key}", data[key], limit)
    rows = data.get("components") or []
    if not 1 <= len(rows) <= 5:
        raise errors.invalid("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for n, row in enumerate(rows):
        path = f"data.components.{n}"
        if row.get("type") == ROW and len(row.get("components") or []) != 1:
            raise errors.invalid(f"{path}.components", "BASE_TYPE_BAD_LENGTH", "Must be 1 in length.")
        longer_than(f"{path}.label", row.get("label"), 45)


def choices(data: Json) -> None:
    """An autocomplete answer: 25 choices at most, 100 characters each."""
    rows = data.get("choices") or []
    if len(rows) > 25:
        raise errors.invalid("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for n, row in enumerate(rows):
        for key in ("name", "value"):
            required(f"data.choices.{n}.{key}", row.get(key))
            longer_than(f"data.choices.{n}.{key}", row[key], 100)


def command(data: Json, path: str = "") -> None:
    """A command's name, description and options."""
    required(f"{path}name", data.get("name"))
    _localised(data, path)
    if data.get("type", 1) == 1:
        name = data["name"]
        if not COMMAND_NAME.match(name) or name != name.lower():
            raise errors.invalid(f"{path}name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
        required(f"{path}description", data.get("description"))
        longer_than(f"{path}description", data["description"], 100)
    _options(data.get("options") or [], f"{path}options")


def _localised(data: Json, path: str) -> None:
    """Names and descriptions in other languages have the limits of their own."""
    for key, limit in (("name", 32), ("description", 100)):
        for locale, text in (data.get(f"{key}_localizations") or {}).items():
            here = f"{path}{key}_localizations.{locale}"
            if not LOCALES.fullmatch(locale):
                raise errors.invalid(here, "BASE_TYPE_CHOICES", "Value must be a valid locale.")
            required(here, text)
            longer_than(here, text, limit)


def _options(options: list[Json], path: str) -> None:
    if len(options) > 25:
        raise errors.invalid(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    optional = False
    for n, option in enumerate(options):
        here = f"{path}.{n}"
        required(f"{here}.name", option.get("name"))
        required(f"{here}.description", option.get("description"))
        longer_than(f"{here}.description", option["description"], 100)
        _localised(option, f"{here}.")
        if len(option.get("choices") or []) > 25:
            raise errors.invalid(f"{here}.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        if option.get("required") and optional:
            raise errors.invalid(
                here,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional |= not option.get("required") and option.get("type") not in (1, 2)
        _options(option.get("options") or [], f"{here}.options")
