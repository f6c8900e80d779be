"""A community's word rules to begin with: the TOML file that DREAM_WORD_RULES names.

[[rules]]
words = ["peg"]              # whole words
phrases = ["peg leg"]        # words in a row
regexes = ['\\bpe+g\\b']       # in RE2's syntax; a word's edge (\\b) is one between Latin letters there
reason = "No pegs here."     # what the member is told
action = "refuse"            # or "tell": it is painted, and moderators read of it

[[rules]]
allow = ["peg solitaire"]    # taken out of a text before anything is looked for
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dreamqueue.errors import BadValue
from dreamqueue.rules.rule import LONGEST, Action, Rule, rule_of

Texts = tuple[Annotated[str, Field(min_length=1, max_length=LONGEST)], ...]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    words: Texts = ()
    phrases: Texts = ()
    regexes: Texts = ()
    allow: Texts = ()
    reason: Annotated[str, Field(max_length=LONGEST)] = ""
    action: Action = "refuse"

    def read(self) -> list[Rule]:
        kinds = {"word": self.words, "phrase": self.phrases, "regex": self.regexes, "allow": self.allow}
        return [
            rule_of(kind, text, reason=self.reason, action=self.action)
            for kind, texts in kinds.items()
            for text in texts
        ]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: Annotated[tuple[_Group, ...], Field(max_length=500)] = ()


def read_rules(path: Path | None) -> tuple[Rule, ...]:
    """The rules of a file; no path is no rules. Raises ValueError that says what is wrong with it."""
    if path is None:
        return ()
    try:
        groups = _File.model_validate(tomllib.loads(path.read_text("utf-8"))).rules
        return tuple(rule for group in groups for rule in group.read())
    except OSError as error:
        raise ValueError(f"DREAM_WORD_RULES: {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"DREAM_WORD_RULES: {path} is no TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"DREAM_WORD_RULES: {path}: {where}: {first['msg']}") from error
    except BadValue as error:
        raise ValueError(f"DREAM_WORD_RULES: {path}: {error}") from error
