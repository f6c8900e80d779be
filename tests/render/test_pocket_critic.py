"""The embedded critics: small, honest about their input, differentiable, and not blind."""

from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file
from torch import Tensor

from dreamrender.critics.loading import load_critic
from dreamrender.critics.pocket import EMBEDDED, PocketCritic
from dreamrender.critics.pocket_words import WordPieces, spoken

SIDE = 160


@pytest.fixture(scope="module", params=["pocket", "pocket-judge"])
def critic(request: pytest.FixtureRequest) -> PocketCritic:
    critic = load_critic(request.param)
    assert isinstance(critic, PocketCritic)
    return critic


def as_tensor(picture: Image.Image) -> Tensor:
    raw = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
    return raw.view(SIDE, SIDE, 3).permute(2, 0, 1) / 255


def plain(colour: str) -> Tensor:
    return as_tensor(Image.new("RGB", (SIDE, SIDE), colour))


def sun_on_sea() -> Tensor:
    picture = Image.new("RGB", (SIDE, SIDE), "#f7a04b")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((60, 40, 100, 80), fill="#fff3b0")
    draw.rectangle((0, 90, SIDE, SIDE), fill="#28456b")
    draw.polygon([(76, 90), (84, 90), (100, SIDE), (60, SIDE)], fill="#e8a868")
    return as_tensor(picture)


def test_the_file_stays_small() -> None:
    assert EMBEDDED.stat().st_size <= 24_000_000


def test_embeddings_are_unit_vectors(critic: PocketCritic) -> None:
    texts = critic.encode_texts(["a red apple", "the sea", ""])
    images = critic.encode_images(torch.rand(2, 3, SIDE, SIDE))
    assert texts.shape == (3, critic.dim)
    assert images.shape == (2, critic.dim)
    assert torch.cat([texts, images]).norm(dim=-1) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("size", [(32, 32), (160, 160), (97, 260), (512, 384)])
def test_pictures_of_any_size_are_read(critic: PocketCritic, size: tuple[int, int]) -> None:
    assert critic.encode_images(torch.rand(1, 3, *size)).isfinite().all()


def test_gradients_reach_the_pixels_and_only_the_pixels(critic: PocketCritic) -> None:
    pixels = torch.rand(1, 3, SIDE, SIDE, requires_grad=True)
    (critic.encode_images(pixels) @ critic.encode_texts(["a forest"]).T).sum().backward()
    assert pixels.grad is not None
    assert pixels.grad.isfinite().all()
    assert pixels.grad.abs().sum() > 0
    assert not any(parameter.requires_grad for parameter in critic.parameters())


def test_same_text_same_vector_whatever_its_neighbours(critic: PocketCritic) -> None:
    alone = critic.encode_texts(["a red apple"])
    among = critic.encode_texts(["a red apple", "a very long text about " + "trees and " * 20])
    assert torch.allclose(alone, critic.encode_texts(["a red apple"]))
    assert torch.allclose(alone[0], among[0], atol=1e-4)


def test_emoji_are_words(critic: PocketCritic) -> None:
    cactus, word, other = critic.encode_texts(["🌵", "cactus", "a fast car"])
    assert cactus @ word > 0.95
    assert cactus @ word > cactus @ other
    assert spoken("🖤").split() == ["black", "heart"]
    assert spoken("Café ❤️").split() == ["cafe", "heart"]


def test_long_strange_and_empty_texts_do_not_crash(critic: PocketCritic) -> None:
    texts = ["wind " * 500, "x" * 3000, "日本語 и ελληνικά", "\x00\ud7ff", "", "👩‍🚀👍🏽", "a—b…c"]
    assert critic.encode_texts(texts).isfinite().all()
    assert critic.tokens("wind " * 500) == 500
    assert critic.tokens("") == 0
    assert critic.encode_texts([]).shape == (0, critic.dim)


def test_reading_gives_every_token_of_every_text(critic: PocketCritic) -> None:
    texts = ["", "a red apple", "trees and " * 200]
    states, mask, embeddings = critic.read(texts)
    assert states.shape == (3, critic.max_tokens + 2, 384)
    assert mask.sum(1).tolist() == [2, 2 + critic.tokens("a red apple"), critic.max_tokens + 2]
    assert torch.allclose(embeddings, critic.encode_texts(texts))
    alone, _, _ = critic.read(["a red apple"])
    assert torch.allclose(alone[0], states[1][mask[1]], atol=1e-4)
    assert [part.shape[0] for part in critic.read([])] == [0, 0, 0]


def test_unknown_words_are_split_and_unknown_characters_stand_alone() -> None:
    pieces = WordPieces(["[UNK]", "[CLS]", "[SEP]", "moon", "##light", "##s"])
    assert pieces.encode("Moonlights") == [3, 4, 5]
    assert pieces.encode("moon字") == [3, 0]


def test_it_tells_simple_pictures_apart(critic: PocketCritic) -> None:
    pictures = torch.stack([plain("#d01818"), plain("#1838d0"), plain("#20a030"), sun_on_sea()])
    texts = critic.encode_texts(["red", "blue", "green", "a sunset over the sea", "a forest"])
    assert (critic.encode_images(pictures) @ texts.T).argmax(1).tolist() == [0, 1, 2, 3]


def test_broken_files_say_what_is_wrong(tmp_path: Path) -> None:
    noise, stranger, empty = (tmp_path / name for name in ("noise", "stranger", "empty"))
    noise.write_bytes(b"not a critic")
    save_file({"a": torch.zeros(1)}, stranger)
    save_file({"a": torch.zeros(1)}, empty, metadata={"format": "aliendreams-pocket-critic-1"})
    for path, words in ((noise, "cannot be read"), (stranger, "not a pocket critic"), (empty, "incomplete")):
        with pytest.raises(ValueError, match=words):
            PocketCritic.from_file(path)
    with pytest.raises(ValueError, match="cannot be read"):
        PocketCritic.from_file(tmp_path / "missing")
