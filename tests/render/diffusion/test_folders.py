"""What folders and LoRA files say they are, and what is said of those that are something else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy
import pytest
from safetensors.numpy import save_file

from dreamconfig.catalogue import FAMILIES
from dreamqueue.errors import PaintError
from dreamrender.diffusion.folders import FAMILIES as BY_CLASS
from dreamrender.diffusion.folders import describe
from dreamrender.diffusion.headers import count
from dreamrender.diffusion.loras import describe_lora

from . import tiny

KNOWN = {
    "sd": "sd",
    "sd2": "sd",
    "sdxl": "sdxl",
    "sd3": "sd3",
    "flux": "flux",
    "flux_schnell": "flux",
    "unclip": "",
    "deepfloyd_if": "",
    "amused": "",
    "pixart": "",
    "sana": "",
    "ddpm": "pixels",
}


@pytest.mark.parametrize("name", tiny.PIPELINES)
def test_a_pipeline_says_what_it_is(name: str, request: pytest.FixtureRequest) -> None:
    what = describe(request.getfixturevalue(f"tiny_{name}"))
    assert (what.family, what.variant) == (KNOWN[name], "")
    assert what.class_name.endswith("Pipeline")
    assert count(what.weights) > 10_000
    files = {path.relative_to(what.path).as_posix() for path in what.path.rglob("*") if path.is_file()}
    assert set(what.needed(files)) == files, "all that is saved is needed"


def test_every_family_of_a_class_has_a_name() -> None:
    assert set(BY_CLASS.values()) <= set(FAMILIES)


def test_reading_it_loads_neither_torch_nor_diffusers(tiny_sd: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from dreamrender.diffusion.folders import describe; "
        f"describe(Path({str(tiny_sd)!r})); "
        "print({'torch', 'diffusers', 'transformers'} & set(sys.modules))"
    )
    env = {"PYTHONPATH": ":".join(sys.path)}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert told.stdout.strip() == "set()"


def test_a_unet_says_how_wide_its_words_are(tiny_sd: Path, tiny_sdxl: Path, tiny_flux: Path) -> None:
    assert [describe(folder).text_width for folder in (tiny_sd, tiny_sdxl, tiny_flux)] == [32, 64, None]


@pytest.fixture
def folder(tiny_sd: Path, tmp_path: Path) -> Path:
    """A pipeline that may be spoilt."""
    return Path(shutil.copytree(tiny_sd, tmp_path / "moss"))


def rename(folder: Path, name: str, to: str) -> None:
    (folder / name).rename(folder / to)


def rewrite(folder: Path, **changes: object) -> None:
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps({**index, **changes}))


UNET = "unet/diffusion_pytorch_model"


@pytest.mark.parametrize(
    ("spoil", "why"),
    {
        "no index": (lambda f: (f / "model_index.json").unlink(), "it has no model_index.json"),
        "not JSON": (lambda f: (f / "model_index.json").write_text("{"), "cannot be read"),
        "a list": (lambda f: (f / "model_index.json").write_text("[]"), "holds no JSON object"),
        "no class": (lambda f: rewrite(f, _class_name=None), "names no class"),
        "own pipeline": (lambda f: rewrite(f, _class_name=["pipeline", "Moss"]), "no foreign code is run"),
        "own component": (
            lambda f: (rewrite(f, unet=["moss", "Moss"]), (f / "unet/moss.py").touch()),
            "code of its own for its unet",
        ),
        "too deep": (lambda f: (f / "model_index.json").write_text("[" * 100_000), "cannot be read"),
        "a number for a class": (
            lambda f: rewrite(f, unet=["diffusers", 5]),
            "class of its unet has no name",
        ),
        "no name for a class": (
            lambda f: rewrite(f, unet=["diffusers", "os.system"]),
            "class of its unet has no name",
        ),
        "any module": (lambda f: rewrite(f, unet=["os", "system"]), "its unet from `os`, which is no part"),
        "no unet": (lambda f: shutil.rmtree(f / "unet"), "its unet is missing"),
        "no config": (lambda f: (f / "unet/config.json").unlink(), "its unet has no config.json"),
        "no weights": (lambda f: (f / f"{UNET}.safetensors").unlink(), "weights of its unet are missing"),
        "half the weights": (
            lambda f: rename(f, f"{UNET}.safetensors", f"{UNET}-00001-of-00002.safetensors"),
            "weights of its unet are missing",
        ),
        "pickles": (
            lambda f: rename(f, f"{UNET}.safetensors", f"{UNET}.bin"),
            r"its unet as diffusion_pytorch_model\.bin only, and such files can run code",
        ),
        "two variants": (
            lambda f: (
                rename(f, f"{UNET}.safetensors", f"{UNET}.fp16.safetensors"),
                rename(f, "text_encoder/model.safetensors", "text_encoder/model.bf16.safetensors"),
            ),
            "weights of different variants",
        ),
        "no scheduler": (
            lambda f: (f / "scheduler/scheduler_config.json").rename(f / "scheduler/other.json"),
            r"its scheduler has no scheduler_config\.json",
        ),
    }.values(),
)
def test_a_folder_that_is_no_pipeline_is_told_what_is_missing(folder: Path, spoil, why: str) -> None:
    spoil(folder)
    with pytest.raises(PaintError, match=why):
        describe(folder)


def test_other_folders_are_named(tmp_path: Path, tiny_taesd: Path, tiny_sd_lora: Path) -> None:
    for place, why in (
        (tmp_path / "nowhere", "There is no folder"),
        (tmp_path, "it has no model_index.json"),
        (tiny_taesd, "as a single network has"),
        (tiny_sd_lora, "it holds a LoRA"),
    ):
        with pytest.raises(PaintError, match=why):
            describe(place)


def test_variants_are_chosen_as_diffusers_does(folder: Path) -> None:
    for name in ("unet", "vae"):
        weights = folder / name / "diffusion_pytorch_model.safetensors"
        shutil.copy(weights, weights.with_suffix("").with_suffix(".fp16.safetensors"))
    assert describe(folder).variant == ""
    half = describe(folder, "fp16")
    assert half.variant == "fp16"
    assert half.components["unet"].weights == (f"{UNET}.fp16.safetensors",)
    assert half.components["text_encoder"].weights == ("text_encoder/model.safetensors",)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert f"{UNET}.safetensors" not in half.needed(files)
    (folder / f"{UNET}.safetensors").unlink()
    assert describe(folder).variant == "fp16", "there is no other"


def test_an_old_folder_of_one_network_has_its_files_beside_the_index(tiny_ddpm: Path, tmp_path: Path) -> None:
    for path in tiny_ddpm.rglob("*.*"):
        shutil.copy(path, tmp_path / path.name)
    what = describe(tmp_path)
    assert what.weights == [tmp_path / "diffusion_pytorch_model.safetensors"]
    assert tiny.diffusers.DiffusionPipeline.from_pretrained(tmp_path, local_files_only=True).unet is not None


def lora(path: Path, shapes: Mapping[str, Sequence[int]]) -> Path:
    save_file({name: numpy.zeros(shape, numpy.float16) for name, shape in shapes.items()}, path)
    return path


BLOCK = "down_blocks.1.attentions.0.transformer_blocks.0"
KOHYA = BLOCK.replace(".", "_")


@pytest.mark.parametrize(
    ("shapes", "family", "rank", "width"),
    [
        ({f"unet.{BLOCK}.attn2.to_k.lora_A.weight": (8, 768)}, "sd", 8, 768),
        ({f"unet.{BLOCK}.attn2.to_k.lora.down.weight": (4, 1024)}, "sd", 4, 1024),
        ({f"lora_unet_{KOHYA}_attn2_to_k.lora_down.weight": (16, 768)}, "sd", 16, 768),
        ({f"lora_unet_{KOHYA}_attn2_to_k.lora_down.weight": (16, 2048)}, "sdxl", 16, 2048),
        (
            {"lora_unet_input_blocks_4_1_transformer_blocks_1_attn1_to_q.lora_down.weight": (8, 640)},
            "sdxl",
            8,
            None,
        ),
        ({"lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (8, 1280)}, "sdxl", 8, None),
        ({"transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight": (16, 3072)}, "flux", 16, None),
        ({"transformer.transformer_blocks.0.attn.to_q.lora_A.weight": (16, 3072)}, "flux", 16, None),
        ({"double_blocks.0.processor.qkv_lora1.down.weight": (16, 3072)}, "flux", 16, None),
        ({"lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": (16, 3072)}, "flux", 16, None),
        ({"transformer.transformer_blocks.0.attn.to_q.lora_A.weight": (4, 1536)}, "sd3", 4, None),
        ({"lora_unet_joint_blocks_0_x_block_attn_qkv.lora_down.weight": (4, 2432)}, "sd3", 4, None),
        ({"transformer_blocks.0.img_mlp.net.0.proj.lora_A.weight": (4, 3072)}, "", 4, None),
        ({"base_model.model.transformer_blocks.0.attn1.to_q.lora_A.weight": (4, 1152)}, "", 4, None),
    ],
)
def test_a_lora_is_known_by_its_names_and_shapes(
    tmp_path: Path, shapes: Mapping[str, Sequence[int]], family: str, rank: int, width: int | None
) -> None:
    found = describe_lora(lora(tmp_path / "a.safetensors", shapes))
    assert (found.family, found.rank, found.text_width) == (family, rank, width)


def test_loras_as_diffusers_saves_them(tiny_sd_lora: Path, tiny_sdxl_lora: Path) -> None:
    for folder, family, width in ((tiny_sd_lora, "sd", 32), (tiny_sdxl_lora, "sdxl", 64)):
        found = describe_lora(folder / "pytorch_lora_weights.safetensors")
        assert (found.family, found.rank, found.text_width) == (family, 2, width)


def test_what_is_no_lora_is_said(tmp_path: Path, tiny_sd: Path) -> None:
    text = tmp_path / "b.safetensors"
    text.write_text("no weights at all")
    for path, why in (
        (tiny_sd / f"{UNET}.safetensors", "no pairs of low-rank matrices"),
        (lora(tmp_path / "c.safetensors", {"lora_unet_mid.hada_w1_a": (4, 4)}), "it is a LyCORIS"),
        (text, "is no .safetensors file, or it is damaged"),
        (tmp_path / "a.pt", r"is no \.safetensors file; other kinds"),
    ):
        with pytest.raises(PaintError, match=why):
            describe_lora(path)


def test_sdxls_refiner_is_not_stepped_as_sdxl(tiny_sdxl: Path, tmp_path: Path) -> None:
    refiner = Path(shutil.copytree(tiny_sdxl, tmp_path / "refiner"))
    rewrite(refiner, _class_name="StableDiffusionXLImg2ImgPipeline", requires_aesthetics_score=False)
    assert describe(refiner).family == "sdxl"
    rewrite(refiner, requires_aesthetics_score=True)
    assert describe(refiner).family == ""
