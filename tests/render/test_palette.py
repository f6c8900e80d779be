"""The palette's loss: Oklab as published, the nearest colour, gradients everywhere."""

from __future__ import annotations

import pytest
import torch

from dreamrender.palette import SOFTNESS, Palette, oklab


def flat(*colour: float) -> torch.Tensor:
    return torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, 4, 4)


@pytest.mark.parametrize(
    ("colour", "lab"),
    [
        ((1.0, 1.0, 1.0), (1.0, 0.0, 0.0)),
        ((1.0, 0.0, 0.0), (0.628, 0.225, 0.126)),
        ((0.0, 1.0, 0.0), (0.866, -0.234, 0.179)),
        ((0.0, 0.0, 1.0), (0.452, -0.032, -0.312)),
    ],
)
def test_oklab_as_published(colour: tuple[float, ...], lab: tuple[float, ...]) -> None:
    assert oklab(flat(*colour))[0, :, 0, 0].tolist() == pytest.approx(list(lab), abs=2e-3)


def test_the_distance_is_that_to_the_nearest() -> None:
    palette = Palette(["#000000", "#ff8800", "#0000ff"])
    image = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    own = oklab(torch.tensor([[0, 0, 0], [1, 0x88 / 255, 0], [0, 0, 1.0]]).T[None, :, :, None])[0, :, :, 0]
    apart = [
        min(float((pixel - colour).norm()) for colour in own.T) for pixel in oklab(image)[0].flatten(1).T
    ]
    naive = sum(apart) / len(apart)
    assert naive - SOFTNESS * 1.1 < float(palette(image)) <= naive + 1e-3
    assert abs(float(palette(flat(1, 0x88 / 255, 0)))) < 1e-3


def test_gradients_are_finite_even_at_black_and_lead_to_the_palette() -> None:
    palette = Palette(["#102040", "#f0c080"])
    image = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))
    image[:, :2] = 0
    image.requires_grad_()
    before = palette(image[None]).item()
    optimiser = torch.optim.Adam([image], lr=0.02)
    for _ in range(150):
        optimiser.zero_grad()
        palette(image[None]).backward()
        assert image.grad is not None
        assert image.grad.isfinite().all()
        optimiser.step()
    assert palette(image[None]).item() < before / 4


def test_large_pictures_are_looked_at_small() -> None:
    palette = Palette(["#000000", "#ffffff"])
    image = torch.rand(1, 3, 64, 96)
    large = torch.nn.functional.interpolate(image, scale_factor=8, mode="nearest")
    assert float(palette(large)) == pytest.approx(float(palette(image)), abs=0.02)
