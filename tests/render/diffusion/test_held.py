"""Somebody else's loop, a stretch at a time."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
import torch

from dreamrender.diffusion.held import Held, LetGo, Rest


def test_it_runs_only_when_it_is_told_to() -> None:
    done: list[int] = []

    def count(rest: Rest) -> str:
        for number in range(3):
            done.append(number)
            rest()
        return "all"

    held = Held(count)
    assert (done, held.thread.ident) == ([], None)
    for number in range(3):
        held.go()
        assert (done, held.ended) == ([*range(number + 1)], False)
    held.go()
    assert (held.ended, held.made) == (True, "all")
    held.go()
    assert not held.thread.is_alive()


def test_what_it_raises_comes_out_once() -> None:
    def fall(rest: Rest) -> None:
        rest()
        raise ArithmeticError("too much")

    held = Held(fall)
    held.go()
    with pytest.raises(ArithmeticError, match="too much"):
        held.go()
    held.go()
    assert held.ended


def test_closed_it_ends_though_it_recovers_from_errors() -> None:
    said: list[str] = []

    def stubborn(rest: Rest) -> None:
        while True:
            try:
                rest()
            except Exception:
                said.append("went on")
            except LetGo:
                said.append("heard")
                if len(said) > 2:
                    raise

    held = Held(stubborn)
    held.go()
    held.close()
    assert said == ["heard"] * 3
    assert not held.thread.is_alive()
    held.close()
    held.go()


def test_dropped_it_ends_and_lets_go_of_its_work() -> None:
    class Large:
        pass

    large = Large()
    gone = weakref.ref(large)
    ended = threading.Event()

    def work(rest: Rest, large: Large = large) -> None:
        try:
            rest()
        finally:
            ended.set()

    held = Held(work)
    held.go()
    thread = held.thread
    del held, work, large
    assert ended.wait(10)
    thread.join(10)
    gc.collect()
    assert gone() is None


def test_dropped_before_it_began_it_leaves_nothing() -> None:
    held = Held(lambda rest: rest())
    thread = held.thread
    del held
    assert thread.ident is None


def test_gradients_are_off_within() -> None:
    found: list[bool] = []
    Held(lambda rest: found.append(torch.is_grad_enabled())).go()
    assert found == [False]
    assert torch.is_grad_enabled()
