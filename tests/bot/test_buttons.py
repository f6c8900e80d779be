"""Buttons: who may press what, twice, late, after a restart, and with ids that nobody gave out."""

from __future__ import annotations

from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, eventually, shows

from dreampractice import Person
from dreampractice.messages import Message
from dreamqueue.events import Cancel, Stop
from dreamqueue.job import Cancelled, Job, JobState, Stopped


async def waiting(stage: Stage, person: Person, prompt: str = "a hut --seed 7") -> tuple[Message, Job]:
    """A job that waits, and its message."""
    message = await stage.imagine(person, prompt)
    await shows(message, "waiting")
    return message, await stage.worker.next_job()


async def painting(stage: Stage, person: Person) -> tuple[Message, Job]:
    """A job that is being painted, and its message."""
    message, job = await waiting(stage, person)
    await stage.worker.begin(job)
    await stage.worker.paint(job, 5)
    await shows(message, "step 5 of 120")
    return message, job


async def test_the_author_cancels_a_waiting_job(stage: Stage) -> None:
    message, job = await waiting(stage, stage.ada)
    await stage.press(stage.ada, message, "Cancel")
    await shows(message, "cancelled by Ada")
    assert (await stage.queue.record(job.id)).state is JobState.ended
    assert [button.label for button in message.buttons] == ["Again", "Remix", "Delete"]
    await stage.all_shown()


async def test_a_moderator_cancels_what_is_being_painted(stage: Stage) -> None:
    message, job = await painting(stage, stage.ada)
    await stage.press(stage.moderator, message, "Cancel")
    order = await stage.worker.order(job)
    assert isinstance(order, Cancel)
    await stage.worker.end(job, Cancelled(by=order.by))
    end = await shows(message, "cancelled by Mo")
    assert end.attachments == (), "nothing is kept of a cancelled picture"


async def test_a_stranger_is_told_who_may(stage: Stage) -> None:
    message, job = await waiting(stage, stage.ada)
    await stage.press(stage.bo, message, "Cancel")
    told = await stage.whispered(stage.bo)
    assert told.content == "Only Ada or a moderator can cancel this."
    assert (await stage.queue.record(job.id)).state is JobState.waiting
    assert stage.whispers(stage.ada) == []


async def test_cancelling_hits_the_job_of_the_message_and_no_other(stage: Stage) -> None:
    first, one = await waiting(stage, stage.ada)
    second = await stage.imagine(stage.ada, "another hut")
    await shows(second, "waiting, 2nd")
    await stage.press(stage.ada, second, "Cancel")
    await shows(second, "cancelled by Ada")
    assert (await stage.queue.record(one.id)).state is JobState.waiting
    assert "cancelled" not in first.content


async def test_a_second_press_changes_nothing(stage: Stage) -> None:
    message, job = await waiting(stage, stage.ada)
    presses = [stage.ada.begin_press(message, "Cancel") for _ in range(2)]
    await shows(message, "cancelled by Ada")
    for press in presses:
        await press.settled.wait()
        assert press.failure is None
    assert (await stage.whispered(stage.ada)).content == "This one has ended already."
    assert message.content.count("cancelled") == 1
    assert len(stage.public_messages()) == 1
    await stage.all_shown()
    assert (await stage.queue.record(job.id)).state is JobState.ended


async def test_stop_keeps_the_picture(stage: Stage) -> None:
    message, job = await painting(stage, stage.ada)
    await stage.press(stage.ada, message, "Stop and keep")
    order = await stage.worker.order(job)
    assert isinstance(order, Stop)
    kept = await stage.queue.keep(picture("blue"))
    await stage.worker.end(job, Stopped(by=order.by, step=5, picture=kept, score=0.2))
    end = await shows(message, "stopped at step 5 by Ada · score 0.200")
    assert [file.content for file in end.attachments] == [picture("blue")]


async def test_again_paints_with_a_new_seed_for_whoever_pressed(stage: Stage) -> None:
    message, job = await painting(stage, stage.ada)
    await stage.worker.finish(job)
    await shows(message, "done in")
    before = message.content
    asked = await stage.press(stage.bo, message, "Again")
    assert asked.reply is not None
    await shows(asked.reply, "waiting")
    again = await stage.worker.next_job()
    assert again.parent == job.id
    assert again.owner.name == "Bo"
    assert again.recipe.seed != job.recipe.seed
    assert again.recipe == job.recipe.model_copy(update={"seed": again.recipe.seed})
    assert asked.reply is not message
    assert message.content == before, "the old picture stays as it was"
    await stage.press(stage.bo, asked.reply, "Cancel")
    await shows(asked.reply, "cancelled by Bo")


async def test_again_begins_with_the_same_picture_and_says_if_it_is_forgotten(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut", image=("start.png", picture("red", side=64)))
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await shows(message, "done in")
    asked = await stage.press(stage.ada, message, "Again")
    assert asked.reply is not None
    await shows(asked.reply, "from a picture")
    assert (await stage.worker.next_job()).recipe.image == job.recipe.image
    await stage.queue.redis.delete(f"dream:blob:{job.recipe.image}")
    await stage.press(stage.bo, message, "Again")
    assert "initial picture is not kept any more" in (await stage.whispered(stage.bo)).content


async def test_buttons_live_through_a_restart(stage: Stage) -> None:
    message, _ = await waiting(stage, stage.ada)
    await stage.fell_bot()
    await stage.raise_bot()
    await stage.press(stage.ada, message, "Cancel")
    await shows(message, "cancelled by Ada")


async def test_ids_that_nobody_gave_out_get_a_clear_answer(stage: Stage) -> None:
    message, _ = await waiting(stage, stage.ada)
    for number, forged in enumerate(("dream:cancel:000000000000", "dream:explode:000000000000"), 1):
        part = message.components[0]["components"][0]
        part["custom_id"] = forged
        asked = await stage.ada.press(message, forged)
        assert asked.failed is None
        await eventually(lambda wanted=number: len(stage.whispers(stage.ada)) == wanted)
    unknown, strange = stage.whispers(stage.ada)
    assert "I know no job `000000000000`" in unknown.content
    assert "another time" in strange.content


async def test_a_moderator_of_one_channel_is_none_in_another(stage: Stage) -> None:
    _, job = await waiting(stage, stage.ada)
    stage.discord.set_permissions("general", stage.bo.user.id, allow=("manage_messages",))
    asked = await stage.bo.slash("imagine", channel="general", prompt="another hut")
    assert asked.reply is not None
    await shows(asked.reply, "waiting")
    asked.reply.components[0]["components"][0]["custom_id"] = f"dream:cancel:{job.id}"
    await stage.press(stage.bo, asked.reply, "Cancel")
    told = await eventually(lambda: stage.whispers(stage.bo, "general"))
    assert told[-1].content == "Only Ada or a moderator can cancel this."
