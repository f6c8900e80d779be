"""Retrieval with the shipped file through the shipped code, on the photos that nothing was trained on."""

import argparse
import json
from pathlib import Path

import torch
from features import open_rgb
from torch import Tensor

from dreamrender.critics.pocket import EMBEDDED, PocketCritic

WHITE = (255, 255, 255)


@torch.inference_mode()
def pictures(critic: PocketCritic, paths: list[Path], side: int) -> Tensor:
    """Embeddings of photos squashed to a square."""
    parts = []
    for start in range(0, len(paths), 50):
        images = torch.stack([open_rgb(path, WHITE, side) for path in paths[start : start + 50]])
        parts.append(critic.encode_images(images))
    return torch.cat(parts)


def recalls(queries: Tensor, answers: Tensor, own: Tensor) -> str:
    """R@1/5/10 of queries whose right answers are marked in `own`; the best of several counts."""
    similarity = queries @ answers.T
    best = similarity.masked_fill(~own, -2).amax(1, keepdim=True)
    rank = (similarity.masked_fill(own, -2) > best).sum(1)
    return "/".join(f"{(rank < k).float().mean().item():.3f}" for k in (1, 5, 10))


def main() -> None:
    """Print text→image and image→text recall."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path, help="the manifest with the held-out photos")
    parser.add_argument("--critic", type=Path, default=EMBEDDED)
    parser.add_argument("--side", type=int, help="of the photos; else the largest that the critic knows")
    options = parser.parse_args()
    critic = PocketCritic.from_file(options.critic)
    rows = [json.loads(line) for line in options.manifest.read_text().splitlines()]
    rows = [row for row in rows if row.get("split") == "held-out"]
    side = options.side or critic.sides[1]
    seen = pictures(critic, [Path(row["image"]) for row in rows], side)
    texts = [caption for row in rows for caption in row["captions"]]
    read = torch.cat([critic.encode_texts(texts[start : start + 250]) for start in range(0, len(texts), 250)])
    own = torch.eye(len(rows), dtype=torch.bool).repeat_interleave(len(texts) // len(rows), 0)
    each = len(texts) // len(rows)
    print(f"{len(rows)} photos at {side} px, {options.critic.stat().st_size / 1e6:.2f} MB")
    print("text→image R@1/5/10, all captions:", recalls(read, seen, own))
    print("text→image R@1/5/10, first caption:", recalls(read[::each], seen, own[::each]))
    print("image→text R@1/5/10:", recalls(seen, read, own.T))


if __name__ == "__main__":
    main()
