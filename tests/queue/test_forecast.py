"""Who begins when, told from the queue as it is."""

from __future__ import annotations

import time
from random import Random

import pytest

from dreamqueue.forecast import MOST_PLAYED, Comes, Place, Waits, Works, forecast
from dreamqueue.outlook import rest

BOTH = frozenset({"clip", "diffusion"})


def waits(name: str, score: float, lane: str = "clip", cost: float = 10.0) -> Waits:
    return Waits(name, score, lane, cost)


def test_jobs_begin_in_the_order_of_their_scores() -> None:
    queue = [waits("late", 3), waits("first", 1, cost=4), waits("second", 2, cost=6)]
    assert forecast(queue, [Works(BOTH, 1, rest=(5.0,))]) == {
        "first": Place(0, 5.0),
        "second": Place(1, 9.0),
        "late": Place(2, 15.0),
    }


def test_a_fast_worker_takes_more_of_them() -> None:
    queue = [waits(f"{n}", n) for n in range(4)]
    places = forecast(queue, [Works(BOTH, 1, pace=0.5), Works(BOTH, 1, pace=3.0)])
    assert [places[f"{n}"].starts_in for n in range(4)] == [0, 0, 5, 10]


def test_a_lane_waits_only_for_those_who_can_do_it() -> None:
    queue = [waits("a", 1), waits("b", 2), waits("c", 3, "diffusion"), waits("d", 4, "nobody")]
    places = forecast(queue, [Works(frozenset({"clip"}), 1), Works(frozenset({"diffusion"}), 1, rest=(7.0,))])
    assert places["c"] == Place(0, 7.0)
    assert places["b"] == Place(1, 10.0)
    assert places["d"] == Place(0, None)
    assert forecast(queue, [])["b"] == Place(1, None)


def test_who_is_expected_with_a_lower_score_goes_before() -> None:
    queue = [waits("a", 10), waits("b", 1000)]
    worker = Works(BOTH, 1)
    assert forecast(queue, [worker])["b"].starts_in == 10
    comes = Comes(after=3.0, band=0.0, lead=1.0, lane="clip", cost=20.0)
    places = forecast(queue, [worker], [comes])
    assert places["b"] == Place(1, 30.0), "it is not ahead, since it is not there"
    behind = Comes(after=3.0, band=0.0, lead=5000.0, lane="clip", cost=20.0)
    assert forecast(queue, [worker], [behind])["b"].starts_in == 10


def test_a_very_long_queue_is_told_by_rate() -> None:
    random = Random(3)
    jobs = [waits(f"{n}", n, cost=random.uniform(5, 15)) for n in range(50_000)]
    began = time.perf_counter()
    places = forecast(jobs, [Works(BOTH, 4, 0.5), Works(frozenset({"clip"}), 2, 2.0)])
    assert time.perf_counter() - began < 5
    order = [places[f"{n}"] for n in range(50_000)]
    assert [place.ahead for place in order] == list(range(50_000))
    for n in (MOST_PLAYED + 1000, 49_999):
        assert order[n].starts_in == pytest.approx(10 * n / (4 / 0.5 + 2 / 2.0), rel=0.03)


def test_what_a_painting_still_takes() -> None:
    assert rest(100, 20, 0.0) == 80
    assert rest(100, 60, 0.5) == 60, "its own progress counts, not what was expected"
    assert rest(100, 300, 0.0) == 5, "it is not over as long as it is painted"
