"""DeepDream: layers of the critics' towers, octaves, fixed shares, and that activations do grow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from dreamconfig.catalogue import backends
from dreamqueue.errors import PaintError
from dreamrender.backend import Inputs
from dreamrender.backends.deepdream import DREAMS, PRESETS, Deepdream
from dreamrender.canvases.octaves import Octaves, clouds, octave_sizes
from dreamrender.critics import Critic, HasLayers
from dreamrender.critics.efficientnet_lite import LAYERS, SIZES, EfficientNetLite
from dreamrender.critics.open_clip import OpenClipCritic
from dreamrender.critics.tower_layers import layers_of, watched
from dreamrender.dream import layer_at, unit_gradient
from dreamrender.picture import to_pil

from .conftest import recipe_for

Critics = Callable[[str, str], Critic]


@pytest.fixture
def backend(critics: Critics) -> Deepdream:
    return Deepdream("cpu", critics)


def dreamt(backend: Deepdream, **changes: Any) -> torch.Tensor:
    recipe = recipe_for(backend="deepdream", **changes)
    grey = Inputs({"key": to_pil(torch.full((3, 64, 64), 0.5))})
    session = backend.begin(recipe, grey)
    while session.step < recipe.steps:
        backend.step([session])
    return backend.picture(session)


def test_the_catalogue_names_these_presets() -> None:
    assert list(backends()["deepdream"].presets) == list(PRESETS) == list(DREAMS)


def test_the_pocket_tower_shows_its_layers() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tower = EfficientNetLite(SIZES["lite2"]).eval()
    images = torch.rand(1, 3, 64, 96)
    shapes = {layer: tuple(tower.features(images, layer).shape[1:]) for layer in LAYERS}
    assert shapes["stem"] == (32, 32, 48)
    assert shapes["stage1"] == (16, 32, 48)
    assert shapes["stage5"] == (120, 4, 6)
    assert shapes["head"] == (1280, 2, 3)
    assert torch.allclose(tower.features(images, "head").mean((2, 3)), tower(images)[0], atol=1e-5)


def test_the_layers_of_an_open_clip_tower(critic: OpenClipCritic) -> None:
    assert isinstance(critic, HasLayers)
    assert critic.layers == ("block1", "block2")
    images = torch.rand(2, 3, 48, 48, requires_grad=True)
    first, second = (critic.features(images, layer) for layer in critic.layers)
    assert first.shape == second.shape == (2, 17, 32)
    assert not torch.equal(first, second)
    second.square().mean().backward()
    assert images.grad is not None
    assert images.grad.abs().sum() > 0


def test_layers_of_towers_of_other_makes() -> None:
    resnet = nn.ModuleDict({f"layer{n}": nn.Identity() for n in range(1, 5)})
    assert list(layers_of(resnet)) == ["layer1", "layer2", "layer3", "layer4"]
    timm = nn.ModuleDict({"trunk": nn.ModuleDict({"stages": nn.Sequential(nn.Identity(), nn.Identity())})})
    assert list(layers_of(timm)) == ["block1", "block2"]
    assert layers_of(nn.Linear(2, 2)) == {}


def test_a_hook_is_taken_off_again() -> None:
    layer = nn.Identity()
    assert watched(layer, lambda: layer(torch.ones(3))).sum() == 3
    with pytest.raises(ZeroDivisionError):
        watched(layer, lambda: 1 / 0)
    assert not layer._forward_hooks


def test_layers_are_chosen_by_depth(critic: OpenClipCritic) -> None:
    assert layer_at(critic, 0.0) == "block1"
    assert layer_at(critic, 1.0) == "block2"


def test_a_critic_that_hides_its_layers_is_named(critic: OpenClipCritic) -> None:
    class Closed:
        name = "closed"
        image_size, dim, max_tokens = critic.image_size, critic.dim, critic.max_tokens
        encode_images = staticmethod(critic.encode_images)
        encode_texts = staticmethod(critic.encode_texts)
        tokens = staticmethod(critic.tokens)

    with pytest.raises(PaintError, match="`closed` does not show its layers"):
        Deepdream("cpu", lambda name, device: Closed()).begin(recipe_for(backend="deepdream"), Inputs())


def test_octaves_grow_to_the_pictures_size() -> None:
    sizes = octave_sizes(256, 384)
    assert sizes[-1] == (256, 384)
    assert sizes == sorted(sizes)
    assert min(sizes[0]) >= 64
    assert octave_sizes(32, 48) == [(32, 48)]
    assert octave_sizes(1024, 2048)[-1] == (512, 1024)


def test_detail_goes_along_and_the_pictures_own_is_kept() -> None:
    picture = torch.rand(3, 128, 128, generator=torch.Generator().manual_seed(1)) * 0.5 + 0.25
    canvas = Octaves(picture)
    assert torch.allclose(canvas.rendered(128, 128), picture), "nothing dreamt, nothing lost"
    with torch.no_grad():
        canvas.detail += 0.1
    assert not canvas.prepare(0.0)
    assert canvas.prepare(1.0)
    assert canvas.detail.shape == picture.shape
    assert torch.allclose(canvas.image(), picture + 0.1, atol=1e-5)


def test_detail_stays_in_sight() -> None:
    canvas = Octaves(torch.full((3, 32, 32), 0.75))
    with torch.no_grad():
        canvas.detail += 3
    canvas.settle()
    assert torch.allclose(canvas.detail, torch.tensor(0.25))


def test_clouds_are_soft_and_seeded() -> None:
    one, same = (clouds(64, 96, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one, same)
    assert one.mean() == pytest.approx(0.5, abs=0.1)
    assert (one[:, :, 1:] - one[:, :, :-1]).abs().mean() < one.std() / 2


def test_gradients_have_the_size_that_was_asked_for() -> None:
    image = torch.rand(3, 40, 40, requires_grad=True)
    weights = torch.randn(3, 40, 40) * 1e-6
    (unit_gradient(image, 0.3, (3, 7)) * weights).sum().backward()
    assert image.grad is not None
    assert image.grad.abs().mean() == pytest.approx(0.3, rel=1e-4)


def test_without_the_prompt_activations_grow(backend: Deepdream, critic: OpenClipCritic) -> None:
    layer = layer_at(critic, DREAMS["dream"].depth)

    def strength(picture: torch.Tensor) -> float:
        return float(critic.features(picture[None], layer).square().mean())

    picture = dreamt(backend, image="key", width=64, height=64, steps=20)
    assert strength(picture) > strength(torch.full((3, 64, 64), 0.5))


def test_presets_dream_differently(backend: Deepdream) -> None:
    one, other = (dreamt(backend, preset=preset, image="key", steps=2) for preset in ("dream", "mixed"))
    assert not torch.equal(one, other)
