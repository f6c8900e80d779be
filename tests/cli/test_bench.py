"""`aliendreams bench` on tiny networks: all numbers are there; those that can be known are right."""

from __future__ import annotations

import json

import pytest
import torch
from click.testing import CliRunner

from dreamcli.bench.bot import written as bot_written
from dreamcli.bench.diffusion import written as diffusion_written
from dreamcli.bench.engine import written as engine_written
from dreamcli.bench.evening import written as evening_written
from dreamcli.bench.queue import written as queue_written
from dreamcli.bench.steering import written
from dreamcli.main import main

ARGUMENTS = (
    "bench steering --json --small --size 32 --cuts 4 --steps 1 --race-size 32 --race-steps 2 --plain-steps 3"
)


@pytest.mark.long
def test_it_says_each_ratio_cosine_and_memory() -> None:
    threads = torch.get_num_threads()
    done = CliRunner().invoke(main, [*ARGUMENTS.split(), "--threads", "1"])
    torch.set_num_threads(threads)
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["machine"]["processor"]
    rows = {row["precision"]: row for row in facts["steering"]["rows"]}
    assert list(rows) == ["float32", "mixed", "bfloat16"]
    for row in rows.values():
        assert row["ratio"] == row["plain_seconds"] / row["seconds"]
        assert row["same_cutouts_ratio"] > 0
        assert row["memory"] == row["megabytes"] / row["plain_megabytes"]
        assert row["megabytes"] > 100
    assert rows["float32"]["cosine"] > 0.9999 < rows["float32"]["cosine_pooled"]
    assert rows["mixed"]["cosine"] > 0.999
    assert 0.98 < rows["bfloat16"]["cosine"] < rows["float32"]["cosine"]
    assert abs(facts["steering"]["draws_cosine"]) < 0.9
    assert [race["backend"] for race in facts["race"]] == ["pixels", "vqgan"]
    for race in facts["race"]:
        assert race["time"] == race["ours"]["seconds"] / race["plain"]["seconds"]
        assert (race["plain"]["steps"], race["ours"]["steps"]) == (3, 2)
        assert race["judge"] == "pocket-judge"
        assert race["ours"]["score"] != race["ours"]["judged"]
        assert race["reached"]["score"] == (race["ours"]["score"] >= race["plain"]["score"])
    page = written(facts)
    assert "| bfloat16 |" in page
    assert "| vqgan |" in page


@pytest.mark.long
def test_diffusion_says_what_company_looks_and_pulls_cost() -> None:
    threads = torch.get_num_threads()
    done = CliRunner().invoke(main, ["bench", "diffusion", "--json", "--small", "--threads", "1"])
    torch.set_num_threads(threads)
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    alone, both = facts["company"]
    assert (alone["sessions"], alone["share"], both["sessions"]) == (1, 1.0, 2)
    assert both["share"] == both["seconds"] / 2 / alone["seconds"]
    whole, *others = facts["looks"]
    assert [other["way"] for other in others] == ["a tiny decoder", "a matrix"]
    assert all(other["share"] == other["seconds"] / whole["seconds"] for other in others)
    plain, *pulled = facts["pulls"]
    assert [row["painter"] for row in pulled] == ["guided, fast", "guided, full"]
    assert all(row["share"] == row["seconds"] / plain["seconds"] for row in pulled)
    assert "| sessions in one step |" in diffusion_written(facts, 64)


@pytest.mark.long
def test_the_engine_says_what_company_costs_and_whether_it_is_fair() -> None:
    arguments = "bench engine --json --small --threads 1 --backend diffusion"
    threads = torch.get_num_threads()
    done = CliRunner().invoke(main, arguments.split())
    torch.set_num_threads(threads)
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    rows = facts["crowds"]
    assert [(row["sessions"], row["batch"]) for row in rows] == [(1, 1), (2, 1), (1, 1), (2, 2)]
    for row in rows:
        assert row["a_minute"] == 60 * row["sessions"] / row["seconds"]
        assert row["apart"] <= 1 / facts["steps"], "each makes a step a turn"
        assert row["next_ms"] > 0
        assert row["megabytes"] > 100
    assert rows[0]["times"] == rows[2]["times"] == 1
    assert "| diffusion | 2 | 2 |" in engine_written(facts)


@pytest.mark.long
def test_the_bot_keeps_discords_limits_and_answers_soon() -> None:
    arguments = "bench bot --json --jobs 24 --channels 24 --seconds 6 --acts 4"
    done = CliRunner().invoke(main, arguments.split())
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["machine"]["processor"]
    assert facts["asking_refused"] == 0
    assert [half["tokens"] for half in facts["halves"]] == ["interaction", "bot"]
    for half in facts["halves"]:
        assert (half["refused"], half["unanswered"]) == (0, 0)
        assert half["acts"] > 5
        assert 0 < half["p50"] <= half["p99"] <= half["slowest"] < 3
        assert half["edits_a_second"] > 1
        assert half["stalest"] <= half["seconds"]
        assert half["megabytes"] > 20
    assert "| interaction |" in bot_written(facts)


def test_an_evening_says_how_far_what_was_told_was_off() -> None:
    arguments = "bench evening --json --hours 0.5 --members 20 --load 1.5 --seed 3 --seed 4"
    done = CliRunner().invoke(main, arguments.split())
    assert done.exit_code == 0, done.output
    evenings = json.loads(done.stdout)["evenings"]
    assert [one["seed"] for one in evenings] == [3, 4]
    for one in evenings:
        assert one["jobs"] > one["submitted"]["jobs"] > 0
        assert one["submitted"]["median"] <= one["submitted"]["nine_of_ten"]
    assert "| 3 |" in evening_written(evenings)


@pytest.mark.long
def test_queue_says_what_coming_in_and_being_taken_cost() -> None:
    done = CliRunner().invoke(main, ["bench", "queue", "--json", "--small"])
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    few, many = facts["depths"]
    assert (few["waiting"], few["submit_share"], few["pick_share"], many["waiting"]) == (100, 1.0, 1.0, 200)
    assert many["submit_share"] == many["submit"] / few["submit"]
    assert many["pick_share"] == many["pick"] / few["pick"]
    assert 500 < many["bytes_a_job"] < 50_000
    narrow, wide = facts["submits"]
    assert narrow["answers"] == {"queued": 3, "QueueFull": 57}
    assert wide["answers"] == {"queued": 60}
    narrow, wide = facts["asks"]
    assert sum(narrow["answers"].values()) == sum(wide["answers"].values()) == 20
    assert wide["worst"] >= wide["median"] > 0
    assert wide["megabytes"]["bot"] > 20
    assert "| jobs waiting |" in queue_written(facts)
