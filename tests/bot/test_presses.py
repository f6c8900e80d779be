"""What members press at a picture that is done: Vary, Again, Remix, Longer, ★, Delete, one of several."""

from __future__ import annotations

import asyncio
import io

import pytest
from PIL import Image
from tests.bot.pressing import (
    TWICE,
    begun,
    forge,
    heard,
    labels,
    painted,
    painted_grid,
    painting,
)
from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, eventually, shows

from dreambot import verbs
from dreambot.buttons import buttons
from dreampractice.body import Upload
from dreamqueue import audit, keys
from dreamqueue.choosing import alone
from dreamqueue.errors import NoSuchJob
from dreamqueue.events import Cancel
from dreamqueue.job import Cancelled, Finished, Job, KeptPart, Owner, Stopped
from dreamqueue.kept import blobs
from dreamqueue.png import read_recipe
from dreamqueue.recipe import Leg, Phrase, Recipe
from dreamqueue.turns import turned


async def children(stage: Stage, parent: Job) -> list[Job]:
    """Jobs that came of another one."""
    found = []
    for raw in await stage.queue.redis.zrange(keys.OPEN, 0, -1):
        job = (await stage.queue.record(raw.decode())).job
        if job.parent == parent.id:
            found.append(job)
    return found


async def longable(stage: Stage) -> Job:
    """Ada's picture, whose state is kept."""
    message, job = await begun(stage, stage.ada)
    kept, state = await stage.queue.keep(picture("white")), await stage.queue.keep(b"state")
    await stage.worker.end(job, Finished(picture=kept, state=state, seconds=1.0))
    await shows(message, "done in")
    await stage.all_shown()
    return job


@pytest.mark.parametrize("label", ["Again", "Vary", "Longer"])
async def test_pressed_twice_by_one_and_once_by_another_it_makes_two_jobs(stage: Stage, label: str) -> None:
    job = await longable(stage)
    (message,) = stage.public_messages()
    presses = [person.begin_press(message, label) for person in (stage.bo, stage.bo, stage.moderator)]
    for press in presses:
        await press.settled.wait()
        assert press.failure is None
    assert (await heard(stage, stage.bo, "Once is enough")).content == TWICE
    await eventually(
        lambda: len([each for each in stage.public_messages() if "waiting" in each.content]) == 2
    )
    made = await children(stage, job)
    assert sorted(each.owner.name for each in made) == ["Bo", "Mo"]
    assert [message for message in stage.public_messages() if "this picture" in message.content] != []
    assert stage.whispers(stage.moderator) == []


async def test_the_buttons_below_a_picture(stage: Stage) -> None:
    await longable(stage)
    (message,) = stage.public_messages()
    assert labels(message) == [["Vary", "Again", "Remix", "Longer"], ["★", "Share trick", "Delete"]]


async def test_vary_begins_with_the_picture_and_another_seed(stage: Stage) -> None:
    message, job = await painted(stage, stage.ada)
    await stage.press(stage.bo, message, "Vary")
    varied = await stage.worker.next_job()
    assert varied.recipe.image is not None
    assert varied.recipe.seed != job.recipe.seed
    assert varied.recipe.phrases == job.recipe.phrases
    data = await stage.queue.fetch(varied.recipe.image)
    assert Image.open(io.BytesIO(data or b"")).getpixel((0, 0)) == (255, 255, 255)


async def test_vary_of_a_diffusion_paints_half_of_it_over(stage: Stage) -> None:
    message, _ = await painted(stage, stage.ada, "a hut --backend diffusion")
    await stage.press(stage.bo, message, "Vary")
    varied = await stage.worker.next_job()
    assert (varied.recipe.image is not None, varied.recipe.strength) == (True, 0.5)


async def test_longer_goes_on_from_the_last_state_for_half_as_long_again(stage: Stage) -> None:
    job = await longable(stage)
    (message,) = stage.public_messages()
    await stage.fell_bot()
    await stage.raise_bot()
    await stage.press(stage.bo, message, "Longer")
    longer = await stage.worker.next_job()
    assert longer.recipe == job.recipe.model_copy(update={"steps": 180, "legs": (Leg(until=120, steps=120),)})
    assert longer.done == 120
    assert await stage.queue.fetch(longer.state or "") == b"state"
    await stage.queue.redis.delete(keys.blob(longer.state or ""))
    await stage.press(stage.ada, message, "Longer")
    await heard(stage, stage.ada, "Its state is not kept (any more), so it cannot go on")


