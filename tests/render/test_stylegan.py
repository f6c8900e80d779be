"""StyleGAN 2 and 3: network pickles read as data, plain layers, the choice of a start, what is refused."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from dreambench import small_generators as tiny
from dreamconfig.catalogue import backends, models
from dreamqueue.errors import PaintError
from dreamrender import residents, shelf
from dreamrender.backend import Inputs
from dreamrender.backends.stylegan import ONE_FOR_ALL, PRESETS, StyleGAN
from dreamrender.canvases.styles import CALM, Styles
from dreamrender.critics import Critic
from dreamrender.picture import to_pil
from dreamrender.stored import StoredModule
from dreamrender.stylegan import pickles, three, two
from dreamrender.stylegan.files import load_generator, load_stylegan
from dreamrender.stylegan.layers import demodulation, resampled

from .conftest import recipe_for
from .test_bigsleep import Harmful


@pytest.mark.parametrize("kind", ["2", "t", "r"])
def test_a_network_pickle_is_read_and_its_source_is_not_run(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.write_stylegan(tmp_path / "network.pkl", kind)
    assert b"'harmed'" in (tmp_path / "network.pkl").read_bytes()
    loaded, model = load_generator(tmp_path / "network.pkl"), tiny.stylegan(kind)
    styles = torch.randn(loaded.rows, 16, generator=tiny.seeded(1))
    picture = loaded.paint(styles)
    assert picture.std() > 0.02
    assert torch.equal(picture, (model.synthesis(styles)[0] + 1) / 2)
    assert torch.equal(loaded.mean, model.mapping.w_avg)
    assert not any(part.requires_grad for part in loaded.model.parameters())
    assert not Path("harmed").exists()


def test_resampling_is_zeros_filter_and_every_other_pixel() -> None:
    x, kernel = torch.rand(1, 2, 5, 4), torch.rand(3, 3)
    stuffed = torch.zeros(1, 2, 10, 8)
    stuffed[:, :, ::2, ::2] = x
    padded = F.pad(stuffed, (2, 1, 0, 3))
    naive = torch.zeros(1, 2, 11, 9)
    for row in range(11):
        for column in range(9):
            window = padded[:, :, row : row + 3, column : column + 3]
            naive[:, :, row, column] = (window * kernel.flip(0, 1)).sum((2, 3)) * 4
    out = resampled(x, kernel, up=2, down=2, padding=(2, 1, 0, 3))
    assert torch.allclose(out, naive[:, :, ::2, ::2], atol=1e-5)
    line = torch.rand(3)
    assert torch.allclose(resampled(x, line, up=2), resampled(x, torch.outer(line, line), up=2), atol=1e-5)
    assert torch.equal(resampled(x, torch.ones(1), padding=(-1, 0, 0, -1)), x[:, :, :-1, 1:])


def test_scaling_activations_is_scaling_weights() -> None:
    """A modulated convolution as the paper writes it (§2.2): weights scaled, then brought to unit spread."""
    layer = tiny.stylegan().synthesis.get_submodule("b8.conv1")
    assert isinstance(layer, two.Layer)
    x, style = torch.randn(1, 24, 8, 8), torch.randn(1, 16)
    scale = F.linear(style, layer.affine.weight / 4, layer.affine.bias)
    weight = layer.weight * scale[:, :, None, None]
    weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
    plain = F.conv2d(x, weight, padding=1) + layer.noise_const * layer.noise_strength
    plain = F.leaky_relu(plain + layer.bias[:, None, None], 0.2) * math.sqrt(2)
    assert torch.allclose(layer(x, style), plain, atol=1e-4)
    assert demodulation(layer.weight, scale).shape == (1, 24, 1, 1)


def test_the_true_architectures_have_the_published_names_and_sizes() -> None:
    channels = tuple(min(16384 // side, 512) for side in (4, 8, 16, 32, 64, 128, 256))
    settings = {"z_dim": 512, "w_dim": 512, "img_resolution": 256, "img_channels": 3, "channel_base": 16384}
    radial = {"channel_base": 32768, "channel_max": 1024, "conv_kernel": 1, "use_radial_filters": True}
    with torch.device("meta"):
        second = two.StyleGAN2(two.Shape(512, 512, 8, channels))
        third = three.StyleGAN3(three.Shape.model_validate(settings))
        turning = three.StyleGAN3(three.Shape.model_validate({**settings, **radial}))
    counts = [sum(part.numel() for part in one.parameters()) for one in (second, third, turning)]
    assert counts == [24_767_458, 23_320_443, 15_779_565]
    assert [len(one.state_dict()) for one in (second, third, turning)] == [144, 114, 114]
    parts = {name: tuple(part.shape) for name, part in second.state_dict().items()}
    assert parts["synthesis.b4.const"] == (512, 4, 4)
    assert parts["synthesis.b256.conv0.weight"] == (64, 128, 3, 3)
    assert parts["synthesis.b256.conv1.noise_const"] == (256, 256)
    assert parts["mapping.fc7.weight"] == (512, 512)
    parts = {name: tuple(part.shape) for name, part in third.state_dict().items()}
    assert parts["synthesis.L0_36_512.up_filter"] == (12,)
    assert parts["synthesis.L14_256_3.weight"] == (3, 64, 1, 1)
    assert dict(turning.state_dict())["synthesis.L0_36_1024.down_filter"].shape == (12, 12)
    assert (second.synthesis.rows, third.synthesis.rows) == (14, 16)


@pytest.mark.parametrize("kind", ["t", "r"])
def test_moving_the_waves_moves_the_picture(kind: str) -> None:
    """StyleGAN3's promise: shift the input by some pixels, and the picture is shifted by as many."""
    model = tiny.stylegan(kind).requires_grad_(False)
    styles = torch.randn(6, 16, generator=tiny.seeded(2))
    before = model.synthesis(styles)
    model.synthesis.input.transform[0, 2] = 4 / 16
    after = model.synthesis(styles)
    inside = (after[..., 4:12, 2:8] - before[..., 4:12, 6:12]).abs().mean()
    assert inside < 0.3 * (after - before).abs().mean()


