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
from dreamqueue.pictures import FORMATS, MAX_BYTES, read_picture
from dreamqueue.png import read_recipe


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


def jpeg_of(parts: bytes, at: int) -> bytes:
    """A progressive JPEG with something more inside; `at` as an index from its start or its end."""
    data = saved(noise(), "JPEG", progressive=True)
    return data[:at] + parts + data[at:]


REFINED_AGAIN = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x10"
EXIF_BLOCK = b"\xff\xe1\x00\x09Exif\0\0A"


def test_a_file_that_takes_its_decoder_for_ever_is_not_decoded() -> None:
    for bomb in (jpeg_of(REFINED_AGAIN * 100_000, -2), jpeg_of(EXIF_BLOCK * 500_000, 2)):
        assert len(bomb) < MAX_BYTES
        assert "far too many parts" in answer(bomb)
        with pytest.raises(PictureError, match="far too many parts"):
            read_recipe(bomb)
    assert cleaned(jpeg_of(REFINED_AGAIN * 20, -2)).size == (64, 48)
    assert cleaned(jpeg_of(EXIF_BLOCK * 20, 2)).size == (64, 48)


def gif_of(frames: int, *, width: int = 32, height: int = 32) -> bytes:
    """A GIF of so many frames; the frames say that they are this large, the screen that it is small."""
    two = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    data = saved(two[0], "GIF", save_all=True, append_images=two[1:], duration=40)
    first, second = data.index(b"\x21\xf9"), data.rindex(b"\x21\xf9")
    place = data.index(b"\x2c", first)
    head = data[: place + 5] + struct.pack("<HH", width, height) + data[place + 9 : second]
    return head + data[second:-1] * (frames - 1) + b";"


def test_ten_thousand_frames_are_one_picture() -> None:
    data = gif_of(10_000)
    assert 100_000 < len(data) < MAX_BYTES
    with Image.open(BytesIO(data)) as image:
        assert getattr(image, "n_frames", 1) == 10_000, "it is what it says"
    assert cleaned(data).size == (32, 32)


@pytest.mark.filterwarnings("default::PIL.Image.DecompressionBombWarning")  # as where people run it
def test_a_frame_that_is_larger_than_its_gif_is_not_decoded() -> None:
    for width, height in ((60_000, 2_900), (65_535, 65_535)):
        said = answer(gif_of(1, width=width, height=height))
        assert "24 million" in said or "far too many pixels" in said


def test_polyglots_are_pictures_and_nothing_else_or_no_pictures() -> None:
    script, archive = b"<script>alert(1)</script>", b"PK\x03\x04 a zip file PK\x05\x06"
    gif = saved(noise(), "GIF")
    for data in (saved(noise()) + archive, gif + script, jpeg_of(b"\xff\xfe\x00\x1b" + script, 2)):
        written = read_picture(data)
        assert written.startswith(b"\x89PNG")
        assert script not in written
        assert archive not in written
    for data in (b"GIF89a/*" + script + b"*/=1;", archive + saved(noise()), b"%PDF-1.7\n" + gif):
        assert answer(data)


def test_text_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    png, much = saved(noise()), zlib.compress(bytes(100_000_000), 9)
    for part in (chunk(b"zTXt", b"a\0\0" + much), chunk(b"iCCP", b"a\0\0" + much)):
        assert "damaged" in answer(png[:33] + part + png[33:])
    recipe = chunk(b"iTXt", b"aliendreams\0\x01\0\0\0" + much)
    with pytest.raises(PictureError):
        read_recipe(png[:33] + recipe + png[33:])


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
