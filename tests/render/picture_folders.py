"""Small collections of real picture files, and a critic that counts its looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image as Pillow

from dreamrender.collection.index import LOOKS
from dreamrender.critics import Critic
from dreamrender.types import Embeddings, Images

COLOURS = {"red": (205, 25, 20), "blue": (20, 40, 200)}


def square(path: Path, colour: tuple[int, int, int] | str, spot: int = 0) -> Path:
    """A picture file: one colour, and a lighter spot somewhere so that no two are the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Pillow.new("RGB", (48, 40), colour)
    picture.paste("white", (3 + 4 * spot, 5, 9 + 4 * spot, 11))
    picture.save(path)
    return path


def fill(collection: Path, folders: Mapping[str, int]) -> Path:
    """So many pictures in each folder; "red" and "blue" have their colours, others are grey."""
    for folder, count in folders.items():
        for number in range(count):
            square(collection / folder / f"{number}.png", COLOURS.get(folder, (128, 128, 128)), number)
    return collection


class Counting:
    """A critic that is another one and counts the collection's pictures that it looks at."""

    def __init__(self, critic: Critic, turned: bool = False) -> None:
        self.critic, self.sign = critic, -1 if turned else 1
        self.name, self.image_size = critic.name, critic.image_size
        self.dim, self.max_tokens = critic.dim, critic.max_tokens
        self.pictures = 0

    def encode_images(self, images: Images) -> Embeddings:
        if not torch.is_grad_enabled():
            self.pictures += len(images) // LOOKS
        return self.sign * self.critic.encode_images(images)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        return self.critic.encode_texts(texts)

    def tokens(self, text: str) -> int:
        return self.critic.tokens(text)
