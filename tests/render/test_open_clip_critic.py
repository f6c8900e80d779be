"""The open_clip critic, on a tiny model in the true file format."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dreamqueue.errors import PaintError, UnknownWord
from dreamrender import residents
from dreamrender.critics import loading
from dreamrender.critics.open_clip import OpenClipCritic

from .conftest import TINY


def test_embeddings_are_unit_vectors(critic: OpenClipCritic) -> None:
    pictures, words = (
        critic.encode_images(torch.rand(3, 3, 32, 32)),
        critic.encode_texts(["a cat", "two dogs"]),
    )
    assert pictures.shape == (3, critic.dim)
    assert words.shape == (2, critic.dim)
    assert torch.allclose(pictures.norm(dim=-1), torch.ones(3), atol=1e-5)
    assert torch.allclose(words.norm(dim=-1), torch.ones(2), atol=1e-5)


def test_it_normalises_and_resizes_itself(critic: OpenClipCritic) -> None:
    image = torch.rand(1, 3, 4, 4)
    small, large = (torch.nn.functional.interpolate(image, side, mode="nearest") for side in (32, 128))
    assert (critic.encode_images(small) * critic.encode_images(large)).sum() > 0.99
    mean, std = (
        torch.tensor([0.48145466, 0.4578275, 0.40821073]),
        torch.tensor([0.26862954, 0.26130258, 0.27577711]),
    )
    by_hand = critic.model.encode_image((small - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1))
    assert torch.allclose(
        critic.encode_images(small), torch.nn.functional.normalize(by_hand, dim=-1), atol=1e-5
    )


def test_gradients_reach_pixels_and_nothing_else(critic: OpenClipCritic) -> None:
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    critic.encode_images(image).sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    assert not critic.encode_texts(["a cat"]).requires_grad
    assert all(weight.grad is None and not weight.requires_grad for weight in critic.model.parameters())


def test_tokens_are_counted_with_their_marks(critic: OpenClipCritic) -> None:
    assert critic.max_tokens == 16
    assert critic.tokens("cat") == 3
    assert critic.tokens("cat " * 40) > critic.max_tokens


def test_half_precision_agrees(tiny_weights: Path, critic: OpenClipCritic) -> None:
    half = OpenClipCritic.load(TINY, str(tiny_weights), precision="bfloat16")
    image = torch.rand(2, 3, 32, 32)
    assert half.encode_images(image).dtype == torch.float32
    assert (half.encode_images(image) * critic.encode_images(image)).sum(-1).min() > 0.99


def test_a_torch_file_loads_too(tiny_weights: Path, critic: OpenClipCritic, tmp_path: Path) -> None:
    path = tmp_path / "tiny.pt"
    torch.save({"state_dict": critic.model.state_dict()}, path)
    again = OpenClipCritic.load(TINY, str(path))
    assert torch.equal(again.encode_texts(["a cat"]), critic.encode_texts(["a cat"]))


def test_a_pickle_that_would_run_code_is_refused(tiny_weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.pt"
    torch.save({"state_dict": Trap()}, path)
    with pytest.raises(PaintError, match=r"bad\.pt do not load as dream-tiny"):
        OpenClipCritic.load(TINY, str(path))
    assert not Trap.sprung


class Trap:
    sprung = False

    def __reduce__(self) -> tuple[object, tuple[()]]:
        return _spring, ()


def _spring() -> None:
    Trap.sprung = True


def test_missing_weights_are_not_fetched_unasked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(PaintError, match="not on this worker"):
        OpenClipCritic.load("ViT-B-32-quickgelu", "openai")


def test_unknown_names_say_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(PaintError, match="laion2b_s34b_b79k"):
        OpenClipCritic.load("ViT-B-32", "no-such-tag")
    with pytest.raises(PaintError, match="no architecture"):
        OpenClipCritic.load("ViT-Z-99", "openai")


def test_critics_load_by_catalogue_name() -> None:
    with pytest.raises(UnknownWord, match=r"critic `vit-b32`.*`vit-b-32`"):
        loading.load_critic("vit-b32")


def test_a_critic_whose_file_is_missing_or_damaged_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(residents, "_all", {})
    monkeypatch.setattr(loading, "files", lambda package: tmp_path)
    with pytest.raises(PaintError, match="pocket` are missing"):
        loading.load_critic("pocket")
    (tmp_path / "critics").mkdir()
    (tmp_path / "critics" / "pocket.safetensors").write_bytes(b"damaged")
    with pytest.raises(PaintError, match="pocket` does not load"):
        loading.load_critic("pocket")


def test_the_pocket_critic_loads_once() -> None:
    pocket = loading.load_critic("pocket")
    assert pocket is loading.load_critic("pocket", "cpu")
    assert pocket.encode_texts(["a cat"]).shape == (1, pocket.dim)
