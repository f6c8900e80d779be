"""Resolution and cutouts that change on the way: what the critic sees, and what a save keeps, by backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from dreamqueue.errors import PaintError
from dreamqueue.prompt import parse
from dreamqueue.recipe import Recipe
from dreamrender import residents
from dreamrender.backend import Inputs
from dreamrender.backends import load_backend
from dreamrender.backends.pixels import PRESETS, Pixels
from dreamrender.backends.steered import Steered
from dreamrender.canvas import Canvas, Scalable, scaled
from dreamrender.canvases.fourier import Fourier
from dreamrender.canvases.levels import Levels
from dreamrender.critics import Critic, loading
from dreamrender.picture import to_pil
from dreamrender.preset import Preset
from dreamrender.schedule import rung
from dreamrender.session import SteeredSession
from dreamrender.types import Image
from dreamrender.wishes import as_wished

from .conftest import recipe_for

GROWING, SHRINKING = ((0.0, 0.25), (1.0, 1.0)), ((0.0, 1.0), (1.0, 0.3))
SIDE = 64


@pytest.fixture(autouse=True)
def tiny_critics(critics: Callable[[str, str], Critic], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every critic's name gives the tiny one."""
    monkeypatch.setattr(residents, "_all", {})
    monkeypatch.setattr(loading, "_load", lambda name, device, download: critics(name, device))


def begun(name: str, **changes: object) -> tuple[Steered, SteeredSession]:
    """A session of a backend's preset, `name` being `backend-preset`."""
    backend, _, preset = name.partition("-")
    painter = load_backend(backend)
    assert isinstance(painter, Steered)
    asked = {"width": SIDE, "height": SIDE, "steps": 5, "critic": "pocket", **changes}
    return painter, painter.begin(recipe_for(backend=backend, preset=preset, **asked), Inputs())


#: a preset for each kind of canvas
SCALABLE = [
    "pixels-levels",
    "pixels-fourier",
    "pixels-clipig2",
    "vqgan-pocket",
    "vqgan-wikiart-1024",
    "siren-deepdaze",
    "strokes-brush",
    "deepdream-mixed",
]


@pytest.mark.parametrize("name", SCALABLE)
@pytest.mark.parametrize("course", [GROWING, SHRINKING], ids=["growing", "shrinking"])
def test_the_size_that_is_steered_at_follows_the_course(name: str, course: object) -> None:
    painter, session = begun(name, resolution=course, height=96)
    assert isinstance(session.canvas, Scalable)
    sides = []
    for _ in range(5):
        painter.step([session])
        with torch.no_grad():
            image = session.canvas.image()
        assert image.shape[1] > image.shape[2]
        sides.append(min(image.shape[1:]))
        picture = painter.picture(session)
        assert picture.shape == (3, 96, SIDE)
        assert picture.min() >= 0
        assert picture.max() <= 1
    assert sides == sorted(sides, reverse=course is SHRINKING)
    assert max(sides) >= 2 * min(sides) - 1


@pytest.mark.parametrize("name", SCALABLE)
def test_the_same_seed_gives_the_same_picture_and_a_small_one_is_another(name: str) -> None:
    def painted(course: object) -> torch.Tensor:
        painter, session = begun(name, resolution=course, steps=2)
        for _ in range(2):
            painter.step([session])
        return painter.picture(session)

    assert torch.equal(painted(GROWING), painted(GROWING))
    assert not torch.equal(painted(GROWING), painted(1.0))


@pytest.mark.parametrize("name", SCALABLE)
@pytest.mark.parametrize("course", [GROWING, SHRINKING], ids=["growing", "shrinking"])
def test_a_saved_session_goes_on_to_the_same_frame(name: str, course: object) -> None:
    painter, session = begun(name, resolution=course, steps=4)
    for _ in range(2):
        painter.step([session])
    again = painter.resume(session.recipe, Inputs(), painter.save(session))
    assert torch.equal(painter.picture(session), painter.picture(again))
    for _ in range(2, 4):
        painter.step([session])
        painter.step([again])
        assert torch.equal(painter.picture(session), painter.picture(again))


