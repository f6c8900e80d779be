"""What a job tries: a trick, with and without, for the eyes alone or to be measured by a critic.

It is part of the job and never changes, so whoever follows the job to its end knows what is to be done then,
also after a restart. The pictures lie as `dreamqueue.tricks.pairs` lays them: subject by subject, seed by
seed, without before with.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dreamqueue.wire import Wire


class Trial(Wire):
    """A trick that is tried."""

    kind: Literal["try", "test"]
    """A test is measured when it is painted."""
    trick: str
    version: int = 1
    """Of the trick, as it was then."""
    words: str = ""
    """What the trick adds, in words: the similarity to them is its lift in style."""
    subjects: tuple[str, ...] = ()
    """What was painted, without the trick."""
    seeds: Annotated[int, Field(ge=1)] = 1
    """Pairs of each subject."""
    judge: str = ""
    """The critic that measures it, and did not steer."""
