"""Errors in the words of those who run the thing: which setting is about it, and what was wrong."""

from __future__ import annotations

from dreamqueue.errors import AlbumAway, DreamError, NoRoomLeft, QueueAway, QueueLocked
from dreamqueue.refusal import refusal


def told(error: DreamError) -> str:
    """What members read as a sentence about the queue, by its setting; everything else as it is."""
    match error:
        case QueueLocked():
            why = error.why or refusal(error) or "does not say why"
            return f"Redis at DREAM_REDIS_URL does not let this process in: {why.rstrip('.')}."
        case AlbumAway():
            return f"The album at DREAM_ALBUM cannot be used: {error.why}."
        case NoRoomLeft():
            return "Redis at DREAM_REDIS_URL has no room left, in its memory or on its disk."
        case QueueAway():
            cause = str(error.__cause__ or "").rstrip(".")
            why = f" ({cause})" if cause else ""
            return f"Redis does not answer at DREAM_REDIS_URL{why}. Is it running, is the address right?"
    return str(error)
