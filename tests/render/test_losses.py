"""Losses: exact values where they are known, finite gradients where naive forms have none."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from dreamrender import losses


def unit(*rows: list[float]) -> torch.Tensor:
    return F.normalize(torch.tensor(rows, dtype=torch.float64), dim=-1)


def test_spherical_distance_is_half_the_squared_angle() -> None:
    x = unit([1, 0], [0, 1], [-1, 0], [1, 1])
    angles = torch.tensor([0.0, math.pi / 2, math.pi, math.pi / 4], dtype=torch.float64)
    assert torch.allclose(losses.spherical_distance(x, unit([1, 0]))[:, 0], angles**2 / 2, atol=1e-5)


def test_spherical_distance_equals_the_published_form() -> None:
    x, y = F.normalize(torch.randn(5, 8), dim=-1), F.normalize(torch.randn(3, 8), dim=-1)
    published = (x[:, None] - y[None]).norm(dim=-1).div(2).arcsin().square().mul(2)
    assert torch.allclose(losses.spherical_distance(x, y), published, atol=1e-5)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_spherical_distance_has_a_gradient_at_equal_and_opposite_vectors(sign: float) -> None:
    x = torch.tensor([[sign, 0.0, 0.0]], requires_grad=True)
    losses.spherical_distance(x, torch.tensor([[1.0, 0.0, 0.0]])).sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_a_negative_weight_turns_the_gradient() -> None:
    distances = torch.rand(4, 2, requires_grad=True)
    losses.prompt_loss(distances, torch.tensor([3.0, -1.0])).backward()
    assert distances.grad is not None
    assert torch.allclose(distances.grad, torch.tensor([0.75 / 4, -0.25 / 4]).expand(4, 2))


def test_a_pair_at_rest_has_its_value_and_no_gradient() -> None:
    x = F.normalize(torch.randn(6, 8), dim=-1).requires_grad_()
    y = F.normalize(torch.randn(3, 8), dim=-1)
    distances = losses.spherical_distance(x, y)
    weights, stops = torch.tensor([1.0, -1.0, 1.0]), torch.tensor([1.2, 1.2, math.nan])
    resting = losses.at_rest(x, y, weights, stops)
    assert torch.equal(resting[:, 0], distances[:, 0] < 1.2)
    assert torch.equal(resting[:, 1], distances[:, 1] > 1.2)
    assert not resting[:, 2].any()
    distances.retain_grad()
    loss = losses.prompt_loss(distances, weights, resting)
    assert torch.equal(loss, losses.prompt_loss(distances, weights))
    loss.backward()
    assert distances.grad is not None
    assert torch.equal(distances.grad == 0, resting)


def test_total_variation_is_zero_for_one_colour_only() -> None:
    assert losses.total_variation(torch.full((1, 3, 8, 8), 0.3)) == 0
    stripes = torch.tensor([0.0, 1.0]).repeat(4).expand(1, 3, 8, 8)
    assert losses.total_variation(stripes) == 1


def test_saturation_and_its_bounds() -> None:
    grey = torch.full((1, 3, 4, 4), 0.5)
    red = torch.zeros(1, 3, 4, 4)
    red[:, 0] = 0.9
    assert losses.saturation(grey).sum() == 0
    assert torch.allclose(losses.saturation(red), torch.tensor([[0.6, 0.3, 0.3]]))
    assert losses.below(losses.saturation(red), 0.7) == 0
    assert losses.below(losses.saturation(red), 0.1) > 0
    assert losses.above(losses.brightness(grey), 0.5) == 0
    assert losses.above(losses.contrast(grey), 0.2) == pytest.approx(0.04)


def test_blur_keeps_flat_pictures_and_their_brightness() -> None:
    image = torch.rand(2, 3, 20, 24)
    blurred = losses.gaussian_blur(image, 5)
    assert blurred.shape == image.shape
    assert blurred.std() < image.std()
    assert torch.allclose(
        losses.gaussian_blur(torch.full((1, 3, 9, 9), 0.4), 11), torch.full((1, 3, 9, 9), 0.4)
    )
    assert losses.blur_loss(image, 11) > losses.blur_loss(blurred, 11)


def test_out_of_range() -> None:
    assert losses.out_of_range(torch.tensor([0.0, 1.0])) == 0
    assert losses.out_of_range(torch.tensor([2.0, -1.0])) == 1


def test_weighted_cosine_ignores_what_is_unwanted() -> None:
    texts = torch.eye(3)
    score = losses.weighted_cosine(texts[:1], texts, torch.tensor([1.0, 1.0, -5.0]))
    assert score.tolist() == [0.5]
