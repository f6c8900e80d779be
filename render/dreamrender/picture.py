"""From tensors to files: the result with its recipe, progress frames, the animation of how it formed."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from PIL import Image as Pillow
from PIL import ImageOps
from PIL.Image import Dither, Quantize, Resampling
from PIL.Image import Image as PILImage

from dreamqueue.errors import PaintError
from dreamqueue.png import exif_bytes, png_bytes, read_recipe
from dreamqueue.recipe import Recipe
from dreamrender.types import Image

__all__ = [
    "Result",
    "animation_bytes",
    "from_pil",
    "jpeg_bytes",
    "read_recipe",
    "result",
    "result_bytes",
    "to_pil",
]

FRAME_MS = 100
"""Time that each frame of an animation is shown."""
LAST_FRAME_MS = 2500
"""Time that the finished picture is shown before the animation starts again."""


@dataclass(frozen=True)
class Result:
    """A finished picture as a file."""

    data: bytes
    format: str
    """"png", "webp" or "jpeg"."""
    note: str = ""
    """What the member should know about it; empty if all is as usual."""


def to_pil(image: Image) -> PILImage:
    """An RGB tensor in [0, 1] (3, height, width) as an 8-bit picture."""
    pixels = image.detach().clamp(0, 1).mul(255).round().byte().movedim(0, -1).contiguous()  # (H, W, 3)
    height, width, _ = pixels.shape
    return Pillow.frombytes("RGB", (width, height), pixels.cpu().numpy().tobytes())


def from_pil(picture: PILImage) -> Image:
    """An RGB picture as a tensor in [0, 1], float32, (3, height, width)."""
    pixels = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
    return pixels.view(picture.height, picture.width, 3).permute(2, 0, 1).float() / 255


def result_bytes(picture: PILImage, recipe: Recipe, limit: int) -> bytes:
    """The finished picture with its recipe, in at most `limit` bytes. See `result`."""
    return result(picture, recipe, limit).data


def result(picture: PILImage, recipe: Recipe, limit: int) -> Result:
    """A PNG with its recipe if that fits into `limit` bytes, else the best that does, which says so."""
    data = png_bytes(picture, recipe)
    if len(data) <= limit:
        return Result(data, "png")
    exif = exif_bytes(recipe)
    for kind, options in _smaller(exif):
        out = io.BytesIO()
        picture.save(out, kind, **options)
        if out.tell() <= limit:
            note = (
                f"As a PNG it would have {_megabytes(len(data))}, more than the {_megabytes(limit)} that can "
                f"be sent here, so this is a {kind} of quality {options['quality']}. It holds its recipe too."
            )
            return Result(out.getvalue(), kind.lower(), note)
    raise PaintError(f"The picture does not fit into the {_megabytes(limit)} that can be sent here.")


def jpeg_bytes(picture: PILImage, quality: int = 85) -> bytes:
    """A progress frame."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def animation_bytes(frames: Sequence[PILImage], limit: int) -> bytes | None:
    """A GIF of the frames in at most `limit` bytes: frames are dropped, then it shrinks. None if neither
    helps. The last frame is always there, and stays longest; frames of another size are fitted into it.
    """
    if len(frames) < 2 or limit <= 0:
        return None
    size = frames[-1].size
    frames = [frame if frame.size == size else ImageOps.pad(frame, size) for frame in frames]
    per_pixel = 0.0
    for side, count in _sizes(max(frames[-1].size), len(frames)):
        kept = [_shrunk(frame, side) for frame in _thinned(frames, count)]
        pixels = sum(frame.width * frame.height for frame in kept)
        if per_pixel * pixels > 2 * limit:
            continue  # hopeless, and encoding takes time
        data = _gif(kept)
        if len(data) <= limit:
            return data
        per_pixel = len(data) / pixels
    return None


def _smaller(exif: bytes) -> Iterator[tuple[str, dict[str, object]]]:
    for quality in (95, 85, 70, 50):
        yield "WebP", {"quality": quality, "method": 4, "exif": exif}
    for quality in (50, 30):
        yield "JPEG", {"quality": quality, "exif": exif}


def _sizes(side: int, count: int) -> Iterator[tuple[int, int]]:
    for scale in (1.0, 0.7, 0.5, 0.35):
        for kept in (count, max(2, count // 2), max(2, count // 4)):
            yield round(side * scale), kept


def _thinned(frames: Sequence[PILImage], count: int) -> list[PILImage]:
    """`count` frames at even distances, the last one among them."""
    stride = (len(frames) - 1) / (count - 1)
    return [frames[round(index * stride)] for index in range(count)]


def _shrunk(frame: PILImage, side: int) -> PILImage:
    if max(frame.size) <= side:
        return frame
    scale = side / max(frame.size)
    size = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    return frame.resize(size, Resampling.LANCZOS)


def _gif(frames: list[PILImage]) -> bytes:
    """Each frame with its own 256 colours; without dithering, which flickers and does not compress."""
    quantised = [frame.quantize(256, method=Quantize.MEDIANCUT, dither=Dither.NONE) for frame in frames]
    out = io.BytesIO()
    durations = [FRAME_MS] * (len(frames) - 1) + [LAST_FRAME_MS]
    quantised[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=quantised[1:],
        duration=durations,
        loop=0,
        disposal=1,
        optimize=False,
    )
    return out.getvalue()


def _megabytes(count: int) -> str:
    return f"{count / 2**20:.1f} MiB"