def test_levels_and_waves_come_back_when_the_picture_grows_again() -> None:
    generator = torch.Generator().manual_seed(0)
    for canvas in (Levels.drawn(48, 64, generator, 0.3), Fourier.drawn(48, 64, generator)):
        full = canvas.image()
        assert not canvas.scale(0.5)
        assert canvas.image().shape == (3, 24, 32)
        small = torch.nn.functional.interpolate(full[None], (24, 32), mode="area")[0]
        assert (canvas.image() - small).abs().mean() < small.std() / 3, "the same picture, smaller"
        canvas.scale(1.0)
        assert torch.equal(canvas.image(), full)


def test_a_schedule_of_sizes_has_few() -> None:
    shares = {rung(0.25 + 0.75 * step / 200) for step in range(201)}
    assert sorted(shares) == pytest.approx([0.25, 0.354, 0.5, 0.707, 1], abs=1e-3)
    assert scaled(300, 200, 0.5) == (150, 100)
    assert scaled(300, 200, 0.01) == (12, 8), "a picture of a pixel shows nothing"
    assert scaled(6, 6, 0.5) == (6, 6)


def test_an_initial_picture_is_not_shrunk_unless_it_is_asked_for(
    critics: Callable[[str, str], Critic],
) -> None:
    start, pixels = torch.rand(3, 64, 64), Pixels("cpu", critics)
    recipe = recipe_for(preset="clipig2", image="key", image_weight=0, width=64, height=64)
    for asked, side in ((None, 64), (0.5, 32)):
        wanted = recipe.model_copy(update={"resolution": asked})
        session = pixels.begin(wanted, Inputs({"key": to_pil(start)}))
        pixels.step([session])
        assert session.canvas.image().shape == (3, side, side)


def test_cutouts_ramp(critics: Callable[[str, str], Critic]) -> None:
    pixels = Pixels("cpu", critics)
    recipe = parse("a hut --cuts 2..6 --steps 5 --size 32", seed=lambda: 1)
    session = pixels.begin(recipe, Inputs())
    counts = []
    for _ in range(5):
        counts.append([len(cuts) for cuts in session.views()[1]])
        pixels.step([session])
    assert counts == [[2], [3], [4], [5], [6]]
    preset = as_wished(PRESETS["levels"], recipe, None)
    assert [preset.cuts_at(t) for t in (0, 0.5, 1)] == [2, 4, 6]
    assert as_wished(PRESETS["levels"], recipe_for(), None).cuts_at(0.5) == 8


class Stiff:
    """A canvas of one size: a flat colour."""

    def __init__(self) -> None:
        self.colour = torch.full((3, 1, 1), 0.5, requires_grad=True)

    def parameters(self) -> list[dict[str, Any]]:
        return [{"params": [self.colour], "lr": 1.0}]

    def image(self) -> Image:
        return self.colour.expand(3, 32, 32).clamp(0, 1)

    def prepare(self, t: float) -> bool:
        return False

    def settle(self) -> None:
        pass


class Flat(Steered):
    name = "flat"
    presets = {"flat": Preset(cuts=2)}  # noqa: RUF012

    def canvas(self, preset: str, recipe: Recipe, start: Image | None, generator: torch.Generator) -> Canvas:
        return Stiff()


def test_a_canvas_of_one_size_says_so(critics: Callable[[str, str], Critic]) -> None:
    flat = Flat("cpu", critics)
    with pytest.raises(PaintError, match="`flat` paints at one size; please leave `--resolution` out"):
        flat.begin(recipe_for(resolution=0.5), Inputs())
    flat.step([flat.begin(recipe_for(), Inputs())])


def test_company_of_other_sizes_and_cuts_does_not_change_a_picture() -> None:
    def painted(*others: SteeredSession) -> torch.Tensor:
        painter, session = begun("pixels-levels", resolution=GROWING, cuts=((0.0, 2.0), (1.0, 6.0)))
        for _ in range(5):
            painter.step([session, *others])
        return painter.picture(session)

    neighbour = begun("pixels-clipig2", width=96, cutouts="overview")[1]
    assert torch.allclose(painted(), painted(neighbour), atol=4 / 255)
