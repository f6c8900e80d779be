"""Less work: what today's presets need to reach the score that the plain loop has after its 300 steps.

With the pocket models. Both paint the same phrase from the same start with the same optimiser. The plain
loop here is the product's full preset: every step at full resolution with as many cutouts as the script of
2021 (32), by plain modules in 32-bit floats. Ours is the preset `quick` (coarse to fine, few cutouts, larger
steps) at the steps it was found for. The score is the cosine of the whole picture and the phrase, by the
critic that steered and by another.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch

from dreamqueue.recipe import Phrase, Recipe
from dreamrender import steer
from dreamrender.aims import aims_of
from dreamrender.backend import Inputs
from dreamrender.backends.pixels import Pixels
from dreamrender.backends.steered import Steered
from dreamrender.backends.vqgan import VQGAN
from dreamrender.canvases.codes import Codes
from dreamrender.critics import Critic
from dreamrender.critics.loading import load_critic
from dreamrender.fast.layers import put
from dreamrender.session import SteeredSession

PAINTERS: dict[str, type[Steered]] = {"pixels": Pixels, "vqgan": VQGAN}
QUICK = "quick"
QUICK_STEPS = {"pixels": 240, "vqgan": 120}
"""Steps that our preset was found for: more and smaller ones where cutouts are all that costs."""
PLAIN_CUTS = 32
"""Of all steps of the plain loop, as in 2021."""
PHRASES = ("a red apple on a table",)
SEED = 1


@dataclass(frozen=True)
class Run:
    """One painting."""

    steps: int
    seconds: float
    score: float
    """By the critic that steered."""
    judged: float
    """By the one that did not."""


@dataclass(frozen=True)
class Race:
    """A painter's two runs on one phrase."""

    backend: str
    phrase: str
    plain: Run
    ours: Run

    @property
    def share(self) -> float:
        """Of the plain loop's time."""
        return self.ours.seconds / self.plain.seconds

    @property
    def reached(self) -> Mapping[str, bool]:
        """Whether ours is at least as high, by each critic."""
        return {
            "score": self.ours.score >= self.plain.score,
            "judged": self.ours.judged >= self.plain.judged,
        }


def races(
    size: int,
    plain_steps: int,
    steps: int,
    judge: str,
    *,
    plain_cuts: int = PLAIN_CUTS,
    say: Callable[[str], None] = lambda line: None,
) -> list[Race]:
    """All painters on all phrases. `steps` of ours: 0 takes those that the preset was found for."""
    found = []
    for name, make in PAINTERS.items():
        for phrase in PHRASES:
            own = steps or QUICK_STEPS[name]
            say(f"{name}: {own} steps of ours, {plain_steps} of the plain loop with {plain_cuts} cutouts")
            ours = painted(make(), name, phrase, size, own, judge)
            plain = painted(make(), name, phrase, size, plain_steps, judge, plain_cuts=plain_cuts)
            found.append(Race(name, phrase, plain, ours))
    return found


def painted(
    painter: Steered, name: str, phrase: str, size: int, steps: int, judge: str, *, plain_cuts: int = 0
) -> Run:
    """Paint from the first step to the last, timed; then score the picture twice.

    `plain_cuts` above 0: as the plain loop does, with so many cutouts.
    """
    recipe = Recipe(
        phrases=(Phrase(text=phrase),),
        width=size,
        height=size,
        steps=steps,
        seed=SEED,
        backend=name,
        preset="" if plain_cuts else QUICK,
    )
    session = painter.begin(recipe, Inputs())
    if plain_cuts:
        session.preset = replace(session.preset, cuts=plain_cuts, resolution=1.0)
        _plain_modules(session)
    before = time.perf_counter()
    for _ in range(steps):
        steer.step([session])
    seconds = time.perf_counter() - before
    return Run(steps, seconds, _score(session, session.critic), _score(session, load_critic(judge)))


@torch.no_grad()
def _score(session: SteeredSession, critic: Critic) -> float:
    picture = session.picture()[None]
    score = aims_of(session.recipe, critic).score(critic.encode_images(picture))
    assert score is not None
    return score


def _plain_modules(session: SteeredSession) -> None:
    """A VQGAN's canvas decodes by the plain modules in 32-bit floats from here on."""
    if isinstance(session.canvas, Codes):
        model = copy.deepcopy(session.canvas.model)
        model.quick, model.reduced = None, False
        for module in (model.decoder, model.post_quant_conv):
            put(module, torch.float32, torch.contiguous_format)
        session.canvas.model = model
