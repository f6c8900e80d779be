"""What the channel sees of pictures on which something was found, and what moderators decide about them."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, eventually, shows

from dreampractice import Person
from dreampractice.messages import Message
from dreamqueue import keys
from dreamqueue.events import Frame
from dreamqueue.job import Finished, Job, KeptPart, Owner, Review
from dreamqueue.reviews import decide
from dreamqueue.sights import Seen

CONCEPTS = """
[concepts.gore]
texts = ["blood"]
[concepts.wine]
texts = ["a glass of wine"]
action = "spoiler"
[concepts.nudity]
texts = ["a nude"]
action = "drop"
[age-restricted]
nudity = "spoiler"
[channels.general]
gore = "post"
"""
RIGHTS = '[moderators]\nroles = ["moderator"]\npanel = "mods"\n'
GORE, WINE, NUDITY = (Seen(concept=name, score=0.3, over=0.02) for name in ("gore", "wine", "nudity"))


@pytest.fixture
async def watched(bare_stage: Stage, tmp_path: Path) -> Stage:
    """A stage whose bot knows concepts, and where moderators decide."""
    for name, text in (("concepts", CONCEPTS), ("rights", RIGHTS)):
        (tmp_path / f"{name}.toml").write_text(text)
        bare_stage.changes = {**bare_stage.changes, name: tmp_path / f"{name}.toml"}
    await bare_stage.raise_bot()
    return bare_stage


async def painting(stage: Stage, person: Person, channel: str = "art") -> tuple[Message, Job]:
    asked = await person.slash("imagine", channel=channel, prompt="a hut --seed 7")
    assert asked.reply is not None
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    return asked.reply, job


def files(message: Message) -> list[str]:
    return [file.filename for file in message.attachments]


async def held(stage: Stage) -> tuple[Message, Job, Message]:
    """A picture of Ada's that waits for the moderators: its message, its job, what they see."""
    message, job = await painting(stage, stage.ada)
    await stage.worker.finish(job, "red", animation=picture("blue", "GIF"), seen=(GORE,))
    await shows(message, "waits until a moderator has looked at it")
    told = await stage.moderator.wait_for(lambda one: "waits for your decision" in one.text, channel="mods")
    return message, job, told


async def test_each_channel_has_its_own_actions(watched: Stage) -> None:
    message, job = await painting(watched, watched.ada)
    await watched.worker.finish(job, seen=())
    await shows(message, "done in")
    assert files(message) == [f"{job.id}.png"]
    message, job = await painting(watched, watched.ada)
    await watched.worker.finish(job, seen=(WINE,))
    await shows(message, "done in")
    assert files(message) == [f"SPOILER_{job.id}.png"]
    message, job = await painting(watched, watched.ada)
    await watched.worker.finish(job, seen=(WINE, NUDITY))
    await shows(message, "The picture is not shown here.")
    assert files(message) == []
    message, job = await painting(watched, watched.ada, "general")
    await watched.worker.finish(job, seen=(GORE,))
    await shows(message, "done in")
    assert files(message) == [f"{job.id}.png"]
    assert not [message for message in watched.moderator.sees("mods") if "waits for" in message.content]


async def test_age_restricted_channels_have_theirs(watched: Stage) -> None:
    place = watched.discord.world.channel("general")
    place.nsfw = True
    await watched.fell_bot()
    await watched.raise_bot()
    message, job = await painting(watched, watched.ada, "general")
    await watched.worker.finish(job, seen=(NUDITY,))
    await shows(message, "done in")
    assert files(message) == [f"SPOILER_{job.id}.png"]


async def test_frames_are_shown_hidden_or_not_at_all(watched: Stage) -> None:
    message, job = await painting(watched, watched.ada)
    await watched.worker.paint(job, 5, seen=())
    await shows(message, "step 5 of")
    assert files(message) == [f"{job.id}-5.jpg"]
    await watched.worker.paint(job, 6, seen=(GORE,))
    await shows(message, "step 6 of")
    assert files(message) == [], "the frame before does not stay either"
    assert "This frame is not shown here." in message.content
    await watched.worker.paint(job, 7, seen=(WINE,))
    await shows(message, "step 7 of")
    assert files(message) == [f"SPOILER_{job.id}-7.jpg"]
    await watched.worker.paint(job, 8, seen=None)
    await shows(message, "step 8 of")
    assert files(message) == [], "nobody has looked at it"
    assert len({version.attachments for version in message.history if version.attachments}) == 2


