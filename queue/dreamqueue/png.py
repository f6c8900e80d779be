"""A picture carries its recipe: PNG text chunks, written and read with Pillow alone."""

from __future__ import annotations

import io
import json

from PIL import Image as Pillow
from PIL.Image import Image as PILImage
from PIL.PngImagePlugin import PngInfo
from pydantic import ValidationError

from dreamqueue.errors import PictureError
from dreamqueue.pictures import check_parts
from dreamqueue.prompt import sampling
from dreamqueue.recipe import Recipe

RECIPE = "aliendreams"
"""Chunk with the recipe as JSON."""
JOB = "aliendreams-job"
"""Chunk with the id of its job, where the same picture may be several jobs'."""
PARAMETERS = "parameters"
"""Chunk with the recipe in words, where other tools look for a prompt."""

NAMES = {
    "guidance": "CFG scale",
    "scheduler": "Sampler",
    "strength": "Denoising strength",
    "lora": "LoRAs",
    "hires": "Hires upscale",
    "gradient": "Gradient",
}
"""What other tools call what our flags say of a diffusion."""

EXIF_DESCRIPTION = 0x010E
"""Exif's ImageDescription."""

MAX_PIXELS = 64 * 1024 * 1024
"""Pictures that claim to be larger are not opened."""


def describe(recipe: Recipe) -> str:
    """The recipe in words, for people and for other tools."""
    how = " ".join(part for part in (recipe.backend, recipe.preset) if part)
    facts = [
        f"Steps: {recipe.last_step}" + (f" of {recipe.steps}" if recipe.stop < 100 else ""),
        f"Seed: {recipe.seed}",
        f"Size: {recipe.width}x{recipe.height}",
        f"Backend: {how}",
        f"Critic: {recipe.critic}",
    ]
    facts += [f"{NAMES[name]}: {_whole(str(value))}" for name, value in sampling.written(recipe).items()]
    if recipe.candidates > 1:
        facts.append(f"Candidates: {recipe.candidates}")
    if recipe.styles:
        facts.append(f"Styles: {', '.join(style.name for style in recipe.styles)}")
    if recipe.image:
        facts.append(f"Initial picture: {recipe.image[:16]}")
    if recipe.targets:
        facts.append(f"Target pictures: {', '.join(target.key[:16] for target in recipe.targets)}")
    return f"{recipe.words}\n{', '.join(facts)}"


def _whole(value: str) -> str:
    """In quotes where commas or colons would part it."""
    return json.dumps(value) if set(value) & {",", ":"} else value


def text_chunks(recipe: Recipe) -> PngInfo:
    """What `Image.save(pnginfo=…)` takes. International text, so prompts of any script survive."""
    chunks = PngInfo()
    chunks.add_itxt(RECIPE, recipe.model_dump_json(), zip=True)
    chunks.add_itxt(PARAMETERS, describe(recipe))
    return chunks


def png_bytes(picture: PILImage, recipe: Recipe, job: str = "") -> bytes:
    """The picture as PNG with its recipe inside. With a job's id it has bytes that no other job's has."""
    out = io.BytesIO()
    chunks = text_chunks(recipe)
    if job:
        chunks.add_text(JOB, job)
    picture.save(out, "PNG", optimize=True, pnginfo=chunks)
    return out.getvalue()


def exif_bytes(recipe: Recipe) -> bytes:
    """The same for WebP and JPEG: Exif's image description, which is ASCII."""
    exif = Pillow.Exif()
    exif[EXIF_DESCRIPTION] = f"{RECIPE}:{json.dumps(recipe.model_dump(mode='json', exclude_defaults=True))}"
    return exif.tobytes()


def read_recipe(data: bytes) -> Recipe:
    """The recipe inside a picture we made. Raises PictureError, saying why there is none."""
    check_parts(data)
    try:
        with Pillow.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP", "GIF"]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise PictureError("That picture is too large to be one of mine.")
            kind = picture.format
            picture.load()  # text chunks may follow the pixels
            written = _written(picture)
    except PictureError:
        raise
    except Exception as error:  # Pillow raises many kinds for a broken file
        raise PictureError("That file is not a picture that I can read.") from error
    if written is None:
        if kind == "PNG":
            raise PictureError(
                "There is no recipe in that PNG. Only pictures that I painted carry one, and some "
                "programs remove it when they save or share a picture."
            )
        raise PictureError(f"That {kind} holds no recipe; I look for it in the original file, usually a PNG.")
    try:
        return Recipe.model_validate_json(written)
    except ValidationError as error:
        raise PictureError(
            "The recipe in that picture cannot be read: it was changed, or a newer version wrote it."
        ) from error


def _written(picture: PILImage) -> str | None:
    text = getattr(picture, "text", {}).get(RECIPE)
    if text is None and isinstance(comment := picture.getexif().get(EXIF_DESCRIPTION), str):
        _, found, text = comment.partition(f"{RECIPE}:")
        return text if found else None
    return text
