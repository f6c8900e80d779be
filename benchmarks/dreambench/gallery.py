"""A gallery: every backend paints the same prompts, with random weights where its own are not here."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL.Image import Image as PILImage
from PIL.Image import Resampling

from dreambench.small_generators import write_all
from dreamconfig.catalogue import backends, models, needed
from dreamqueue.png import png_bytes
from dreamqueue.prompt import parse
from dreamqueue.recipe import Recipe
from dreamrender.backend import Inputs
from dreamrender.backends import load_backend
from dreamrender.canvas import covering
from dreamrender.critics.loading import load_critic
from dreamrender.picture import to_pil
from dreamrender.sheet import contact_sheet
from dreamrender.shelf import Shelf, shelf, use

PROMPTS = ("a castle in the fog", "a forest in autumn", "a red apple", "a city at night")
RANDOM = "random weights"
SKETCH = 12
"""Steps, at most, of a painting with random weights, which shows that it paints and no more."""


@dataclass(frozen=True)
class Hung:
    """One picture of the gallery."""

    backend: str
    prompt: str
    file: str
    weights: str
    """"none needed", the name in the catalogue, or "random weights"."""
    score: float | None
    """As the critic that steered sees it."""
    judged: float
    """As a critic sees it that did not."""
    seconds: float


def paint_gallery(
    folder: Path,
    names: Sequence[str],
    *,
    prompts: Sequence[str] = PROMPTS,
    side: int = 256,
    share: float = 1.0,
    seed: int = 7,
    critic: str = "pocket",
    judge: str = "pocket-judge",
    tell: Callable[[Hung], None] = lambda hung: None,
) -> list[Hung]:
    """Paint each prompt with each backend's default preset, in `share` of its usual steps.

    `folder` gets a PNG with its recipe for each, and `sheet.png`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hung: list[Hung] = []
    pictures: list[PILImage] = []
    with shelf_or_random(names) as weights:
        for name in names:
            for prompt in prompts:
                most = SKETCH if weights[name] == RANDOM else None
                recipe = _recipe(name, prompt, side, share, most, seed, critic)
                picture, score, seconds = _painted(recipe)
                file = f"{name}-{'-'.join(prompt.split())}.png"
                (folder / file).write_bytes(png_bytes(picture, recipe))
                one = Hung(
                    backend=name,
                    prompt=prompt,
                    file=file,
                    weights=weights[name],
                    score=score,
                    judged=_judged(picture, prompt, judge),
                    seconds=seconds,
                )
                hung.append(one)
                pictures.append(picture.resize((side, side), Resampling.LANCZOS))
                tell(one)
    labels = [
        f"{one.backend}{' (random)' if one.weights == RANDOM else ''}: {one.prompt}, {one.judged:.2f}"
        for one in hung
    ]
    contact_sheet(pictures, labels, len(prompts)).save(folder / "sheet.png")
    return hung


@contextlib.contextmanager
def shelf_or_random(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Inside, every backend finds weights: those on this machine, else small random ones in the true format.

    Gives which, by backend.
    """
    wanted = {name: _own_models(name) for name in names}
    absent = [name for name, own in wanted.items() if not all(shelf().here(model) for model in own)]
    found = {
        name: RANDOM if name in absent else ", ".join(own) or "none needed" for name, own in wanted.items()
    }
    before = shelf()
    with tempfile.TemporaryDirectory(prefix="aliendreams-") as folder:
        try:
            if absent:
                write_all(Path(folder), absent)
                for file in before.folder.iterdir() if before.folder.is_dir() else ():
                    with contextlib.suppress(FileExistsError):
                        (Path(folder) / file.name).symlink_to(file)
                use(Shelf(Path(folder), non_commercial=True))
            yield found
        finally:
            use(before)


def _own_models(name: str) -> list[str]:
    preset = backends()[name].preset
    return [
        model for model in needed(name, preset, ()) if models()[model].kind not in {"pocket", "open_clip"}
    ]


def _recipe(
    name: str, prompt: str, side: int, share: float, most: int | None, seed: int, critic: str
) -> Recipe:
    entry = backends()[name]
    entry = entry.of(entry.preset)
    if entry.flags != ("steered",):
        side = min(side, *entry.size)  # a diffusion paints two of a thing where there is room for two
    steps = max(1, round(share * entry.steps))
    steps = steps if most is None else min(steps, most)
    fitting = max(entry.multiple, side // entry.multiple * entry.multiple)
    return parse(
        f"{prompt} --backend {name} --size {fitting} --steps {steps} --seed {seed} --critic {critic}"
    )


def _painted(recipe: Recipe) -> tuple[PILImage, float | None, float]:
    backend = load_backend(recipe.backend)
    began = time.perf_counter()
    session = backend.begin(recipe, Inputs())
    while session.step < recipe.steps:
        backend.step([session])
    seconds = time.perf_counter() - began
    return to_pil(backend.picture(session)), session.score, seconds


@torch.no_grad()
def _judged(picture: PILImage, prompt: str, judge: str) -> float:
    critic = load_critic(judge)
    image = covering(picture, picture.height, picture.width)[None]
    return float(critic.encode_images(image) @ critic.encode_texts([prompt]).T)
