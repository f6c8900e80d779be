"""What is shown of every picture, over what, and what is said of it: decided once, from a seed."""

import random
import re
from pathlib import Path
from typing import NamedTuple

from pictures import COLOURS, Row

#: How each set draws.
STYLES = {
    "noto": ("emoji", "flat icon", "icon"),
    "noto-v1": ("emoji", "flat icon", "icon"),
    "twemoji": ("emoji", "flat icon", "simple flat drawing"),
    "fluent-emoji-flat": ("emoji", "flat icon", "flat drawing"),
    "fluent-emoji": ("emoji", "glossy icon", "soft glossy drawing"),
    "emojione": ("emoji", "flat icon", "cartoon"),
    "fxemoji": ("emoji", "flat icon", "cartoon"),
    "streamline-emojis": ("cartoon", "drawing with outlines", "icon with outlines"),
    "streamline-kameleon-color": ("flat icon in a circle", "round icon"),
    "flat-ui": ("flat icon", "web icon"),
    "3d": ("3d render", "3d emoji", "glossy 3d render"),
    "clipart": ("clip art", "drawing", "clip art drawing", "illustration"),
}
ARTICLES = {"a", "an", "the"}
#: Showings of each picture: half on white, half on colours.
SHOWINGS = 4
SAYINGS = 3


class Showing(NamedTuple):
    """One way to show a picture: mirrored, moved, scaled, over named colours; and what is said of it."""

    mirrored: bool
    scale: float
    shift: tuple[float, float]
    colours: tuple[str, ...]
    captions: tuple[str, ...]


def normal(caption: str) -> str:
    """A caption in lower case without articles and signs."""
    words = re.sub(r"[^a-z0-9 ]+", " ", caption.lower()).split()
    return " ".join(word for word in words if word not in ARTICLES)


def prompts(path: Path) -> list[str]:
    """The prompts that judge the model: no caption is equal to one of them."""
    return [line for line in path.read_text().splitlines() if line]


def with_article(label: str) -> str:
    """The label with "a" or "an" where it seems to be one thing."""
    if re.search(r"([^su]s|,)$", label) or label.split()[0] in ARTICLES:
        return label
    return f"an {label}" if label[0] in "aeiou" else f"a {label}"


def said(row: Row, chooser: random.Random) -> str:
    """One caption, nothing about the background."""
    label = re.sub(r"[“”’:]+", " ", str(row["label"]).lower()).strip()
    label = re.sub(r"\s+", " ", label)
    tags = [str(tag).lower() for tag in row["tags"]]  # type: ignore[attr-defined]
    style = chooser.choice(STYLES[str(row["set"])])
    chance = chooser.random()
    if chance < 0.26 or not tags:
        return with_article(label)
    if chance < 0.38:
        return label
    if chance < 0.52:
        return f"{with_article(label)}, {style}"
    if chance < 0.66:
        return f"{style} of {with_article(label)}"
    if chance < 0.95:
        return ", ".join([label, *chooser.sample(tags, min(len(tags), chooser.randint(1, 3)))])
    return with_article(chooser.choice([*tags, label.split()[-1]]))


def captions(row: Row, colours: tuple[str, ...], banned: set[str], chooser: random.Random) -> tuple[str, ...]:
    """Captions of one showing, none of them equal to a banned one."""
    found: list[str] = []
    while len(found) < SAYINGS:
        caption = said(row, chooser)
        if chooser.random() < (0.8 if colours else 0.12):
            caption += f" on a {' and '.join(colours) or 'white'} background"
        if normal(caption) not in banned:
            found.append(caption)
        elif chooser.random() < 0.5:
            found.append(f"{caption}, {chooser.choice(STYLES[str(row['set'])])}")
    return tuple(found)


def plan(words: list[Row], banned: set[str], seed: int = 3) -> list[Showing]:
    """The showings of all pictures, `SHOWINGS` a picture, in order."""
    chooser = random.Random(seed)
    shown = []
    for row in words:
        for number in range(SHOWINGS):
            count = 0 if number < SHOWINGS // 2 else chooser.choice((1, 1, 2))
            colours = tuple(chooser.sample(list(COLOURS), count))
            shift = chooser.uniform(-0.08, 0.08), chooser.uniform(-0.08, 0.08)
            lines = captions(row, colours, banned, chooser)
            shown.append(Showing(bool(number % 2), chooser.uniform(0.8, 1.02), shift, colours, lines))
    return shown
