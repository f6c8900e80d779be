"""Strokes: what the rasteriser draws, that it can be pushed, bands, and the SVG beside the picture."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dreamconfig.catalogue import backends
from dreamrender.backend import HasExtras, Inputs
from dreamrender.backends.strokes import DRAWINGS, PRESETS, Strokes, slowing
from dreamrender.canvases.rasteriser import Ink, rasterise, rasterised_in_bands
from dreamrender.canvases.strokes import THINNEST, UNITS, WIDEST, polylines
from dreamrender.canvases.strokes import Strokes as Drawing
from dreamrender.critics import Critic

from .conftest import recipe_for

WHITE = torch.ones(3)


def line(*places: tuple[float, float], width: float = 4.0, colour: tuple[float, ...] = (0, 0, 0, 1)) -> Ink:
    return Ink(torch.tensor([places]), torch.tensor([width]), torch.tensor([colour]))


def drawing(height: int = 40, width: int = 56) -> Drawing:
    return Drawing.drawn(height, width, torch.Generator().manual_seed(1), count=12, curves=2, pen=6.0)


def test_the_catalogue_names_these_presets() -> None:
    assert list(backends()["strokes"].presets) == list(PRESETS) == list(DRAWINGS)


def test_a_stroke_covers_what_a_pen_would() -> None:
    image = rasterise(line((6.0, 10.0), (30.0, 10.0)), 20, 40, WHITE, edge=0.5)
    assert image.shape == (3, 20, 40)
    assert image[:, 8:12, 6:30].max() < 0.01
    assert image[:, :7].min() == image[:, 13:].min() == image[:, :, 34:].min() == 1
    ink = float((1 - image[0]).sum())
    assert ink == pytest.approx(24 * 4 + 3.14159 * 4, rel=0.02), "its area: a bar with round ends"


def test_later_strokes_lie_over_earlier_ones() -> None:
    points = torch.tensor([[[4.0, 8.0], [28.0, 8.0]], [[16.0, 0.0], [16.0, 16.0]]])
    colours = torch.tensor([[1.0, 0, 0, 1.0], [0, 0, 1.0, 0.5]])
    image = rasterise(Ink(points, torch.tensor([6.0, 6.0]), colours), 16, 32, WHITE)
    assert image[:, 8, 8].tolist() == pytest.approx([1, 0, 0], abs=0.01)
    assert image[:, 8, 16].tolist() == pytest.approx([0.5, 0, 0.5], abs=0.01)
    assert image[:, 1, 16].tolist() == pytest.approx([0.5, 0.5, 1], abs=0.01)


def test_tiles_leave_no_seams() -> None:
    canvas = drawing(70, 90)
    ink = canvas.ink(70, 8)
    ys, xs = torch.meshgrid(torch.arange(70) + 0.5, torch.arange(90) + 0.5, indexing="ij")
    places = torch.stack([xs, ys], -1).view(-1, 2)
    plain = torch.ones(70 * 90, 3)
    for points, width, colour in zip(ink.points, ink.widths, ink.colours, strict=True):
        opacity = (width / 2 + 1 - distance(places, points)).div(2).clamp(0, 1)[:, None] * colour[3]
        plain = plain * (1 - opacity) + colour[:3] * opacity
    drawn = rasterise(ink, 70, 90, WHITE, edge=1.0)
    assert torch.allclose(drawn, plain.T.view(3, 70, 90), atol=2e-3)


def distance(places: Tensor, points: Tensor) -> Tensor:
    start, along = points[:-1], points[1:] - points[:-1]
    share = ((places[:, None] - start) * along).sum(-1) / along.square().sum(-1).clamp_min(1e-8)
    return (places[:, None] - start - share.clamp(0, 1)[..., None] * along).norm(dim=-1).amin(1)


def test_bands_draw_the_same_picture() -> None:
    ink = drawing(70, 90).ink(70, 8)
    whole = rasterise(ink, 70, 90, WHITE, 0.5)
    assert torch.allclose(rasterised_in_bands(ink, 70, 90, WHITE, band=16), whole, atol=1e-4)


def test_strokes_outside_and_no_strokes_at_all_leave_the_paper() -> None:
    paper = torch.tensor([0.2, 0.4, 0.6])
    image = rasterise(line((-50.0, -50.0), (-40.0, -60.0)), 20, 20, paper)
    assert torch.allclose(image, paper.view(3, 1, 1).expand(3, 20, 20))


def test_gradients_agree_with_small_pushes() -> None:
    target = torch.rand(3, 20, 24, generator=torch.Generator().manual_seed(3))
    points = torch.tensor([[[3.3, 4.1], [11.2, 9.7], [20.6, 8.2]]], dtype=torch.float64)
    given = (points, torch.tensor([5.0]).double(), torch.tensor([[0.3, 0.6, 0.2, 0.7]]).double())

    def loss(points: Tensor, widths: Tensor, colours: Tensor) -> Tensor:
        ink = Ink(points, widths, colours)
        return F.mse_loss(rasterise(ink, 20, 24, WHITE.double(), 1.0), target.double())

    assert torch.autograd.gradcheck(loss, [one.requires_grad_() for one in given], eps=1e-5, atol=1e-5)


def test_curves_are_bezier_curves() -> None:
    controls = torch.rand(2, 7, 2, generator=torch.Generator().manual_seed(5))
    places = polylines(controls, 4)
    assert places.shape == (2, 9, 2)
    assert torch.equal(places[:, -1], controls[:, -1])
    assert torch.allclose(places[:, ::4], controls[:, ::3])
    halfway = (controls[:, 0] + 3 * controls[:, 1] + 3 * controls[:, 2] + controls[:, 3]) / 8
    assert torch.allclose(places[:, 2], halfway, atol=1e-6)


def test_the_pen_slows_down_as_published() -> None:
    assert [slowing(t) for t in (0.0, 0.49, 0.5, 0.75, 1.0)] == [1.0, 1.0, 0.4, 0.1, 0.1]


def test_widths_and_colours_stay_in_bounds() -> None:
    canvas = drawing()
    with torch.no_grad():
        canvas.widths.copy_(torch.linspace(-10, 100, 12))
        canvas.colours.add_(2)
    canvas.settle()
    assert (canvas.widths.min(), canvas.widths.max()) == (THINNEST, WIDEST)
    assert canvas.colours.max() == 1


def test_the_svg_says_what_was_drawn() -> None:
    canvas = drawing(112, 224)
    root = ET.fromstring(canvas.svg())  # noqa: S314
    space = {"svg": "http://www.w3.org/2000/svg"}
    assert (root.get("width"), root.get("height")) == ("224", "112")
    paths = root.findall(".//svg:path", space)
    assert len(paths) == 12
    start, _, curve = paths[0].attrib["d"].partition(" C ")
    assert len(curve.split()) == 2 * 3 * 2, "two cubic curves"
    x, y = map(float, start.removeprefix("M ").split())
    assert torch.allclose(torch.tensor([x, y]), canvas.points[0, 0] * 112 / UNITS, atol=0.01)
    assert float(paths[0].attrib["stroke-width"]) == pytest.approx(6.0 * 112 / UNITS, abs=0.01)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_the_svg_lies_beside_the_picture(critics: Callable[[str, str], Critic], preset: str) -> None:
    backend = Strokes("cpu", critics)
    session = backend.begin(recipe_for(backend="strokes", preset=preset), Inputs())
    backend.step([session])
    assert isinstance(backend, HasExtras)
    (suffix,) = extras = backend.extras(session)
    assert suffix == "svg"
    assert extras["svg"].count(b"<path ") == DRAWINGS[preset].count
