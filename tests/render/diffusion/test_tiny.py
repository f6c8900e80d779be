"""The tiny pipelines are what published ones are: folders that diffusers loads and paints with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from .tiny import PIPELINES, diffusers


@pytest.mark.parametrize("name", PIPELINES)
def test_a_tiny_pipeline_loads_back_and_paints(name: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(f"tiny_{name}")
    assert sum(path.stat().st_size for path in folder.rglob("*")) < 3_000_000
    pipeline = diffusers.DiffusionPipeline.from_pretrained(
        folder, local_files_only=True, use_safetensors=True
    )
    pipeline.set_progress_bar_config(disable=True)
    pictures = [_painted(pipeline, name) for _ in range(2)]
    assert pictures[0] == pictures[1]
    assert len(set(pictures[0])) > 4, "grey"


def _painted(pipeline: diffusers.DiffusionPipeline, name: str) -> bytes:
    steps = {"num_inference_steps": 2}
    if name == "unclip":
        steps = {f"{part}_num_inference_steps": 2 for part in ("prior", "decoder", "super_res")}
    words: dict[str, object] = {} if name == "ddpm" else {"prompt": "a red apple"}
    if name in {"flux", "flux_schnell", "sana"}:  # theirs is 1024
        words |= {"width": 64, "height": 64}
    return pipeline(**words, **steps, generator=torch.Generator().manual_seed(0)).images[0].tobytes()


def test_a_tiny_pipeline_is_the_same_each_time(tiny_sd: Path, tmp_path: Path) -> None:
    again = PIPELINES["sd"](tmp_path)
    files = [path.relative_to(again) for path in again.rglob("*") if path.is_file()]
    assert all((again / path).read_bytes() == (tiny_sd / path).read_bytes() for path in files)


@pytest.mark.parametrize("name", ["sd", "sdxl"])
def test_a_tiny_lora_changes_the_picture(name: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(f"tiny_{name}")
    lora: Path = request.getfixturevalue(f"tiny_{name}_lora")
    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    plain = _painted(pipeline, name)
    pipeline.load_lora_weights(lora, weight_name="pytorch_lora_weights.safetensors", adapter_name="one")
    assert _painted(pipeline, name) != plain
    with safe_open(lora / "pytorch_lora_weights.safetensors", "pt") as file:
        assert any(key.startswith("text_encoder.") for key in file.keys())  # noqa: SIM118


def test_the_tiny_decoder_decodes(tiny_taesd: Path) -> None:
    decoder = diffusers.AutoencoderTiny.from_pretrained(tiny_taesd, local_files_only=True)
    assert decoder.decode(torch.zeros(1, 4, 8, 8)).sample.shape == (1, 3, 64, 64)
