"""SIREN: drawn as its paper wants, any size, primed with a picture."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from dreamconfig.catalogue import backends
from dreamrender.backends.siren import PRESETS
from dreamrender.canvas import AnySize
from dreamrender.canvases.siren import W0, Siren, drawn_layers


def small(height: int = 24, width: int = 32, seed: int = 1) -> Siren:
    return Siren(height, width, torch.Generator().manual_seed(seed), hidden=32, layers=3, working=16)


def test_the_catalogue_names_these_presets() -> None:
    assert list(backends()["siren"].presets) == list(PRESETS)


def test_weights_begin_within_the_papers_bounds() -> None:
    first, second, last = drawn_layers([2, 64, 64, 3], torch.Generator().manual_seed(0))
    assert 0.45 < first[0].abs().max() <= 0.5
    bound = math.sqrt(6 / 64) / W0
    assert 0.9 * bound < second[0].abs().max() <= bound
    assert last[0].shape == (3, 64)


def test_activations_keep_their_spread_through_the_layers() -> None:
    canvas = Siren(64, 64, torch.Generator().manual_seed(0), hidden=128, layers=5)
    x = canvas._grid(64, 64, torch.zeros(2))
    for weight, bias in canvas.layers[:-1]:
        x = torch.sin(W0 * F.linear(x, weight, bias))
        assert float(x.detach().std()) == pytest.approx(0.7, abs=0.1)


def test_it_is_steered_small_and_drawn_at_any_size() -> None:
    canvas = small()
    assert isinstance(canvas, AnySize)
    assert canvas.image().shape == (3, 16, 21)
    large = canvas.rendered(96, 128)
    assert large.shape == (3, 96, 128)
    assert not large.requires_grad
    small_one = canvas.rendered(24, 32)
    shrunk = F.interpolate(large[None], (24, 32), mode="area")[0]
    assert (shrunk - small_one).abs().mean() < 0.02, "the same picture, only finer"


def test_large_pictures_are_evaluated_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = small()
    whole = canvas.rendered(30, 40)
    monkeypatch.setattr("dreamrender.canvases.siren.CHUNK", 7)
    assert torch.allclose(canvas.rendered(30, 40), whole, atol=1e-6)


def test_each_step_looks_between_the_pixels() -> None:
    canvas = small()
    before = canvas.image()
    canvas.prepare(0.0)
    assert not torch.equal(canvas.image(), before)
    canvas.settle()
    assert torch.equal(canvas.image(), before)


def test_priming_learns_the_picture() -> None:
    picture = torch.zeros(3, 24, 32)
    picture[0, :, :16], picture[2, :, 16:] = 0.9, 0.6
    canvas = small()
    canvas.prime(picture, steps=150, points=512)
    assert (canvas.rendered(24, 32) - picture).abs().mean() < 0.06
    assert all(tensor.grad is None for layer in canvas.layers for tensor in layer)
