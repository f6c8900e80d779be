"""Contact sheets: every picture whole and in its place, labels that can be read."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops
from PIL.Image import Image as PILImage

from dreamrender.labels import font_of, in_plain_letters, loses_letters, wrapped
from dreamrender.sheet import PAPER, contact_sheet

COLOURS = ["red", "lime", "blue", "gold", "cyan", "magenta", "navy", "green", "maroon"]


def tiles(count: int, width: int = 128, height: int = 128) -> list[PILImage]:
    return [Image.new("RGB", (width, height), COLOURS[index % 9]) for index in range(count)]


def areas(sheet: PILImage, pictures: list[PILImage]) -> list[tuple[int, int, int, int]]:
    """Where each picture's colour lies."""
    found = []
    for picture in pictures:
        plain = Image.new("RGB", sheet.size, picture.getpixel((0, 0)))
        same = ImageChops.difference(sheet, plain).convert("L").point(lambda value: 255 * (value == 0))
        box = same.getbbox()
        assert box is not None
        found.append(box)
    return found


def ink(sheet: PILImage, box: tuple[int, int, int, int]) -> bool:
    """Whether anything is written there."""
    area = sheet.crop(box)
    return ImageChops.difference(area, Image.new("RGB", area.size, PAPER)).getbbox() is not None


@pytest.mark.parametrize(
    ("count", "size", "rows"),
    [
        (1, (128, 128), [1]),
        (2, (128, 128), [2]),
        (4, (128, 128), [2, 2]),
        (9, (128, 128), [3, 3, 3]),
        (2, (256, 96), [1, 1]),
        (3, (96, 256), [3]),
        (5, (128, 128), [3, 2]),
    ],
)
def test_pictures_lie_in_reading_order_as_square_as_can_be(
    count: int, size: tuple[int, int], rows: list[int]
) -> None:
    pictures = tiles(count, *size)
    sheet = contact_sheet(pictures, [f"{number}: a label" for number in range(count)])
    boxes = areas(sheet, pictures)
    assert all((right - left, bottom - top) == size for left, top, right, bottom in boxes), "each whole"
    tops = sorted({top for _, top, _, _ in boxes})
    assert [sum(box[1] == top for box in boxes) for top in tops] == rows
    assert boxes == sorted(boxes, key=lambda box: (box[1], box[0]))
    for left, _, right, bottom in boxes:
        assert ink(sheet, (left, bottom, right, bottom + 20)), "its label is below it"
    assert sheet.getpixel((0, 0)) == PAPER


def test_the_columns_can_be_chosen() -> None:
    pictures = tiles(6)
    boxes = areas(contact_sheet(pictures, [""] * 6, columns=2), pictures)
    assert [
        sorted({box[index] for box in boxes}) == [*dict.fromkeys(b[index] for b in boxes)] for index in (0, 1)
    ]
    assert len({left for left, _, _, _ in boxes}) == 2


def test_pictures_of_all_sizes_share_a_sheet() -> None:
    pictures = [*tiles(1, 40, 30), *tiles(2, 200, 100)[1:], Image.new("RGB", (64, 180), "blue")]
    boxes = areas(contact_sheet(pictures, ["tiny", "broad", "tall"]), pictures)
    assert [(right - left, bottom - top) for left, top, right, bottom in boxes] == [
        (40, 30),
        (200, 100),
        (64, 180),
    ]


@pytest.mark.parametrize(
    ("count", "size", "side"), [(16, (1024, 1024), 2048), (16, (4096, 256), 1024), (9, (32, 32), 300)]
)
def test_a_sheet_keeps_its_limit_and_all_pictures(count: int, size: tuple[int, int], side: int) -> None:
    pictures = tiles(min(count, 9), *size)
    sheet = contact_sheet((pictures * 2)[:count], ["a snail, a harp"] * count, max_side=side)
    assert max(sheet.size) <= side
    assert max(sheet.size) > side * 0.5
    for left, top, right, bottom in areas(sheet, pictures)[:1]:
        assert (right - left) >= 8
        assert (bottom - top) >= 8


def test_labels_are_cut_to_two_lines() -> None:
    font = font_of(12)
    lines = wrapped("a very long label that goes on and on " * 5, font, 100, 2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(font.getlength(line) <= 100 for line in lines)
    assert wrapped("short", font, 100, 2) == ["short"]
    assert wrapped("", font, 100, 2) == []
    (one,) = wrapped("w" * 5000, font, 100, 2)
    assert one.endswith("…")
    assert font.getlength(one) <= 100


def test_letters_that_the_font_has_not_do_no_harm() -> None:
    pictures = tiles(1)
    sheet = contact_sheet(pictures, ["1: 猫 💚 \u0301 кот"])
    left, _, right, bottom = areas(sheet, pictures)[0]
    assert ink(sheet, (left, bottom, right, bottom + 20))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1: Café, größer — Łódź", "1: Cafe, grosser - Lodz"),
        ("2: 猫", "2: …"),
        ("3: дом 💚 house", "3: … … house"),
        ("plain · “text”… (0.123)", "plain · “text”… (0.123)"),
    ],
)
def test_labels_are_written_in_the_letters_there_are(text: str, written: str) -> None:
    assert in_plain_letters(text) == written
    assert loses_letters(text) == (text[0] in "23")


def test_a_label_belongs_to_each_picture() -> None:
    with pytest.raises(ValueError, match="one label for each"):
        contact_sheet(tiles(2), ["one"])
    with pytest.raises(ValueError, match="at least"):
        contact_sheet([], [])
