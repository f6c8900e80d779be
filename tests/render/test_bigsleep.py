"""The Big Sleep: published files, a condition a layer, what holds noise and classes, what is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from dreambench import small_generators as tiny
from dreamconfig.catalogue import backends, models
from dreamqueue.errors import PaintError
from dreamrender import residents
from dreamrender.backend import Inputs
from dreamrender.backends.bigsleep import PRESETS, STRAIN, BigSleep
from dreamrender.biggan import BigGAN, Shape
from dreamrender.biggan_files import load_biggan, load_bigsleep, normalised
from dreamrender.canvases.conditions import Conditions, class_strain, likeliest, noise_strain
from dreamrender.canvases.squares import middle
from dreamrender.critics import Critic
from dreamrender.picture import to_pil

from .conftest import recipe_for

DEEP_256 = {
    "output_dim": 256,
    "z_dim": 128,
    "class_embed_dim": 128,
    "channel_width": 128,
    "num_classes": 1000,
    "layers": [
        [False, 16, 16],
        [True, 16, 16],
        [False, 16, 16],
        [True, 16, 8],
        [False, 8, 8],
        [True, 8, 8],
        [False, 8, 8],
        [True, 8, 4],
        [False, 4, 4],
        [True, 4, 2],
        [False, 2, 2],
        [True, 2, 1],
    ],
    "attention_layer_position": 8,
    "eps": 1e-4,
    "n_stats": 51,
}
"""As published."""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    weights, config = tmp_path / "pytorch_model.bin", tmp_path / "config.json"
    tiny.write_biggan(weights, config, tiny.biggan())
    return weights, config


def test_a_published_checkpoint_paints_what_its_weights_say(files: tuple[Path, Path]) -> None:
    model, loaded = tiny.biggan(), load_biggan(*files)
    noise, classes = torch.randn(5, 16, generator=tiny.seeded(1)), torch.rand(5, 20, generator=tiny.seeded(2))
    picture = loaded(noise, classes)
    assert picture.shape == (1, 3, 32, 32)
    assert picture.std() > 0.05
    assert torch.allclose(picture, model(noise, classes), atol=1e-4)
    assert not any(part.requires_grad for part in loaded.parameters())


def test_weights_are_normalised_as_torch_does_it() -> None:
    torch.manual_seed(0)
    part = nn.utils.spectral_norm(nn.Conv2d(3, 5, 3), eps=1e-4)
    part(torch.rand(1, 3, 8, 8))  # finds u and v
    part.eval()
    part(torch.rand(1, 3, 8, 8))
    stored = {f"x.{name}": tensor for name, tensor in part.state_dict().items()}
    assert torch.allclose(normalised(stored, 1e-4)["x.weight"], part.weight, atol=1e-6)
    del stored["x.weight_v"]
    without = normalised(stored, 1e-4)["x.weight"]
    ratio = without / part.weight
    assert torch.allclose(ratio, ratio.mean().expand_as(ratio), atol=1e-5)
    stored["x.weight_u"] = torch.ones(4)
    with pytest.raises(PaintError, match=r"x\.weight_u is missing or has another size"):
        normalised(stored, 1e-4)


def test_the_true_architecture_has_the_published_names_and_sizes() -> None:
    with torch.device("meta"):
        model = BigGAN(Shape.model_validate(DEEP_256))
    parts = {name: tuple(part.shape) for name, part in model.state_dict().items()}
    assert model.rows == 13
    assert sum(part.numel() for part in model.parameters()) == 55_880_833
    assert parts["embeddings.weight"] == (128, 1000)
    assert parts["generator.gen_z.weight"] == (4 * 4 * 16 * 128, 256)
    assert parts["generator.layers.0.bn_0.running_means"] == (51, 2048)
    assert parts["generator.layers.0.conv_1.weight"] == (512, 512, 3, 3)
    assert parts["generator.layers.8.snconv1x1_theta.weight"] == (64, 512, 1, 1)
    assert parts["generator.layers.12.bn_3.scale.weight"] == (64, 256)
    assert parts["generator.bn.weight"] == (128,)
    assert parts["generator.conv_to_rgb.weight"] == (128, 128, 3, 3)
    normed = [name for name in parts if name.endswith(".weight") and name not in NOT_NORMED]
    assert len(parts) + 2 * len(normed) == 602  # tensors of the published file: a normed weight is three


NOT_NORMED = ("embeddings.weight", "generator.bn.weight")


def test_each_row_moves_the_picture_and_truncation_chooses_the_statistics() -> None:
    model = tiny.biggan()
    noise, classes = torch.randn(5, 16, generator=tiny.seeded(1)), torch.zeros(5, 20)
    plain = model(noise, classes)
    for row in range(model.rows):
        moved = noise.clone()
        moved[row] += 1
        assert (model(moved, classes) - plain).abs().max() > 1e-4
    calm = BigGAN(model.shape, truncation=0.5).eval().requires_grad_(False)
    calm.load_state_dict(model.state_dict())
    assert calm.generator.bn.row == 25
    assert not torch.allclose(calm(noise, classes), plain)


def test_few_classes_are_taken_one_after_the_other() -> None:
    logits = torch.tensor([[0.0, 4.0, 2.0, -1.0]])
    shares = likeliest(logits, 2)
    first = torch.exp(logits[0] / 2) / torch.exp(logits[0] / 2).sum()
    rest = torch.tensor([0.0, 2.0, -1.0]) / 2
    second = rest.exp() / rest.exp().sum()
    assert torch.allclose(shares, torch.tensor([[0.0, float(first[1]), float(second[1]), 0.0]]))
    assert (likeliest(logits, 9) > 0).all()


def test_strain_is_the_published_sum() -> None:
    noise = torch.randn(4, 50, generator=tiny.seeded(3)) * 1.3 + 0.2
    naive = torch.zeros(())
    for row in noise:
        scores = (row - row.mean()) / row.std(unbiased=False)
        naive += (1 - row.std()).abs() + row.mean().abs() + (scores**4).mean().sub(3).abs()
        naive += (scores**3).mean().abs()
    naive = naive / 4 + 4 * max(float((noise**2).mean()), 1.0)
    assert torch.allclose(noise_strain(noise), naive, atol=1e-5)
    classes = torch.tensor([[0.9, 0.1, 0.2], [0.0, 0.5, 0.4]])
    rest = torch.tensor([0.1, 0.2, 0.0, 0.4])
    assert torch.allclose(class_strain(classes), ((50 * rest) ** 2).mean())


def test_the_middle_has_the_shape_asked_for() -> None:
    image = torch.arange(48.0).view(1, 4, 12).expand(3, 4, 12)
    assert middle(image, 100, 100).shape == (3, 4, 4)
    assert torch.equal(middle(image, 100, 100), image[:, :, 4:8])
    assert middle(torch.rand(3, 32, 32), 32, 64).shape == (3, 16, 32)
    assert middle(torch.rand(3, 32, 32), 96, 64).shape == (3, 32, 21)


@pytest.mark.usefixtures("fetched_generators")
def test_steering_brings_the_picture_nearer_and_strain_counts(critics: Callable[[str, str], Critic]) -> None:
    painter = BigSleep("cpu", critics)
    session = painter.begin(recipe_for(backend="bigsleep", steps=40), Inputs())
    assert isinstance(session.canvas, Conditions)
    image, cuts = session.views()
    seen = [critic.encode_images(some) for critic, some in zip(session.critics, cuts, strict=True)]
    plain = super(type(session), session).loss(image, cuts, seen)
    assert torch.allclose(session.loss(image, cuts, seen) - plain, STRAIN * session.canvas.strain())
    before = session.score
    while session.step < 40:
        painter.step([session])
    assert before is not None
    assert session.score is not None
    assert session.score > before


@pytest.mark.usefixtures("fetched_generators")
def test_an_initial_picture_is_approached_before_the_first_step(
    critics: Callable[[str, str], Critic],
) -> None:
    start = torch.zeros(3, 32, 32)
    start[2, :, :16] = 0.8
    painter = BigSleep("cpu", critics)
    recipe = recipe_for(backend="bigsleep", image="key")
    begun = painter.picture(painter.begin(recipe, Inputs({"key": to_pil(start)})))
    free = painter.picture(painter.begin(recipe_for(backend="bigsleep"), Inputs()))
    assert (begun - start).abs().mean() < (free - start).abs().mean() / 2


@pytest.mark.usefixtures("fetched_generators")
def test_a_member_is_told_what_a_square_generator_cannot_do(critics: Callable[[str, str], Critic]) -> None:
    painter, given = BigSleep("cpu", critics), Inputs({"key": to_pil(torch.zeros(3, 32, 32))})
    assert painter.begin(recipe_for(backend="bigsleep"), Inputs()).notes == ()
    told = painter.begin(recipe_for(backend="bigsleep", width=64, image="key"), given).notes
    assert [note.split()[1] for note in told] == ["paints", "can"]
    assert "the middle of one" in told[0]


class Harmful:
    """What a poisoned checkpoint holds."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.system, ("touch harmed",)


