"""Gather drawn things with their names: a tensor of pictures with transparency, a line of words for each.

`pictures.bin` holds uint8 (N, 4, 128, 128), RGB and opacity; line n of `words.jsonl` is
`{"set": …, "label": …, "tags": […], "group": emojibase's, where it knows it}`.
"""

import argparse
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree  # files of a Debian package, read once by whoever trains

import numpy as np
import resvg_py  # type: ignore[import-not-found]
from PIL import Image

SIDE = 128
DUBLIN = "{http://purl.org/dc/elements/1.1/}"
LISTED = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
#: Icon sets: emoji of several artists, and coloured things. All but `streamline-…` and `kameleon` are emoji.
EMOJI = ("noto", "noto-v1", "twemoji", "fluent-emoji-flat", "fluent-emoji", "emojione", "fxemoji")
THINGS = ("streamline-emojis", "streamline-kameleon-color", "flat-ui")
LICENCES = {"Apache-2.0", "MIT", "CC0-1.0", "CC-BY-4.0"}
#: Groups of emojibase that show something: faces, people, animals and plants, food, travel, activities,
#: objects, symbols. Left out: parts of other emoji, and flags.
GROUPS = {0, 1, 3, 4, 5, 6, 7, 8}
PEOPLE, SYMBOLS = 1, 8
DULL = re.compile(
    r"\b(skin|tone|flag|keycap|button|oclock|o clock|thirty|letter|man|woman|input|latin|squared|arrow|sign|"
    r"medium|light|dark|regional|symbol|square|circle|diamond|moon face|family|couple|kiss|men|women|duo)\b"
)
#: Folders of openclipart that hold icons, generated shapes, marks and portraits rather than things.
DULL_FOLDERS = {
    "computer", "shapes", "logos", "buttons", "flags", "signs_and_symbols", "special", "people", "geography",
    "cards", "religion", "decorations", "flowchart", "duplicates",
}  # fmt: skip
BIG = 2_000_000

Row = dict[str, object]


def normal(name: str) -> str:
    """A name without case, spaces and signs."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def emojibase(data: Path, icons: Path) -> dict[str, Row]:
    """What emojibase says of an emoji, under every name that the icon sets know it by."""
    entries = json.loads(data.read_text())
    by_code = {normal(entry["hexcode"]).replace("fe0f", ""): entry for entry in entries}
    known = {normal(entry["label"]): entry for entry in entries}
    for name in ("noto", "twemoji", "fluent-emoji-flat"):
        stored = json.loads((icons / f"{name}.json").read_text())
        for code, icon in stored.get("chars", {}).items():
            if entry := by_code.get(normal(code).replace("fe0f", "")):
                known.setdefault(normal(icon), entry)
        for alias, target in stored.get("aliases", {}).items():
            if entry := known.get(normal(target["parent"])):
                known.setdefault(normal(alias), entry)
    return known


def worth(entry: Row) -> bool:
    """Whether an emoji shows a thing: no flags, no second gender, no letters and arrows."""
    if entry.get("group") not in GROUPS:
        return False
    if entry["group"] == PEOPLE:
        return "gender" not in entry and "200D" not in str(entry["hexcode"])
    return not (entry["group"] == SYMBOLS and DULL.search(str(entry["label"]).lower()))


def drawn(icon: Row, stored: Row) -> Image.Image:
    """An icon as a picture of 128 px, transparent around."""
    box = [icon.get(key, stored.get(key, other)) for key, other in
           (("left", 0), ("top", 0), ("width", 16), ("height", 16))]  # fmt: skip
    body = str(icon["body"])
    view = " ".join(map(str, box))
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{view}" width="{SIDE}" height="{SIDE}">{body}</svg>'
    )
    return Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=drawing, skip_system_fonts=True))))


def icon_set(path: Path, known: dict[str, Row]) -> Iterator[tuple[Row, Image.Image]]:
    """The things of one set of icons, with emojibase's words where it knows them."""
    stored = json.loads(path.read_text())
    assert stored["info"]["license"]["spdx"] in LICENCES, path
    for name, icon in stored["icons"].items():
        entry = known.get(normal(name))
        words = name.replace("-", " ")
        if entry is not None:
            if not worth(entry) or ("tone" in words and "skin" in words):
                continue
            row: Row = {"label": entry["label"], "tags": entry.get("tags", []), "group": entry["group"]}
        elif path.stem in THINGS and not DULL.search(words):
            row = {"label": re.sub(r" \d+$", "", words), "tags": [], "group": None}
        else:
            continue
        yield {"set": path.stem, **row}, drawn(icon, stored)


