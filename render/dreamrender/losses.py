"""Losses as pure functions. Each names its source."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from dreamrender.types import Embeddings, Images

Scalar = Float[Tensor, ""]


def spherical_distance(x: Embeddings, y: Embeddings) -> Float[Tensor, "x y"]:
    """Half the squared angle between unit vectors, all pairs, in radians² (0 to π²/2).

    Equal to 2·asin(‖x−y‖/2)² (Crowson et al. 2022, VQGAN-CLIP), in a form whose gradient is finite
    everywhere: asin's blows up at opposite vectors and the norm's at equal ones.
    """
    apart = x[:, None] - y[None]
    along = x[:, None] + y[None]
    angle = 2 * torch.atan2(_length(apart), _length(along))
    return angle.square() / 2


def cosine_distance(x: Embeddings, y: Embeddings) -> Float[Tensor, "x y"]:
    """1 − cos of the angle between unit vectors, all pairs, 0 to 2 (CLIPig)."""
    return 1 - x @ y.T


def prompt_loss(
    distances: Float[Tensor, "cuts aims"],
    weights: Float[Tensor, " aims"],
    resting: Bool[Tensor, "cuts aims"] | None = None,
) -> Scalar:
    """Distances averaged over cuts, summed with signed weights, over Σ|w|: negative weights push away.

    Σ|w| keeps the loss on one scale however many aims there are, so the regularisers keep their share.
    Pairs at rest count with their value and without their gradient (Crowson et al. 2022, replace_grad).
    """
    if resting is not None:
        distances = torch.where(resting, distances.detach(), distances)
    return (distances.mean(0) * weights).sum() / weights.abs().sum().clamp_min(1e-8)


def at_rest(
    x: Embeddings, y: Embeddings, weights: Float[Tensor, " y"], stops: Float[Tensor, " y"]
) -> Bool[Tensor, "x y"]:
    """Where steering has come as far as its stop, in spherical distance; NaN is no stop.

    D = sign(w)·d has no gradient where D < sign(w)·stop (Crowson et al. 2022).
    """
    sign = weights.sign()
    return spherical_distance(x, y) * sign < stops * sign


def total_variation(images: Images) -> Scalar:
    """Mean absolute difference of neighbours, right and below (Rudin, Osher & Fatemi 1992)."""
    across = images[..., :, 1:] - images[..., :, :-1]
    down = images[..., 1:, :] - images[..., :-1, :]
    return across.abs().mean() + down.abs().mean()


def out_of_range(pixels: Tensor) -> Scalar:
    """Mean squared distance of raw values from [0, 1] (guided diffusion's range loss)."""
    return (pixels - pixels.clamp(0, 1)).square().mean()


def saturation(images: Images) -> Float[Tensor, "batch 3"]:
    """Mean distance of each channel from grey, per picture (CLIPig)."""
    return (images - images.mean(1, keepdim=True)).abs().mean((2, 3))


def asymmetry(images: Images, axes: Sequence[int]) -> Scalar:
    """Mean squared difference of pictures and their mirror images, summed over axes (3: left and right)."""
    return torch.stack([F.mse_loss(images, images.flip(axis)) for axis in axes]).sum()


def contrast(images: Images) -> Float[Tensor, "batch 3"]:
    """Standard deviation of each channel, per picture."""
    return images.flatten(2).std(2)


def brightness(images: Images) -> Float[Tensor, "batch 3"]:
    """Mean of each channel, per picture."""
    return images.mean((2, 3))


def below(values: Tensor, bound: float) -> Scalar:
    """Mean squared excess over `bound` (CLIPig's `below`)."""
    return F.relu(values - bound).square().mean()


def above(values: Tensor, bound: float) -> Scalar:
    """Mean squared lack under `bound` (CLIPig's `above`)."""
    return F.relu(bound - values).square().mean()


def blur_loss(images: Images, side: int = 3) -> Scalar:
    """Mean squared difference of pictures and their Gaussian blur: small when they are smooth (CLIPig)."""
    return F.mse_loss(images, gaussian_blur(images, side))


def gaussian_blur(images: Images, side: int, sigma: float | None = None) -> Images:
    """Separable Gaussian blur with an odd kernel of `side` pixels; sigma as OpenCV derives it from that."""
    sigma = sigma or 0.3 * ((side - 1) * 0.5 - 1) + 0.8
    places = torch.arange(side, device=images.device, dtype=images.dtype) - side // 2
    kernel = torch.exp(-0.5 * (places / sigma).square())
    kernel = kernel / kernel.sum()
    batch, channels, height, width = images.shape
    half = side // 2
    planes = images.reshape(batch * channels, 1, height, width)
    mode = "reflect" if min(height, width) > half else "replicate"
    planes = F.conv2d(F.pad(planes, (half, half, 0, 0), mode), kernel.view(1, 1, 1, side))
    planes = F.conv2d(F.pad(planes, (0, 0, half, half), mode), kernel.view(1, 1, side, 1))
    return planes.view(batch, channels, height, width)


def weighted_cosine(x: Embeddings, y: Embeddings, weights: Float[Tensor, " y"]) -> Float[Tensor, " x"]:
    """Mean cosine of each x and the y of positive weight, weighted; what a member is shown as the score."""
    positive = weights.clamp_min(0)
    return (x @ y.T * positive).sum(1) / positive.sum()


def _length(vectors: Tensor) -> Tensor:
    return (vectors.square().sum(-1) + 1e-12).sqrt()
