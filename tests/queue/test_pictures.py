"""Initial pictures: what comes out is clean, and what cannot be used is answered."""

from __future__ import annotations

import random
import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from dreamqueue.errors import PictureError
from dreamqueue.pictures import FORMATS, read_picture


def saved(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    written = BytesIO()
    image.save(written, format, **options)
    return written.getvalue()


def noise(width: int = 64, height: int = 48) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(0).randbytes(width * height * 3))


def cleaned(data: bytes, **limits: int) -> Image.Image:
    image = Image.open(BytesIO(read_picture(data, **limits)))
    image.load()
    assert (image.format, image.mode) == ("PNG", "RGB")
    return image


def answer(data: bytes, **limits: int) -> str:
    with pytest.raises(PictureError) as refused:
        read_picture(data, **limits)
    return str(refused.value)


def declaring(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("format", FORMATS)
def test_known_formats(format: str) -> None:
    assert cleaned(saved(noise(), format)).size == (64, 48)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_modes(mode: str) -> None:
    grey = Image.new("L", (32, 32), 255)
    image = Image.new("I;16", (32, 32), 65535) if mode == "I;16" else grey.convert(mode)
    format = "JPEG" if mode == "CMYK" else "PNG"
    assert cleaned(saved(image, format)).getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bit_greys_keep_their_brightness() -> None:
    red, green, blue = cleaned(saved(Image.new("I;16", (32, 32), 32768))).getpixel((5, 5))  # type: ignore[misc]
    assert red == green == blue == 127


def test_large_pictures_shrink_and_keep_their_shape() -> None:
    assert cleaned(saved(noise(600, 300)), side=100).size == (100, 50)
    assert cleaned(saved(noise(60, 30)), side=100).size == (60, 30)


def test_transparency_lies_over_white() -> None:
    image = Image.new("RGBA", (32, 32), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 16, 32))
    clean = cleaned(saved(image))
    assert clean.getpixel((3, 3)) == (0, 0, 255)
    assert clean.getpixel((30, 3)) == (255, 255, 255)


def test_exif_orientation_is_applied_and_metadata_left_behind() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90°
    exif[0x010E] = "my home address"
    clean = cleaned(saved(noise(64, 32), "JPEG", exif=exif))
    assert clean.size == (32, 64)
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "my home address")
    for data in (
        saved(noise(), "PNG", pnginfo=text, icc_profile=b"x" * 200, dpi=(72, 72)),
        saved(noise(), "JPEG", exif=exif, comment=b"my home address"),
    ):
        written = read_picture(data)
        assert b"home" not in written
        assert Image.open(BytesIO(written)).info == {}


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_animations_give_their_first_frame(format: str) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("white", "black", "red")]
    data = saved(frames[0], format, save_all=True, append_images=frames[1:], lossless=True)
    clean = cleaned(data)
    assert clean.getpixel((5, 5)) == (255, 255, 255)
    assert getattr(clean, "n_frames", 1) == 1


def test_answers() -> None:
    assert answer(b"") == "The file is empty."
    assert answer(b"hello" * 100) == (
        "I cannot read this file as a picture. I can read PNG, JPEG, WebP, GIF and BMP."
    )
    assert answer(bytes(11 * 2**20)) == "The file has 11 MiB, and I take up to 10 MiB."
    assert answer(saved(noise(1, 1))) == (
        "The picture has 1 × 1 pixels: too few to start from. I need 16 × 16 at least."
    )
    assert "too long and thin" in answer(saved(noise(600, 20)))


@pytest.mark.parametrize(
    ("width", "height"), [(6000, 5000), (10_000, 10_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)]
)
def test_the_declared_size_is_checked_before_decoding(width: int, height: int) -> None:
    data = declaring(width, height)
    said = answer(data)
    assert "and I take up to 24 million in all." in said or "far too many pixels" in said


@pytest.mark.parametrize("format", ["TIFF", "ICO", "PPM", "PDF", "TGA", "EPS"])
def test_other_formats_are_not_even_tried(format: str) -> None:
    assert answer(saved(noise(), format)).startswith("I cannot read this file as a picture.")


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"MZ" + bytes(100),
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_files_in_disguise(data: bytes) -> None:
    assert answer(data).startswith("I cannot read this file as a picture.")


@pytest.mark.parametrize("format", FORMATS)
def test_a_picture_cut_off(format: str) -> None:
    data = saved(noise(200, 200), format)
    assert answer(data[: len(data) // 2])


def test_what_hides_behind_a_picture_is_left_behind() -> None:
    assert b"PK\x03\x04" not in read_picture(saved(noise()) + b"PK\x03\x04 a zip file")


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from([saved(noise(32, 32), format) for format in FORMATS]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
    st.binary(max_size=40),
)
def test_damaged_files_raise_nothing_else(data: bytes, changes: list[tuple[int, int]], tail: bytes) -> None:
    damaged = bytearray(data)
    for at, value in changes:
        damaged[at % len(damaged)] = value
    with suppress(PictureError):
        read_picture(bytes(damaged) + tail)
