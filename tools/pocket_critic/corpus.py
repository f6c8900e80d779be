"""Gather captioned pictures and phrases from where they were unpacked, into one manifest and one phrase list.

A manifest line is `{"set": …, "image": path, "captions": […]}`; photos of the `unlabelled` set have none.
"""

import argparse
import csv
import itertools
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree  # files of a Debian package, read once by whoever trains

import torch
from PIL import Image, ImageDraw, ImageFilter
from styles import STYLES

Row = dict[str, object]
DUBLIN = "{http://purl.org/dc/elements/1.1/}"
LISTED = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
#: Folders of openclipart that hold icons, generated shapes and emblems rather than things.
DULL = {"computer", "shapes", "logos", "buttons", "flags"}
TONES = re.compile("1f3f[b-f]")
COLOURS = {
    "red": (214, 30, 30), "green": (35, 150, 50), "blue": (30, 60, 210), "yellow": (245, 220, 40),
    "orange": (245, 140, 25), "purple": (120, 40, 160), "pink": (250, 150, 190), "brown": (115, 70, 35),
    "black": (15, 15, 15), "white": (245, 245, 245), "grey": (128, 128, 128), "turquoise": (50, 200, 195),
    "golden": (218, 170, 45), "silver": (190, 195, 200), "dark blue": (10, 20, 80),
    "light blue": (150, 205, 250), "dark green": (10, 70, 30), "crimson": (165, 10, 45),
    "violet": (150, 80, 220), "beige": (225, 210, 180),
}  # fmt: skip
#: How many pictures of each set are used; big drawings are left out, as they are slow to open.
LIMITS = {"unlabelled": 3000, "clipart": 2000, "emoji": 1853, "stamp": 785, "paint": 1200}
BIG = 700_000
SHAPES = ("circle", "square", "triangle", "stripe", "cross", "ring")


def flickr(folder: Path, captions: Path) -> Iterator[Row]:
    """Flickr8k: photos by name, five captions each."""
    by_name: dict[str, list[str]] = {}
    with captions.open(newline="") as lines:
        for name, *caption in itertools.islice(csv.reader(lines), 1, None):
            by_name.setdefault(name, []).append(",".join(caption).strip().rstrip(" ."))
    paths = sorted(folder.glob("*.jpg"))
    hidden = held_out(len(paths))
    for index, path in enumerate(paths):
        split = "held-out" if index in hidden else "train"
        yield {"set": "flickr", "split": split, "image": str(path), "captions": by_name[path.name]}


def held_out(count: int, size: int = 1000, seed: int = 1) -> set[int]:
    """The photos that nothing is trained on: the first of a permutation of the sorted names."""
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    return set(order[:size].tolist())


def unlabelled(folder: Path) -> Iterator[Row]:
    """Photos without captions; training names what the classifier is sure to see."""
    for path in sorted(folder.rglob("*.jpg")):
        yield {"set": "unlabelled", "image": str(path), "captions": []}


def emoji(folder: Path, data: Path) -> Iterator[Row]:
    """3D emoji with their labels and tags, one skin tone each."""
    known = {entry["hexcode"].lower(): entry for entry in json.loads(data.read_text())}
    for path in sorted(folder.glob("*.webp")):
        entry = known.get(path.stem) or known.get(path.stem.removesuffix("-fe0f"))
        if entry is None or TONES.search(path.stem):
            continue
        label, tags = entry["label"], entry.get("tags", [])
        captions = [
            label,
            f"an emoji of {label}",
            f"{label}, {' '.join(tags[:3])}",
            f"a 3d render of {label}",
        ]
        yield {"set": "emoji", "image": str(path), "captions": captions}


def clipart(pictures: Path, drawings: Path) -> Iterator[Row]:
    """openclipart: rendered pictures, titles and keywords from the drawings beside them."""
    for path in sorted(pictures.rglob("*.png")):
        place = path.relative_to(pictures)
        drawing = (drawings / place).with_suffix(".svg")
        if DULL & set(place.parts) or not drawing.exists():
            continue
        try:
            root = ElementTree.parse(drawing).getroot()  # noqa: S314
        except ElementTree.ParseError:
            continue
        title = next((node.text or "" for node in root.iter(DUBLIN + "title")), "")
        words = re.sub(r"[_\d]+", " ", title or path.stem).strip().lower()
        tags = [node.text.lower() for node in root.iter(LISTED) if node.text]
        if len(words) > 2:
            captions = [words, f"a drawing of {words}", f"clipart of {words}", " ".join([words, *tags[:4]])]
            yield {"set": "clipart", "image": str(path), "captions": captions}


def stamps(folder: Path) -> Iterator[Row]:
    """Tux Paint stamps: one English sentence each."""
    for path in sorted(folder.rglob("*.png")):
        text = path.with_suffix(".txt")
        if text.exists():
            sentence = text.read_text(encoding="utf-8").splitlines()[0].strip().rstrip(".")
            yield {
                "set": "stamp",
                "image": str(path),
                "captions": [sentence, f"a picture of {sentence.lower()}"],
            }


