"""The fast layers against the plain modules they stand in for, with the reference loop as a third witness."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dreambench.contest import plain_loop
from dreambench.networks import SMALL, Networks
from dreambench.reference import augment
from dreambench.reference import decoder as reference
from dreamrender import torchvision_ops
from dreamrender.cutouts import Augmentation, cut_out
from dreamrender.cutouts.classic import placements
from dreamrender.fast.layers import Norm
from dreamrender.fast.precision import Formats, Precision, fast_in_half, formats
from dreamrender.fast.tower import Tower, fits
from dreamrender.vqgan import VQGAN, Layers, Shape

torchvision_ops.declare()
import open_clip  # noqa: E402

LAYERS = {
    "ch": 32,
    "ch_mult": (1, 2),
    "num_res_blocks": 1,
    "attn_resolutions": (16,),
    "resolution": 32,
    "z_channels": 32,
}
MEAN, STD = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)
LIKENESS = {"float32": 0.99999, "bfloat16": 0.99}


def model() -> VQGAN:
    """A VQGAN with attention, random but always the same, whose norms do something."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = VQGAN(Shape(embed_dim=8, n_embed=10, ddconfig=Layers.model_validate(LAYERS)))
        for name, part in made.named_parameters():
            if "norm" in name:
                part.data.add_(torch.randn_like(part) * 0.3)
    return made.eval().requires_grad_(False)


