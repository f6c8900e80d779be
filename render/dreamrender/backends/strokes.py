"""Pen strokes, steered: CLIPDraw (Frans, Soros & Witkowski 2021). The drawing is an SVG too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from dreamqueue.recipe import Recipe
from dreamrender.backend import Session
from dreamrender.backends.steered import Steered
from dreamrender.canvases.octaves import clouds
from dreamrender.canvases.strokes import Strokes as Canvas
from dreamrender.cutouts import Augmentation
from dreamrender.steer import Preset, SteeredSession
from dreamrender.types import Image


def slowing(t: float) -> float:
    """CLIPDraw's schedule: 1, 0.4 from half of the way, 0.1 from three quarters."""
    return 1.0 if t < 0.5 else 0.4 if t < 0.75 else 0.1


_SEEN = Augmentation(
    zoom=(0.7, 1.0),
    margin=0.0,
    turn=0.15,
    flip=0.0,
    padding="border",
    brightness=0.0,
    channels=0.0,
    noise=0.02,
)


@dataclass(frozen=True)
class Drawing:
    """What a drawing begins with."""

    count: int
    """Strokes."""
    curves: int
    """Bézier curves in each."""
    pen: float | None = None
    """Width of strokes on white paper, in 224ths of the short side; None covers it with coloured clouds."""


PRESETS: dict[str, Preset] = {
    "brush": Preset(augmentation=_SEEN, rate=0.6, rate_scale=slowing, steps=150),
    "clipdraw": Preset(augmentation=_SEEN, rate=1.0, rate_scale=slowing, steps=150),
}

DRAWINGS: dict[str, Drawing] = {
    "brush": Drawing(count=240, curves=1),
    "clipdraw": Drawing(count=192, curves=2, pen=1.5),
}


class Strokes(Steered):
    """The backend `strokes`: a drawing on white paper, or an initial picture brushed in and drawn over."""

    name = "strokes"
    presets = PRESETS

    def canvas(self, preset: str, recipe: Recipe, start: Image | None, generator: torch.Generator) -> Canvas:
        """Strokes as the preset has them, or laid over the initial picture in its colours."""
        drawing, height, width = DRAWINGS[preset], recipe.height, recipe.width
        count, curves = drawing.count, drawing.curves
        if start is None and drawing.pen is not None:
            return Canvas.drawn(height, width, generator, count=count, curves=curves, pen=drawing.pen)
        under = clouds(height, width, generator, spread=0.2) if start is None else start
        return Canvas.of(under, generator, count=count, curves=curves)

    def svg(self, session: Session) -> str:
        """The drawing as an SVG file."""
        assert isinstance(session, SteeredSession)
        assert isinstance(session.canvas, Canvas)
        return session.canvas.svg()

    def extras(self, session: Session) -> Mapping[str, bytes]:
        """The SVG that belongs beside the picture."""
        return {"svg": self.svg(session).encode()}
