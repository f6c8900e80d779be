"""Pooled and overview cutouts, against their formulae written out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from dreamrender.cutouts import KINDS, Augmentation, Overview, pooled
from dreamrender.cutouts.overview import LUMA
from dreamrender.cutouts.pooled import reduced

PLAIN = Augmentation(zoom=(1, 1), margin=0, turn=0, flip=0, brightness=0, channels=0, noise=0)
PICTURE = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(64, 64), (40, 96), (20, 24)])
def test_every_kind(kind: str, size: tuple[int, int]) -> None:
    image = torch.rand(3, *size, requires_grad=True)
    for t in (0.0, 0.5, 1.0):
        one, same, other = (KINDS[kind](image, 6, 32, Augmentation(), seeded(seed), t) for seed in (1, 1, 2))
        assert one.shape == (6, 3, 32, 32)
        assert torch.equal(one, same)
        assert not torch.equal(one, other)
        assert KINDS[kind](image, 1, 32, Augmentation(), seeded(), t).shape == (1, 3, 32, 32)
    KINDS[kind](image, 32, 32, Augmentation(), seeded(), 0.5).square().sum().backward()
    assert image.grad is not None
    assert image.grad.isfinite().all()
    assert (image.grad.abs().sum(0) > 0).float().mean() > 0.9


def test_pooling_is_half_the_mean_and_half_the_greatest_of_each_window() -> None:
    cuts = pooled(PICTURE, 2, 32, PLAIN, seeded())
    windows = PICTURE.view(3, 32, 2, 32, 2)
    naive = (windows.mean((2, 4)) + windows.amax((2, 4))) / 2
    assert torch.allclose(cuts[0], naive, atol=1e-5)
    assert torch.equal(reduced(PICTURE, 64, (1, 1)), PICTURE), "nothing to reduce"
    assert reduced(PICTURE, 16, (0.5, 1)).shape == (3, 23, 23)


def test_pooling_keeps_a_spark_that_the_mean_loses() -> None:
    night = torch.zeros(3, 64, 64)
    night[:, 33, 33] = 1
    assert pooled(night, 1, 32, PLAIN, seeded()).amax() == pytest.approx(0.625, abs=1e-4)
    assert KINDS["classic"](night, 1, 32, PLAIN, seeded()).amax() < 0.3


def test_overviews_are_the_picture_grey_mirrored_and_both() -> None:
    cuts = Overview(share=lambda t: 1.0)(PICTURE, 4, 64, PLAIN, seeded())
    grey = torch.einsum("c,chw->hw", torch.tensor(LUMA), PICTURE).expand(3, -1, -1)
    for cut, whole in zip(cuts, (PICTURE, grey, PICTURE.flip(-1), grey.flip(-1)), strict=True):
        assert torch.allclose(cut, whole, atol=1e-5)


def test_a_wide_picture_is_squeezed_into_its_overview() -> None:
    wide = torch.linspace(0, 1, 128).expand(3, 64, 128)
    (cut,) = Overview(share=lambda t: 1.0)(wide, 1, 64, PLAIN, seeded())
    assert cut[0, 0, 0] < 0.02
    assert cut[0, 0, -1] > 0.98


def _whole(cuts: torch.Tensor) -> int:
    """How many of some cuts show a black and white picture's edges."""
    return int(sum(cut[0, :, 0].mean() < 0.1 and cut[0, :, -1].mean() > 0.9 for cut in cuts))


def test_first_the_whole_then_its_parts() -> None:
    halves = torch.cat([torch.zeros(3, 256, 32), torch.full((3, 256, 192), 0.5), torch.ones(3, 256, 32)], 2)
    cut = replace(PLAIN, zoom=(1, 1))
    shown = [Overview(grey=lambda t: 0.0)(halves, 16, 32, cut, seeded(3), t) for t in (0.0, 0.5, 1.0)]
    straight = [cuts[: 12 if early else 4] for cuts, early in zip(shown, (True, False, False), strict=True)]
    mirrored = [torch.cat([cuts[2::4], cuts[3::4]]).flip(-1) for cuts in straight]
    plain = [torch.cat([cuts[0::4], cuts[1::4]]) for cuts in straight]
    assert [_whole(cuts) for cuts in plain] == [6, 2, 2]
    assert [_whole(cuts) for cuts in mirrored] == [6, 2, 2]
    inner = [cuts[12 if early else 4 :] for cuts, early in zip(shown, (True, False, False), strict=True)]
    assert all(_whole(cuts) <= 1 for cuts in inner)


def test_the_first_of_the_inner_cuts_are_grey_and_the_rest_in_colour() -> None:
    cuts = Overview(share=lambda t: 0.0, grey=lambda t: 1 - t)(PICTURE, 8, 16, PLAIN, seeded(), 0.75)
    colourless = [bool((cut.amax(0) - cut.amin(0)).max() < 1e-5) for cut in cuts]
    assert colourless == [True] * 2 + [False] * 6


def test_the_power_draws_smaller_inner_cuts() -> None:
    ramp = torch.linspace(0, 1, 256).expand(3, 256, 256)

    def width(power: float) -> float:
        cuts = Overview(share=lambda t: 0.0, power=power)(ramp, 64, 16, PLAIN, seeded())
        return float((cuts[..., -1] - cuts[..., 0]).mean())

    assert width(4) < width(1) < width(0.25)


def test_noise_follows_its_course() -> None:
    how = replace(PLAIN, more_noise=lambda t: 0.2 * (1 - t))
    grey = torch.full((3, 32, 32), 0.5)
    for kind in KINDS.values():
        spread = [float(kind(grey, 4, 32, how, seeded(), t).std()) for t in (0.0, 0.5, 1.0)]
        assert spread == pytest.approx([0.2, 0.1, 0], abs=0.01)
