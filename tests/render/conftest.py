"""A real, tiny CLIP in open_clip's own file format, and what the painting tests share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from dreambench.small_generators import write_all
from dreamqueue.recipe import Phrase, Recipe
from dreamrender import residents, shelf, torchvision_ops, vqgan_bases
from dreamrender.critics import Critic
from dreamrender.critics.open_clip import OpenClipCritic

from .on_valkey import client, grey, settings

__all__ = ["client", "grey", "settings"]

TINY = "dream-tiny"


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Tests are small: on a busy machine two threads wait for each other longer than they work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def no_budget() -> Iterator[None]:
    """What a test allows for this process's memory holds for that test."""
    yield
    residents.residents_on("cpu").budget = None


@pytest.fixture(autouse=True)
def pocket_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the published VQGANs, which are not here: the one that is."""
    load = vqgan_bases._load
    monkeypatch.setattr(vqgan_bases, "_load", lambda name, device: load("vqgan-pocket", device))


@pytest.fixture(scope="session")
def generators(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models that holds small generators in the published formats."""
    folder = tmp_path_factory.mktemp("models")
    write_all(folder)
    return folder


@pytest.fixture
def fetched_generators(generators: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are what `bigsleep`, `dvae` and `stylegan` find on this worker."""
    shelf.use(shelf.Shelf(generators, non_commercial=True))
    monkeypatch.setattr(residents, "_all", {})


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a two-layer CLIP, random but always the same, saved as open_clip saves."""
    torchvision_ops.declare()
    import open_clip

    folder = tmp_path_factory.mktemp("tiny")
    vision = {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8}
    text = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
    config = folder / f"{TINY}.json"
    config.write_text(json.dumps({"embed_dim": 16, "vision_cfg": vision, "text_cfg": text}))
    open_clip.add_model_config(config)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = open_clip.create_model(TINY, pretrained=None)
    path = folder / "tiny.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)
    return path


@pytest.fixture(scope="session")
def critic(tiny_weights: Path) -> OpenClipCritic:
    """The tiny CLIP, loaded through the real loader."""
    return OpenClipCritic.load(TINY, str(tiny_weights), name="tiny", precision="float32")


@pytest.fixture(scope="session")
def critics(critic: OpenClipCritic) -> Callable[[str, str], Critic]:
    """In place of `load_critic`: the tiny CLIP whatever is asked for."""
    return lambda name, device: critic


def recipe_for(text: str = "a red square", weight: float = 1.0, **changes: object) -> Recipe:
    """A small, short recipe."""
    small = {"width": 32, "height": 32, "steps": 4, "seed": 7, "critic": "tiny"}
    return Recipe.model_validate({"phrases": (Phrase(text=text, weight=weight),), **small, **changes})
