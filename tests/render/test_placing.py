"""Models that are larger than their device, and what networks are loaded in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from dreamqueue.errors import PaintError
from dreamrender.biggan_files import load_bigsleep
from dreamrender.critics.open_clip import OpenClipCritic
from dreamrender.critics.pocket import PocketCritic
from dreamrender.dvae_files import load_dvae_decoder
from dreamrender.fast import precision
from dreamrender.fast.precision import dtype_on
from dreamrender.placing import Needs, placing
from dreamrender.resident import Movable, weight_of
from dreamrender.stylegan.files import load_stylegan
from dreamrender.vqgan_bases import load_base

GIGABYTE = 1e9
#: An SDXL in half precision: 6.9 GB, of which the UNet has 5.1 and its largest layer .2
LARGE = Needs(
    whole=6.9 * GIGABYTE, part=5.1 * GIGABYTE, layer=0.2 * GIGABYTE, work=3 * GIGABYTE, tiled=1 * GIGABYTE
)


@pytest.mark.parametrize(
    ("free", "manner", "tiles"),
    [
        (None, "whole", False),
        (24, "whole", False),
        (9.9, "whole", False),
        (9.8, "whole", True),
        (7.9, "whole", True),
        (7.8, "offload", True),
        (6.1, "offload", True),
        (6.0, "sequential", False),
        (3.2, "sequential", False),
        (3.1, "sequential", True),
        (1.2, "sequential", True),
    ],
)
def test_the_fastest_way_that_fits(free: float | None, manner: str, tiles: bool) -> None:
    found = placing("sdxl", LARGE, None if free is None else free * GIGABYTE)
    assert (found.manner, found.tiles) == (manner, tiles)
    assert found.weights == {"whole": 6.9e9, "offload": 5.1e9, "sequential": 0.2e9}[manner]


def test_what_fits_in_no_way_says_the_numbers() -> None:
    with pytest.raises(
        PaintError,
        match=r"^`sdxl` takes about 9\.9 GB, or 1\.2 GB a piece at a time, and 1\.1 GB are free\. Please",
    ):
        placing("sdxl", LARGE, 1.1 * GIGABYTE)
    with pytest.raises(PaintError, match=r"^`owl` takes about 3\.0 GB, and 2\.0 GB are free\."):
        placing("owl", Needs(3 * GIGABYTE), 2 * GIGABYTE, "cpu")


def test_only_a_gpu_of_its_own_memory_has_models_in_parts() -> None:
    for device in ("cpu", "mps"):
        assert placing("sdxl", LARGE, 8 * GIGABYTE, device).manner == "whole"
        with pytest.raises(PaintError, match=r"9\.9 GB, and 7\.0 GB are free"):
            placing("sdxl", LARGE, 7 * GIGABYTE, device)


def test_one_of_a_single_part_goes_layer_by_layer_or_not_at_all() -> None:
    assert placing("unet", Needs(8 * GIGABYTE), 7 * GIGABYTE).manner == "sequential"


def test_half_precision_by_device() -> None:
    assert dtype_on("cpu", "auto") == torch.float32
    assert dtype_on("mps", "auto") == torch.float16
    assert dtype_on("cpu", "bfloat16") == torch.bfloat16
    for wish in ("plain", "float32", "mixed"):
        assert dtype_on("cuda", wish) == torch.float32


@pytest.mark.usefixtures("fetched_generators")
@pytest.mark.parametrize("name", ["pocket critic", "open_clip", "vqgan", "biggan", "dvae", "stylegan"])
def test_every_kind_of_model_moves_whole(
    name: str, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To `meta`, where an operation fails if one of its weights has stayed behind. As it is made for GPUs."""
    monkeypatch.setattr(precision, "_chosen", "plain")
    image = torch.rand(1, 3, 64, 64, device="meta")
    made: Any = {
        "pocket critic": lambda: PocketCritic.from_file(),
        "open_clip": lambda: OpenClipCritic.load("dream-tiny", str(tiny_weights)),
        "vqgan": lambda: load_base("pocket"),
        "biggan": lambda: load_bigsleep("bigsleep-deep-128"),
        "dvae": lambda: load_dvae_decoder("dvae-openai"),
        "stylegan": lambda: load_stylegan("stylegan-ffhq-256"),
    }[name]()
    assert weight_of(made) > 0
    assert isinstance(made, Movable)
    there: Any = made.to("meta")
    looks: dict[str, Any] = {
        "pocket critic": lambda: there.encode_images(image),
        "open_clip": lambda: there.encode_images(image),
        "vqgan": lambda: there.decode(there.quantise(there.encode(image))),
        "biggan": lambda: there(
            torch.zeros(there.rows, there.shape.z_dim, device="meta"),
            torch.zeros(there.rows, there.shape.num_classes, device="meta"),
        ),
        "dvae": lambda: there(torch.zeros(1, there.codes, 8, 8, device="meta")),
        "stylegan": lambda: there.paint(there.mean.expand(there.rows, -1)),
    }
    assert looks[name]().device.type == "meta"