def paints(folder: Path, count: int) -> Iterator[Row]:
    """Colours and simple shapes, drawn here: what "red" means on its own."""
    chooser = random.Random(7)
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        path = folder / f"{index:05}.png"
        front, back = chooser.sample(list(COLOURS), 2)
        shape = chooser.choice((*SHAPES, "plain", "gradient"))
        _draw(shape, COLOURS[front], COLOURS[back], chooser).save(path)
        if shape == "plain":
            captions = [front, f"the colour {front}", f"a {front} background", f"everything is {front}"]
        elif shape == "gradient":
            captions = [
                f"{front} and {back}",
                f"{front} fading into {back}",
                f"a {front} and {back} gradient",
            ]
        else:
            captions = [
                f"a {front} {shape} on a {back} background",
                f"{front} {shape}",
                f"a {front} {shape} on {back}",
            ]
        yield {"set": "paint", "image": str(path), "captions": captions}


def _draw(
    shape: str, front: tuple[int, int, int], back: tuple[int, int, int], chooser: random.Random
) -> Image.Image:
    side = 224
    picture = Image.new("RGB", (side, side), back)
    draw = ImageDraw.Draw(picture)
    radius = chooser.randint(35, 90)
    x, y = (chooser.randint(radius, side - radius) for _ in range(2))
    box = (x - radius, y - radius, x + radius, y + radius)
    match shape:
        case "plain":
            draw.rectangle((0, 0, side, side), fill=front)
            return picture.effect_spread(0) if chooser.random() < 0.5 else Image.blend(
                picture, Image.effect_noise((side, side), 80).convert("RGB"), 0.2
            )  # fmt: skip
        case "gradient":
            mask = Image.linear_gradient("L").resize((side, side)).rotate(chooser.choice((0, 90, 180, 270)))
            return Image.composite(Image.new("RGB", (side, side), front), picture, mask)
        case "circle":
            draw.ellipse(box, fill=front)
        case "square":
            draw.rectangle(box, fill=front)
        case "triangle":
            draw.polygon([(x, y - radius), (x - radius, y + radius), (x + radius, y + radius)], fill=front)
        case "stripe":
            draw.rectangle((0, y - radius // 2, side, y + radius // 2), fill=front)
        case "cross":
            draw.rectangle((x - radius, y - 12, x + radius, y + 12), fill=front)
            draw.rectangle((x - 12, y - radius, x + 12, y + radius), fill=front)
        case _:
            draw.ellipse(box, outline=front, width=radius // 3)
    return picture.filter(ImageFilter.GaussianBlur(chooser.choice((0, 1, 3))))


def sampled(rows: list[Row], seed: int = 0) -> list[Row]:
    """As many random pictures of each set as its limit, set by set."""
    Image.MAX_IMAGE_PIXELS = None
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    taken: dict[str, list[Row]] = {}
    for row in shuffled:
        kind = str(row["set"])
        chosen = taken.setdefault(kind, [])
        if len(chosen) < LIMITS[kind] and not (kind in ("clipart", "stamp") and _pixels(row) > BIG):
            chosen.append(row)
    return [row for kind in sorted(taken) for row in taken[kind]]


def _pixels(row: Row) -> int:
    width, height = Image.open(str(row["image"])).size
    return width * height


def phrases(wordnet: Path) -> Iterator[str]:
    """WordNet's words with their glosses, and prompts made of nouns, adjectives and style words."""
    nouns: list[str] = []
    adjectives: list[str] = []
    for kind, store in (("noun", nouns), ("adj", adjectives), ("verb", []), ("adv", [])):
        for line in (wordnet / f"data.{kind}").read_text().splitlines()[29:]:
            fields, _, gloss = line.partition(" | ")
            word = fields.split(" ")[4].split("(")[0].replace("_", " ")
            store.append(word)
            yield f"{word}, {gloss.split(';')[0].strip()}"
    chooser = random.Random(3)
    modifiers = [word for _, words in STYLES.values() for word in words]
    for _ in range(60_000):
        parts = [chooser.choice(adjectives), chooser.choice(nouns)]
        yield f"a {' '.join(parts)}, {chooser.choice(modifiers)}"


def main() -> None:
    """Write `manifest.jsonl` and `phrases.txt` from whatever sources are given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="folder for the manifest and the phrases")
    parser.add_argument("--flickr", type=Path, nargs=2, metavar=("PHOTOS", "CAPTIONS"))
    parser.add_argument("--unlabelled", type=Path, metavar="PHOTOS")
    parser.add_argument("--emoji", type=Path, nargs=2, metavar=("WEBP", "DATA_JSON"))
    parser.add_argument("--clipart", type=Path, nargs=2, metavar=("PNG", "SVG"))
    parser.add_argument("--stamps", type=Path)
    parser.add_argument("--paints", type=int, default=1600)
    parser.add_argument("--wordnet", type=Path)
    options = parser.parse_args()
    rows: list[Row] = []
    for source, given in (
        (emoji, options.emoji),
        (clipart, options.clipart),
        (stamps, options.stamps and [options.stamps]),
        (unlabelled, options.unlabelled and [options.unlabelled]),
        (paints, [options.output / "paints", options.paints]),
    ):
        rows += source(*given) if given else ()
    rows = [*(flickr(*options.flickr) if options.flickr else ()), *sampled(rows)]
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = phrases(options.wordnet) if options.wordnet else iter(())
    (options.output / "phrases.txt").write_text("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    main()
