"""The vqgan backend: files as published, codes as published, the shipped model, what it refuses."""

from __future__ import annotations

import math
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
import yaml
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter
from safetensors.torch import save_file

from dreamconfig.catalogue import backends, models
from dreamqueue.errors import PaintError
from dreamrender import residents, vqgan_bases
from dreamrender.backend import Inputs
from dreamrender.backends.vqgan import PRESETS
from dreamrender.backends.vqgan import VQGAN as Painter
from dreamrender.canvas import covering
from dreamrender.canvases.codes import Codes, coarser, codes_of, random_codes
from dreamrender.critics import Critic
from dreamrender.picture import to_pil
from dreamrender.vqgan import VQGAN, Layers, Shape, nearest
from dreamrender.vqgan_files import load_vqgan, read_shape

from .conftest import recipe_for

LAYERS = {
    "double_z": False,
    "z_channels": 6,
    "resolution": 32,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 32,
    "ch_mult": [1, 1, 2],
    "num_res_blocks": 1,
    "attn_resolutions": [8],
    "dropout": 0.0,
}


def tiny(*, gumbel: bool = False) -> VQGAN:
    """A VQGAN of f=4 with 10 codes, random but always the same."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        shape = Shape(embed_dim=6 if gumbel else 5, n_embed=10, ddconfig=Layers(**LAYERS), gumbel=gumbel)
        return VQGAN(shape).eval().requires_grad_(False)


def configuration(path: Path, model: VQGAN, *, inside: bool = False) -> Path:
    """The .yaml beside a checkpoint, as taming-transformers publishes it."""
    target = "taming.models.vqgan." + ("GumbelVQ" if model.shape.gumbel else "VQModel")
    params = {
        "embed_dim": model.shape.embed_dim,
        "n_embed": model.shape.n_embed,
        "monitor": "val/rec_loss",
        "ddconfig": LAYERS,
        "lossconfig": {"target": "taming.modules.losses.DummyLoss"},
    }
    described = {"target": target, "params": params}
    if inside:
        described = {"target": "taming.Net2NetTransformer", "params": {"first_stage_config": described}}
    path.write_text(yaml.safe_dump({"model": {"base_learning_rate": 4.5e-06, **described}, "data": {"x": 1}}))
    return path


def checkpoint(path: Path, model: VQGAN, prefix: str = "", **more: object) -> Path:
    """A trainer's checkpoint: the weights, the loss's own ones, and notes that are objects of the trainer."""
    weights = {prefix + name: part for name, part in model.state_dict().items()}
    noise = {"loss.logvar": torch.zeros(()), "loss.discriminator.main.0.weight": torch.ones(2, 3)}
    torch.save(
        {"epoch": 3, "global_step": 9, "optimizer_states": [{}], "state_dict": {**weights, **noise}, **more},
        path,
    )
    return path


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> type:
    """A class that lies in old checkpoints; gone again before the file is read."""
    module = ModuleType("pytorch_lightning.callbacks.model_checkpoint")
    kind = type("ModelCheckpoint", (), {"__module__": module.__name__})
    module.ModelCheckpoint = kind  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pytorch_lightning", ModuleType("pytorch_lightning"))
    monkeypatch.setitem(sys.modules, "pytorch_lightning.callbacks", ModuleType("pytorch_lightning.callbacks"))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return kind


@pytest.mark.parametrize("gumbel", [False, True], ids=["plain", "gumbel"])
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in a transformer"])
def test_a_published_checkpoint_loads(
    tmp_path: Path, gumbel: bool, inside: bool, trainer: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny(gumbel=gumbel)
    prefix = "first_stage_model." if inside else ""
    notes = {trainer: {"best_model_score": torch.tensor(1.0)}, "last": trainer()}
    file = checkpoint(tmp_path / "last.ckpt", model, prefix, callbacks=notes)
    monkeypatch.delitem(sys.modules, "pytorch_lightning.callbacks.model_checkpoint")
    loaded = load_vqgan(file, configuration(tmp_path / "model.yaml", model, inside=inside))
    image = torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(1))
    z = model.encode(image)
    assert z.shape == (1, model.shape.embed_dim, 4, 6)
    assert torch.equal(loaded.encode(image), z)
    assert torch.equal(loaded.decode(z), model.decode(z))
    assert not any(part.requires_grad for part in loaded.parameters())


def test_half_precision_safetensors_load_as_floats(tmp_path: Path) -> None:
    model = tiny()
    save_file({name: part.half() for name, part in model.state_dict().items()}, tmp_path / "a.safetensors")
    loaded = load_vqgan(tmp_path / "a.safetensors", configuration(tmp_path / "a.yaml", model))
    assert loaded.codebook.dtype == torch.float32
    assert torch.allclose(loaded.codebook, model.codebook, atol=1e-4)


def test_gumbels_choice_encodes_to_codes() -> None:
    model = tiny(gumbel=True)
    z = model.encode(torch.rand(1, 3, 16, 16))
    assert torch.equal(model.quantise(z), z)


class Harmful:
    """What a poisoned checkpoint holds."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.system, ("touch harmed",)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = checkpoint(tmp_path / "bad.ckpt", tiny(), hyper_parameters=Harmful())
    with pytest.raises(PaintError, match=r"bad\.ckpt wants to run \w+\.system; I read numbers"):
        load_vqgan(file, configuration(tmp_path / "model.yaml", tiny()))
    old = tmp_path / "old.ckpt"
    old.write_bytes(pickle.dumps({"state_dict": Harmful()}))
    with pytest.raises(PaintError, match=r"old\.ckpt is no checkpoint"):
        load_vqgan(old, configuration(tmp_path / "model.yaml", tiny()))
    assert not (tmp_path / "harmed").exists()


