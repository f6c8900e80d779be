"""Families on tiny pipelines, and sessions of theirs."""

from __future__ import annotations

from pathlib import Path

import torch

from dreamqueue.recipe import Phrase, Recipe
from dreamrender.diffusion import loop
from dreamrender.diffusion.families import family_named
from dreamrender.diffusion.families.family import Family
from dreamrender.diffusion.plan import plan
from dreamrender.diffusion.session import DiffusionSession, Wishes
from dreamrender.diffusion.upstream import DiffusionPipeline
from dreamrender.types import Image

WANTED, UNWANTED = "a red apple", "blur"


def pipeline_at(folder: Path) -> DiffusionPipeline:
    """As it is loaded."""
    pipeline = DiffusionPipeline.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def family_at(folder: Path, name: str) -> Family:
    """The pipeline of a folder, taken apart."""
    return family_named(name)(pipeline_at(folder), "cpu")


def recipe_of(**fields: object) -> Recipe:
    """An apple at 64x64 in five steps, unless it is said otherwise."""
    phrases = Phrase(text=WANTED), Phrase(text=UNWANTED, weight=-1)
    usual = {"phrases": phrases, "width": 64, "height": 64, "steps": 5, "seed": 3, "backend": "diffusion"}
    return Recipe.model_validate({**usual, **fields})


def begun(
    family: Family, recipe: Recipe, start: Image | None = None, guidance: float = 5.0
) -> DiffusionSession:
    """A session of a recipe, whose score is not asked for."""
    stages = plan(
        recipe,
        picture=start is not None,
        strength=recipe.strength,
        hires=recipe.hires,
        multiple=family.multiple,
    )
    wishes = Wishes(guidance if recipe.guidance is None else recipe.guidance, recipe.scheduler)
    generator = torch.Generator().manual_seed(recipe.seed)
    session = DiffusionSession(recipe, family, stages, wishes, generator, start, lambda *about: None)
    session.rehearse()
    return session


def painted(session: DiffusionSession) -> Image:
    """To its end."""
    while session.step < session.recipe.steps:
        loop.step([session])
    return session.picture()
