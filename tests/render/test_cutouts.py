"""Cutouts: where they lie, what they keep, that they do not alias, that they repeat."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from dreamrender.cutouts import Augmentation, cut_out, placements, prefilter

PLAIN = Augmentation(zoom=(1, 1), margin=0, turn=0, flip=0, brightness=0, channels=0, noise=0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_plain_cut_is_the_picture() -> None:
    image = torch.rand(3, 32, 32)
    cuts = cut_out(image, 2, 32, PLAIN, seeded())
    assert cuts.shape == (2, 3, 32, 32)
    assert torch.allclose(cuts[0], image, atol=1e-5)


def test_a_flipped_cut_is_the_mirror_image() -> None:
    image = torch.rand(3, 32, 32)
    cut = cut_out(image, 1, 32, replace(PLAIN, flip=1), seeded())
    assert torch.allclose(cut[0], image.flip(-1), atol=1e-5)


def test_same_seed_same_cuts() -> None:
    image = torch.rand(3, 48, 40)
    one, same, other = (cut_out(image, 3, 32, Augmentation(), seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_cuts_of_a_wide_picture_reach_all_of_it() -> None:
    how = replace(PLAIN, zoom=(0.5, 1))
    theta = placements(500, (32, 96), how, seeded())
    left, right = (theta[:, 0, 2] - theta[:, 0, 0].abs()), (theta[:, 0, 2] + theta[:, 0, 0].abs())
    assert left.min() >= -1.0001
    assert right.max() <= 1.0001
    assert left.min() < -0.95
    assert right.max() > 0.95
    assert theta[:, 0, 0].max() > 0.9, "some show the whole width"
    assert theta[:, 0, 0].min() < 0.35, "some a part of it"


def test_square_cuts_stay_square_when_nothing_may_stretch() -> None:
    theta = placements(50, (32, 64), replace(PLAIN, zoom=(0.5, 1), squeeze=(0, 0)), seeded())
    assert torch.allclose(theta[:, 0, 0] * 2, theta[:, 1, 1])


def test_a_turn_about_a_far_pivot_moves_the_cut() -> None:
    still = placements(20, (32, 32), replace(PLAIN, turn=0.5), seeded())
    moved = placements(20, (32, 32), replace(PLAIN, turn=0.5, pivot=1), seeded())
    assert still[:, :, 2].abs().max() == 0
    assert moved[:, :, 2].abs().max() > 0.1


def test_border_padding_repeats_the_edge() -> None:
    image = torch.zeros(3, 32, 32)
    image[:, :, -1] = 1
    cut = cut_out(image, 1, 48, replace(PLAIN, zoom=(1.5, 1.5), padding="border"), seeded())
    assert cut[0, :, 24, -6:].min() > 0.99


def test_fine_stripes_turn_grey_instead_of_aliasing() -> None:
    stripes = torch.tensor([0.0, 1.0]).repeat(256).expand(3, 512, 512)
    how = replace(PLAIN, zoom=(0.5, 1), margin=0)
    cuts = cut_out(stripes, 8, 32, how, seeded())
    assert cuts.std() < 0.05
    assert prefilter(torch.rand(3, 32, 32), 32, 0.5).shape == (3, 32, 32), "small pictures stay as they are"


def test_gain_mean_and_noise_as_in_clipig() -> None:
    image = torch.rand(3, 32, 32)
    cut = cut_out(image, 4, 32, replace(PLAIN, gain=0.5, mean=0.5), seeded())
    assert torch.allclose(cut.mean((2, 3)), torch.full((4, 3), 0.5), atol=1e-4)
    assert cut.std() == pytest.approx(image.std().item() / 2, rel=0.1)
    noisy = cut_out(image, 4, 32, replace(PLAIN, steady_noise=0.1), seeded())
    assert (noisy - image).std() == pytest.approx(0.1, rel=0.05)


def test_grey_noise_is_equal_in_all_channels_and_follows_progress() -> None:
    how = replace(PLAIN, grey_noise=lambda t: 1 - t)
    image = torch.zeros(3, 32, 32)
    early = cut_out(image, 1, 32, how, seeded(), t=0.5)[0]
    assert torch.equal(early[0], early[1])
    assert early.std() == pytest.approx(0.5, rel=0.1)
    assert cut_out(image, 1, 32, how, seeded(), t=1.0).abs().max() == 0


def test_gradients_reach_every_pixel() -> None:
    image = torch.rand(3, 64, 64, requires_grad=True)
    cut_out(image, 16, 32, Augmentation(), seeded()).square().sum().backward()
    assert image.grad is not None
    assert (image.grad.abs().sum(0) > 0).float().mean() > 0.95
