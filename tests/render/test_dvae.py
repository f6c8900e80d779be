"""DALL-E's dVAE: whole pickled modules read as data, relaxed one-hots, what is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dreambench import small_generators as tiny
from dreamconfig.catalogue import backends, models
from dreamqueue.errors import PaintError
from dreamrender import residents
from dreamrender.backend import Inputs
from dreamrender.backends.dvae import BASE, DVAE, PRESETS
from dreamrender.canvases.onehots import COOL, WARM, OneHots, drawn_logits, gumbel, logits_of, temperature
from dreamrender.critics import Critic
from dreamrender.dvae import Decoder, Encoder, Shape
from dreamrender.dvae_files import load_decoder, load_encoder
from dreamrender.picture import to_pil

from .conftest import recipe_for
from .test_bigsleep import Harmful


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    encoder, decoder = tmp_path / "encoder.pkl", tmp_path / "decoder.pkl"
    tiny.write_dvae(encoder, decoder)
    return encoder, decoder


def test_published_modules_are_read_without_their_classes(files: tuple[Path, Path]) -> None:
    with pytest.raises(ModuleNotFoundError):
        __import__("dall_e")
    encoder, decoder = tiny.dvae()
    read, paints = load_encoder(files[0]), load_decoder(files[1])
    images = torch.rand(2, 3, 16, 24, generator=tiny.seeded(1))
    logits = read(images)
    assert logits.shape == (2, 216, 2, 3)
    assert torch.equal(logits, encoder(images))
    assert torch.equal(paints(logits.softmax(1)), decoder(logits.softmax(1)))
    assert not any(part.requires_grad for half in (read, paints) for part in half.parameters())


def test_a_state_dict_will_do_too(files: tuple[Path, Path]) -> None:
    _, decoder = tiny.dvae()
    torch.save(decoder.state_dict(), files[1])
    shares = torch.rand(1, 216, 2, 2).softmax(1)
    assert torch.equal(load_decoder(files[1])(shares), decoder(shares))


def test_a_block_is_a_shortcut_and_a_small_correction() -> None:
    _, decoder = tiny.dvae()
    block = decoder.blocks.group_1.block_1
    x = torch.rand(1, 8, 3, 3)
    y = x
    for number, pad in ((1, 0), (2, 1), (3, 1), (4, 1)):
        part = block.res_path.get_submodule(f"conv_{number}")
        y = F.conv2d(F.relu(y), part.w, part.b, padding=pad)
    short = F.conv2d(x, block.id_path.w, block.id_path.b)
    assert torch.allclose(block(x), short + y / 4**2, atol=1e-6)


def test_the_true_architecture_has_the_published_names_and_sizes() -> None:
    with torch.device("meta"):
        encoder = Encoder(Shape(256, (256, 512, 1024, 2048), 8192, 2))
        decoder = Decoder(Shape(128, (2048, 1024, 512, 256), 6, 2), 8192)
    assert sum(part.numel() for part in encoder.parameters()) == 53_786_240
    assert sum(part.numel() for part in decoder.parameters()) == 43_829_766
    assert (len(encoder.state_dict()), len(decoder.state_dict())) == (74, 76)
    parts = {name: tuple(part.shape) for name, part in decoder.state_dict().items()}
    assert parts["blocks.input.w"] == (128, 8192, 1, 1)
    assert parts["blocks.group_1.block_1.id_path.w"] == (2048, 128, 1, 1)
    assert parts["blocks.group_1.block_1.res_path.conv_1.w"] == (512, 128, 1, 1)
    assert parts["blocks.group_4.block_2.res_path.conv_4.w"] == (256, 64, 3, 3)
    assert parts["blocks.output.conv.w"] == (6, 256, 1, 1)
    assert encoder.state_dict()["blocks.input.w"].shape == (256, 3, 7, 7)
    assert encoder.state_dict()["blocks.group_1.block_1.res_path.conv_4.w"].shape == (256, 64, 1, 1)
    with torch.device("meta"):
        assert decoder(torch.zeros(1, 8192, 4, 5)).shape == (1, 3, 32, 40)
    assert Shape.of(decoder.state_dict(), "x") == Shape(128, (2048, 1024, 512, 256), 6, 2)


def canvas(hard: bool = False) -> OneHots:
    _, decoder = tiny.dvae()
    decoder.requires_grad_(False)
    return OneHots(decoder, drawn_logits(decoder, 16, 24, tiny.seeded()), (16, 24), tiny.seeded(1), hard=hard)


def test_a_step_sees_gumbels_noise_and_a_frame_does_not() -> None:
    one = canvas()
    quiet = one.shares
    assert torch.allclose(quiet, (one.logits / COOL).softmax(1))
    one.prepare(0.0)
    noise = gumbel(one.logits, tiny.seeded(1))
    assert torch.allclose(one.shares, ((one.logits + noise) / WARM).softmax(1))
    one.prepare(0.5)
    assert not torch.allclose(one.shares, ((one.logits + noise) / temperature(0.5)).softmax(1))
    one.settle()
    assert torch.equal(one.shares, quiet)


def test_gumbels_noise_is_gumbels() -> None:
    drawn = gumbel(torch.empty(200_000), tiny.seeded())
    assert float(drawn.mean()) == pytest.approx(0.5772, abs=0.01)
    assert float(drawn.var()) == pytest.approx(torch.pi**2 / 6, abs=0.03)
    assert [temperature(t) for t in (0, 0.5, 1)] == pytest.approx([2, 2**0.5, 1])


def test_hard_ones_decode_one_code_with_the_gradient_of_all() -> None:
    one = canvas(hard=True)
    shares = one.shares
    assert torch.allclose(shares.amax(1), torch.ones(1, 2, 3), atol=1e-6)
    assert torch.allclose(shares.sum(1), torch.ones(1, 2, 3), atol=1e-5)
    (shares * torch.rand(shares.shape)).sum().backward()
    assert one.logits.grad is not None
    assert (one.logits.grad != 0).float().mean() > 0.99


def test_a_picture_comes_back_from_its_logits(files: tuple[Path, Path]) -> None:
    start = torch.zeros(3, 20, 30)
    start[0, :8], start[1, :, 16:] = 0.8, 0.6
    logits = logits_of(load_encoder(files[0]), start)
    assert logits.shape == (1, 216, 3, 4)
    image = OneHots(load_decoder(files[1]), logits, (20, 30), tiny.seeded()).image()
    assert image.shape == (3, 20, 30)
    assert (image - start).abs().mean() < 0.1


@pytest.mark.usefixtures("fetched_generators")
@pytest.mark.parametrize("preset", PRESETS)
def test_steering_brings_the_picture_nearer(critics: Callable[[str, str], Critic], preset: str) -> None:
    painter = DVAE("cpu", critics)
    session = painter.begin(recipe_for(backend="dvae", preset=preset, steps=40), Inputs())
    before = session.score
    while session.step < 40:
        painter.step([session])
    assert before is not None
    assert session.score is not None
    assert session.score > before


def test_without_an_initial_picture_the_decoder_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, critics: Callable[[str, str], Critic]
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(residents, "_all", {})
    painter, recipe = DVAE("cpu", critics), recipe_for(backend="dvae", image="key")
    with pytest.raises(PaintError, match=r"not have dvae-openai-decoder\.pkl .* fetch dvae-openai`"):
        painter.begin(recipe_for(backend="dvae"), Inputs())
    folder = tmp_path / "hub" / "aliendreams"
    folder.mkdir(parents=True)
    tiny.write_dvae(tmp_path / "encoder.pkl", folder / f"{BASE}-decoder.pkl")
    painter.picture(painter.begin(recipe_for(backend="dvae"), Inputs()))
    with pytest.raises(PaintError, match=r"not have dvae-openai-encoder\.pkl"):
        painter.begin(recipe, Inputs({"key": to_pil(torch.zeros(3, 32, 32))}))


def test_code_in_a_pickled_module_is_not_run(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files[0].parent)
    with tiny.openais_classes():
        module = tiny.as_openais(tiny.dvae()[1], "Decoder")
        module.hook = Harmful()
        torch.save(module, files[1])
    with pytest.raises(PaintError, match=r"decoder\.pkl is damaged, or holds more than weights"):
        load_decoder(files[1])
    torch.save(nn.LSTM(2, 2), files[1])
    with pytest.raises(PaintError, match="I read numbers and run no code"):
        load_decoder(files[1])
    assert not Path("harmed").exists()
    assert os.listdir(".").count("harmed") == 0


def test_files_that_are_no_dvae_are_refused(files: tuple[Path, Path]) -> None:
    encoder, decoder = files
    with pytest.raises(PaintError, match=r"encoder\.pkl is no decoder"):
        load_decoder(encoder)
    with pytest.raises(PaintError, match=r"decoder\.pkl does not fit: blocks\.input\.w"):
        load_encoder(decoder)
    whole = decoder.read_bytes()
    for kept in (0, 30, len(whole) // 2):
        decoder.write_bytes(whole[:kept])
        with pytest.raises(PaintError, match=r"decoder\.pkl is (damaged|no checkpoint)"):
            load_decoder(decoder)
    torch.save({"blocks.input.w": torch.zeros(3)}, decoder)
    with pytest.raises(PaintError, match="its weights have other names"):
        load_decoder(decoder)
    torch.save(3, decoder)
    with pytest.raises(PaintError, match="holds no module"):
        load_decoder(decoder)


def test_the_catalogue_knows_it() -> None:
    assert list(backends()["dvae"].presets) == list(PRESETS)
    assert [name for name, model in models().items() if model.kind == "dvae"] == [BASE]
