"""What was found on a picture holds wherever it is shown again: /show and /gallery, in each channel."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bot.stage import Stage, eventually, shows

from dreampractice.messages import Message
from dreamqueue.job import Job, Owner
from dreamqueue.sights import Seen

CONCEPTS = """
[concepts.gore]
texts = ["blood"]
[channels.general]
gore = "spoiler"
[channels.art]
gore = "hold"
"""
GORE = (Seen(concept="gore", score=0.3, over=0.02),)


@pytest.fixture
async def watched(bare_stage: Stage, tmp_path: Path) -> Stage:
    """A stage whose bot knows a concept, and where moderators decide."""
    for name, text in (("concepts", CONCEPTS), ("rights", '[moderators]\npanel = "mods"\n')):
        (tmp_path / f"{name}.toml").write_text(text)
        bare_stage.changes = {**bare_stage.changes, name: tmp_path / f"{name}.toml"}
    await bare_stage.raise_bot()
    return bare_stage


async def painted(stage: Stage, channel: str, text: str) -> tuple[Message, Job]:
    """A picture of Ada's on which something was found."""
    asked = await stage.ada.slash("imagine", channel=channel, prompt="a hut")
    assert asked.reply is not None
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job, "red", seen=GORE)
    await shows(asked.reply, text)
    return asked.reply, job


def decisions(stage: Stage) -> int:
    """How many moderators are asked for."""
    return sum("waits for your decision" in message.text for message in stage.moderator.sees("mods"))


async def test_what_waits_for_moderators_is_shown_nowhere_and_they_are_asked_once(watched: Stage) -> None:
    _, job = await painted(watched, "art", "waits until a moderator")
    await watched.moderator.wait_for(lambda one: "waits for your decision" in one.text, channel="mods")
    again = (await watched.bo.slash("show", channel="general", picture=job.id)).reply
    assert again is not None
    await shows(again, "waits until a moderator")
    await watched.queue.stars.toggle(job.id, Owner(id="77", name="somebody"))
    best = (await watched.bo.slash("gallery", whose="best")).reply
    assert best is not None
    await shows(best, "the best of this server, 1 of 1")
    assert again.attachments == best.attachments == []
    assert decisions(watched) == 1


async def test_the_stricter_channel_counts(watched: Stage) -> None:
    message, job = await painted(watched, "general", "done in")
    assert [file.filename for file in message.attachments] == [f"SPOILER_{job.id}.png"]
    same = (await watched.bo.slash("show", channel="general", picture=job.id)).reply
    stricter = (await watched.bo.slash("show", channel="art", picture=job.id)).reply
    assert same is not None
    assert stricter is not None
    await shows(same, "where it hangs")
    await shows(stricter, "where it hangs")
    assert [file.filename for file in same.attachments] == [f"SPOILER_{job.id}.png"]
    assert stricter.attachments == []
    assert decisions(watched) == 0


async def test_what_is_dropped_is_dropped_where_it_was_shown_again_too(watched: Stage) -> None:
    message, job = await painted(watched, "art", "waits until a moderator")
    asked = await watched.moderator.wait_for(
        lambda one: "waits for your decision" in one.text, channel="mods"
    )
    copies = [
        (await watched.bo.slash("show", channel=name, picture=job.id)).reply for name in ("art", "general")
    ]
    for copy in copies:
        assert copy is not None
        await shows(copy, "waits until a moderator")
    await watched.all_answered()
    await watched.press(watched.moderator, asked, "Drop")
    await shows(message, "A moderator decided")
    await eventually(lambda: all(copy is not None and copy.deleted for copy in copies))
    assert not message.deleted
