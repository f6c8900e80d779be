"""A pipeline where it was placed on its device: whole, or a part at a time."""

from __future__ import annotations

from typing import Any

from dreamrender.diffusion.upstream import DiffusionPipeline
from dreamrender.placing import Placing
from dreamrender.resident import weight_of

_SHELTER = "cpu"


class PlacedPipeline:
    """A pipeline on a device (`dreamrender.placing`), and how it leaves and comes back."""

    def __init__(self, pipeline: DiffusionPipeline, device: str, way: Placing) -> None:
        self.pipeline: Any = pipeline
        self.whole = way.manner == "whole"
        if way.manner == "offload":
            self.pipeline.enable_model_cpu_offload(device=device)
        elif way.manner == "sequential":
            self.pipeline.enable_sequential_cpu_offload(device=device)
        else:
            self.pipeline.to(device)
        self.bytes_on_device = weight_of(pipeline) if self.whole else way.weights
        """Of its weights, at most."""

    def to(self, device: str) -> PlacedPipeline:
        """Leave for main memory, or come back. Parts that diffusers moves by itself only have to leave."""
        if self.whole:
            self.pipeline.to(device)
        elif device == _SHELTER:
            self.pipeline.maybe_free_model_hooks()
        return self
