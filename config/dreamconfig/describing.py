"""The words that /describe chooses from, read from describing.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

SUBJECT = "{subject}"

Words = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=60)], ...], Field(min_length=1)]


class Vocabulary(BaseModel):
    """Lists of words by kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subjects: Words
    media: Words
    """Each with `{subject}` in it."""
    styles: Words
    modifiers: Words


@cache
def vocabulary() -> Vocabulary:
    """The shipped words."""
    return Vocabulary(**tomllib.loads(files("dreamconfig").joinpath("describing.toml").read_text("utf-8")))
