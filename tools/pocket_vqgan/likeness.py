"""What a reconstruction should keep: pixels, edges, and what a vision network sees."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dreamrender.critics.pocket import PocketCritic

#: Blocks of EfficientNet-lite2 whose outputs are compared: strides 2, 4 and 8.
LOOKS = (0, 3, 6)
EDGES, SEEN, ABSOLUTE = 0.5, 0.03, 0.5
#: Colour is a small part of what photos differ in, and a small network would leave it out for long.
COLOUR, BROAD = 16.0, 8.0


class Likeness(nn.Module):
    """Loss of reconstructions against pictures, both (N, 3, H, W) in [0, 1].

    `4 · squared + .5 · absolute` error of pixels in [-1, 1], squared errors of colour without light and of
    8 px means, absolute error of gradients at three scales, and the squared distance of early features, each
    place a unit vector (Zhang et al. 2018, LPIPS, unweighted).
    """

    def __init__(self, seen: float = SEEN) -> None:
        super().__init__()
        self.seen = seen
        tower = PocketCritic.from_file(dtype=torch.bfloat16).image_tower
        self.stem = tower.stem
        self.blocks = tower.blocks[: LOOKS[-1] + 1]

    def forward(self, made: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and the part of it that the vision network has."""
        error = 2 * (made - wanted)
        colour = error - error.mean(dim=1, keepdim=True)
        pixels = 4 * error.square().mean() + ABSOLUTE * error.abs().mean() + EDGES * self._edges(error)
        pixels = pixels + COLOUR * colour.square().mean() + BROAD * F.avg_pool2d(error, 8).square().mean()
        seen = self.seen * self._seen(made, wanted) if self.seen else pixels.new_zeros(())
        return pixels + seen, seen.detach()

    def _edges(self, error: Tensor) -> Tensor:
        total = error.new_zeros(())
        for _ in range(3):
            total = total + error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
            error = F.avg_pool2d(error, 2)
        return total / 3

    def _seen(self, made: Tensor, wanted: Tensor) -> Tensor:
        with torch.no_grad():
            targets = self._features(wanted)
        return torch.stack(
            [(a - b).square().sum(1).mean() for a, b in zip(self._features(made), targets, strict=True)]
        ).sum()

    def _features(self, images: Tensor) -> list[Tensor]:
        pixels = (images * 255 - 127) / 128
        x = F.relu6(self.stem(pixels.to(torch.bfloat16).contiguous(memory_format=torch.channels_last)))
        found = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in LOOKS:
                found.append(F.normalize(x.float(), dim=1, eps=1e-3))
        return found