def rendered(folder: Path, known: dict[str, Row]) -> Iterator[tuple[Row, Image.Image]]:
    """Fluent emoji in 3D, by code point."""
    by_code = {normal(str(entry["hexcode"])).replace("fe0f", ""): entry for entry in known.values()}
    for path in sorted(folder.glob("*.webp")):
        entry = by_code.get(normal(path.stem).replace("fe0f", ""))
        if entry is not None and worth(entry):
            row = {"label": entry["label"], "tags": entry.get("tags", []), "group": entry["group"]}
            yield {"set": "3d", **row}, Image.open(path)


def clipart(pictures: Path, drawings: Path) -> Iterator[tuple[Row, Image.Image]]:
    """openclipart: rendered pictures, titles and keywords from the drawings beside them."""
    Image.MAX_IMAGE_PIXELS = None
    for path in sorted(pictures.rglob("*.png")):
        place = path.relative_to(pictures)
        drawing = (drawings / place).with_suffix(".svg")
        if DULL_FOLDERS & set(place.parts) or not drawing.exists():
            continue
        try:
            root = ElementTree.parse(drawing).getroot()  # noqa: S314
        except ElementTree.ParseError:
            continue
        title = next((node.text or "" for node in root.iter(DUBLIN + "title")), "")
        label = re.sub(r"[^a-z' ]+", " ", (title or path.stem).lower())
        label = " ".join(word for word in label.split() if len(word) > 1)
        tags = [node.text.lower() for node in root.iter(LISTED) if node.text]
        tags = [tag for tag in dict.fromkeys(tags) if tag.isascii() and len(tag) < 20]
        tags += [folder.replace("_", " ") for folder in place.parts[:-1] if folder != "unsorted"]
        picture = Image.open(path)
        if len(label) > 2 and picture.width * picture.height < BIG:
            row = {"label": label, "tags": list(dict.fromkeys(tags)), "group": None}
            yield {"set": "clipart", **row}, picture


def squared(picture: Image.Image) -> np.ndarray:
    """RGB and opacity, uint8 (4, 128, 128); the whole picture, in the middle, its colours not multiplied."""
    picture = picture.convert("RGBA")
    if box := picture.getchannel("A").getbbox():
        picture = picture.crop(box)
    scale = (SIDE - 8) / max(picture.size)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = picture.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    canvas = Image.new("RGBA", (SIDE, SIDE))
    canvas.paste(small, ((SIDE - small.width) // 2, (SIDE - small.height) // 2))
    return np.asarray(canvas).transpose(2, 0, 1)


def main() -> None:
    """Write `pictures.bin` and `words.jsonl` from whatever sources are given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="folder for the pictures and the words")
    parser.add_argument("--emojibase", type=Path, required=True, metavar="DATA_JSON")
    parser.add_argument("--icons", type=Path, required=True, help="folder of iconify's sets, one JSON each")
    parser.add_argument("--rendered", type=Path, help="folder of Fluent emoji in 3D, webp by code point")
    parser.add_argument("--clipart", type=Path, nargs=2, metavar=("PNG", "SVG"))
    options = parser.parse_args()
    known = emojibase(options.emojibase, options.icons)
    sources = [icon_set(options.icons / f"{name}.json", known) for name in (*EMOJI, *THINGS)]
    sources += [rendered(options.rendered, known)] if options.rendered else []
    sources += [clipart(*options.clipart)] if options.clipart else []
    options.output.mkdir(parents=True, exist_ok=True)
    with (
        (options.output / "pictures.bin").open("wb") as pictures,
        (options.output / "words.jsonl").open("w") as words,
    ):
        for source in sources:
            count = 0
            for row, picture in source:
                pixels = squared(picture)
                if pixels[3].mean() < 12:  # next to nothing to see
                    continue
                pictures.write(pixels.tobytes())
                words.write(json.dumps(row) + "\n")
                count += 1
            print(row["set"], count, flush=True)


if __name__ == "__main__":
    main()
