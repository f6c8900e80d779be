"""What members press while a picture is painted: Steer, Keep this frame, and which candidate goes on."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image
from tests.bot.pressing import TWICE, begun, forge, heard, labels, painting
from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, eventually, shows

from dreamqueue import audit, keys
from dreamqueue.choosing import alone, chosen
from dreamqueue.events import ORDER, Choose, Frame, Steer
from dreamqueue.job import Cancelled, Job, Owner, Stopped
from dreamqueue.kept import MOST_A_MINUTE
from dreamqueue.png import read_recipe


async def turns(stage: Stage, job: Job) -> list[Steer]:
    """What the job was asked to turn to, as it lies in the record."""
    orders = [ORDER.validate_json(raw) for raw in (await stage.queue.record(job.id)).asked.values()]
    return [order for order in orders if isinstance(order, Steer)]


async def test_the_buttons_of_a_painting_grow_with_its_frames(stage: Stage) -> None:
    message, job = await begun(stage, stage.ada)
    assert labels(message) == [["Stop and keep", "Cancel", "Steer"]]
    await stage.worker.paint(job, 5)
    await shows(message, "step 5")
    assert labels(message) == [["Stop and keep", "Cancel", "Steer", "Keep this frame"]]


async def test_the_author_steers_in_a_dialog_that_lives_through_a_restart(stage: Stage) -> None:
    stage.ada.speaks("de")
    message, job = await painting(stage, stage.ada, "a hut | fog:0.5..0 --seed 7")
    assert labels(message)[0][2] == "Lenken"
    modal = (await stage.press(stage.ada, message, "Lenken")).modal
    assert modal is not None
    assert modal.title == "Ab hier andere Worte"
    before = modal.field("words").value
    assert before.startswith("a hut")
    assert "fog" not in before, "it has faded by the end"
    await stage.fell_bot()
    await stage.raise_bot()
    sent = [stage.ada.begin_fill(modal, {"words": "a castle | fog"}) for _ in range(2)]
    for one in sent:
        await one.settled.wait()
        assert one.failure is None
    await heard(stage, stage.ada, "Vom nächsten Schritt an wird daraus: a castle")
    await heard(stage, stage.ada, "Einmal reicht")
    (turn,) = await turns(stage, job)
    assert [phrase.text for phrase in turn.phrases] == ["a castle", "fog"]
    assert turn.by == job.owner


async def test_a_stranger_does_not_steer_and_a_moderators_turn_is_written_down(stage: Stage) -> None:
    message, job = await painting(stage, stage.ada)
    assert (await stage.press(stage.bo, message, "Steer")).modal is None
    await heard(stage, stage.bo, "Only Ada or a moderator can steer this.")
    modal = (await stage.press(stage.moderator, message, "Steer")).modal
    assert modal is not None
    await stage.bo.fill(modal, words="bad things")
    assert len(stage.whispers(stage.bo)) == 2, "the dialog's answer is looked at too"
    await stage.moderator.fill(modal, words="a flower")
    await heard(stage, stage.moderator, "a flower")
    assert [turn.by.name for turn in await turns(stage, job)] == ["Mo"]
    assert [deed.action for deed in await audit.newest(stage.queue.redis)] == ["job.steer"]


async def test_what_cannot_be_steered_or_read_is_said(stage: Stage) -> None:
    message, job = await painting(stage, stage.ada, "a hut --seed 7 --candidates 3", step=5)
    forge(message, f"dream:steer:{job.id}")
    await stage.press(stage.ada, message, f"dream:steer:{job.id}")
    await heard(stage, stage.ada, "it cannot be steered")
    single, other = await painting(stage, stage.ada, "a barn")
    modal = (await stage.press(stage.ada, single, "Steer")).modal
    assert modal is not None
    await stage.ada.fill(modal, words="a castle --steps 9")
    await heard(stage, stage.ada, "only the words can change on the way")
    await stage.worker.finish(other)
    await shows(single, "done in")
    await stage.ada.fill(modal, words="a castle")
    await heard(stage, stage.ada, "ended already")
    assert await turns(stage, other) == []


async def test_anybody_keeps_the_frame_that_is_shown(stage: Stage) -> None:
    message, job = await painting(stage, stage.ada, colour="blue")
    await stage.fell_bot()
    versions = len(message.history)
    await stage.raise_bot()
    await eventually(lambda: len(message.history) > versions)
    later = Frame(job=job.id, step=9, steps=120, score=0.3, seconds=9, image=picture("red", "JPEG"))
    head = later.model_dump_json(exclude={"image"})
    await stage.queue.redis.xadd(keys.frame(job.id), {"head": head, "image": later.image}, maxlen=1)
    presses = [person.begin_press(message, "Keep this frame") for person in (stage.bo, stage.bo, stage.ada)]
    for press in presses:
        await press.settled.wait()
        assert press.failure is None
    assert (await heard(stage, stage.bo, "Once")).content == TWICE
    kept = await eventually(
        lambda: [m for m in stage.public_messages()[1:] if "kept at step 5 by Bo" in m.content]
    )
    await eventually(lambda: [m for m in stage.public_messages() if "kept at step 5 by Ada" in m.content])
    assert len(stage.public_messages()) == 3
    (file,) = kept[0].attachments
    shown = Image.open(io.BytesIO(file.content))
    red, green, blue = shown.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert (shown.format, red < 9, green < 9, blue > 240) == ("PNG", True, True, True), (
        "not the newer, red one"
    )
    assert read_recipe(file.content) == job.recipe
    assert "[this picture]" in kept[0].content
    assert labels(kept[0]) == [["Vary", "Again", "Remix"], ["★", "Share trick", "Delete"]]
    own = await stage.queue.record(file.filename.removesuffix(".png"))
    assert (own.job.owner.name, own.job.parent) == ("Bo", job.id)
    assert isinstance(own.ending, Stopped)
    assert (await stage.queue.record(job.id)).ending is None, "it is painted on"
    other = next(m for m in stage.public_messages() if "by Ada" in m.content)
    await stage.queue.erase(own.job.id)
    forgotten = other.attachments[0].filename.removesuffix(".png")
    ending = (await stage.queue.record(forgotten)).ending
    assert isinstance(ending, Stopped)
    assert await stage.queue.fetch(ending.picture) is not None, "each has bytes of its own"
    await stage.worker.finish(job)
    await stage.all_shown()


async def test_a_member_keeps_so_many_frames_a_minute(stage: Stage) -> None:
    message, job = await painting(stage, stage.ada)
    await stage.queue.redis.set(keys.adopted(str(stage.bo.user.id)), MOST_A_MINUTE - 1, px=60_000)
    kept = (await stage.press(stage.bo, message, "Keep this frame")).reply
    assert kept is not None
    await shows(kept, "kept at step 5")
    await stage.worker.paint(job, 6)
    await shows(message, "step 6")
    await stage.press(stage.bo, message, "Keep this frame")
    await heard(stage, stage.bo, f"You took {MOST_A_MINUTE} pictures for your own within a minute.")
    assert (await stage.press(stage.moderator, message, "Keep this frame")).reply is not None, "others may"


async def test_without_a_picture_in_the_message_the_newest_that_is_left_is_kept(stage: Stage) -> None:
    message, job = await begun(stage, stage.ada)
    forge(message, f"dream:keep:{job.id}")
    await stage.press(stage.bo, message, f"dream:keep:{job.id}")
    await heard(stage, stage.bo, "There is no frame to keep")
    data = await stage.queue.keep(picture("lime"))
    await stage.queue.store.note_kept(job.id, stage.worker.holder or "", 12, data)
    forge(message, f"dream:keep:{job.id}")
    await stage.press(stage.bo, message, f"dream:keep:{job.id}")
    kept = await eventually(lambda: [m for m in stage.public_messages() if "kept at step 12" in m.content])
    assert Image.open(io.BytesIO(kept[0].attachments[0].content)).getpixel((0, 0)) == (0, 255, 0)
    await stage.worker.end(job, Cancelled(by=Owner(id="1", name="x")))
    await stage.all_shown()


TRIED = "a hut --seed 7 --steps 100 --candidates 7 --trial 30%"


async def test_one_of_the_candidates_is_chosen_while_they_are_tried(stage: Stage) -> None:
    message, job = await painting(stage, stage.ada, TRIED)
    assert labels(message) == [
        ["Stop and keep", "Cancel", "Keep this frame", "Best by CLIP"],
        ["1", "2", "3", "4"],
        ["5", "6", "7"],
    ]
    assert "Which one goes on? Press its number before step 30" in message.content
    await stage.press(stage.bo, message, "4")
    await heard(stage, stage.bo, "Only Ada or a moderator can choose a candidate of this.")
    presses = [stage.ada.begin_press(message, "4") for _ in range(2)]
    for press in presses:
        await press.settled.wait()
    await heard(stage, stage.ada, "Number 4 goes on at step 30.")
    await stage.worker.paint(job, 6)
    await shows(message, "Number 4 goes on at step 30: Ada chose it.")
    await stage.fell_bot()
    await stage.raise_bot()
    await stage.press(stage.moderator, message, "6")
    await heard(stage, stage.moderator, "Number 6 goes on")
    await stage.worker.paint(job, 7)
    await shows(message, "Number 6 goes on at step 30: Mo chose it.")
    record = await stage.queue.record(job.id)
    assert len(record.asked) == 2
    assert (chosen(record) or Choose(job="", by=job.owner)).pick == 6
    assert [deed.action for deed in await audit.newest(stage.queue.redis)] == ["job.choose"]
    one = alone(job.recipe, 6)
    taken = dict.fromkeys(record.asked, "")
    assert await stage.queue.store.note(
        job.id, stage.worker.holder or "", turned=one.model_dump_json(), **taken
    )
    await stage.worker.paint(job, 31)
    await shows(message, "step 31 of 100")
    assert "seed 12" in message.content
    assert "Which one" not in message.content
    assert labels(message) == [["Stop and keep", "Cancel", "Steer", "Keep this frame"]]


async def test_the_best_by_clip_ends_the_trial_and_late_presses_are_told(stage: Stage) -> None:
    message, job = await painting(stage, stage.ada, TRIED)
    before = json.loads(json.dumps(message.components[0]))
    await stage.press(stage.ada, message, "Best by CLIP")
    await heard(stage, stage.ada, "The best one goes on now.")
    order = chosen(await stage.queue.record(job.id))
    assert order is not None
    assert order.pick is None
    await stage.worker.paint(job, 30)
    await shows(message, "step 30 of 100")
    assert labels(message) == [["Stop and keep", "Cancel", "Keep this frame"]], "there is nothing to choose"
    message.components[0].update(before)
    await stage.press(stage.ada, message, "Best by CLIP")
    await heard(stage, stage.ada, "They have been tried already")
    for forged in ("choose:99", "choose:x", "choose"):
        forge(
            message,
            f"dream:{forged}:{job.id}" if ":" not in forged else f"dream:choose:{job.id}:{forged[7:]}",
        )
        count = len(stage.whispers(stage.ada))
        await stage.press(stage.ada, message, message.components[0]["components"][0]["custom_id"])
        await eventually(lambda count=count: len(stage.whispers(stage.ada)) > count)
        assert "from another time" in stage.whispers(stage.ada)[-1].content


async def test_the_numbers_of_sixteen_have_room(stage: Stage) -> None:
    message, _ = await painting(stage, stage.ada, "a hut --candidates 16 --steps 60", step=2)
    assert [len(row) for row in labels(message)] == [4, 4, 4, 4, 4]


@pytest.mark.parametrize("label", ["Stop and keep", "Cancel", "Steer", "Best by CLIP", "3"])
async def test_each_says_who_may_press_it(stage: Stage, label: str) -> None:
    message, job = await painting(stage, stage.ada, TRIED)
    forge(message, f"dream:steer:{job.id}") if label == "Steer" else None
    await stage.press(stage.bo, message, f"dream:steer:{job.id}" if label == "Steer" else label)
    await heard(stage, stage.bo, "Only Ada or a moderator can ")
    assert (await stage.queue.record(job.id)).asked == {}
