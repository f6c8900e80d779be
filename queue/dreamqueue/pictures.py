"""Initial pictures: what a stranger uploads becomes a clean RGB PNG, or an answer that says why not."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from typing import NoReturn

from PIL import Image, ImageOps, UnidentifiedImageError

from dreamqueue.errors import PictureError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""The only decoders a stranger's bytes reach."""

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 24_000_000
SIDE = 1024
"""Pixels that the long side of a picture keeps which somebody brings."""
MIN_SIDE = 16
"""Pixels; less is nothing to start from."""
MAX_RATIO = 16
"""Long side by short side."""

MOST_PARTS = 200
"""Scans, or blocks of EXIF, of a JPEG. Each scan is a pass over the whole picture, and Pillow copies the EXIF
that it has at each further block. Files have a dozen; a few megabytes of them take a decoder an hour."""
_COSTLY = (b"\xff\xda", b"Exif\0\0")

_KNOWN = "I can read PNG, JPEG, WebP, GIF and BMP."


def read_picture(
    data: bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS, side: int = SIDE
) -> bytes:
    """The picture as an RGB PNG of at most `side` × `side` pixels; raises nothing but PictureError."""
    written = BytesIO()
    open_picture(data, max_bytes=max_bytes, max_pixels=max_pixels, side=side).save(written, "PNG")
    return written.getvalue()


def open_picture(data: bytes, *, max_bytes: int, max_pixels: int, side: int) -> Image.Image:
    """The picture in RGB, at most `side` × `side` pixels; raises nothing but PictureError.

    The size that the file declares is checked before anything is decoded. EXIF orientation is applied,
    transparency laid over white, of an animation the first frame taken; metadata are left behind.
    """
    if not data:
        raise PictureError("The file is empty.")
    if len(data) > max_bytes:
        raise PictureError(f"The file has {_mebibytes(len(data))}, and I take up to {_mebibytes(max_bytes)}.")
    check_parts(data)
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            _check_size(image.size, max_pixels)
            image.load()
            _check_size(image.size, max_pixels)
            return _clean(image, side)
    except Exception as error:  # decoders fail in many ways on damaged files; all of them end here
        _explain(error)


def check_parts(data: bytes) -> None:
    """Raises PictureError for a file that would take its decoder for ever, whatever its size."""
    if data.startswith(b"\xff\xd8") and any(data.count(part) > MOST_PARTS for part in _COSTLY):
        raise PictureError(
            "The picture is made of far too many parts. Please save it anew and send it again."
        )


def _check_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    named = f"The picture has {width:,} × {height:,} pixels"
    if width * height > max_pixels:
        raise PictureError(f"{named}, and I take up to {max_pixels / 1e6:g} million in all.")
    if min(size) < MIN_SIDE:
        raise PictureError(f"{named}: too few to start from. I need {MIN_SIDE} × {MIN_SIDE} at least.")
    if max(size) > MAX_RATIO * min(size):
        raise PictureError(
            f"{named}: too long and thin. Its long side may be {MAX_RATIO} times the short one."
        )


def _clean(image: Image.Image, side: int) -> Image.Image:
    flat = _over_white(_eight_bits(image))
    flat.thumbnail((side, side), Image.Resampling.LANCZOS)
    flat.info.clear()
    return flat


def _eight_bits(image: Image.Image) -> Image.Image:
    upright = image
    with suppress(Exception):  # a damaged EXIF block says nothing about the pixels
        upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # greys of 16 bits, which convert() would clip
        return upright.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    return upright


def _over_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        flat = image.convert("RGB")
        return flat.copy() if flat is image else flat
    opaque = image.convert("RGBA")
    flat = Image.new("RGB", image.size, "white")
    flat.paste(opaque, mask=opaque.getchannel("A"))
    return flat


def _explain(error: Exception) -> NoReturn:
    if isinstance(error, PictureError):
        raise error
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        raise PictureError("The picture has far too many pixels. Please shrink it first.") from error
    if isinstance(error, UnidentifiedImageError):
        raise PictureError(f"I cannot read this file as a picture. {_KNOWN}") from error
    if isinstance(error, MemoryError):
        raise PictureError("The picture is too large for me just now. Please shrink it first.") from error
    raise PictureError("The picture is damaged or cut off. Please save and send it again.") from error


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.1f} MiB".replace(".0 ", " ")
