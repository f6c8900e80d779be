"""Published checkpoints into the critic's towers: fold batch norms, fuse attention, cut the vocabulary."""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from dreamrender.critics.efficientnet_lite import SIZES, EfficientNetLite, Size, fold_batch_norm
from dreamrender.critics.pocket_text import LAYERS, TextTower
from dreamrender.critics.pocket_words import END, START, UNKNOWN, WordPieces

NORM = ("weight", "bias", "running_mean", "running_var")
EPSILON = 1e-3
PAIRS = {
    "merge": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "widen": "intermediate.dense",
    "narrow": "output.dense",
    "norm2": "output.LayerNorm",
}


def image_tower(checkpoint: Path, size: Size) -> EfficientNetLite:
    """An EfficientNet-lite with its norms folded; the checkpoint lists convolutions and norms in order."""
    tower = EfficientNetLite(size).eval()
    names = [name.removesuffix(".weight") for name in tower.state_dict() if name.endswith(".weight")]
    entries = list(torch.load(checkpoint, weights_only=True).values())
    folded: dict[str, Tensor] = {}
    at = 0
    for name in names:
        weight = entries[at]
        if weight.ndim == 4:
            norm = dict(zip(NORM, entries[at + 1 : at + 5], strict=True))
            folded[name + ".weight"], folded[name + ".bias"] = fold_batch_norm(weight, norm, EPSILON)
            at += 6
        else:
            folded[name + ".weight"], folded[name + ".bias"] = weight, entries[at + 1]
            at += 2
    tower.load_state_dict(folded)
    return tower


def published_vocabulary(folder: Path) -> list[str]:
    """MiniLM's 30,522 word pieces, in order."""
    pieces = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    return sorted(pieces, key=pieces.__getitem__)


def reduced_vocabulary(full: Sequence[str], texts: Iterable[tuple[str, int]], size: int) -> list[str]:
    """The pieces that weighted texts use most, and all single ASCII characters: nothing is unreadable."""
    splitter = WordPieces(full)
    uses: Counter[int] = Counter()
    for text, weight in texts:
        for piece in splitter.encode(text):
            uses[piece] += weight
    always = {
        index
        for index, piece in enumerate(full)
        if piece in (UNKNOWN, START, END) or (len(piece.removeprefix("##")) == 1 and piece.isascii())
    }
    common = [piece for piece, _ in uses.most_common() if piece not in always]
    return [full[index] for index in sorted(always | set(common[: size - len(always)]))]


def text_tower(folder: Path, vocabulary: Sequence[str], positions: int) -> TextTower:
    """MiniLM with the given pieces and the first positions only; token type 0 is folded in there."""
    source = load_file(folder / "model.safetensors")
    place = {piece: index for index, piece in enumerate(published_vocabulary(folder))}
    kept = torch.tensor([place[piece] for piece in vocabulary])
    types = source["embeddings.token_type_embeddings.weight"][0]
    weights = {
        "words.weight": source["embeddings.word_embeddings.weight"][kept],
        "positions": source["embeddings.position_embeddings.weight"][:positions] + types,
        "norm.weight": source["embeddings.LayerNorm.weight"],
        "norm.bias": source["embeddings.LayerNorm.bias"],
    }
    for index in range(LAYERS):
        theirs, ours = f"encoder.layer.{index}.", f"layers.{index}."
        for kind in ("weight", "bias"):
            three = [source[f"{theirs}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            weights[f"{ours}attend.{kind}"] = torch.cat(three)
            for mine, name in PAIRS.items():
                weights[f"{ours}{mine}.{kind}"] = source[f"{theirs}{name}.{kind}"]
    tower = TextTower(len(vocabulary), positions).eval()
    tower.load_state_dict(weights)
    return tower


def main() -> None:
    """Write the folded image tower, which `features.py` reads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="the published EfficientNet-lite file")
    parser.add_argument("output", type=Path)
    parser.add_argument("--size", choices=SIZES, default="lite2")
    options = parser.parse_args()
    save_file(image_tower(options.checkpoint, SIZES[options.size]).state_dict(), options.output)


if __name__ == "__main__":
    main()
