"""Redis that answers and does not take it: its memory is full, its disk is full, or it is a replica just now.

redis-py knows some of these by a class of their own, which its parser finds by the first word of the answer;
the others are added there, once, when this module is imported.
"""

from __future__ import annotations

import errno

from redis.connection import DefaultParser
from redis.exceptions import OutOfMemoryError, ReadOnlyError, ResponseError


class NotWritable(ResponseError):
    """Redis takes no writes just now."""


class CannotSave(NotWritable):
    """Redis cannot write to its disk, which is full more often than not."""


DefaultParser.EXCEPTION_CLASSES.update(
    {
        "MISCONF": CannotSave,
        "NOREPLICAS": NotWritable,
        "MASTERDOWN": NotWritable,
        "UNBLOCKED": NotWritable,  # to whoever reads a stream while it becomes a replica
    }
)

REFUSALS = (OutOfMemoryError, ReadOnlyError, NotWritable)
"""What passes by itself, or when somebody makes room."""

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def full(error: BaseException) -> bool:
    """Whether there is no room: Redis' memory or its disk, or the disk of an album."""
    if isinstance(error, OutOfMemoryError | CannotSave):
        return True
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def endable(error: BaseException) -> bool:
    """Whether a job whose picture cannot be kept for this reason can be ended all the same.

    Redis with a full memory lets scripts that end jobs through; a folder that takes nothing is not Redis.
    """
    if isinstance(error, OutOfMemoryError):
        return True
    return isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError)
