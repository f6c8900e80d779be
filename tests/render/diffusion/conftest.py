"""Each tiny pipeline once a test session, as a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import tiny


def _pipeline(name: str):
    @pytest.fixture(scope="session", name=f"tiny_{name}")
    def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
        return tiny.PIPELINES[name](tmp_path_factory.mktemp("pipelines") / name)

    return folder


tiny_sd = _pipeline("sd")
tiny_sd2 = _pipeline("sd2")
tiny_sdxl = _pipeline("sdxl")
tiny_sd3 = _pipeline("sd3")
tiny_flux = _pipeline("flux")
tiny_flux_schnell = _pipeline("flux_schnell")
tiny_unclip = _pipeline("unclip")
tiny_deepfloyd_if = _pipeline("deepfloyd_if")
tiny_amused = _pipeline("amused")
tiny_pixart = _pipeline("pixart")
tiny_sana = _pipeline("sana")
tiny_ddpm = _pipeline("ddpm")


@pytest.fixture(scope="session")
def tiny_taesd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny decoder for the latents of `tiny_sd`."""
    return tiny.taesd(tmp_path_factory.mktemp("taesd"))


@pytest.fixture(scope="session")
def tiny_sd_lora(tmp_path_factory: pytest.TempPathFactory, tiny_sd: Path) -> Path:
    """The folder of a LoRA for `tiny_sd`."""
    return tiny.lora(tmp_path_factory.mktemp("lora"), tiny_sd)


@pytest.fixture(scope="session")
def tiny_sdxl_lora(tmp_path_factory: pytest.TempPathFactory, tiny_sdxl: Path) -> Path:
    """The folder of a LoRA for `tiny_sdxl`."""
    return tiny.lora(tmp_path_factory.mktemp("lora"), tiny_sdxl)