@pytest.mark.parametrize("modern", [False, True])
def test_code_in_a_checkpoint_is_not_run(
    files: tuple[Path, Path], modern: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, config = files
    monkeypatch.chdir(weights.parent)
    torch.save({"x": Harmful()}, weights, _use_new_zipfile_serialization=modern)
    with pytest.raises(PaintError, match=r"pytorch_model\.bin is damaged, or holds more than weights"):
        load_biggan(weights, config)
    assert not Path("harmed").exists()


@pytest.mark.parametrize("modern", [False, True])
@pytest.mark.parametrize("kept", [0, 100, 5000])
def test_a_truncated_checkpoint_is_refused(files: tuple[Path, Path], kept: int, modern: bool) -> None:
    weights, config = files
    torch.save(tiny.published_biggan(tiny.biggan()), weights, _use_new_zipfile_serialization=modern)
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(PaintError, match=r"pytorch_model\.bin is (damaged|no checkpoint)"):
        load_biggan(weights, config)


def test_a_checkpoint_that_does_not_fit_says_what(files: tuple[Path, Path]) -> None:
    weights, config = files
    config.write_text(json.dumps({**tiny.BIGGAN, "num_classes": 30}))
    with pytest.raises(PaintError, match=r"embeddings\.weight is \(16, 20\) and should be \(16, 30\)"):
        load_biggan(weights, config)
    stored = tiny.published_biggan(tiny.biggan())
    del stored["generator.layers.0.conv_1.bias"]
    torch.save(stored, weights)
    config.write_text(json.dumps(tiny.BIGGAN))
    with pytest.raises(PaintError, match=r"lacks 1 of the weights, generator\.layers\.0\.conv_1\.bias first"):
        load_biggan(weights, config)
    torch.save([1, 2], weights)
    with pytest.raises(PaintError, match="holds no weights"):
        load_biggan(weights, config)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "all of it: Invalid JSON"),
        (json.dumps({**tiny.BIGGAN, "output_dim": 64}), "the layers do not lead to output_dim"),
        (json.dumps({**tiny.BIGGAN, "z_dim": 10**9}), "z_dim: Input should be less"),
        (json.dumps({**tiny.BIGGAN, "attention_layer_position": 9}), "after the last layer"),
    ],
)
def test_a_configuration_that_is_none_is_refused(files: tuple[Path, Path], text: str, why: str) -> None:
    weights, config = files
    config.write_text(text)
    with pytest.raises(PaintError, match=rf"config\.json describes no BigGAN that I know: .*{why}"):
        load_biggan(weights, config)


def test_missing_files_say_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(residents, "_all", {})
    with pytest.raises(
        PaintError,
        match=r"not have bigsleep-deep-256\.bin and bigsleep-deep-256\.json .* "
        r"`aliendreams models fetch bigsleep-deep-256`",
    ):
        load_bigsleep("bigsleep-deep-256")


def test_every_preset_has_its_checkpoint_in_the_catalogue() -> None:
    assert list(backends()["bigsleep"].presets) == list(PRESETS)
    bases = {name for name, model in models().items() if model.kind == "biggan"}
    assert bases == {f"bigsleep-deep-{preset.partition('-')[2]}" for preset in PRESETS}
