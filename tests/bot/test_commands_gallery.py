"""/gallery: pages of pictures with their authors, seen by who opened them and living through a restart."""

from __future__ import annotations

from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, shows

from dreampractice import Person
from dreampractice.messages import Message
from dreamqueue.job import Job, Owner


async def painted(stage: Stage, person: Person, prompt: str, colour: str) -> tuple[Message, Job]:
    """A job that is done, and its message."""
    message = await stage.imagine(person, prompt)
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job, colour)
    await shows(message, "done in")
    return message, job


async def opened(stage: Stage, person: Person, **options: object) -> Message:
    """A gallery."""
    asked = await person.slash("gallery", **options)
    assert asked.reply is not None
    assert asked.reply.only_for is person.user
    return asked.reply


async def test_my_pictures_the_newest_first_through_a_restart(stage: Stage) -> None:
    await shows(await opened(stage, stage.ada), "You have no pictures here yet")
    first, _ = await painted(stage, stage.ada, "a hut", "red")
    await painted(stage, stage.bo, "a barn", "green")
    await painted(stage, stage.ada, "a castle @everyone", "blue")
    mine = await opened(stage, stage.ada)
    page = await shows(mine, "your pictures, 1 of 2")
    assert "**a castle \\@\u200beveryone**" in page.content
    assert [file.content for file in page.attachments] == [picture("blue")]
    await stage.fell_bot()
    await stage.raise_bot()
    await stage.press(stage.ada, mine, "▶")
    page = await shows(mine, "your pictures, 2 of 2")
    assert [file.content for file in page.attachments] == [picture("red")]
    assert f"/{first.id})" in page.content
    assert [button.label for button in mine.buttons] == ["◀", "Again", "The best"]
    await stage.press(stage.ada, mine, "The best")
    await shows(mine, "No picture of this server has a ★ yet.")
    assert mine.attachments == []


async def test_the_best_by_stars_crediting_who_asked(stage: Stage) -> None:
    await painted(stage, stage.ada, "a hut", "red")
    _, barn = await painted(stage, stage.bo, "a barn", "green")
    await stage.queue.stars.toggle(barn.id, Owner(id="77", name="somebody"))
    best = await opened(stage, stage.ada, whose="best")
    page = await shows(best, "the best of this server, 1 of 1")
    assert "**a barn**\nfor Bo · ★ 1 · " in page.content
    assert [file.content for file in page.attachments] == [picture("green")]


async def test_what_hangs_where_i_may_not_look_is_left_out(stage: Stage) -> None:
    _, barn = await painted(stage, stage.ada, "a barn", "green")
    await stage.queue.stars.toggle(barn.id, Owner(id="77", name="somebody"))
    stage.discord.set_permissions("art", stage.bo.user.id, deny=("view_channel",))
    asked = await stage.bo.slash("gallery", channel="general", whose="best")
    assert asked.reply is not None
    await shows(asked.reply, "No picture of this server has a ★ yet.")


async def test_a_forged_page_is_the_nearest_one_or_refused(stage: Stage) -> None:
    await painted(stage, stage.ada, "a hut", "red")
    mine = await opened(stage, stage.ada)
    await shows(mine, "1 of 1")
    part = mine.components[0]["components"][0]
    part["custom_id"] = "dream:gallery:mine:99999999999999999999"
    await stage.press(stage.ada, mine, part["custom_id"])
    await shows(mine, "1 of 1")
    part = mine.components[0]["components"][0]
    part["custom_id"] = "dream:gallery:yours:1"
    await stage.press(stage.ada, mine, part["custom_id"])
    assert "another time" in stage.whispers(stage.ada)[-1].content
