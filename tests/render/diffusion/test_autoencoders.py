"""What a pipeline steps, made a picture: as the pipeline itself does it, and quickly."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import torch

from dreamrender.diffusion.autoencoders import decoded, glanced

from .tiny import diffusers

SIDES = {"pixart": 256, "sana": 512}
"""Others are asked for 64: these two would paint at this size anyway, and make it smaller."""


def load(name: str, request: pytest.FixtureRequest) -> Any:
    folder: Path = request.getfixturevalue(f"tiny_{name}")
    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.mark.parametrize("name", ["sd", "sdxl", "sd3", "flux", "amused", "pixart", "sana"])
def test_latents_are_decoded_as_the_pipeline_does_it(name: str, request: pytest.FixtureRequest) -> None:
    pipeline, side = load(name, request), SIDES.get(name, 64)

    def paint(kind: str) -> Any:
        generator = torch.Generator().manual_seed(0)
        size = {"height": side, "width": side}
        return pipeline(
            "a house", num_inference_steps=2, generator=generator, output_type=kind, **size
        ).images

    own = torch.from_numpy(paint("np")[0]).movedim(-1, 0)
    stepped = paint("latent")
    torch.testing.assert_close(
        decoded(pipeline, stepped, (side, side))[0].clamp(0, 1), own, atol=2e-3, rtol=0
    )
    quick = glanced(pipeline, stepped, (side, side))
    assert quick.shape[1] == 3
    assert quick.shape[-1] <= side // 4


class Linear(torch.nn.Module):
    """The simplest autoencoder: a latent's colour is a sum of its channels, eight pixels wide and high."""

    config: ClassVar = {"latent_channels": 4, "scaling_factor": 0.5}
    dtype, device = torch.float32, torch.device("cpu")

    def __init__(self) -> None:
        super().__init__()
        self.colours = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))

    def decode(self, latents: torch.Tensor, return_dict: bool) -> tuple[torch.Tensor]:
        images = torch.einsum("nchw,cd->ndhw", latents, self.colours) - 0.3
        return (images.repeat_interleave(8, -1).repeat_interleave(8, -2),)


def test_a_quick_look_has_the_colours_of_the_decoded_picture() -> None:
    pipeline = SimpleNamespace(components={"vae": Linear()})
    latents = torch.randn(1, 4, 6, 10, generator=torch.Generator().manual_seed(1))
    whole = decoded(pipeline, latents, (48, 80))
    quick = glanced(pipeline, latents, (48, 80))
    assert quick.shape == (1, 3, 6, 10)
    torch.testing.assert_close(quick, whole[:, :, ::8, ::8], atol=1e-4, rtol=0)


def test_what_cannot_be_read_is_shown_in_grey(request: pytest.FixtureRequest) -> None:
    pipeline = load("sd", request)
    strange = torch.randn(1, 16, 8, 8, generator=torch.Generator().manual_seed(0))
    quick = glanced(pipeline, strange, (64, 64))
    assert quick.shape == (1, 3, 8, 8)
    assert torch.equal(quick[:, 0], quick[:, 1])
    with pytest.raises(ValueError, match="16 channels, where the autoencoder has 4"):
        decoded(pipeline, strange, (64, 64))
