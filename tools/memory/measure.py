"""Measure what painting takes: `python tools/memory/measure.py OUT.json [words of what to measure]`.

Each point is a process of its own: it loads a backend and its critic, makes some steps and draws the picture.
What counts is its largest resident memory less what it had with everything imported and nothing loaded.
Published checkpoints are stood in for by random weights of their true shape, written to a temporary folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

#: backend, preset, critic, width, height, cutouts
POINTS = [
    ("pixels", "levels", "pocket", 256, 256, 2),
    ("pixels", "levels", "pocket", 256, 256, 8),
    ("pixels", "levels", "pocket", 256, 256, 24),
    ("vqgan", "pocket", "pocket", 256, 256, 8),
    ("vqgan", "pocket", "pocket", 384, 384, 8),
    ("vqgan", "pocket", "pocket", 512, 512, 8),
    ("pixels", "levels", "pocket", 1024, 1024, 8),
    ("vqgan", "imagenet-1024", "pocket", 128, 128, 8),
    ("vqgan", "imagenet-1024", "pocket", 256, 256, 8),
    ("pixels", "levels", "vit-b-32", 256, 256, 8),
    ("pixels", "levels", "vit-b-32", 256, 256, 32),
    ("siren", "deepdaze", "pocket", 512, 512, 8),
    ("strokes", "brush", "pocket", 512, 512, 8),
    ("deepdream", "dream", "pocket", 512, 512, 4),
    ("vqgan", "openimages-gumbel", "pocket", 256, 256, 8),
    ("pixels", "levels", "vit-b-16", 256, 256, 8),
    ("siren", "deepdaze", "pocket", 256, 256, 8),
    ("strokes", "brush", "pocket", 256, 256, 8),
    ("deepdream", "dream", "pocket", 256, 256, 4),
    ("deepdream", "dream", "pocket", 1024, 1024, 4),
    ("pixels", "levels", "vit-b-16", 256, 256, 16),
    ("siren", "deepdaze", "pocket", 1024, 1024, 8),
    ("strokes", "brush", "pocket", 1024, 1024, 8),
    ("vqgan", "imagenet-1024", "vit-b-32", 256, 256, 32),
    ("vqgan", "imagenet-1024", "pocket", 384, 384, 8),
    ("pixels", "fourier", "pocket", 512, 512, 8),
]

DECODERS = {
    "imagenet-1024": {
        "embed_dim": 256,
        "n_embed": 1024,
        "z": 256,
        "mult": [1, 1, 2, 2, 4],
        "attention": [16],
    },
    "openimages-gumbel": {
        "embed_dim": 256,
        "n_embed": 8192,
        "z": 256,
        "mult": [1, 1, 2, 4],
        "attention": [32],
    },
}


def main(out: Path, words: list[str]) -> None:
    """Measure the points that the words name, or all that are not in the file yet, and write them down."""
    found = json.loads(out.read_text("utf-8")) if out.is_file() else []
    with tempfile.TemporaryDirectory() as folder:
        for point in POINTS:
            known = any(one[:6] == list(point) for one in found)
            if not all(word in map(str, point) for word in words) or (known and not words):
                continue
            told = subprocess.run(
                [sys.executable, __file__, "--one", folder, *map(str, point)],
                capture_output=True,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "DREAM_MODELS": folder},
            )
            if told.returncode:
                raise SystemExit(told.stderr)
            megabytes = json.loads(told.stdout.splitlines()[-1])
            found = [one for one in found if one[:6] != list(point)] + [[*point, megabytes]]
            print(*point, megabytes, flush=True)
            out.write_text("[\n" + ",\n".join(json.dumps(one) for one in found) + "\n]\n", "utf-8")


def one(folder: Path, backend: str, preset: str, critic: str, width: int, height: int, cuts: int) -> int:
    """Megabytes that this painting takes."""
    stand_ins(folder, preset, critic)
    from dreamconfig.catalogue import include
    from dreamqueue.recipe import Phrase, Recipe
    from dreamrender import shelf
    from dreamrender.backend import Inputs
    from dreamrender.backends import load_backend
    from dreamrender.critics.open_clip import find_weights

    find_weights("ViT-B-32", "openai")  # imports open_clip, which a worker has done too
    include(folder)
    shelf.use(shelf.Shelf(folder))
    painter = load_backend(backend)
    known = type(painter).presets
    type(painter).presets = {preset: replace(known[preset], cuts=cuts)}
    recipe = Recipe(
        phrases=(Phrase(text="a hut"),),
        backend=backend,
        preset=preset,
        critic=critic,
        width=width,
        height=height,
        steps=6 if backend == "deepdream" else 2,  # it climbs to its full size in octaves
    )
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins here
    session = painter.begin(recipe, Inputs())
    while session.step < recipe.steps:
        painter.step([session])
    painter.picture(session)
    return round((status("VmHWM") - before) / 1e6)


def status(what: str) -> int:
    """Bytes, from what Linux says of this process."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:"))


def stand_ins(folder: Path, preset: str, critic: str) -> None:
    """Random weights of the true shape, written by another process: no trace in this one's memory."""
    shapes = {preset: DECODERS[preset]} if preset in DECODERS else {}
    if critic != "pocket" and not (folder / f"{critic}.safetensors").exists():
        architecture = {"vit-b-32": "ViT-B-32-quickgelu", "vit-b-16": "ViT-B-16-quickgelu"}[critic]
        written(WRITE_CRITIC, architecture, str(folder / f"{critic}.safetensors"))
    for name, shape in shapes.items():
        if not (folder / f"{name}.ckpt").exists():
            written(WRITE_VQGAN, json.dumps(shape), str(folder / name))


def written(code: str, *words: str) -> None:
    """Run some code that writes a file."""
    subprocess.run([sys.executable, "-c", code, *words], check=True, stdout=subprocess.DEVNULL)


WRITE_CRITIC = """
import sys
from dreamrender import torchvision_ops
torchvision_ops.declare()
import open_clip
from safetensors.torch import save_file
model = open_clip.create_model(sys.argv[1], pretrained=None)
save_file({name: part.contiguous() for name, part in model.state_dict().items()}, sys.argv[2])
"""

WRITE_VQGAN = """
import json, sys
import torch, yaml
from dreamrender.vqgan import VQGAN, Layers, Shape
shape = json.loads(sys.argv[1])
layers = dict(double_z=False, z_channels=shape["z"], resolution=256, in_channels=3, out_ch=3, ch=128,
              ch_mult=shape["mult"], num_res_blocks=2, attn_resolutions=shape["attention"], dropout=0.0)
params = dict(embed_dim=shape["embed_dim"], n_embed=shape["n_embed"], ddconfig=layers)
model = VQGAN(Shape(**{**params, "ddconfig": Layers(**layers)}))
torch.save({"state_dict": model.state_dict()}, sys.argv[2] + ".ckpt")
with open(sys.argv[2] + ".yaml", "w") as file:
    yaml.safe_dump({"model": {"target": "taming.models.vqgan.VQModel", "params": params}}, file)
"""

if __name__ == "__main__":
    if sys.argv[1] == "--one":
        where, backend, preset, critic, *numbers = sys.argv[2:]
        width, height, cuts = map(int, numbers)
        print(one(Path(where), backend, preset, critic, width, height, cuts))
    else:
        main(Path(sys.argv[1]), sys.argv[2:])
