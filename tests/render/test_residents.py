"""What is on a device: who comes, who leaves, who is kept; on a small device with two tiers (`bricks`)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from dreamqueue.errors import PaintError
from dreamrender.holding import holding
from dreamrender.resident import weight_of
from dreamrender.residents import Residents, residents_on, table

from .bricks import MEGABYTE, Brick, SmallDevice, making


@pytest.fixture
def device() -> SmallDevice:
    """Room for one of two models of 10 MB, and a bit."""
    return SmallDevice(15)


@pytest.fixture
def residents(device: SmallDevice) -> Residents:
    return device.residents()


def take(residents: Residents, device: SmallDevice, name: str, megabytes: float = 10) -> Brick:
    return residents.take(name, making(device, megabytes, ord(name[0])), megabytes * MEGABYTE)


def seen(residents: Residents) -> dict[str, tuple[str, int, int]]:
    """Where each is, how often it was loaded and moved back."""
    return {row.name: (row.where, row.loads, row.moves) for row in residents.table()}


def test_a_model_is_loaded_once(residents: Residents, device: SmallDevice) -> None:
    assert take(residents, device, "a") is take(residents, device, "a")
    (row,) = residents.table()
    assert (row.name, row.where, row.megabytes, row.loads, row.moves, row.held) == (
        "a",
        "device",
        10,
        1,
        0,
        0,
    )


def test_one_that_leaves_is_kept_in_main_memory_and_moves_back(
    residents: Residents, device: SmallDevice
) -> None:
    before = take(residents, device, "a").weights.clone()
    take(residents, device, "b")
    assert seen(residents) == {"b": ("device", 1, 0), "a": ("main memory", 1, 0)}
    assert (device.taken, device.away) == (10 * MEGABYTE, 10 * MEGABYTE)
    assert torch.equal(take(residents, device, "a").weights, before)
    assert seen(residents) == {"a": ("device", 1, 1), "b": ("main memory", 1, 0)}


def test_two_models_in_turns_move_and_are_not_loaded(residents: Residents, device: SmallDevice) -> None:
    for _ in range(10):
        take(residents, device, "a")
        take(residents, device, "b")
    assert seen(residents) == {"b": ("device", 1, 9), "a": ("main memory", 1, 9)}


def test_where_main_memory_is_full_too_they_are_gone() -> None:
    device = SmallDevice(15, main_memory=5)
    residents = device.residents()
    for name in "abab":
        take(residents, device, name)
    assert seen(residents) == {"b": ("device", 2, 0), "a": ("gone", 2, 0)}
    assert (device.taken, device.away) == (10 * MEGABYTE, 0)


def test_in_main_memory_the_one_taken_longest_ago_makes_way() -> None:
    device = SmallDevice(15, main_memory=25)
    residents = device.residents()
    for name in "abcd":
        take(residents, device, name)
    assert [seen(residents)[name][0] for name in "abcd"] == ["gone", "main memory", "main memory", "device"]
    assert device.away == 20 * MEGABYTE


def test_one_that_comes_back_is_not_pushed_out_by_the_one_that_leaves_for_it() -> None:
    device = SmallDevice(15, main_memory=15)
    residents = device.residents()
    for name in "aba":
        take(residents, device, name)
    assert seen(residents) == {"a": ("device", 1, 1), "b": ("gone", 1, 0)}


def test_the_one_taken_longest_ago_leaves_first_and_no_more_than_have_to() -> None:
    device = SmallDevice(35)
    residents = device.residents()
    for name in "abcad":
        take(residents, device, name)
    assert [seen(residents)[name][0] for name in "abcd"] == ["device", "main memory", "device", "device"]


def test_what_is_held_stays_and_the_answer_has_the_numbers(residents: Residents, device: SmallDevice) -> None:
    take(residents, device, "a")
    residents.hold("a", by="ada")
    with pytest.raises(
        PaintError,
        match=r"^The model `b` takes about 0\.0 GB, and 0\.0 GB are free for it on this worker\. P",
    ):
        take(residents, device, "b")
    assert seen(residents) == {"a": ("device", 1, 0)}
    residents.release("ada")
    take(residents, device, "b")
    assert seen(residents)["a"] == ("main memory", 1, 0)
    with pytest.raises(KeyError):
        residents.hold("a", by="ada")


def test_whoever_is_at_work_holds_what_is_taken(residents: Residents, device: SmallDevice) -> None:
    with holding("ada"), holding("mo"):
        take(residents, device, "a")
    assert residents.table()[0].held == 2
    residents.release("ada")
    with pytest.raises(PaintError):
        take(residents, device, "b")
    residents.release("mo")
    take(residents, device, "b")
    assert not residents.table()[0].held, "nobody was at work"


def test_a_load_that_fails_half_way_leaves_nothing(residents: Residents, device: SmallDevice) -> None:
    def broken() -> Brick:
        Brick(device, 10)
        raise PaintError("the file is damaged")

    with pytest.raises(PaintError, match="damaged"), holding("ada"):
        residents.take("a", broken, 10 * MEGABYTE)
    assert residents.table() == []
    assert device.taken == 0
    take(residents, device, "a")
    assert seen(residents) == {"a": ("device", 1, 0)}


def test_if_memory_runs_out_the_others_leave_and_it_is_tried_once_more(
    residents: Residents, device: SmallDevice
) -> None:
    take(residents, device, "a")
    residents.take("b", making(device, 10), estimate=1 * MEGABYTE)
    assert seen(residents) == {"b": ("device", 1, 0), "a": ("main memory", 1, 0)}
    assert residents.table()[0].megabytes == 10, "as it was found to be"


def test_if_it_runs_out_again_the_answer_is_a_sentence(residents: Residents, device: SmallDevice) -> None:
    take(residents, device, "a")
    tries = []

    def load() -> Brick:
        tries.append(device.taken)
        return Brick(device, 20)

    with pytest.raises(PaintError, match=r"^The model `b` takes about .* Please choose a smaller model"):
        residents.take("b", load, estimate=1 * MEGABYTE)
    assert tries == [10 * MEGABYTE, 0]
    assert device.taken == 0, "what had come of it is gone"
    assert seen(residents) == {"a": ("main memory", 1, 0)}


def test_one_that_cannot_come_back_stays_whole_where_it_is(residents: Residents, device: SmallDevice) -> None:
    before = take(residents, device, "a").weights.clone()
    take(residents, device, "b")
    residents.clear()
    device.taken += 8 * MEGABYTE  # another program, unseen until memory runs out half-way
    free, residents._free = residents._free, lambda: None
    with pytest.raises(PaintError, match="The model `a` takes about"):
        take(residents, device, "a")
    assert (device.taken, device.away) == (8 * MEGABYTE, 20 * MEGABYTE)
    residents._free = free
    device.taken -= 8 * MEGABYTE
    assert torch.equal(take(residents, device, "a").weights, before)


def test_a_budget_holds_whatever_else_is_free() -> None:
    device = SmallDevice(1000)
    residents = device.residents(budget=25)
    for name in "abc":
        take(residents, device, name)
    assert [seen(residents)[name][0] for name in "abc"] == ["main memory", "device", "device"]
    assert residents.free() == 5 * MEGABYTE
    with pytest.raises(PaintError):
        take(residents, device, "d", megabytes=30)
    assert residents.here("c"), "nobody left in vain"


def test_threads_that_want_the_same_model_share_one_load(residents: Residents, device: SmallDevice) -> None:
    together = threading.Barrier(4)

    def work(_: int) -> Brick:
        together.wait()
        return take(residents, device, "a")

    with ThreadPoolExecutor(4) as pool:
        assert len(set(map(id, pool.map(work, range(4))))) == 1
    assert seen(residents) == {"a": ("device", 1, 0)}


def test_threads_that_take_turns_never_see_a_model_that_is_away() -> None:
    device = SmallDevice(25)
    residents = device.residents()

    def work(number: int) -> None:
        for turn in range(30):
            with holding(number):
                brick = take(residents, device, "abcd"[(number + turn) % 4])
                assert len(brick.weights) == 10 * MEGABYTE
                residents.release(number)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert {row.loads for row in residents.table()} == {1}
    assert device.taken <= 20 * MEGABYTE


def test_one_that_is_here_can_be_taken_while_another_loads(residents: Residents, device: SmallDevice) -> None:
    take(residents, device, "a", 1)
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> Brick:
        begun.set()
        assert go_on.wait(60)
        return Brick(device, 1)

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(residents.take, "b", slow)
        assert begun.wait(60)
        assert take(residents, device, "a", 1) is not None
        assert {row.name: row.where for row in residents.table()} == {"a": "device", "b": "moving"}
        go_on.set()
        coming.result()
    assert residents.here("b")


def test_a_processor_has_one_tier_and_one_register() -> None:
    here = residents_on("cpu")
    assert residents_on(torch.device("cpu")) is here
    here.take("brick", lambda: torch.nn.Linear(10, 10), 400)
    here.clear()
    assert {row.name: row.where for row in table()["cpu"]}["brick"] == "gone"


def test_the_weight_of_a_model_is_what_its_tensors_take() -> None:
    layer = torch.nn.Linear(10, 10)
    layer.second = layer.weight  # shared: counted once

    class Holder:
        def __init__(self) -> None:
            self.model = layer

    class Pipeline:
        components = {"unet": layer, "scheduler": object()}  # noqa: RUF012

    class Offloaded(Pipeline):
        bytes_on_device = 400.0

    models = (layer, Holder(), Pipeline(), Offloaded(), object())
    assert [weight_of(one) for one in models] == [440, 440, 440, 400, 0]