@pytest.mark.usefixtures("fetched_generators")
def test_a_session_starts_from_the_style_the_critic_likes(critics: Callable[[str, str], Critic]) -> None:
    painter = StyleGAN("cpu", critics)
    recipe = recipe_for("a green dog", backend="stylegan", preset="ffhq-256")
    session = painter.begin(recipe, Inputs())
    assert session.score is not None
    canvas = session.canvas
    assert isinstance(canvas, Styles)
    assert (canvas.q == canvas.q[0]).all()
    random = []
    other = Styles(canvas.model, (32, 32), canvas.model.rows)
    for q in other.candidates(32, tiny.seeded(5)):
        other.put(q)
        random.append(session.aims[0].score(session.critic.encode_images(other.image().detach()[None])) or 0)
    assert session.score > sum(random) / len(random)
    assert float(other.candidates(2000, tiny.seeded(6)).std(0).mean()) == pytest.approx(CALM, rel=0.05)


@pytest.mark.usefixtures("fetched_generators")
@pytest.mark.parametrize("preset", ["ffhq-256", "ffhq-256-w", "t-ffhqu-256"])
def test_steering_brings_the_picture_nearer(critics: Callable[[str, str], Critic], preset: str) -> None:
    painter = StyleGAN("cpu", critics)
    session = painter.begin(recipe_for(backend="stylegan", preset=preset, steps=30), Inputs())
    before, rows = session.score, len(session.canvas.parameters()[0]["params"][0])
    assert rows == (1 if preset.endswith(ONE_FOR_ALL) else session.canvas.model.rows)  # type: ignore[attr-defined]
    while session.step < 30:
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
    painter = StyleGAN("cpu", critics)
    recipe = recipe_for(backend="stylegan", preset="ffhq-256", image="key")
    begun = painter.picture(painter.begin(recipe, Inputs({"key": to_pil(start)})))
    free = painter.picture(painter.begin(recipe.model_copy(update={"image": None}), Inputs()))
    assert (begun - start).abs().mean() < (free - start).abs().mean() / 2


