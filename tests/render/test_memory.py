"""What a painting takes by estimate, held against what was measured; and what is said when it is too much."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dreamconfig.catalogue import include, models
from dreamqueue.errors import PaintError
from dreamqueue.memory import check, estimate
from dreamqueue.recipe import Recipe
from dreamqueue.sizes import canvas, drawn, of_area
from dreamrender.backends import BACKENDS, load_backend
from dreamrender.memory import HasCuts, free_here
from dreamrender.residents import Residents
from dreamrender.worker.room import DeviceRoom

from .conftest import recipe_for

ROOT = Path(__file__).resolve().parents[2]
MEASURED = json.loads((ROOT / "tools/memory/measured.json").read_text("utf-8"))
GIGABYTE = 1e9


def wish(
    backend: str, preset: str = "", critic: str = "pocket", width: int = 256, height: int = 256
) -> Recipe:
    return recipe_for(backend=backend, preset=preset, critic=critic, width=width, height=height)


@pytest.mark.parametrize("point", MEASURED, ids=lambda point: "-".join(map(str, point)))
def test_the_estimate_is_near_what_was_measured(point: list[object]) -> None:
    backend, preset, critic, width, height, cuts, megabytes = point
    recipe = wish(str(backend), str(preset), str(critic), int(str(width)), int(str(height)))
    told = estimate(recipe, int(str(cuts))).at(recipe) / 1e6
    assert 1 / 1.5 < told / float(str(megabytes)) < 1.5


def test_every_backend_and_every_kind_of_critic_was_measured() -> None:
    assert {point[2] for point in MEASURED} >= {"pocket", "vit-b-32"}
    assert {point[0] for point in MEASURED} >= {"pixels", "vqgan", "siren", "strokes", "deepdream"}
    assert [name for name, model in models().items() if not model.memory.fixed] == []


def test_our_backends_say_how_many_cutouts_they_take() -> None:
    for name in BACKENDS:
        backend = load_backend(name)
        assert isinstance(backend, HasCuts)
        assert backend.most_cuts(wish(name)) >= 1
    assert load_backend("vqgan").most_cuts(wish("vqgan", "coco")) == 32  # type: ignore[attr-defined]


def test_what_is_loaded_already_counts_no_more() -> None:
    recipe = wish("vqgan", "coco", "vit-b-32,pocket")
    cold, warm = estimate(recipe, 32), estimate(recipe, 32, lambda name: name != "pocket")
    weights = models()["vqgan-coco"].memory.fixed + models()["vit-b-32"].memory.fixed
    assert cold.fixed - warm.fixed == pytest.approx(weights * 1e6)
    assert cold.pixel == warm.pixel


def test_several_critics_add_up() -> None:
    one, two = (estimate(wish("pixels", critic=critic), 8) for critic in ("pocket", "pocket,vit-b-32"))
    entry = models()["vit-b-32"].memory
    assert two.fixed - one.fixed == pytest.approx((entry.fixed + 8 * entry.cut) * 1e6)


def test_too_large_says_the_size_that_fits() -> None:
    recipe = wish("vqgan", "coco", width=1024, height=768)
    needs = estimate(recipe, 8)
    check(recipe, needs, needs.at(recipe))
    check(recipe, needs, None)
    with pytest.raises(PaintError) as said:
        check(recipe, needs, 2.5 * GIGABYTE)
    words = str(said.value)
    assert words.startswith(
        f"1024x768 would need about {needs.at(recipe) / GIGABYTE:.1f} GB and 2.5 GB are free; "
    )
    size = words.removesuffix(" would fit.").rpartition(" ")[2]
    width, height = map(int, size.split("x"))
    assert width % 16 == height % 16 == 0
    assert width / height == pytest.approx(4 / 3, rel=0.1)
    fits = recipe.model_copy(update={"width": width, "height": height})
    check(fits, needs, 2.5 * GIGABYTE)
    larger = recipe.model_copy(update={"width": width + 16, "height": height + 16})
    with pytest.raises(PaintError):
        check(larger, needs, 2.5 * GIGABYTE)


def test_a_picture_that_repeats_takes_the_memory_of_its_larger_canvas() -> None:
    plain = wish("pixels", width=512, height=512)
    tiled = plain.model_copy(update={"tile": True})
    needs = estimate(tiled, 8)
    assert needs.at(tiled) == needs.fixed + needs.pixel * 576 * 576
    with pytest.raises(PaintError, match=r" 4[3-4]\dx4[3-4]\d would fit"):
        check(tiled, needs, needs.at(plain))
    latents = wish("diffusion", width=512, height=512).model_copy(update={"tile": True})
    assert (canvas(latents), drawn(latents)) == (512 * 512, 640 * 640), "only decoding knows what lies around"


def test_where_no_size_fits_it_says_so() -> None:
    recipe = wish("vqgan", "coco")
    with pytest.raises(PaintError, match=r"no size would fit\. A smaller preset or fewer critics may\.$"):
        check(recipe, estimate(recipe, 32), 0.1 * GIGABYTE)


def test_sizes_keep_their_shape_and_their_multiple() -> None:
    assert of_area(wish("pixels", width=512, height=256), 100 * 50) == wish("pixels", width=100, height=50)
    assert of_area(wish("vqgan", width=512, height=512), 512 * 256) == wish("vqgan", width=352, height=352)
    assert of_area(wish("pixels", width=64, height=64), 1e9) == wish("pixels", width=64, height=64)
    assert of_area(wish("pixels", width=512, height=64), 512 * 15) is None


def test_a_worker_refuses_what_its_setting_does_not_allow() -> None:
    room = DeviceRoom(Residents("cpu", budget=1e9), load_backend)
    assert room.has(wish("pixels"))
    with pytest.raises(
        PaintError, match=r"^1024x1024 would need about \d\.\d GB and 1\.0 GB are free; \d+x\d+ would"
    ):
        room.has(wish("vqgan", "pocket", width=1024, height=1024))
    with pytest.raises(PaintError, match=r"no size would fit"):
        room.has(wish("pixels", critic="vit-b-32"))
    assert DeviceRoom(Residents("cpu", budget=100e9), load_backend).has(wish("vqgan", "coco", "vit-b-32"))


def test_what_fits_a_piece_at_a_time_is_not_refused_where_that_can_be_done(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(
        """
        [vqgan-giant]
        title = "A giant"
        kind = "vqgan"
        licence = "MIT"
        commercial = true
        origin = "here"
        megabytes = 5000
        backend = "vqgan"
        memory = { fixed = 5000, apart = 500 }
        """
    )
    include(tmp_path)
    giant = wish("vqgan", "giant")
    assert DeviceRoom(Residents("cuda", budget=3e9), load_backend).has(giant)
    for residents in (Residents("cpu", budget=3e9), Residents("cuda", budget=1e9)):
        with pytest.raises(PaintError, match=r"GB are free"):
            DeviceRoom(residents, load_backend).has(giant)


def test_beside_others_there_is_room_for_the_one_that_needs_most_and_all_models() -> None:
    here = Residents("cpu")
    room, large, small = DeviceRoom(here, load_backend), wish("vqgan", width=320, height=320), wish("pixels")
    work = estimate(large, 8, lambda model: True).at(large)
    room.make(large, by="ada")
    assert here.most_work == work
    models_of_small = models()["pocket"].memory.fixed * 1e6
    here.budget = work + models_of_small
    assert room.has(small)
    here.budget -= 1
    assert not room.has(small), "it waits"
    here.release("ada")
    assert room.has(small)


def test_what_is_free_is_within_the_containers_limit(tmp_path: Path) -> None:
    def lay(path: str, text: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    assert free_here(tmp_path) is None
    lay("proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\n")
    assert free_here(tmp_path) == 8_000_000 * 1024
    for limit, expected in (("max\n", 8_000_000 * 1024), ("4000000000\n", 2_500_000_000)):
        lay("sys/fs/cgroup/memory.max", limit)
        lay("sys/fs/cgroup/memory.current", "2000000000\n")
        lay("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 500000000\n")
        assert free_here(tmp_path) == expected
    lay("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000000000\n")
    lay("sys/fs/cgroup/memory/memory.usage_in_bytes", "400000000\n")
    lay("sys/fs/cgroup/memory/memory.stat", "total_inactive_file 100000000\n")
    assert free_here(tmp_path) == 700_000_000
