"""Files: the recipe travels in the picture, whatever its script; limits are kept."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
import torch
from PIL import Image as Pillow
from PIL.Image import Image as PILImage

from dreamqueue.errors import PaintError, PictureError
from dreamqueue.png import describe, png_bytes, read_recipe
from dreamqueue.recipe import Recipe, UsedStyle
from dreamrender.picture import animation_bytes, jpeg_bytes, result, result_bytes, to_pil

from .conftest import recipe_for

BIG = 10 * 2**20


def noisy(side: int = 64, seed: int = 0) -> PILImage:
    return to_pil(torch.rand(3, side, side, generator=torch.Generator().manual_seed(seed)))


def recipe() -> Recipe:
    style = UsedStyle(name="painting", text="a painting of {prompt}")
    return recipe_for('море на закате — 🌅 "quoted": a\nb', 1.5, styles=(style,), image="ab" * 32)


def test_a_tensor_becomes_the_picture_it_is() -> None:
    image = torch.zeros(3, 2, 3)
    image[0, 0, 2] = 1.2
    image[2, 1, 0] = 0.5
    picture = to_pil(image)
    assert picture.size == (3, 2)
    assert picture.getpixel((2, 0)) == (255, 0, 0)
    assert picture.getpixel((0, 1)) == (0, 0, 128)


def test_a_png_gives_its_recipe_back() -> None:
    data = result_bytes(noisy(), recipe(), BIG)
    assert read_recipe(data) == recipe()
    with Pillow.open(io.BytesIO(data)) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert picture.text["parameters"] == describe(recipe())


def test_the_words_name_what_matters() -> None:
    words = describe(recipe_for(preset="levels"))
    assert words == "a red square\nSteps: 4, Seed: 7, Size: 32x32, Backend: pixels levels, Critic: tiny"


def test_a_picture_over_the_limit_changes_its_format_and_says_so() -> None:
    large = len(png_bytes(noisy(256), recipe()))
    smaller = result(noisy(256), recipe(), large // 2)
    assert smaller.format == "webp"
    assert len(smaller.data) <= large // 2
    assert "WebP" in smaller.note
    assert read_recipe(smaller.data) == recipe()
    assert result(noisy(), recipe(), BIG).note == ""


def test_a_limit_nothing_can_keep_is_an_error() -> None:
    with pytest.raises(PaintError, match="does not fit"):
        result(noisy(), recipe(), 100)


def test_pictures_without_a_recipe_are_explained() -> None:
    plain = io.BytesIO()
    noisy().save(plain, "PNG")
    with pytest.raises(PictureError, match="no recipe in that PNG"):
        read_recipe(plain.getvalue())
    with pytest.raises(PictureError, match="JPEG holds no recipe"):
        read_recipe(jpeg_bytes(noisy()))
    with pytest.raises(PictureError, match="not a picture"):
        read_recipe(b"hello")
    with pytest.raises(PictureError, match="not a picture"):
        read_recipe(png_bytes(noisy(), recipe())[:-200])


def test_a_recipe_that_was_tampered_with_is_refused() -> None:
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    chunks.add_itxt("aliendreams", '{"phrases": [], "rm": "-rf"}')
    out = io.BytesIO()
    noisy().save(out, "PNG", pnginfo=chunks)
    with pytest.raises(PictureError, match="cannot be read"):
        read_recipe(out.getvalue())


def test_reading_a_recipe_needs_no_torch() -> None:
    code = (
        "import sys; sys.path[:0] = ['queue', 'config']; import dreamqueue.png; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_frame_is_a_small_jpeg() -> None:
    data = jpeg_bytes(noisy())
    with Pillow.open(io.BytesIO(data)) as frame:
        assert frame.format == "JPEG"
        assert frame.size == (64, 64)


def test_an_animation_ends_on_the_last_frame_and_stays_there() -> None:
    frames = [Pillow.new("RGB", (40, 30), (10 * shade, 0, 0)) for shade in range(8)]
    data = animation_bytes(frames, BIG)
    assert data is not None
    with Pillow.open(io.BytesIO(data)) as animation:
        assert animation.format == "GIF"
        assert animation.n_frames == 8
        assert animation.info["loop"] == 0
        animation.seek(7)
        assert animation.info["duration"] > 1000
        assert animation.convert("RGB").getpixel((5, 5)) == (70, 0, 0)


def test_an_animation_keeps_its_limit() -> None:
    frames = [noisy(96, seed) for seed in range(12)]
    full = animation_bytes(frames, BIG)
    assert full is not None
    small = animation_bytes(frames, len(full) // 5)
    assert small is not None
    assert len(small) <= len(full) // 5
    with Pillow.open(io.BytesIO(small)) as animation:
        assert animation.n_frames >= 2
    assert animation_bytes(frames, 500) is None
    assert animation_bytes(frames[:1], BIG) is None
