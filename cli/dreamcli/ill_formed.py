"""Settings that are ill formed, in a sentence for each, by the name under which they are set."""

from __future__ import annotations

import re

from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError

from dreamconfig import settings

PREFIX = "DREAM_"
LONGEST = 60
"""Characters of a value that are said."""


def sentences(error: ValidationError | SettingsError) -> list[str]:
    """What is wrong with which setting; empty if it is not about our settings. Secrets are not said."""
    if isinstance(error, SettingsError):
        named = re.search(r'field "(\w+)"', str(error))
        return [f"{PREFIX}{named[1].upper()} cannot be read."] if named else []
    kinds = {kind.__name__: kind for kind in vars(settings).values() if isinstance(kind, type)}
    kind = kinds.get(error.title)
    if kind is None or not issubclass(kind, settings.QueueSettings):
        return []
    said = []
    for one in error.errors(include_url=False, include_context=False):
        field = str(one["loc"][0])
        secret = kind.model_fields[field].annotation is SecretStr
        said.append(_sentence(field, one["input"], one["msg"], secret))
    return said


def _sentence(field: str, value: object, why: str, secret: bool) -> str:
    shown = str(value)
    said = "" if secret else f" is `{shown if len(shown) <= LONGEST else shown[:LONGEST] + '…'}`"
    why = why.removeprefix("Value error, ").removeprefix("Input should be ").partition(", unable to")[0]
    return f"{PREFIX}{field.upper()}{said}{':' if secret else ', and should be'} {why}."
