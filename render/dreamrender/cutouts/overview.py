"""Overview and inner cutouts: first the whole picture, later its parts (Dango233; Disco Diffusion).

The overviews are the picture as it is, in grey, mirrored, and mirrored in grey; the inner cuts are squares
down to the critic's own side in pixels. A picture that is not square is squeezed into an overview rather than
given bars: a critic sees bars as part of the picture (a film still, a frame), and what they fill is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool
from torch import Tensor

from dreamrender.cutouts.augmentation import Augmentation, colour
from dreamrender.cutouts.classic import placements, prefilter, sampled
from dreamrender.schedule import Schedule, stairs
from dreamrender.types import Image, Images

LUMA = (0.299, 0.587, 0.114)
"""Red, green and blue in grey (ITU-R BT.601)."""


early_wide, early_grey = stairs((0, 0.75), (0.4, 0.25)), stairs((0, 0.2), (0.4, 0))


@dataclass(frozen=True)
class Overview:
    """A way to cut. The defaults are Disco Diffusion's: of 16 cuts 12 overviews, and 4 after 40 %."""

    share: Schedule = early_wide
    """Overviews, of all cuts, by progress."""
    grey: Schedule = early_grey
    """Grey ones, of the inner cuts, by progress."""
    power: float = 1.0
    """Sides of inner cuts are U^power on their way from the least to the whole."""

    def __call__(
        self,
        image: Image,
        count: int,
        side: int,
        how: Augmentation,
        generator: torch.Generator,
        t: float = 0.0,
    ) -> Images:
        """`count` square cuts of one picture, (count, 3, side, side), the overviews first; differentiable."""
        height, width = image.shape[-2:]
        whole = round(count * self.share(t))
        inner = count - whole
        least = min(1.0, side / min(height, width))
        wide = replace(how, zoom=(1.0, 1.0), margin=0.0, pivot=0.0, flip=0.0, squeeze=(1.0, 1.0))
        close = replace(how, zoom=(least, 1.0), power=self.power, margin=0.0, pivot=0.0, squeeze=(0.0, 0.0))
        turned = placements(whole, (height, width), wide, generator)
        across, down = turned[:, :, :1], turned[:, :, 1:]
        mirrored = torch.where(_every(whole, 2, 4).to(across.device)[:, None, None], -across, across)
        cuts = torch.cat(
            [
                sampled(prefilter(image, side, 1.0), torch.cat([mirrored, down], 2), side, how),
                sampled(
                    prefilter(image, side, least),
                    placements(inner, (height, width), close, generator),
                    side,
                    how,
                ),
            ]
        )
        grey = torch.cat([_every(whole, 1, 2), torch.arange(inner) < round(inner * self.grey(t))])
        return colour(_greyed(cuts, grey.to(cuts.device)), how, generator, t)


def _every(count: int, start: int, period: int) -> Bool[Tensor, " count"]:
    """True for the last `period - start` of each `period`."""
    return torch.arange(count) % period >= start


def _greyed(cuts: Images, which: Bool[Tensor, " cuts"]) -> Images:
    weights = torch.tensor(LUMA, device=cuts.device)
    grey = torch.einsum("c,nchw->nhw", weights, cuts)[:, None].expand_as(cuts)
    return torch.where(which[:, None, None, None], grey, cuts)
