"""The Fourier canvas: its spectrum's slope, the way there and back, odd sizes."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from dreamrender.canvases.fourier import LARGEST, Fourier, bounded, damping


def test_low_frequencies_count_most() -> None:
    scale = damping(32, 48, 1.5)
    assert scale.shape == (32, 25)
    assert scale[0, 0] == scale[0, 1] == scale.max()
    assert scale[0, 4] / scale[0, 8] == pytest.approx(2**1.5, rel=1e-3)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (33, 47), (48, 96)])
def test_unit_coefficients_give_unit_planes(height: int, width: int) -> None:
    drawn = torch.randn(64, height, width // 2 + 1, 2, generator=torch.Generator().manual_seed(2))
    planes = torch.fft.irfft2(
        torch.view_as_complex(drawn) * damping(height, width, 1.5), s=(height, width), norm="ortho"
    )
    assert planes.square().mean().sqrt() == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(("height", "width"), [(40, 40), (31, 45), (45, 31)])
def test_it_holds_a_picture(height: int, width: int) -> None:
    coarse = torch.rand(1, 3, 5, 5, generator=torch.Generator().manual_seed(3))
    picture = F.interpolate(coarse, (height, width), mode="bilinear")[0]
    held = Fourier.of(picture).image()
    assert held.shape == (3, height, width)
    assert (held - picture).abs().max() < 0.015


def test_it_begins_grey_and_soft() -> None:
    image = Fourier.drawn(64, 64, torch.Generator().manual_seed(4)).image().detach()
    assert image.mean() == pytest.approx(0.5, abs=0.05)
    assert 0.005 < image.std() < 0.1
    fine = (image[:, :, 1:] - image[:, :, :-1]).abs().mean()
    assert fine < image.std()


def test_every_coefficient_can_be_pushed() -> None:
    canvas = Fourier.drawn(16, 16, torch.Generator().manual_seed(5))
    canvas.image()[0, 3, 5].backward()  # type: ignore[no-untyped-call]
    assert canvas.spectrum.grad is not None
    assert (canvas.spectrum.grad != 0).float().mean() > 0.8


def test_large_pictures_have_a_bounded_spectrum() -> None:
    assert bounded(256, 300) == (256, 300)
    assert bounded(1024, 2048) == (LARGEST, 2 * LARGEST)
