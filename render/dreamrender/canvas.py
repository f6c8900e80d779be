"""The canvas: numbers that become a picture, differentiably. What the steering loop pushes on."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import torch
from PIL.Image import Image as PILImage
from PIL.Image import Resampling
from torch import Tensor
from torch.autograd.function import FunctionCtx
from torch.nn import functional as F

from dreamrender.types import Image


class Canvas(Protocol):
    """Holds the leaves of one picture."""

    def parameters(self) -> list[dict[str, Any]]:
        """Parameter groups for an optimiser: `params`, and `lr` as a factor of the preset's learning rate."""

    def image(self) -> Image:
        """The picture as it is, RGB in [0, 1], differentiable. Its size may differ from the recipe's."""

    def prepare(self, t: float) -> bool:
        """Called before the step at progress t in [0, 1]: grow, blur, regrow.

        True if the leaves were replaced, so that the optimiser has to start anew.
        """

    def settle(self) -> None:
        """Called after each optimiser step, to put stray leaves back where they may be."""


def leaves(canvas: Canvas) -> list[Tensor]:
    """What an optimiser moves, in the order of the parameter groups."""
    return [leaf for group in canvas.parameters() for leaf in group["params"]]


@runtime_checkable
class AnySize(Protocol):
    """A canvas that is steered small and drawn at any size in the end, not merely scaled up."""

    def rendered(self, height: int, width: int) -> Image:
        """The picture at a size, RGB in [0, 1]; no gradient."""


@runtime_checkable
class Scalable(Protocol):
    """A canvas that can be steered smaller than it is drawn, and larger again."""

    def scale(self, share: float) -> bool:
        """From here on `image` has about `share` of the full sides, in (0, 1]; `share` 1 is as it was begun.

        Called before `prepare`, and before a saved state is put back. True if the leaves were replaced.
        """


@runtime_checkable
class Unclamped(Protocol):
    """A canvas whose values can leave the visible range, and be told to stay."""

    def unclamped(self) -> Image:
        """The picture before `clamp_with_gradient`, (3, h, w); [0, 1] is what can be seen. Differentiable."""


class _ClampWithGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, pixels: Tensor) -> Tensor:
        ctx.save_for_backward(pixels)
        return pixels.clamp(0, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (gradient,) = gradients
        (pixels,) = ctx.saved_tensors
        inward: Tensor = gradient * (gradient * (pixels - pixels.clamp(0, 1)) >= 0)
        return inward


def clamp_with_gradient(pixels: Tensor) -> Tensor:
    """Clamp to [0, 1]; only gradients that push further out stop here (Crowson et al. 2022).

    A plain clamp's gradient is zero outside, so a pixel that once left would never come back.
    """
    clamped: Tensor = _ClampWithGradient.apply(pixels)  # type: ignore[no-untyped-call]
    return clamped


def resized(image: Image, height: int, width: int) -> Image:
    """The picture at another size, still in [0, 1]: bicubic, anti-aliased."""
    if image.shape[-2:] == (height, width):
        return image
    size = (height, width)
    out = F.interpolate(image[None], size, mode="bicubic", antialias=True, align_corners=False)[0]
    return out.clamp(0, 1)


def scaled(height: int, width: int, share: float, least: int = 8) -> tuple[int, int]:
    """A share of both sides in whole pixels, the short one not below `least` unless it was."""
    share = max(share, min(1.0, least / min(height, width)))
    return max(1, round(height * share)), max(1, round(width * share))


def covering(picture: PILImage, height: int, width: int) -> Image:
    """A picture scaled and cropped at its centre to cover a size, RGB in [0, 1], (3, height, width)."""
    scale = max(width / picture.width, height / picture.height)
    room_x, room_y = picture.width - width / scale, picture.height - height / scale
    box = (room_x / 2, room_y / 2, picture.width - room_x / 2, picture.height - room_y / 2)
    cropped = picture.convert("RGB").resize((width, height), Resampling.LANCZOS, box=box)
    raw = torch.frombuffer(bytearray(cropped.tobytes()), dtype=torch.uint8)
    return raw.view(height, width, 3).permute(2, 0, 1).float() / 255
