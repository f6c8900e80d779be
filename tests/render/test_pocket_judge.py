"""The second embedded critic: it judges by eyes and heads of its own, and reads as the first one does."""

import hashlib
from importlib.resources import files
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from dreamconfig.catalogue import models
from dreamqueue.prompt import parse
from dreamrender.backend import Inputs
from dreamrender.backends.pixels import Pixels
from dreamrender.critics import pocket
from dreamrender.critics.efficientnet_lite import SIZES
from dreamrender.critics.loading import load_critic
from dreamrender.critics.pocket import EMBEDDED, TEXT_TOWER, VOCABULARY, PocketCritic

JUDGE = EMBEDDED.with_name("pocket_judge.safetensors")


@pytest.fixture(scope="module")
def judge() -> PocketCritic:
    return PocketCritic.from_file(JUDGE)


@pytest.mark.parametrize("name", [name for name, entry in models().items() if entry.sha256])
def test_the_catalogue_describes_the_file(name: str) -> None:
    entry = models()[name]
    file = Path(str(files("dreamrender").joinpath(entry.file or "")))
    weights = sorted(file.parent.rglob("*.safetensors")) if entry.kind == "diffusers" else [file]
    data = b"".join(path.read_bytes() for path in weights)
    assert hashlib.sha256(data).hexdigest() == entry.sha256
    assert len(data) / 1e6 == pytest.approx(entry.megabytes, abs=0.05)
    assert not entry.commercial


def test_critics_are_called_what_the_catalogue_calls_them() -> None:
    assert [load_critic(name).name for name in ("pocket", "pocket-judge")] == ["pocket", "pocket-judge"]


def test_the_file_is_small_because_it_holds_no_words() -> None:
    assert JUDGE.stat().st_size <= 12_000_000
    assert not [name for name in load_file(JUDGE) if name.startswith((TEXT_TOWER, VOCABULARY))]


def test_only_the_reading_is_shared(judge: PocketCritic) -> None:
    steering = load_critic("pocket")
    assert isinstance(steering, PocketCritic)
    theirs, ours = steering.state_dict(), judge.state_dict()
    for name, weights in ours.items():
        same = name in theirs and theirs[name].shape == weights.shape and torch.equal(theirs[name], weights)
        assert same == name.startswith(TEXT_TOWER), name
    assert judge.image_size != steering.image_size
    assert len(judge.image_tower.blocks) < len(steering.image_tower.blocks)


def test_another_text_tower_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stored = load_file(EMBEDDED)
    stored["text_tower.norm.bias"] += 1
    other = tmp_path / "other.safetensors"
    save_file(stored, other, metadata={"format": pocket.FORMAT})
    monkeypatch.setattr(pocket, "EMBEDDED", other)
    with pytest.raises(ValueError, match=r"another text tower than that of other\.safetensors"):
        PocketCritic.from_file(JUDGE)


def test_a_head_for_another_tower_is_refused(tmp_path: Path) -> None:
    stored = {
        name: part for name, part in load_file(JUDGE).items() if not name.startswith("image_tower.head")
    }
    notes = {"format": pocket.FORMAT, "reading": pocket.digest_of(pocket.stored_reading()), "sides": "wide"}
    for reason, extra in (("invalid literal", {}), ("incomplete", {"sides": "128 240", "size": "lite9"})):
        path = tmp_path / "broken.safetensors"
        save_file(stored, path, metadata={**notes, **extra})
        with pytest.raises(ValueError, match=reason):
            PocketCritic.from_file(path)


def test_it_steers_too_alone_and_beside_pocket() -> None:
    scores = {}
    for critic in ("pocket-judge", "pocket,pocket-judge"):
        recipe = parse(f"a red apple --size 32x32 --steps 6 --seed 3 --critic {critic}")
        backend = Pixels("cpu", load_critic)
        session = backend.begin(recipe, Inputs())
        before = session.score
        while session.step < recipe.steps:
            backend.step([session])
        assert before is not None
        assert session.score is not None
        assert session.score > before
        scores[critic] = session.score
    assert len(set(scores.values())) == 2


def test_the_sizes_are_the_published_ones() -> None:
    assert [stage.channels for stage in SIZES["lite0"].stages()] == [16, 24, 40, 80, 112, 192, 320]
    assert [stage.channels for stage in SIZES["lite2"].stages()] == [16, 24, 48, 88, 120, 208, 352]
    assert [stage.repeats for stage in SIZES["lite0"].stages()] == [1, 2, 2, 3, 3, 4, 1]
    assert [stage.repeats for stage in SIZES["lite1"].stages()] == [1, 3, 3, 4, 4, 5, 1]
    assert [stage.repeats for stage in SIZES["lite2"].stages()] == [1, 3, 3, 4, 4, 5, 1]