@pytest.mark.parametrize("label", ["Again", "Vary", "Remix", "★", "Delete"])
async def test_a_record_that_is_forgotten_is_said(stage: Stage, label: str) -> None:
    message, job = await painted(stage, stage.ada)
    await stage.queue.redis.delete(keys.record(job.id))
    await stage.press(stage.ada, message, label)
    await heard(stage, stage.ada, f"I know no job `{job.id}`")
    await eventually(lambda: stage.public_messages() == [message])


async def test_longer_brings_what_was_stopped_to_its_end(stage: Stage) -> None:
    message, job = await begun(stage, stage.ada)
    kept, state = await stage.queue.keep(picture("white")), await stage.queue.keep(b"state")
    await stage.worker.end(job, Stopped(by=job.owner, step=30, picture=kept, state=state))
    await shows(message, "stopped at step 30")
    await stage.press(stage.ada, message, "Longer")
    longer = await stage.worker.next_job()
    assert (longer.recipe, longer.done) == (job.recipe, 30)


async def test_remix_begins_with_what_was_typed_and_keeps_the_pictures(stage: Stage) -> None:
    message = await stage.imagine(
        stage.ada, "a hut | fog:0.5 --seed 7", image=("start.png", picture("red", side=64))
    )
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await shows(message, "done in")
    modal = (await stage.press(stage.bo, message, "Remix")).modal
    assert modal is not None
    assert modal.field("prompt").value == "a hut | fog:0.5 --seed 7"
    await stage.fell_bot()
    await stage.raise_bot()
    sent = [stage.bo.begin_fill(modal, {"prompt": "a castle --seed 9"}) for _ in range(2)]
    for one in sent:
        await one.settled.wait()
    assert (await heard(stage, stage.bo, "Once")).content == TWICE
    made = await stage.worker.next_job()
    assert (made.parent, made.typed, made.owner.name) == (job.id, "a castle --seed 9", "Bo")
    assert (made.recipe.words, made.recipe.seed, made.recipe.image) == ("a castle", 9, job.recipe.image)
    assert len(await children(stage, job)) == 1


