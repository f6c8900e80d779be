"""How far one critic can judge another's work: how alike the two err, and whether it knows what was painted.

Two critics taught with the same captions agree about right pairs; what tells them apart is how they rank
the wrong ones. And a picture steered by one may please it without showing anything: then the other cannot
say which prompt it was painted for.
"""

import argparse
import json
from pathlib import Path

import torch
from evaluate import pictures
from features import open_rgb
from torch import Tensor

from dreamqueue.png import read_recipe
from dreamrender.critics.pocket import EMBEDDED, PocketCritic

BLACK = (0, 0, 0)


def ranks(values: Tensor) -> Tensor:
    """The place of each number along the last axis, as a float."""
    return values.argsort(-1).argsort(-1).double()


def correlation(one: Tensor, other: Tensor) -> Tensor:
    """Spearman's rank correlation along the last axis."""
    a, b = (x - x.mean(-1, keepdim=True) for x in (ranks(one), ranks(other)))
    return (a * b).sum(-1) / (a.square().sum(-1) * b.square().sum(-1)).sqrt()


def mismatched(critic: PocketCritic, paths: list[Path], captions: list[str]) -> Tensor:
    """Scores of every caption with all photos but its own: (captions, photos - 1)."""
    words = torch.cat([critic.encode_texts(captions[at : at + 250]) for at in range(0, len(captions), 250)])
    scores = words @ pictures(critic, paths, critic.sides[1]).T
    apart = ~torch.eye(len(paths), dtype=torch.bool)
    return scores[apart].view(len(paths), -1)


@torch.inference_mode()
def recognised(critic: PocketCritic, paintings: list[Path]) -> Tensor:
    """Cosines of paintings and the words in their recipes, (N, N): own ones on the diagonal."""
    images = torch.cat(
        [critic.encode_images(open_rgb(path, BLACK, critic.sides[1])[None]) for path in paintings]
    )
    return images @ critic.encode_texts([read_recipe(path.read_bytes()).words for path in paintings]).T


def main() -> None:
    """Print the rank correlations, then what the judge makes of paintings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("judge", type=Path)
    parser.add_argument("--critic", type=Path, default=EMBEDDED, help="the one that steered")
    parser.add_argument("--manifest", type=Path, help="the manifest with the held-out photos")
    parser.add_argument("--paintings", type=Path, nargs="+", default=[], help="PNGs with their recipes")
    options = parser.parse_args()
    both = [PocketCritic.from_file(path) for path in (options.judge, options.critic)]
    if options.manifest:
        rows = [json.loads(line) for line in options.manifest.read_text().splitlines()]
        rows = [row for row in rows if row.get("split") == "held-out"]
        paths, captions = [Path(row["image"]) for row in rows], [row["captions"][0] for row in rows]
        one, other = (mismatched(critic, paths, captions) for critic in both)
        print(
            f"rank correlation over {one.numel()} wrong pairs: {correlation(one.ravel(), other.ravel()):.3f}"
        )
        print(f"the same caption by caption, mean: {correlation(one, other).mean():.3f}")
    for critic in both if options.paintings else []:
        cosines = recognised(critic, options.paintings)
        right = cosines.argmax(1) == torch.arange(len(cosines))
        print(f"{critic.name} knows {int(right.sum())} of {len(right)} paintings by their words")
        print(cosines.numpy().round(2))


if __name__ == "__main__":
    main()
