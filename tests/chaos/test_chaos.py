"""Everything is killed, cut and halted for a while, and nothing is lost: the short form of `bench chaos`."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest

from dreambench.chaos.gathered import JobFact, Kept
from dreambench.chaos.report import written
from dreambench.chaos.run import Plan, run
from dreambench.chaos.schedule import EMPTY, KILLS, KINDS, schedule
from dreambench.chaos.verdict import judge
from dreampractice.messages import Attachment, Message
from dreampractice.world import furnished

JOB = "0123456789ab"


@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_whatever_falls(tmp_path: Path) -> None:
    plan = Plan(
        seconds=14,
        seed=371,
        every=2.5,
        asks_a_second=2.0,
        longest=3.0,
        settle=60,
        workers=2,
        step_seconds=0.01,
    )
    report = await run(plan, tmp_path)
    assert report.sound, written(report)
    assert report.kills >= 2
    assert report.verdict.jobs >= 10
    assert report.verdict.ends["finished"] >= 5


def test_a_seed_gives_the_same_faults_and_a_kill_in_every_minute() -> None:
    faults = schedule(3, 600, 12.0, KINDS)
    assert faults == schedule(3, 600, 12.0, KINDS)
    assert faults != schedule(4, 600, 12.0, KINDS)
    assert {fault.kind for fault in faults} == set(KINDS)
    kills = [0.0, *(fault.at for fault in faults if fault.kind in KILLS), 600.0]
    assert max(after - before for before, after in pairwise(kills)) <= 60


def message(*says: str, files: tuple[bytes, ...] = (), job: str = JOB) -> Message:
    """A message of the bot with these versions; the last one has the files."""
    world = furnished()
    one = Message(world.ids.next(), world.channel("art"), world.bot, time.time())
    one.components = [{"components": [{"type": 2, "custom_id": f"dream:again:{job}"}]}] if job else []
    for text in says:
        one.content = text
        if text == says[-1]:
            one.attachments = [
                Attachment(str(number), f"{job}.png", data, "image/png", "")
                for number, data in enumerate(files)
            ]
        one.keep_version(time.time())
    return one


def kept(state: str = "ended", ending: str | None = "finished", typed: str = "a hut") -> Kept:
    """Redis with one record."""
    return Kept({JOB: JobFact(JOB, state, ending, typed, None, None)})


def test_the_verdict_finds_what_is_lost() -> None:
    good = message("**a hut**\nwaiting", "**a hut**\ndone in 0:01", files=(b"1",))
    verdict = judge(kept(), {JOB: 1}, [good], {}, False)
    assert (verdict.jobs, verdict.lost, verdict.doubled, verdict.ends) == (1, [], [], {"finished": 1})
    assert judge(kept("painting", None), {}, [good], {}, False).lost
    assert judge(kept(), {}, [good], {}, False).lost
    assert judge(kept(), {JOB: 1}, [], {}, False).lost
    assert judge(kept(), {JOB: 1}, [message("**a hut**\nstep 3 of 8")], {}, False).lost
    assert judge(kept(), {JOB: 1}, [message("**a hut**\ndone in 0:01")], {}, False).lost
    assert judge(Kept(), {}, [message("**a hut**\nThe queue has forgotten this job")], {}, False).lost
    assert not judge(Kept(), {}, [message("**a hut**\nThe queue has forgotten this job")], {}, True).lost
    never_shown = message("**a hut**\nThe queue has forgotten this job", job="")
    assert judge(Kept(), {}, [never_shown], {}, False).lost
    verdict = judge(Kept(), {}, [never_shown], {}, True)
    assert (verdict.jobs, verdict.lost, verdict.ends) == (1, [], {"forgotten": 1})


def test_the_verdict_finds_what_is_doubled() -> None:
    good = message("**a hut**\ndone in 0:01", files=(b"1",))
    assert judge(kept(), {JOB: 2}, [good], {}, False).doubled
    assert judge(kept(), {JOB: 1}, [good, message("done in", files=(b"1",))], {}, False).doubled
    assert judge(kept(), {JOB: 1}, [message("done in", files=(b"1", b"2"))], {}, False).doubled
    assert judge(kept(ending="cancelled"), {JOB: 1}, [good], {}, False).doubled


def test_the_verdict_finds_who_was_misled_or_never_answered() -> None:
    good = message("**a hut**\ndone in 0:01", files=(b"1",))
    whisper = message("The queue does not answer. Nothing was started; ask again.", job="")
    whisper.flags, whisper.interaction = 1 << 6, {"id": "77"}
    thinking = message(job="")
    thinking.flags = 1 << 7
    told = message("Something broke. Please ask again.", job="")
    verdict = judge(kept(), {JOB: 1}, [good, whisper, thinking, told], {"77": "a hut"}, False)
    assert verdict.contradicted == [JOB]
    assert (verdict.thinking, verdict.told) == (1, 1)
    assert not judge(kept(), {JOB: 1}, [good, whisper], {"77": "a tree"}, False).contradicted


def test_an_emptied_valkey_is_asked_for_by_name() -> None:
    assert EMPTY not in Plan(1, 1).kinds