def seen(network: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """What a network makes of x, and the gradient of a fixed random reading of that."""
    x = x.clone().requires_grad_()
    y = network(x).float()
    pull = torch.randn(y.shape, generator=torch.Generator().manual_seed(9))
    (gradient,) = torch.autograd.grad((y * pull).sum(), x)
    return y.detach(), gradient


def alike(a: Tensor, b: Tensor) -> float:
    return float(F.cosine_similarity(a.flatten(), b.flatten(), dim=0))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("count", [1, 2])
def test_the_decoder_paints_and_learns_as_the_plain_one(precision: Precision, count: int) -> None:
    vqgan = model()
    z = torch.randn(count, 8, 12, 20)
    y, gradient = seen(vqgan.hasten("plain").decode, z)
    assert vqgan.quick is None
    quick, its_gradient = seen(model().hasten(precision).decode, z)
    assert quick.shape == y.shape
    assert alike(quick - quick.mean(), y - y.mean()) > LIKENESS[precision]
    assert alike(its_gradient, gradient) > LIKENESS[precision]
    assert 0.97 < float(its_gradient.norm() / gradient.norm()) < 1.03


def test_the_reference_decoder_says_the_same() -> None:
    """Three ways to the same gradient: taming's module, the reference, the fast layers."""
    vqgan = model()
    plain = reference.Decoder(ch=32, ch_mult=(1, 2), blocks=1, attended=(16,), side=32, z=32)
    plain.load_state_dict(vqgan.decoder.state_dict())
    z = torch.randn(1, 8, 16, 16)
    y, gradient = seen(lambda x: (plain(vqgan.post_quant_conv(x)) + 1) / 2, z)
    for precision in ("plain", "float32"):
        other, its_gradient = seen(model().hasten(precision).decode, z)  # type: ignore[arg-type]
        assert torch.allclose(other, y, atol=1e-5)
        assert torch.allclose(its_gradient, gradient, atol=1e-4 * float(gradient.abs().max()))


@pytest.mark.parametrize("swish", [True, False])
def test_the_norms_gradient_is_torchs(swish: bool) -> None:
    plain = torch.nn.GroupNorm(4, 12, eps=1e-6)
    plain.weight.data, plain.bias.data = torch.randn(12), torch.randn(12)
    x = torch.randn(2, 12, 5, 7).contiguous(memory_format=torch.channels_last) * 3 + 1
    y, gradient = seen(lambda x: F.silu(plain(x)) if swish else plain(x), x)
    quick, its_gradient = seen(Norm(plain.requires_grad_(False), torch.float32, swish=swish), x)
    assert torch.allclose(quick, y, atol=1e-5)
    assert torch.allclose(its_gradient, gradient, atol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("quick", [True, False], ids=["QuickGELU", "GELU"])
def test_the_tower_sees_and_learns_as_the_plain_one(precision: Precision, quick: bool) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        vision = open_clip.CLIPVisionCfg(image_size=32, layers=3, width=64, head_width=16, patch_size=8)
        text = open_clip.CLIPTextCfg(context_length=8, vocab_size=50, width=32, heads=2, layers=1)
        visual = open_clip.CLIP(16, vision, text, quick_gelu=quick).visual.eval().requires_grad_(False)
    assert fits(visual)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    images = torch.rand(3, 3, 32, 32)
    y, gradient = seen(lambda x: visual((x - mean) / std), images)
    tower = Tower(visual, MEAN, STD, formats("cpu", precision).critic)
    fast, its_gradient = seen(tower, images)
    assert alike(fast, y) > LIKENESS[precision]
    assert alike(its_gradient, gradient) > LIKENESS[precision]


def test_towers_of_another_make_are_left_alone() -> None:
    vision = open_clip.CLIPVisionCfg(
        image_size=32, layers=1, width=32, head_width=16, patch_size=8, pool_type="avg"
    )
    text = open_clip.CLIPTextCfg(context_length=8, vocab_size=50, width=32, heads=2, layers=1)
    assert not fits(open_clip.CLIP(16, vision, text).visual)


def test_what_the_setting_means() -> None:
    full, half = torch.float32, torch.bfloat16
    assert formats("cpu", "plain") == Formats(full, full, fast=False)
    assert formats("cpu", "float32") == Formats(full, full, fast=True)
    assert formats("cpu", "mixed") == Formats(half, full, fast=True)
    assert formats("cuda:1", "auto") == Formats(half, half, fast=False)
    assert formats("mps", "auto") == Formats(full, full, fast=False)
    assert formats("cpu", "auto").painter == (half if fast_in_half("cpu") else full)


def test_one_sampling_pass_is_the_same_as_one_after_the_other() -> None:
    """Our cutouts and the reference's links, with the same maps, gains and noise: values and gradients."""
    how = Augmentation(padding="zeros")
    image, count = torch.rand(3, 32, 32), 4

    def one_by_one(image: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(1)
        maps = placements(count, (32, 32), how, generator)
        last = torch.tensor([0.0, 0, 1]).expand(count, 1, 3)
        cuts = augment.warped(image.expand(count, -1, -1, -1), torch.cat([maps, last], 1))
        cuts = cuts * augment.uniform(1 - how.channels, 1 + how.channels, (count, 3, 1, 1), generator)
        cuts = cuts + augment.uniform(-how.brightness, how.brightness, (count, 1, 1, 1), generator)
        loudness = augment.uniform(0, how.noise, (count, 1, 1, 1), generator)
        return cuts + loudness * torch.randn(cuts.shape, generator=generator)

    ours, gradient = seen(lambda x: cut_out(x, count, 32, how, torch.Generator().manual_seed(1)), image)
    theirs, their_gradient = seen(one_by_one, image)
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert torch.allclose(gradient, their_gradient, atol=1e-4)


def test_the_reference_loop_steps_against_its_gradient() -> None:
    """Adam's first step is its rate, against the sign of the gradient, unless the codebook's box stops it."""
    networks = Networks.drawn(SMALL)
    gradient = plain_loop(networks, 32, 8).gradient()
    loop = plain_loop(networks, 32, 8)
    before = loop.z.detach().clone()
    loop.step()
    moved = loop.z.detach() - before
    free = (moved.abs() - 0.1).abs() < 1e-3
    assert float(free.float().mean()) > 0.8
    assert torch.equal(moved.sign()[free], -gradient.sign()[free])
    assert bool((loop.z.amax((0, 2, 3)) <= networks.vqgan.codebook.amax(0)).all())
