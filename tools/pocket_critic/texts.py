"""What the frozen text tower makes of captions, class names and phrases: 384 numbers each, computed once."""

import argparse
import json
import random
from pathlib import Path

import torch
from pack import as_shipped
from parts import published_vocabulary, reduced_vocabulary, text_tower
from safetensors.torch import load_file, save_file
from styles import STYLES
from torch import Tensor

from dreamrender.critics.pocket import PocketCritic
from dreamrender.critics.pocket_text import TextTower
from dreamrender.critics.pocket_words import WordPieces

POSITIONS = 66
CAPTIONS, STYLED = 5, 2


@torch.inference_mode()
def embedded(tower: TextTower, pieces: WordPieces, texts: list[str], batch: int = 256) -> Tensor:
    """Mean tokens (texts, 384), short texts first so that little is padding."""
    places = {text: index for index, text in enumerate(dict.fromkeys(texts))}
    ids = [[pieces.start, *pieces.encode(text)[: POSITIONS - 2], pieces.end] for text in places]
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    result = torch.empty(len(ids), 384, dtype=torch.float16)
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        longest = len(ids[part[-1]])
        rows = torch.tensor([ids[index] + [0] * (longest - len(ids[index])) for index in part])
        lengths = torch.tensor([len(ids[index]) for index in part])
        result[part] = tower(rows, torch.arange(longest) < lengths[:, None]).half()
    return result[torch.tensor([places[text] for text in texts])]


def class_names(lemmas: Path, synsets: Path) -> list[str]:
    """ImageNet's 1,000 classes in order, each as its first lemma."""
    named = dict(line.split("\t", 1) for line in lemmas.read_text().splitlines())
    return [named[synset] for synset in synsets.read_text().split()]


def with_style(caption: str, phrase: str, chooser: random.Random) -> str:
    """A caption and a style's words, joined one of the ways people do."""
    if phrase.startswith(("in ", "at ", "rendered", "trending")):
        return f"{caption}, {phrase}"
    return chooser.choice(
        (f"{caption}, {phrase}", f"{phrase} of {caption}", f"{caption} {phrase}", f"a {phrase}")
    )


def new_reading(minilm: Path, weighted: list[tuple[str, int]], size: int) -> tuple[TextTower, WordPieces]:
    """MiniLM with the word pieces that weighted texts need most, as it will be shipped."""
    full = published_vocabulary(minilm)
    vocabulary = reduced_vocabulary(full, weighted, size)
    whole = WordPieces(full)
    known = set(vocabulary)
    used = [whole.vocabulary[piece] in known for text, _ in weighted for piece in whole.encode(text)]
    print(f"{len(vocabulary)} pieces cover {sum(used) / len(used):.4f} of the corpus")
    tower = text_tower(minilm, vocabulary, POSITIONS)
    tower.load_state_dict(as_shipped(tower.state_dict()))
    return tower, WordPieces(vocabulary)


def reading() -> tuple[TextTower, WordPieces]:
    """The text tower and the word pieces of the shipped pocket critic."""
    critic = PocketCritic.from_file()
    return critic.text_tower, critic.words


def main() -> None:
    """Write the vocabulary and the embeddings: captions (pictures × 5), styled (× 2), classes, phrases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--minilm", type=Path, help="the unpacked MiniLM folder; else read as `pocket` does")
    parser.add_argument("--classes", type=Path, nargs=2, required=True, metavar=("LEMMAS", "SYNSETS"))
    parser.add_argument("--phrases", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, nargs=2, action="append", metavar=("MANIFEST", "FEATURES"))
    parser.add_argument("--pieces", type=int, default=10_000, help="size of the vocabulary")
    parser.add_argument("--sample", type=int, default=12_000, help="phrases kept for the relations")
    options = parser.parse_args()

    chooser = random.Random(5)
    names = class_names(*options.classes)
    phrases = options.phrases.read_text().splitlines()
    styles = list(STYLES.values())
    captions: list[str] = []
    styled: list[str] = []
    seen: set[str] = set()
    for manifest, features in options.pairs:
        chosen = load_file(features)["style"].tolist()
        for line, style in zip(manifest.read_text().splitlines(), chosen, strict=True):
            row = json.loads(line)
            own = row["captions"] or [""]
            captions += (own * CAPTIONS)[:CAPTIONS]
            if row.get("split") != "held-out":
                seen.update(own)
            words = styles[style][1]
            styled += [with_style(chooser.choice(own), chooser.choice(words), chooser) for _ in range(STYLED)]

    weighted = [(text, 3) for text in seen] + [(text, 1) for text in phrases]
    weighted += [(name, 50) for name in names] + [(word, 1000) for _, words in styles for word in words]
    tower, pieces = new_reading(options.minilm, weighted, options.pieces) if options.minilm else reading()
    tower.to(torch.bfloat16)
    sets = {
        "captions": captions,
        "styled": styled,
        "classes": [f"a photo of a {name}" for name in names],
        "class_words": names,
        "phrases": chooser.sample(phrases, min(options.sample, len(phrases))),
    }
    save_file({name: embedded(tower, pieces, texts) for name, texts in sets.items()}, options.output)
    options.output.with_suffix(".vocabulary.txt").write_text("\n".join(pieces.vocabulary))


if __name__ == "__main__":
    main()
