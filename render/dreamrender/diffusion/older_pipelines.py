"""Lets published pipelines load that today's diffusers keeps, but no longer finds by their own names.

A published model_index.json names classes of its own pipeline by that pipeline's module ("unclip"). diffusers
0.42 has moved the older ones into `diffusers.pipelines.deprecated` and looks only beside it. And the safety
checker of DeepFloyd IF does not end its construction as transformers 5 expects, so its weights do not load.
Call `declare` before loading a pipeline.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from dreamrender import torchvision_ops

_MOVED = "unclip", "wuerstchen"
"""Those that paint pictures from words and have classes of their own."""


@cache
def declare() -> None:
    """Make them known, once."""
    torchvision_ops.declare()
    from diffusers import pipelines
    from diffusers.pipelines.deepfloyd_if import IFSafetyChecker

    for name in _MOVED:
        moved = f"diffusers.pipelines.deprecated.{name}"
        if not hasattr(pipelines, name) and find_spec(moved):
            setattr(pipelines, name, import_module(moved))
    if not hasattr(IFSafetyChecker, "all_tied_weights_keys"):
        IFSafetyChecker.all_tied_weights_keys = {}  # it has none
