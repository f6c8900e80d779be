"""Numbers that may change on the way, after a flag: `0.5`, `2..0`, `2@0%,0.5@40%,0@100%`."""

from __future__ import annotations

from dreamqueue.course import Course, read_course, values_of
from dreamqueue.errors import BadValue
from dreamqueue.prompt.reading import Use

EXAMPLES = "2..0", "2@0%,0.5@40%"


def course(
    use: Use, least: float, most: float, *, examples: tuple[str, str] = EXAMPLES, whole: bool = False
) -> Course:
    """A number between two others, or how it changes from the first step (0 %) to the last (100 %)."""
    found = read_course("".join((use.value or "").split()))
    values = () if found is None else values_of(found)
    if found is not None and all(least <= value <= most and not (whole and value % 1) for value in values):
        return found
    kind = "whole number" if whole else "number"
    raise BadValue(
        use.said,
        f"I need a {kind} from {least:g} to {most:g} here, or how it changes on the way, such as "
        f"`--{use.name} {examples[0]}` or `--{use.name} {examples[1]}`.",
    )
