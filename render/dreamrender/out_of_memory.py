"""Whether memory ran out, and letting go of what the failed attempt still holds."""

from __future__ import annotations

import gc
import traceback

import torch

_SAID_BY_OTHERS = ("not enough memory", "can't allocate memory", "out of memory", "ALLOC_FAILED")
"""What torch says on a CPU, on Apple's GPUs and inside cuBLAS, where it has no error of its own for it."""


def ran_out(error: BaseException) -> bool:
    """Whether an error says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _SAID_BY_OTHERS)


def let_go(error: BaseException) -> None:
    """Free what a failed attempt still holds."""
    traceback.clear_frames(error.__traceback__)
    error.__traceback__ = None
    gc.collect()
    give_back()


def give_back() -> None:
    """Give memory that nothing uses any more back to the device."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
