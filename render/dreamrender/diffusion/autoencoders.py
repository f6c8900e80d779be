"""From what a pipeline steps to pictures: through its autoencoder, or by a matrix for a quick look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from dreamrender.diffusion.colours import PATCHES, Matrix, coloured, fitted
from dreamrender.diffusion.twins import Pipeline
from dreamrender.types import Images

NAMES = "vae", "movq", "vqvae", "vqgan"

_matrices: WeakKeyDictionary[torch.nn.Module, Matrix] = WeakKeyDictionary()


def autoencoder(pipeline: Pipeline) -> tuple[str, Any] | None:
    """Its autoencoder and the name it has there; None for a pipeline in pixels."""
    found = ((name, pipeline.components.get(name)) for name in NAMES)
    return next(((name, one) for name, one in found if one is not None), None)


def is_picture(stepped: Tensor) -> bool:
    """Whether it may be one: embeddings, which the first stage of some pipelines steps, are not."""
    return stepped.ndim >= 3


def decoded(pipeline: Pipeline, stepped: Tensor, size: tuple[int, int]) -> Images:
    """Pixels, latents (also packed ones) or tokens of one picture as RGB, about in [0, 1].

    `size`: height and width that the pipeline paints. Raises ValueError for what it cannot read.
    """
    laid = _laid_out(pipeline, stepped, size)
    found = autoencoder(pipeline)
    if found is None:
        return _pixels(laid)
    name, network = found
    if laid.is_floating_point() and laid.shape[1] != _channels(network):
        raise ValueError(f"{laid.shape[1]} channels, where the autoencoder has {_channels(network)}")
    return _decoded(name, network, laid)


@torch.no_grad()
def glanced(pipeline: Pipeline, stepped: Tensor, size: tuple[int, int]) -> Images:
    """The same, quickly and small: each latent's colour. What cannot be read is its mean, in grey."""
    laid = _laid_out(pipeline, stepped, size)
    found = autoencoder(pipeline)
    if found is None and laid.shape[1] == 3:
        return _pixels(laid)
    if found is not None and not laid.is_floating_point():
        laid = _embedded(found[1], laid)
    flat = laid[:, :, 0].float() if laid.ndim == 5 else laid.float()
    if flat.ndim != 4:
        return flat.new_full((1, 3, 1, 1), 0.5)
    if found is None or flat.shape[1] != _channels(found[1]):
        mean = flat.mean(1, keepdim=True)
        return (0.5 + mean / (4 * mean.std().clamp(min=1e-6))).expand(-1, 3, -1, -1)
    return coloured(_matrix(*found), flat)


def _laid_out(pipeline: Pipeline, stepped: Tensor, size: tuple[int, int]) -> Tensor:
    """As (1, channels, height, width); tokens as (1, height, width)."""
    unpack: Callable[..., Tensor] | None = getattr(pipeline, "_unpack_latents", None)
    if stepped.ndim == 3 and stepped.is_floating_point() and unpack is not None:
        laid = unpack(stepped, *size, pipeline.vae_scale_factor)
    else:
        laid = stepped
    return laid[:1]


def _pixels(laid: Tensor) -> Images:
    if laid.ndim != 4 or laid.shape[1] != 3:
        raise ValueError(f"no pixels: {tuple(laid.shape)}")
    return laid.float() / 2 + 0.5


def _channels(network: Any) -> int:
    config = network.config
    return int(config.get("latent_channels") or config.get("z_dim") or 0)


@torch.no_grad()
def _decoded(name: str, network: Any, laid: Tensor) -> Images:
    upcast = network.dtype == torch.float16 and bool(network.config.get("force_upcast"))
    if upcast:
        network.float()
    try:
        return _through(name, network, laid)
    finally:
        if upcast:
            network.half()


def _through(name: str, network: Any, laid: Tensor) -> Images:
    """Each kind has its own scale, as its pipelines apply it."""
    config = network.config
    images: Tensor
    if name == "vqvae":
        tokens = laid.clamp(max=int(config.num_vq_embeddings) - 1)  # those still masked have none
        shape = (len(tokens), *tokens.shape[1:], _channels(network))
        images = network.decode(tokens, force_not_quantize=True, shape=shape).sample
        return images.float()
    latents = laid.to(network.device, network.dtype)
    if name == "vqgan":
        images = network.decode(config.scale_factor * latents).sample
        return images.float()
    if name == "movq":
        images = network.decode(latents, force_not_quantize=True, return_dict=False)[0]
    else:
        images = network.decode(_unscaled(config, latents), return_dict=False)[0]
    if images.ndim == 5:
        images = images[:, :, 0]
    return images.float() / 2 + 0.5


def _unscaled(config: Any, latents: Tensor) -> Tensor:
    scale = config.get("scaling_factor") or 1.0
    mean, deviation = config.get("latents_mean"), config.get("latents_std")
    if mean is not None and deviation is not None:
        shape = (1, -1, *(1,) * (latents.ndim - 2))
        spread, middle = (latents.new_tensor(one).view(shape) for one in (deviation, mean))
        return latents * spread / scale + middle
    return latents / scale + (config.get("shift_factor") or 0.0)


def _embedded(network: Any, tokens: Tensor) -> Tensor:
    table: Tensor = network.quantize.embedding.weight
    known = tokens.to(table.device).clamp(max=len(table) - 1)
    return table[known].movedim(-1, 1)


def _matrix(name: str, network: torch.nn.Module) -> Matrix:
    """Fitted once for a network."""
    if network not in _matrices:
        _matrices[network] = _fitted(name, network)
    return _matrices[network]


def _fitted(name: str, network: Any) -> Matrix:
    channels = _channels(network)

    def decode(patches: Tensor) -> Images:
        laid = patches[:, :, None] if "z_dim" in network.config else patches
        return _decoded(name, network, laid.to(network.device))

    if name != "vqvae":
        return fitted(channels, decode)
    codes, shape = int(network.config.num_vq_embeddings), (1, PATCHES, PATCHES)
    return fitted(
        channels,
        decode,
        draw=lambda generator: torch.randint(codes, shape, generator=generator),
        embed=lambda tokens: _embedded(network, tokens),
    )
