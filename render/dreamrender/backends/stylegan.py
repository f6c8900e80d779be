"""StyleGAN2 and 3, steered in W or W+: a critic chooses the best of some random styles, then pushes it.

Checkpoints are NVIDIA's `.pkl` of stylegan2-ada-pytorch and stylegan3: nearly every StyleGAN that people
share is one. The packages on PyPI either publish no weights (stylegan2-pytorch, stylegan2-torch) or have
stood still for years (basicsr), and none reads StyleGAN3. How the pickles are read: `stylegan.pickles`.

The generator paints a square of its own size: other sizes are scaled, other shapes show its middle. There is
no encoder, so an initial picture is approached by `APPROACH` steps of optimisation: what the generator has
never seen (a house, of one that knows faces) shows in colour and light only.
"""

from __future__ import annotations

from functools import partial

import torch
from torch.nn import functional as F

from dreamqueue.recipe import Recipe
from dreamrender import saving
from dreamrender.backend import Inputs
from dreamrender.backends.steered import Steered
from dreamrender.canvas import Canvas, resized
from dreamrender.canvases.squares import remarks, resemble
from dreamrender.canvases.styles import Styles
from dreamrender.cutouts import cut_out
from dreamrender.schedule import warm_cosine
from dreamrender.steer import Preset, SteeredSession
from dreamrender.stylegan.files import load_stylegan
from dreamrender.types import Image

CANDIDATES = 32
"""Random styles to choose from: a look of the critic each, before the first step."""
LOOKS = 4
"""Cutouts of each candidate."""
APPROACH = 120
"""Steps towards an initial picture before the first one that is counted."""

#: As published, with augmentations where that had plain crops of sizes U^.5, and a rate that falls to .3.
#: The rate is in spreads of the styles.
STYLES = Preset(
    cuts=32,
    optimiser=partial(torch.optim.AdamW, betas=(0.0, 0.999), weight_decay=0.01),
    rate=0.03,
    rate_scale=warm_cosine(floor=0.3),
    average=0.9,
)

PRESETS: dict[str, Preset] = dict.fromkeys(
    ("ffhq-256", "ffhq-256-w", "afhqv2-512", "metfaces-1024", "t-ffhqu-256", "r-afhqv2-512"), STYLES
)
ONE_FOR_ALL = "-w"
"""Ending of presets that push one style for all layers: closer to real faces, further from the phrase."""


class StyleSession(SteeredSession):
    """A session that can choose where it starts."""

    @torch.no_grad()
    def choose(self, count: int) -> None:
        """Start from the random style that the critics like best."""
        canvas = self.canvas
        assert isinstance(canvas, Styles)
        best, least = None, float("inf")
        for q in canvas.candidates(count, self.generator):
            canvas.put(q)
            if (loss := self._first_look(canvas.image())) < least:
                best, least = q, loss
        if best is not None:
            canvas.put(best)

    def _first_look(self, image: Image) -> float:
        how = self.preset.augmentation
        cuts = [cut_out(image, LOOKS, one.image_size, how, self.generator) for one in self.critics]
        seen = [critic.encode_images(some).float() for critic, some in zip(self.critics, cuts, strict=True)]
        return float(self.loss(image, cuts, seen))


class StyleGAN(Steered):
    """The backend `stylegan`."""

    name = "stylegan"
    presets = PRESETS
    session = StyleSession

    def canvas(self, preset: str, recipe: Recipe, start: Image | None, generator: torch.Generator) -> Canvas:
        """The average style."""
        model = load_stylegan(f"stylegan-{preset.removesuffix(ONE_FOR_ALL)}", self.device)
        rows = 1 if preset.endswith(ONE_FOR_ALL) else model.rows
        canvas = Styles(model, (recipe.height, recipe.width), rows)
        canvas.start = start
        return canvas

    def begin(self, recipe: Recipe, inputs: Inputs) -> StyleSession:
        """A session at step 0, from the best of `CANDIDATES` styles or from the initial picture."""
        session = self._begin(recipe, inputs)
        canvas = session.canvas
        assert isinstance(canvas, Styles)
        if canvas.start is None:
            session.choose(CANDIDATES)
        else:
            canvas.put(_nearest(canvas, canvas.start, session.generator))
            resemble(canvas, canvas.start, APPROACH, rate=0.1)
        return session

    def resume(self, recipe: Recipe, inputs: Inputs, state: bytes) -> StyleSession:
        """The saved session; nothing is chosen or approached again."""
        session = self._begin(recipe, inputs)
        saving.load(session, state)
        return session

    def _begin(self, recipe: Recipe, inputs: Inputs) -> StyleSession:
        session = super().begin(recipe, inputs)
        assert isinstance(session, StyleSession)
        session.notes += remarks(recipe)
        return session


@torch.no_grad()
def _nearest(canvas: Styles, start: Image, generator: torch.Generator) -> torch.Tensor:
    """Of some random styles the one whose picture is most like the initial one, seen small."""
    found = canvas.candidates(CANDIDATES, generator)
    small = resized(start, 16, 16)
    unlike = []
    for q in found:
        canvas.put(q)
        unlike.append(F.mse_loss(resized(canvas.image(), 16, 16), small))
    return found[int(torch.stack(unlike).argmin())]
