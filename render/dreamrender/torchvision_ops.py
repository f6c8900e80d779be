"""Lets `import torchvision` succeed beside a CPU build of torch.

PyPI's torchvision is compiled for CUDA builds of torch; beside a CPU build its operator library does not
load, and its import stops with "operator torchvision::nms does not exist". Nothing here calls those
operators: declaring their schemas is enough. open_clip and timm import torchvision, so call `declare` before
importing either.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import library as operators

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


@cache
def declare() -> operators.Library | None:
    """Declare the missing operators once. The cached Library object keeps the declarations alive."""
    if torch.version.cuda is not None or torch.version.hip is not None or _loads():
        return None
    library = operators.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        library.define(name + _SCHEMA)  # type: ignore[no-untyped-call]
    return library


def _loads() -> bool:
    """Whether somebody has imported a torchvision whose operators work."""
    return hasattr(torch.ops.torchvision, "nms")
