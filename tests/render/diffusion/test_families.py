"""What is stepped natively is what diffusers itself paints, to the last bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dreamrender.diffusion.families import family_named
from dreamrender.diffusion.schedulers import SAMPLERS, sampler
from dreamrender.diffusion.upstream import diffusers

from . import painters


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("sd", "sd"),
        ("sd2", "sd"),
        ("sdxl", "sdxl"),
        ("sd3", "sd3"),
        ("flux", "flux"),
        ("flux_schnell", "flux"),
    ],
)
@pytest.mark.parametrize("size", [(64, 64), (96, 64)])
def test_paints_what_the_pipeline_paints(
    model: str, family: str, size: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    pipeline = painters.pipeline_at(request.getfixturevalue(f"tiny_{model}"))
    unwanted = {} if family == "flux" else {"negative_prompt": painters.UNWANTED}
    width, height = size
    theirs = pipeline(
        painters.WANTED,
        width=width,
        height=height,
        num_inference_steps=5,
        guidance_scale=5.0,
        generator=torch.Generator().manual_seed(3),
        output_type="pt",
        **unwanted,
    ).images[0]
    recipe = painters.recipe_of(width=width, height=height)
    ours = painters.painted(painters.begun(family_named(family)(pipeline, "cpu"), recipe))
    assert theirs.std() > 0.05
    assert torch.equal(ours, theirs)


def test_without_negative_words_sdxl_is_told_nothing(tiny_sdxl: Path) -> None:
    pipeline = painters.pipeline_at(tiny_sdxl)
    theirs = pipeline(
        painters.WANTED,
        width=64,
        height=64,
        num_inference_steps=3,
        guidance_scale=5.0,
        generator=torch.Generator().manual_seed(3),
        output_type="pt",
    ).images[0]
    recipe = painters.recipe_of(phrases=[{"text": painters.WANTED}], steps=3)
    ours = painters.painted(painters.begun(family_named("sdxl")(pipeline, "cpu"), recipe))
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_is_that_of_diffusers(name: str, tiny_sd: Path) -> None:
    pipeline = painters.pipeline_at(tiny_sd)
    family = family_named("sd")(pipeline, "cpu")
    steps = 6
    ours = painters.painted(painters.begun(family, painters.recipe_of(scheduler=name, steps=steps)))
    pipeline.scheduler = sampler(name, family.scheduler)
    eta = 0.3 if name == "tcd" else 0.0  # TCD's own; the pipeline would say 0
    theirs = pipeline(
        painters.WANTED,
        negative_prompt=painters.UNWANTED,
        width=64,
        height=64,
        num_inference_steps=steps,
        eta=eta,
        guidance_scale=5.0,
        generator=torch.Generator().manual_seed(3),
        output_type="pt",
    ).images[0]
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", ["", "ddim", "euler", "heun", "dpmpp-2m"])
def test_picture_to_picture_is_that_of_diffusers(name: str, tiny_sd: Path) -> None:
    pipeline = painters.pipeline_at(tiny_sd)
    family = family_named("sd")(pipeline, "cpu")
    start = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1))
    recipe = painters.recipe_of(scheduler=name, strength=0.5, image="x", steps=5)
    ours = painters.painted(painters.begun(family, recipe, start))
    parts = {**pipeline.components, "scheduler": sampler(name, family.scheduler)}
    over = diffusers.StableDiffusionImg2ImgPipeline(**parts, requires_safety_checker=False)
    over.set_progress_bar_config(disable=True)
    theirs = over(
        painters.WANTED,
        start[None],
        negative_prompt=painters.UNWANTED,
        strength=0.5,
        num_inference_steps=10,
        guidance_scale=5.0,
        generator=torch.Generator().manual_seed(3),
        output_type="pt",
    ).images[0]
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_little_strength_stays_near_the_picture(tiny_sd: Path) -> None:
    family = painters.family_at(tiny_sd, "sd")
    start = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1))
    kept = family.decode(family.encode(start, torch.Generator().manual_seed(0)))[0].clamp(0, 1)

    def far(strength: float) -> float:
        recipe = painters.recipe_of(strength=strength, image="x")
        return float((painters.painted(painters.begun(family, recipe, start)) - kept).abs().mean())

    assert far(0.05) < far(0.5) < far(1.0)


def test_a_colour_matrix_is_fitted_to_the_decoder(tiny_sd: Path) -> None:
    """A patchwork that it was not fitted to is shown in about the colours that it decodes to."""
    family = painters.family_at(tiny_sd, "sd")
    patches = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(5))
    large = patches.repeat_interleave(2, -2).repeat_interleave(2, -1)
    real = torch.nn.functional.adaptive_avg_pool2d(family.decode(large).clamp(0, 1), 8)
    shown = family.glance(patches)
    mean = real.mean((2, 3), keepdim=True)
    assert (shown - real).square().mean() < 0.8 * (mean - real).square().mean()


def test_a_tiny_decoder_is_used_where_there_is_one(tiny_sd: Path, tiny_taesd: Path) -> None:
    tiny = diffusers.AutoencoderTiny.from_pretrained(tiny_taesd, local_files_only=True)
    family = family_named("sd")(painters.pipeline_at(tiny_sd), "cpu", tiny)
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(5))
    shown = family.glance(latents)
    assert shown.shape == (1, 3, 64, 64)
    assert torch.allclose(shown, (tiny.decode(latents).sample / 2 + 0.5).clamp(0, 1), atol=1e-5)
