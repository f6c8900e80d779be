"""The layers of an image tower that somebody else wrote: found by their usual places, read through a hook."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

PLACES = (
    "transformer.resblocks",  # open_clip's own ViT
    "trunk.blocks",  # timm: ViT, EfficientNet
    "trunk.stages",  # timm: ConvNeXt
    "trunk.network",  # timm: FastViT, MobileCLIP
)
"""Where towers keep their layers, one after the other."""
RESNET = ("layer1", "layer2", "layer3", "layer4")


def layers_of(tower: nn.Module) -> dict[str, nn.Module]:
    """The layers of open_clip's `model.visual` by name, shallow to deep; none if it is of another make."""
    if all(hasattr(tower, name) for name in RESNET):
        return {name: getattr(tower, name) for name in RESNET}
    for place in PLACES:
        try:
            found = tower.get_submodule(place)
        except AttributeError:
            continue
        return {f"block{number}": layer for number, layer in enumerate(found.children(), 1)}
    return {}


def watched(layer: nn.Module, run: Callable[[], Any]) -> Tensor:
    """What the layer gave while `run` ran; other threads may use it meanwhile."""
    seen: list[Any] = []
    here = threading.get_ident()

    def look(_module: nn.Module, _given: Any, out: Any) -> None:
        if threading.get_ident() == here:
            seen.append(out)

    hook = layer.register_forward_hook(look)
    try:
        run()
    finally:
        hook.remove()
    out = seen[-1]
    activations: Tensor = out[0] if isinstance(out, tuple) else out
    return activations
