"""What fits: the limits a prompt is held to, and the nearest size that keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt, sqrt

from dreamconfig.settings import QueueSettings
from dreamqueue.recipe import MOST_PICTURES


@dataclass(frozen=True)
class Limits:
    """How much one prompt may ask for."""

    max_pixels: int = 1024 * 1024
    """Width × height."""
    max_steps: int = 2000
    min_side: int = 32
    """Pixels."""
    max_side: int = 4096
    """Pixels."""
    max_characters: int = 2000
    """Of all phrases together, styles expanded."""
    max_phrases: int = 32
    max_cells: int = MOST_PICTURES
    """Pictures of one grid."""

    @classmethod
    def of(cls, settings: QueueSettings) -> Limits:
        """The limits that whoever runs this house has set."""
        smallest = min(cls.min_side, isqrt(settings.max_pixels))
        return cls(max_pixels=settings.max_pixels, max_steps=settings.max_steps, min_side=smallest)

    def fits(self, width: int, height: int, multiple: int = 1) -> bool:
        """Whether a picture of this size may be asked for."""
        sides = (width, height)
        return (
            all(self.min_side <= side <= self.max_side and side % multiple == 0 for side in sides)
            and width * height <= self.max_pixels
        )

    def nearest(self, width: float, height: float, multiple: int = 1) -> tuple[int, int]:
        """The size most like this one that fits, in shape first and then in area."""
        least = -(-self.min_side // multiple) * multiple
        most = self.max_side // multiple * multiple
        if width * height > self.max_pixels:
            shrink = sqrt(self.max_pixels / (width * height))
            width, height = width * shrink, height * shrink
        short, long = sorted(
            min(max(round(side / multiple) * multiple, least), most) for side in (width, height)
        )
        while short * long > self.max_pixels and (short, long) != (least, least):
            if long > least and (long > short or short == least):
                long -= multiple
            else:
                short -= multiple
            short, long = sorted((short, long))
        return (long, short) if width >= height else (short, long)