def test_broken_checkpoints_are_named(tmp_path: Path) -> None:
    model = tiny()
    config = configuration(tmp_path / "model.yaml", model)
    whole = checkpoint(tmp_path / "whole.ckpt", model).read_bytes()
    tensors = tmp_path / "whole.safetensors"
    save_file(model.state_dict(), tensors)
    for name, content in {
        "cut.ckpt": whole[: len(whole) // 2],
        "empty.ckpt": b"",
        "text.ckpt": b"<html>404</html>",
        "cut.safetensors": tensors.read_bytes()[:-100],
        "text.safetensors": b"<html>404</html>",
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PaintError, match=f"{name} is no checkpoint, or it is damaged"):
            load_vqgan(tmp_path / name, config)
    with pytest.raises(PaintError, match=r"absent\.ckpt is no checkpoint"):
        load_vqgan(tmp_path / "absent.ckpt", config)


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    config = configuration(tmp_path / "model.yaml", tiny())
    other = checkpoint(tmp_path / "gumbel.ckpt", tiny(gumbel=True))
    with pytest.raises(PaintError, match=r"gumbel\.ckpt lacks 1 .*quantize\.embedding\.weight first"):
        load_vqgan(other, config)
    model = tiny()
    model.quantize.embedding.weight = torch.nn.Parameter(torch.zeros(11, 5))
    with pytest.raises(PaintError, match=r"more\.ckpt does not fit: .* \(11, 5\) .* \(10, 5\)"):
        load_vqgan(checkpoint(tmp_path / "more.ckpt", model), config)
    torch.save([1, 2], tmp_path / "list.ckpt")
    with pytest.raises(PaintError, match=r"list\.ckpt holds no weights"):
        load_vqgan(tmp_path / "list.ckpt", config)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<html>", "is no configuration"),
        ("model: {params: {n_embed: 4}}", "describes no VQGAN that I know: embed_dim"),
        ("model: !!python/object/apply:os.system ['touch harmed']", "is no configuration"),
        ("model: {params: {embed_dim: '${z}', n_embed: 4}}", "describes no VQGAN that I know: embed_dim"),
        ("\x00", "is no configuration"),
    ],
)
def test_broken_configurations_are_named(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "model.yaml").write_text(text)
    with pytest.raises(PaintError, match=rf"model\.yaml {why}"):
        read_shape(tmp_path / "model.yaml")
    assert not Path("harmed").exists()


def test_a_latent_with_a_variance_is_refused(tmp_path: Path) -> None:
    model = tiny()
    config = configuration(tmp_path / "model.yaml", model)
    config.write_text(config.read_text().replace("double_z: false", "double_z: true"))
    with pytest.raises(PaintError, match=r"ddconfig\.double_z"):
        read_shape(config)


def test_the_nearest_code_is_the_nearest() -> None:
    rows, book = torch.randn(50, 5), torch.randn(10, 5)
    assert torch.equal(nearest(rows, book), torch.cdist(rows, book).argmin(dim=1))


def test_gradients_pass_straight_through_the_codes() -> None:
    model = tiny()
    z = torch.randn(1, 5, 3, 4, requires_grad=True)
    codes = model.quantise(z)
    rows = codes.detach().movedim(1, -1).reshape(-1, 5)
    assert all((row == model.codebook).all(dim=1).any() for row in rows)
    pull = torch.randn(1, 5, 3, 4)
    codes.backward(pull)
    assert z.grad is not None
    assert torch.equal(z.grad, pull)


@pytest.mark.parametrize("slope", [None, 1.0], ids=["one level", "levels"])
def test_the_grid_stays_in_the_codebooks_range(slope: float | None) -> None:
    model = tiny()
    z = random_codes(model, 64, 48, torch.Generator().manual_seed(1))
    canvas = Codes(model, z, (64, 48), slope=slope)
    assert torch.equal(canvas.z, z)
    assert len(canvas.levels) == (1 if slope is None else 2)
    with torch.no_grad():
        for level in canvas.levels:
            level.add_(torch.randn(level.shape) * 9)
    canvas.settle()
    channels = canvas.z.detach().movedim(1, -1).reshape(-1, 5)
    assert (channels.max(dim=0).values <= model.codebook.max(dim=0).values + 1e-5).all()
    assert (channels.min(dim=0).values >= model.codebook.min(dim=0).values - 1e-5).all()