async def test_remix_of_a_steered_picture_begins_with_the_words_at_its_end(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a castle | fog --seed 7 --steps 100")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    steered = turned(job.recipe, (Phrase(text="a sunset"), Phrase(text="fog")), 10)
    assert await stage.queue.store.note(job.id, stage.worker.holder or "", turned=steered.model_dump_json())
    await stage.worker.finish(job)
    end = await shows(message, "done in")
    assert "10%,0" in end.content, "its course, in short"
    modal = (await stage.press(stage.bo, message, "Remix")).modal
    assert modal is not None
    assert modal.field("prompt").value.startswith("fog | a sunset --")


async def test_remix_says_all_that_was_asked_for_in_fields_too(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut", size="64x32", steps=30)
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await shows(message, "done in")
    modal = (await stage.press(stage.bo, message, "Remix")).modal
    assert modal is not None
    assert "--size 64x32 --steps 30" in modal.field("prompt").value
    assert "--seed" not in modal.field("prompt").value
    await stage.bo.fill(modal, prompt=modal.field("prompt").value)
    made = await stage.worker.next_job()
    assert made.recipe == job.recipe.model_copy(update={"seed": made.recipe.seed})


async def test_a_remix_that_cannot_be_read_is_answered_and_may_be_sent_again(stage: Stage) -> None:
    message, _ = await painted(stage, stage.ada)
    modal = (await stage.press(stage.bo, message, "Remix")).modal
    assert modal is not None
    await stage.bo.fill(modal, prompt="a hut --sede 7")
    await heard(stage, stage.bo, "`--sede`")
    assert len(stage.public_messages()) == 1


async def test_a_star_is_counted_and_nobody_stars_their_own(stage: Stage) -> None:
    message, job = await painted(stage, stage.ada)
    await stage.press(stage.ada, message, "★")
    await heard(stage, stage.ada, "you cannot star a picture that you asked for")
    assert labels(message)[-1][0] == "★"
    presses = [stage.bo.begin_press(message, "★") for _ in range(2)]
    for press in presses:
        await press.settled.wait()
    await eventually(lambda: labels(message)[-1][0] == "★ 1")
    await heard(stage, stage.bo, "It has your star, its first.")
    await stage.fell_bot()
    await stage.raise_bot()
    stage.moderator.speaks("de")
    await stage.press(stage.moderator, message, "★ 1")
    await eventually(lambda: labels(message)[-1][0] == "★ 2")
    await heard(stage, stage.moderator, "Es hat deinen Stern, und 2 insgesamt.")
    assert await stage.queue.stars.of(job.id) == 2
    assert labels(message) == [["Vary", "Again", "Remix"], ["★ 2", "Share trick", "Delete"]], (
        "the others are as they were"
    )
    await stage.press(stage.bo, message, "Again")
    assert (await stage.worker.next_job()).parent == job.id


async def test_delete_asks_back_and_leaves_nothing(stage: Stage) -> None:
    message, job = await painted(stage, stage.ada)
    record = await stage.queue.record(job.id)
    await stage.press(stage.bo, message, "Delete")
    assert (await heard(stage, stage.bo, "Only Ada")).content == "Only Ada or a moderator can delete this."
    await stage.press(stage.ada, message, "Delete")
    asked = await heard(stage, stage.ada, "cannot be undone")
    assert not message.deleted, "not yet"
    await stage.fell_bot()
    await stage.raise_bot()
    await stage.press(stage.ada, asked, "Yes, delete it")
    await eventually(lambda: asked.content == "It is deleted.")
    assert message.deleted
    assert asked.buttons == []
    with pytest.raises(NoSuchJob):
        await stage.queue.record(job.id)
    for name in blobs(record):
        assert await stage.queue.fetch(name) is None
    assert await audit.newest(stage.queue.redis) == [], "an author's own picture is their own matter"


async def test_a_moderators_delete_is_written_down_and_two_have_one_effect(stage: Stage) -> None:
    message, job = await painted(stage, stage.ada)
    for person in (stage.ada, stage.moderator):
        await stage.press(person, message, "Delete")
    asked = [await heard(stage, person, "cannot be undone") for person in (stage.ada, stage.moderator)]
    await stage.press(stage.moderator, asked[1], "Yes, delete it")
    await eventually(lambda: message.deleted)
    await stage.press(stage.ada, asked[0], "Yes, delete it")
    await eventually(lambda: asked[0].content == "It is gone already.")
    (deed,) = await audit.newest(stage.queue.redis)
    assert (deed.action, deed.by.name, deed.job) == ("job.delete", "Mo", job.id)
    assert deed.about["words"] == "a hut"


async def test_a_confirmation_that_was_given_to_another_is_none(stage: Stage) -> None:
    message, job = await painted(stage, stage.ada)
    forge(message, f"dream:delete-now:{job.id}")
    await stage.press(stage.bo, message, f"dream:delete-now:{job.id}")
    await heard(stage, stage.bo, "Only Ada or a moderator can delete this.")
    assert not message.deleted


async def test_a_picture_of_another_server_is_unknown_to_who_forges_its_id(stage: Stage) -> None:
    message, _ = await painted(stage, stage.ada)
    elsewhere, job = await painted(stage, stage.ada, "a barn")
    record = await stage.queue.record(job.id)
    assert record.reply is not None
    away = record.reply.model_copy(update={"server": 1, "channel": 2})
    await stage.queue.redis.hset(keys.record(job.id), "reply", away.model_dump_json())  # type: ignore[misc]
    for number, verb in enumerate(("again", "vary", "remix", "longer", "star", "one", "keep", "delete"), 1):
        forge(message, f"dream:{verb}:{job.id}:1")
        await stage.press(stage.bo, message, f"dream:{verb}:{job.id}:1")
        await eventually(lambda number=number: len(stage.whispers(stage.bo)) == number)
    told = [whisper.content for whisper in stage.whispers(stage.bo)]
    assert all(f"I know no job `{job.id}`" in each for each in told[:-1]), told
    assert told[-1] == "Only Ada or a moderator can delete this."
    await eventually(lambda: stage.public_messages() == [message, elsewhere])


async def test_deleting_what_is_still_painted_cancels_it(stage: Stage) -> None:
    message, job = await painting(stage, stage.ada)
    forge(message, f"dream:delete:{job.id}")
    await stage.press(stage.ada, message, f"dream:delete:{job.id}")
    await stage.press(stage.ada, await heard(stage, stage.ada, "undone"), "Yes, delete it")
    order = await stage.worker.order(job)
    assert isinstance(order, Cancel)
    await eventually(lambda: message.deleted)
    await stage.worker.end(job, Cancelled(by=order.by))
    async with asyncio.timeout(10):
        while await stage.queue.redis.exists(keys.record(job.id)):  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_one_picture_of_a_sheet_becomes_a_picture_of_its_own(stage: Stage) -> None:
    message, job = await painted_grid(stage, stage.ada, "a {red,lime,blue,white} hut --seed 7")
    assert labels(message) == [["Again", "Remix"], ["★", "Share trick", "Delete"], ["1", "2", "3", "4"]]
    presses = [stage.bo.begin_press(message, "3") for _ in range(2)]
    for press in presses:
        await press.settled.wait()
    await heard(stage, stage.bo, "Once is enough")
    single = await eventually(lambda: stage.public_messages()[1:])
    end = await shows(single[0], "done")
    assert "a blue hut" in end.content
    assert "for Bo" in end.content
    assert "[this picture]" in end.content, "it links the sheet"
    (file,) = end.attachments
    assert Image.open(io.BytesIO(file.content)).getpixel((0, 0)) == (0, 0, 255)
    assert read_recipe(file.content).words == "a blue hut"
    await stage.all_shown()
    assert labels(single[0]) == [["Vary", "Again", "Remix"], ["★", "Share trick", "Delete"]]
    own = file.filename.removesuffix(".png")
    assert await stage.queue.erase(own)
    assert (await stage.queue.record(job.id)).ending is not None
    await stage.press(stage.ada, message, "3")
    (another,) = await eventually(lambda: stage.public_messages()[2:])
    assert (await shows(another, "for Ada")).attachments, "the sheet's own is still there"
    await stage.all_shown()


async def test_the_best_of_sixteen_has_room_for_all_buttons() -> None:
    recipe = Recipe(phrases=(Phrase(text="a hut"),), candidates=16)
    job = Job(id="0" * 12, recipe=recipe, owner=Owner(id="1", name="Ada"), created=0.0)
    part = KeptPart(label="seed 1", picture="key", recipe=alone(recipe, 1), step=3)
    for state in ("key", None):
        view = buttons(job.id, *verbs.ended(job, Finished(picture="key", parts=(part,) * 16, state=state)))
        assert len(view.children) == (23 if state else 22)
        assert len(view.to_components()) == 5


async def test_a_sheet_of_sixteen_has_room_for_all_its_numbers(stage: Stage) -> None:
    message, _ = await painted_grid(stage, stage.ada, "a {a,b,c,d} {e,f,g,h}")
    rows = labels(message)
    assert [len(row) for row in rows] == [5, 5, 5, 5, 1]
    assert [label for row in rows[1:] for label in row] == [str(number) for number in range(1, 17)]


async def test_what_is_not_possible_any_more_is_said_in_the_members_language(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut", image=("start.png", picture("red", side=64)))
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await shows(message, "done in")
    await stage.queue.redis.delete(keys.blob(job.recipe.image or ""))
    stage.bo.speaks("de")
    await stage.press(stage.bo, message, "Again")
    await heard(stage, stage.bo, "Das Anfangsbild wird nicht mehr aufbewahrt")
    asked = await stage.bo.slash("imagine", prompt="a hut", image=Upload("notes.txt", b"words"))
    assert asked.failed is None
    await heard(stage, stage.bo, "Das ist kein Bild, sondern `text/plain")


async def test_in_german_a_job_whose_message_is_gone_was_cancelled_by_somebody(stage: Stage) -> None:
    stage.ada.speaks("de")
    message, job = await begun(stage, stage.ada)
    await stage.moderator.delete(message)
    await stage.worker.paint(job, 5)
    order = await stage.worker.order(job)
    assert order.by.name == "jemandem, der die Nachricht gelöscht hat"
