"""The Lua scripts: every change of a job's state is one of them, so there is one truth, whoever dies.

Each sees the keys of `dreamqueue.keys` as `K.NAME`, and what `shared.lua` has. Unless they bring something
in, they run when Redis' memory is full as well, so that a job can always end.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from dreamqueue import keys

BRINGS_IN = frozenset({"admit", "ask", "trick_put", "trick_report", "trick_vote"})
"""Scripts that Redis shall refuse when its memory is full."""


@cache
def script(name: str) -> str:
    """Source of a script, ready to be sent."""
    shebang = "#!lua" if name in BRINGS_IN else "#!lua flags=allow-oom"
    return "\n".join([shebang, _keys(), _source("shared"), _source(name)])


def _keys() -> str:
    named = {name: value for name, value in vars(keys).items() if name.isupper()}
    return "local K = {" + ", ".join(f"{name} = '{value}'" for name, value in named.items()) + "}"


def _source(name: str) -> str:
    return files("dreamqueue").joinpath("lua", f"{name}.lua").read_text("utf-8")
