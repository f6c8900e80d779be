"""Numbers that may change on the way, after a flag: `0.5`, `2..0`, `2@0%,0.5@40%,0@100%`."""

from __future__ import annotations

from dreamqueue.course import Course, read_course, values_of
from dreamqueue.errors import BadValue
from dreamqueue.prompt.reading import Use


def course(use: Use, least: float, most: float) -> Course:
    """A number between two others, or how it changes from the first step (0 %) to the last (100 %)."""
    found = read_course("".join((use.value or "").split()))
    if found is not None and all(least <= value <= most for value in values_of(found)):
        return found
    raise BadValue(
        use.said,
        f"I need a number from {least:g} to {most:g} here, or how it changes on the way, such as "
        f"`--{use.name} 2..0` or `--{use.name} 2@0%,0.5@40%`.",
    )
