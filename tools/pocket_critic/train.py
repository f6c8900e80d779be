"""Train the two heads on cached features and embeddings, then write the critic's file.

Three lessons at once: pictures find their captions and captions their pictures (contrastive); the space
agrees with the ImageNet classifier about the names of its thousand classes; and phrases that MiniLM finds
alike stay alike, so that words no caption holds keep their meaning.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from pack import write
from pairs import Pairs
from parts import text_tower
from safetensors.torch import load_file
from texts import POSITIONS
from torch import Tensor, nn
from torch.nn import functional as F

from dreamrender.critics.efficientnet_lite import CLASSES, FEATURES, SIZES
from dreamrender.critics.pocket import SIDES, TEXT_TOWER, Head, image_evidence
from dreamrender.critics.pocket_text import WIDTH

#: Captions this alike (cosine in MiniLM's space) are not held against each other.
ALIKE = 0.85
HALF_LIFE = 80


class Student(nn.Module):
    """The heads and the temperatures they are trained with."""

    def __init__(self, image_hidden: int, text_hidden: int) -> None:
        super().__init__()
        self.image_head = Head(FEATURES + CLASSES, image_hidden)
        self.text_head = Head(WIDTH, text_hidden)
        self.pair_scale = nn.Parameter(torch.tensor(math.log(20.0)))
        self.class_scale = nn.Parameter(torch.tensor(math.log(20.0)))


def contrastive(pictures: Tensor, words: Tensor, alike: Tensor, scale: Tensor) -> Tensor:
    """InfoNCE both ways, near-duplicates left out."""
    similarity = (scale.exp().clamp(max=100) * pictures @ words.T).masked_fill(alike, -1e4)
    target = torch.arange(len(pictures))
    return (F.cross_entropy(similarity, target) + F.cross_entropy(similarity.T, target)) / 2


def relations(words: Tensor, teacher: Tensor) -> Tensor:
    """How far the phrases' cosines are from MiniLM's, mean square."""
    return (words @ words.T - teacher @ teacher.T).square().mean()


def recall(pictures: Tensor, words: Tensor, each: int) -> list[float]:
    """Text→image recall at 1, 5, 10, `each` captions a picture."""
    similarity = words @ pictures.T
    own = similarity.gather(1, (torch.arange(len(words)) // each)[:, None])
    rank = (similarity > own).sum(1)
    return [round((rank < k).float().mean().item(), 4) for k in (1, 5, 10)]


def train(student: Student, pairs: Pairs, options: argparse.Namespace) -> Student:
    """Run the lessons; give the running average of the student's weights."""
    generator = torch.Generator().manual_seed(options.seed)
    average = Student(options.image_hidden, options.text_hidden)
    average.load_state_dict(student.state_dict())
    decayed = [p for p in student.parameters() if p.ndim > 1]
    plain = [p for p in student.parameters() if p.ndim < 2]
    groups = [{"params": decayed, "weight_decay": options.decay}, {"params": plain, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, options.steps, pct_start=0.1)
    started = time.monotonic()
    for step in range(options.steps):
        batch = pairs.batch(options.batch, generator)
        features = batch.features * (1 + 0.1 * torch.randn_like(batch.features))
        noisy = batch.captions + 0.02 * torch.randn_like(batch.captions)
        meanings = F.normalize(batch.captions, dim=-1)
        alike = (meanings @ meanings.T > ALIKE).fill_diagonal_(False)
        evidence = F.dropout(image_evidence(features, batch.logits), options.dropout)
        phrases = pairs.some_phrases(512, generator)
        with torch.autocast("cpu", torch.bfloat16):
            pictures = student.image_head(evidence)
            texts = [F.dropout(noisy, options.dropout), phrases, pairs.classes]
            words, said, names = student.text_head(torch.cat(texts)).split([len(t) for t in texts])
        pictures, words, said, names = (x.float() for x in (pictures, words, said, names))
        guess = F.log_softmax(student.class_scale.exp().clamp(max=100) * pictures @ names.T, dim=-1)
        loss = contrastive(pictures, words, alike, student.pair_scale)
        loss = loss + options.class_weight * F.kl_div(guess, batch.logits.softmax(-1), reduction="batchmean")
        loss = loss + options.relation_weight * relations(said, F.normalize(phrases, dim=-1))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            keep = 0.5 ** (1 / min(HALF_LIFE, step + 1))
            for slow, fast in zip(average.parameters(), student.parameters(), strict=True):
                slow.lerp_(fast, 1 - keep)
        if step % 50 == 49:
            print(
                f"{step + 1}: {loss.item():.3f}, {time.monotonic() - started:.0f} s",
                check(average, pairs),
                flush=True,
            )
    return average


@torch.inference_mode()
def check(student: Student, pairs: Pairs) -> str:
    """Recall on the validation photos, whole."""
    features, logits, captions = pairs.validation()
    pictures = student.image_head(image_evidence(features, logits))
    words = student.text_head(captions.flatten(0, 1))
    return (
        f"validation {recall(pictures, words, captions.shape[1])} scale {student.pair_scale.exp().item():.1f}"
    )


def main() -> None:
    """Train, and write the one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--tower", type=Path, required=True, help="the folded image tower")
    parser.add_argument("--size", choices=SIZES, default="lite2", help="which EfficientNet the tower is")
    parser.add_argument("--sides", type=int, nargs=2, default=SIDES, help="as given to features.py")
    parser.add_argument("--name", default="pocket", help="the critic's name in the catalogue")
    parser.add_argument("--minilm", type=Path, help="without, the critic reads with the tower of `pocket`")
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, nargs=2, action="append", metavar=("MANIFEST", "FEATURES"))
    parser.add_argument("--steps", type=int, default=700)
    parser.add_argument("--batch", type=int, default=768)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--decay", type=float, default=0.1)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--image-hidden", type=int, default=640)
    parser.add_argument("--text-hidden", type=int, default=512)
    parser.add_argument("--class-weight", type=float, default=0.3)
    parser.add_argument("--relation-weight", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    weights = load_file(options.tower)
    pairs = Pairs.load(options.pairs, options.texts, weights)
    student = train(Student(options.image_hidden, options.text_hidden), pairs, options)

    vocabulary: list[str] = []
    everything = {f"image_tower.{name}": tensor for name, tensor in weights.items()}
    if options.minilm:
        vocabulary = options.texts.with_suffix(".vocabulary.txt").read_text().split("\n")
        tower = text_tower(options.minilm, vocabulary, POSITIONS)
        everything |= {TEXT_TOWER + name: tensor for name, tensor in tower.state_dict().items()}
    for part in ("image_head", "text_head"):
        everything |= {f"{part}.{name}": t for name, t in getattr(student, part).state_dict().items()}
    made_of = f"EfficientNet-{options.size}, all-MiniLM-L6-v2 (Apache-2.0)"
    notes = {
        "name": options.name,
        "size": options.size,
        "sides": "{} {}".format(*options.sides),
        "image_hidden": str(options.image_hidden),
        "text_hidden": str(options.text_hidden),
        "licence": "research, non-commercial",
        "origin": f"{made_of}; heads trained on Flickr8k and others",
        "recipe": json.dumps(
            {key: value for key, value in vars(options).items() if isinstance(value, int | float)}
        ),
    }
    write(options.output, everything, vocabulary, notes)
    print(f"{options.output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