def test_coarse_levels_halve_and_step_further() -> None:
    assert coarser(64, 96) == [(4, 6), (8, 12), (16, 24), (32, 48)]
    assert coarser(7, 64) == []
    canvas = Codes(tiny(), torch.zeros(1, 5, 16, 16), (64, 64), unit=2.0, slope=1.0)
    assert [group["lr"] for group in canvas.parameters()] == [2.0, 1.0, 0.5]


def test_any_size_is_covered_by_whole_codes() -> None:
    model = tiny()
    z = random_codes(model, 18, 23, torch.Generator().manual_seed(1))
    assert z.shape == codes_of(model, torch.rand(3, 18, 23)).shape == (1, 5, 5, 6)
    assert Codes(model, z, (18, 23)).image().shape == (3, 18, 23)


def drawn() -> list[Pillow.Image]:
    """A sunset, an apple and a quilt, 128 px."""
    side = 128
    sky = Pillow.composite(
        Pillow.new("RGB", (side, side), (40, 60, 130)),
        Pillow.new("RGB", (side, side), (250, 150, 60)),
        Pillow.linear_gradient("L").resize((side, side)).transpose(Pillow.Transpose.FLIP_TOP_BOTTOM),
    )
    pen = ImageDraw.Draw(sky)
    pen.ellipse((50, 60, 82, 92), fill=(255, 235, 180))
    pen.rectangle((0, 90, side, side), fill=(30, 60, 90))
    apple = Pillow.new("RGB", (side, side), (225, 220, 205))
    pen = ImageDraw.Draw(apple)
    pen.ellipse((28, 34, 100, 106), fill=(190, 25, 30))
    pen.ellipse((45, 48, 62, 66), fill=(240, 170, 160))
    pen.line((64, 36, 70, 18), fill=(90, 60, 30), width=4)
    quilt = Pillow.new("RGB", (side, side))
    pen = ImageDraw.Draw(quilt)
    for row in range(4):
        for column in range(4):
            colour = (60 + 45 * row, 200 - 40 * column, 70 + 30 * ((row + column) % 4))
            pen.rectangle((32 * column, 32 * row, 32 * column + 31, 32 * row + 31), fill=colour)
    return [picture.filter(ImageFilter.GaussianBlur(1)) for picture in (sky, apple, quilt)]


def decibels(image: torch.Tensor, other: torch.Tensor) -> float:
    return -10 * math.log10(float((image - other).square().mean()))


@pytest.mark.parametrize("index", range(3), ids=["sunset", "apple", "quilt"])
def test_the_shipped_vqgan_keeps_what_pictures_show(index: int) -> None:
    model = vqgan_bases.load_base("pocket")
    image = covering(drawn()[index], 128, 128)
    assert decibels(Codes(model, codes_of(model, image), (128, 128)).image().detach(), image) >= 22


def test_the_shipped_file_is_small_and_complete() -> None:
    model = vqgan_bases.load_base("pocket")
    assert sum(part.numel() for part in model.parameters()) <= 6_000_000
    assert len(model.codebook.unique(dim=0)) > len(model.codebook) * 0.9
    file = Path(vqgan_bases.__file__).parent / (models()["vqgan-pocket"].file or "")
    assert file.stat().st_size <= 12_000_000


def test_every_preset_is_a_base_of_the_catalogue() -> None:
    assert list(backends()["vqgan"].presets) == list(PRESETS)
    bases = {name for name, model in models().items() if model.kind == "vqgan"}
    assert bases == {f"vqgan-{preset}" for preset in PRESETS if preset != "quick"}


def test_a_base_that_is_not_here_says_where_it_belongs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(residents, "_all", {})
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(PaintError, match=r"coco\.ckpt and coco\.yaml.*`aliendreams models fetch vqgan-coco`"):
        vqgan_bases.load_base("coco")
    folder = tmp_path / "hub" / "aliendreams"
    folder.mkdir(parents=True)
    checkpoint(folder / "coco.ckpt", tiny())
    configuration(folder / "coco.yaml", tiny())
    assert vqgan_bases.load_base("coco").factor == 4
    assert vqgan_bases.load_base("coco") is vqgan_bases.load_base("coco")


def test_an_initial_picture_is_where_it_begins(critics: Callable[[str, str], Critic]) -> None:
    painter = Painter("cpu", critics)
    start = covering(drawn()[0], 64, 64)
    recipe = recipe_for(backend="vqgan", image="key", width=64, height=64, steps=4)
    begun = painter.picture(painter.begin(recipe, Inputs({"key": to_pil(start)})))
    assert decibels(begun, start) > 20
