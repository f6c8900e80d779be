"""What is used of diffusers, imported in the way that works: take it from here.

PyPI's torchvision does not load beside a CPU build of torch unless `torchvision_ops` goes first, and
diffusers imports it. A published pipeline names classes of its own by their module ("unclip"); diffusers 0.42
has moved the older ones into `diffusers.pipelines.deprecated` and looks only beside it. And the safety
checker of DeepFloyd IF does not end its construction as transformers 5 expects, so its weights do not load.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from dreamrender import torchvision_ops

torchvision_ops.declare()

import diffusers  # noqa: E402
from diffusers import AutoencoderTiny, DiffusionPipeline, pipelines  # noqa: E402
from diffusers.pipelines.deepfloyd_if.safety_checker import IFSafetyChecker  # noqa: E402
from diffusers.utils import logging as diffusers_logging  # noqa: E402
from diffusers.utils.torch_utils import randn_tensor  # noqa: E402
from transformers.utils import logging as transformers_logging  # noqa: E402

__all__ = [
    "AutoencoderTiny",
    "DiffusionPipeline",
    "diffusers",
    "quiet",
    "randn_tensor",
]

_MOVED = "unclip", "wuerstchen"
"""Those that paint pictures from words and have classes of their own."""

for name in _MOVED:
    if not hasattr(pipelines, name) and find_spec(f"diffusers.pipelines.deprecated.{name}"):
        setattr(pipelines, name, import_module(f"diffusers.pipelines.deprecated.{name}"))
if not hasattr(IFSafetyChecker, "all_tied_weights_keys"):
    IFSafetyChecker.all_tied_weights_keys = {}  # it has none


def quiet() -> None:
    """No progress bars, and no remarks on how published configurations are spelled."""
    diffusers_logging.disable_progress_bar()
    diffusers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