async def test_moderators_see_what_waits_and_show_it(watched: Stage) -> None:
    message, job, told = await held(watched)
    assert files(message) == []
    assert [button.label for button in message.buttons] == ["Again"]
    assert files(told) == [f"SPOILER_{job.id}.png", f"SPOILER_{job.id}.gif"]
    assert "A picture of Ada in <#" in told.content
    assert "gore 0.300 (+0.020)" in told.content
    assert not told.seen_by(watched.ada.user) or not watched.ada.sees("mods")
    await watched.press(watched.moderator, told, "Show")
    await eventually(lambda: files(message) == [f"{job.id}.png", f"{job.id}.gif"])
    await eventually(lambda: "Mo let it be shown." in told.content)
    assert told.buttons == []
    await watched.all_shown()


async def test_what_they_drop_is_gone_and_the_deed_is_kept(
    watched: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    message, job, told = await held(watched)
    record = await watched.queue.record(job.id)
    with caplog.at_level(logging.INFO, "dreambot.moderation.audit"):
        await watched.press(watched.moderator, told, "Drop")
        await shows(message, "A moderator decided that the picture is not shown.")
        await eventually(lambda: "Mo dropped it." in told.content)
    assert files(message) == files(told) == []
    assert record.ending is not None
    assert await watched.queue.fetch(record.ending.picture) is None  # type: ignore[union-attr]
    (line,) = [line for line in caplog.messages if "review-drop" in line]
    assert '"name":"Mo"' in line
    assert job.id in line
    assert '"found":"gore"' in line
    assert '"prompt":"a hut"' in line


async def test_two_moderators_at_once_make_one_decision(
    watched: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    message, job, told = await held(watched)
    owner = watched.discord.person("owner")
    watched.discord.world.members[owner.user.id].roles.append(watched.discord.world.role("moderator").id)
    with caplog.at_level(logging.INFO, "dreambot.moderation.audit"):
        await asyncio.gather(
            *(
                watched.press(one, told, label)
                for one, label in ((watched.moderator, "Show"), (owner, "Drop"))
            )
        )
        late = await eventually(
            lambda: watched.whispers(watched.moderator, "mods") or watched.whispers(owner, "mods")
        )
    assert "This was decided already: " in late[-1].content
    review = (await watched.queue.record(job.id)).review
    assert review is not None
    assert len([line for line in caplog.messages if '"action":"review-' in line]) == 1
    shown = review.verdict == "show"
    await eventually(lambda: bool(files(message)) == shown and "waits until" not in message.content)


async def test_members_and_forged_ids_decide_nothing(watched: Stage) -> None:
    message, job, told = await held(watched)
    forged = await watched.ada.say("art", "press me")
    forged.components = [{**row} for row in told.components]
    await watched.press(watched.ada, forged, "Show")
    assert (await watched.whispered(watched.ada)).content == "Only moderators can do this."
    elsewhere = await watched.moderator.say("general", "press me")
    elsewhere.components = [{**row} for row in told.components]
    await watched.press(watched.moderator, elsewhere, "Drop")
    refused = await eventually(lambda: watched.whispers(watched.moderator, "general"))
    assert "only by moderators of the server where it was asked for" in refused[-1].content
    assert (await watched.queue.record(job.id)).review is None
    assert files(message) == []


async def test_without_a_channel_of_theirs_moderators_look_and_decide_there(
    watched: Stage, tmp_path: Path
) -> None:
    (tmp_path / "rights.toml").write_text('[moderators]\nroles = ["moderator"]\n')
    await watched.fell_bot()
    await watched.raise_bot()
    message, job = await painting(watched, watched.ada)
    await watched.worker.finish(job, seen=None)
    await shows(message, "waits until a moderator has looked at it")
    assert files(message) == []
    await watched.press(watched.bo, message, "Look (moderators)")
    await eventually(
        lambda: "Only moderators" in "".join(one.content for one in watched.whispers(watched.bo))
    )
    assert not any(one.attachments for one in watched.whispers(watched.bo))
    await watched.press(watched.moderator, message, "Look (moderators)")
    seen = await eventually(lambda: [one for one in watched.whispers(watched.moderator) if one.attachments])
    assert files(seen[0]) == [f"SPOILER_{job.id}.png"]
    await watched.press(watched.moderator, message, "Show")
    await eventually(lambda: files(message) == [f"{job.id}.png"])
    assert "Show" not in [button.label for button in message.buttons]


async def test_a_decision_outlives_the_bot(watched: Stage) -> None:
    message, job, told = await held(watched)
    await watched.all_shown()
    await watched.fell_bot()
    await watched.raise_bot()
    await watched.press(watched.moderator, told, "Show")
    await eventually(lambda: files(message) == [f"{job.id}.png", f"{job.id}.gif"])


async def test_a_bot_that_fell_over_a_decision_shows_it_when_it_is_back(watched: Stage) -> None:
    message, job, _ = await held(watched)
    await watched.all_shown()
    await watched.fell_bot()
    record = await watched.queue.record(job.id)
    mo = Owner(id="9", name="Mo")
    assert await decide(watched.queue.store, record, Review(verdict="show", by=mo)) == (
        Review(verdict="show", by=mo),
        True,
    )
    later = Review(verdict="drop", by=mo)
    assert await decide(watched.queue.store, record, later) == (Review(verdict="show", by=mo), False)
    await watched.raise_bot()
    await eventually(lambda: files(message) == [f"{job.id}.png", f"{job.id}.gif"])


async def test_a_bot_without_concepts_holds_what_a_worker_found(stage: Stage) -> None:
    message, job = await painting(stage, stage.ada)
    await stage.worker.finish(job, seen=(GORE,))
    await shows(message, "waits until a moderator")
    assert files(message) == []


async def test_a_frame_that_is_hidden_is_not_kept_and_moderators_are_not_asked(watched: Stage) -> None:
    message, job = await painting(watched, watched.ada)
    for step, seen in ((5, GORE), (6, NUDITY)):
        await watched.worker.paint(job, step, seen=(seen,))
        await shows(message, f"step {step}")
        await watched.press(watched.bo, message, "Keep this frame")
        await watched.all_answered()
        assert watched.whispers(watched.bo)[step - 5].content == "This picture is not shown here."
    assert watched.public_messages() == [message]
    assert not [one for one in watched.moderator.sees("mods") if "waits for" in one.text]


async def test_the_stricter_channel_counts_for_what_is_kept_too(watched: Stage) -> None:
    message, job = await painting(watched, watched.ada, "general")
    await watched.worker.paint(job, 5, seen=(GORE,))
    await shows(message, "step 5")
    assert files(message) == [f"{job.id}-5.jpg"], "general takes it"
    elsewhere, _ = await painting(watched, watched.ada)
    elsewhere.components = [{**row} for row in message.components]
    await watched.press(watched.bo, elsewhere, "Keep this frame")
    assert (await watched.whispered(watched.bo)).content == "This picture is not shown here."
    held, job = await painting(watched, watched.ada)
    await watched.worker.paint(job, 5, seen=(GORE,))
    await shows(held, "This frame is not shown here")
    message.components = [{**row} for row in held.components]
    await watched.press(watched.bo, message, "Keep this frame")
    told = await eventually(lambda: watched.whispers(watched.bo, "general"))
    assert told[-1].content == "This picture is not shown here.", "art does not take it"


async def test_a_frame_that_is_hidden_until_a_click_is_kept_so(watched: Stage) -> None:
    message, job = await painting(watched, watched.ada)
    await watched.worker.paint(job, 5, seen=(WINE,))
    await shows(message, "step 5")
    assert files(message) == [f"SPOILER_{job.id}-5.jpg"]
    later = Frame(job=job.id, step=9, steps=120, score=0.3, seconds=9, image=picture("red", "JPEG"), seen=())
    head = later.model_dump_json(exclude={"image"})
    await watched.queue.redis.xadd(keys.frame(job.id), {"head": head, "image": later.image}, maxlen=1)
    asked = await watched.press(watched.bo, message, "Keep this frame")
    assert asked.reply is not None
    await shows(asked.reply, "kept at step 5")
    assert [name[:8] for name in files(asked.reply)] == ["SPOILER_"]


async def test_one_of_several_that_is_hidden_is_not_taken_alone(watched: Stage) -> None:
    message, job = await painting(watched, watched.ada)
    red = await watched.queue.keep(picture("red"))
    parts = tuple(
        KeptPart(label=str(seen), picture=red, recipe=job.recipe, step=120, seen=seen)
        for seen in ((GORE,), (WINE,))
    )
    await watched.worker.end(job, Finished(picture=red, parts=parts, seen=()))
    await eventually(lambda: "1" in [button.label for button in message.buttons])
    await watched.press(watched.bo, message, "1")
    assert "not shown here" in (await watched.whispered(watched.bo)).content
    asked = await watched.press(watched.bo, message, "2")
    assert asked.reply is not None
    await shows(asked.reply, "done")
    assert [name[:8] for name in files(asked.reply)] == ["SPOILER_"]