def test_code_in_a_network_pickle_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "network.pkl"
    tiny.write_stylegan(file, "2", more={"augment_pipe": Harmful()})
    with pytest.raises(
        PaintError, match=r"network\.pkl is damaged, or wants to run \w+\.system; I read numbers"
    ):
        load_generator(file)

    class Hidden:
        """A storage within the pickle that is a pickle of its own."""

        def __reduce__(self) -> tuple[Callable[..., object], tuple[bytes]]:
            return torch.storage._load_from_bytes, (pickle.dumps(Harmful(), protocol=2),)

    file.write_bytes(pickle.dumps({"G_ema": Hidden()}))
    with pytest.raises(PaintError, match=r"network\.pkl is"):
        load_generator(file)
    assert not Path("harmed").exists()


def test_files_that_are_no_generator_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "network.pkl"
    tiny.write_stylegan(file, "2")
    whole = file.read_bytes()
    for kept in (0, 20, len(whole) // 2):
        file.write_bytes(whole[:kept])
        with pytest.raises(PaintError, match=r"network\.pkl is (damaged|no network pickle)"):
            load_generator(file)
    file.write_bytes(b"PK no pickle at all")
    with pytest.raises(PaintError, match=r"network\.pkl is (damaged|no network pickle)"):
        load_generator(file)
    file.write_bytes(pickle.dumps({"G_ema": {}}))
    with pytest.raises(PaintError, match="holds no generator"):
        load_generator(file)


def test_other_architectures_say_why(tmp_path: Path) -> None:
    stored = tiny.stylegan().state_dict()
    with pytest.raises(PaintError, match="wants a label for every picture"):
        two.Shape.of({**stored, "mapping.embed.weight": torch.zeros(2, 2)}, "x.pkl")
    with pytest.raises(PaintError, match="no generator of StyleGAN2 that I know"):
        two.Shape.of({name: part for name, part in stored.items() if ".b8." not in name}, "x.pkl")
    assert two.Shape.of(stored, "x.pkl", 256.0) == tiny.TWO


def test_a_missing_file_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residents, "_all", {})
    with pytest.raises(PaintError, match="DREAM_NON_COMMERCIAL=true"):
        load_stylegan("stylegan-ffhq-256")
    shelf.use(shelf.Shelf(tmp_path, non_commercial=True))
    with pytest.raises(
        PaintError, match=r"stylegan-ffhq-256\.pkl of .* `aliendreams models fetch stylegan-ffhq-256`"
    ):
        load_stylegan("stylegan-ffhq-256")


def test_the_catalogue_flags_them_as_non_commercial() -> None:
    assert list(backends()["stylegan"].presets) == list(PRESETS)
    found = {name: model for name, model in models().items() if model.kind == "stylegan"}
    assert set(found) == {f"stylegan-{preset.removesuffix(ONE_FOR_ALL)}" for preset in PRESETS}
    assert not any(model.commercial for model in found.values())


def test_a_pickle_cannot_change_its_reader(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    change = b"ctorch._utils\n_rebuild_tensor_v2\n(N(S'__defaults__'\n(I1\nI2\ntdtb."
    path.write_bytes(change)
    before = pickles._tensor.__defaults__
    with pytest.raises(PaintError, match="damaged"):
        pickles.read_generator(path)
    assert pickles._tensor.__defaults__ == before


def test_names_in_a_file_shadow_no_method() -> None:
    module = StoredModule()
    module.__setstate__({"tensors": 1, "held": 2, "_parameters": {"w": torch.ones(2)}})
    assert list(module.tensors()) == ["w"]


def test_a_tensor_larger_than_its_storage_is_refused() -> None:
    storage = torch.ones(4).untyped_storage()
    typed = torch.storage.TypedStorage(wrap_storage=storage, dtype=torch.float32, _internal=True)
    assert pickles._tensor(typed, 0, (2, 2), (2, 1)).shape == (2, 2)
    for place, size, stride in (
        (0, (1000, 1000), (1000, 1)),
        (1, (4,), (1,)),
        (-1, (2,), (1,)),
        (0, (3,), (2,)),
    ):
        with pytest.raises(pickle.UnpicklingError, match="larger than its storage"):
            pickles._tensor(typed, place, size, stride)
