"""/again, /grid and /show: what is typed, what is seen, and what is refused."""

from __future__ import annotations

import pytest
from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, eventually, shows

from dreambot.copies import note_copy
from dreampractice import Person
from dreampractice.messages import Message
from dreamqueue.job import Job


async def painted(stage: Stage, person: Person, prompt: str = "a hut --seed 7") -> tuple[Message, Job]:
    """A job that is done, and its message."""
    message = await stage.imagine(person, prompt)
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await shows(message, "done in")
    return message, job


async def told(stage: Stage, person: Person, count: int = 1) -> str:
    """The words of the newest whisper, once there are so many."""
    whispers = await eventually(lambda: found if len(found := stage.whispers(person)) >= count else None)
    return str(whispers[-1].content)


async def test_again_paints_my_last_picture_with_another_seed(stage: Stage) -> None:
    await stage.ada.slash("again")
    assert "You have not asked for a picture yet" in await told(stage, stage.ada)
    message, job = await painted(stage, stage.ada, "a hut | fog:0.5 --no people --seed 7")
    asked = await stage.ada.slash("again")
    assert asked.reply is not None
    shown = await shows(asked.reply, "waiting")
    again = await stage.worker.next_job()
    assert (again.parent, again.recipe.seed != 7) == (job.id, True)
    assert again.recipe == job.recipe.model_copy(update={"seed": again.recipe.seed})
    link = f"https://discord.com/channels/{stage.discord.world.guild_id}/{message.channel.id}/{message.id}"
    assert f"from [this picture]({link})" in shown.content


async def test_my_own_pictures_are_proposed_and_nobody_elses(stage: Stage) -> None:
    _, own = await painted(stage, stage.ada, "a hut")
    await painted(stage, stage.bo, "a hut of bo")
    choices = await stage.ada.autocomplete("again", option="picture", typed="hut")
    assert choices == [{"name": f"{own.id} · a hut", "value": own.id}]
    assert await stage.ada.autocomplete("again", option="picture", typed="castle") == []


async def test_changes_replace_what_they_name_and_leave_the_rest(stage: Stage) -> None:
    _, job = await painted(stage, stage.ada, "a hut | fog:0.5 --seed 7 --size 64x48 --steps 50 --tv 2")
    await stage.bo.slash("again", picture=f"SPOILER_{job.id}.png", changes="--steps 20 --no people")
    first = await stage.worker.next_job()
    assert first.recipe.words == "a hut | fog:0.5 | people:-0.5"
    assert (first.recipe.steps, first.recipe.width, first.recipe.height, first.recipe.tv) == (20, 64, 48, 2.0)
    assert (first.owner.name, first.parent) == ("Bo", job.id)
    await stage.queue.cancel(first.id, first.owner)
    await stage.ada.slash("again", picture=job.id, changes="a castle --seed 3")
    second = await stage.worker.next_job()
    assert (second.recipe.words, second.recipe.seed, second.recipe.steps) == ("a castle", 3, 50)


async def test_changes_that_cannot_be_are_refused_to_nobody_else(stage: Stage) -> None:
    _, job = await painted(stage, stage.ada)
    await stage.ada.slash("again", picture=job.id, changes="--steps many")
    assert "`--steps many`" in await told(stage, stage.ada)
    await stage.ada.slash("again", picture="../../etc/passwd`@everyone")
    assert (await told(stage, stage.ada, 2)).startswith("I know no job `../../etc/passwd'@everyone`")
    assert len(stage.public_messages()) == 1


async def test_a_grid_fills_the_places_and_says_how_many_pictures(stage: Stage) -> None:
    asked = await stage.ada.slash(
        "grid", words="a {first} made of {2}", first="snail, penguin, snail", second="harp; piano"
    )
    assert asked.reply is not None
    await shows(asked.reply, "4 pictures")
    job = await stage.worker.next_job()
    assert job.recipe.words == "a {snail,penguin} made of {harp,piano}"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"words": "a {first}", "first": ",".join(map(str, range(17)))}, "make 17 pictures"),
        ({"words": "a hut", "first": "red, blue"}, "please write {first} where it goes"),
        ({"words": "a {first} {second}", "first": "red, blue"}, "nothing was given for {second}"),
        ({"words": "a {first}", "first": "{}, ,"}, "nothing between the commas"),
        ({"words": "a {first}", "first": "snail"}, "That is one picture"),
    ],
)
async def test_a_grid_that_cannot_be_is_refused(stage: Stage, options: dict[str, object], why: str) -> None:
    await stage.ada.slash("grid", options=options)
    assert why in await told(stage, stage.ada)
    assert stage.public_messages() == []


async def test_show_posts_a_picture_again_with_its_buttons_and_a_link(stage: Stage) -> None:
    message, job = await painted(stage, stage.ada)
    asked = await stage.bo.slash("show", picture=job.id)
    assert asked.reply is not None
    shown = await shows(asked.reply, "done in")
    assert [file.content for file in shown.attachments] == [picture("white")]
    assert f"/{message.channel.id}/{message.id})" in shown.content
    assert [b.label for b in asked.reply.buttons] == [b.label for b in message.buttons]


async def test_show_tells_how_far_a_job_is(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut")
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    asked = await stage.bo.slash("show", picture=job.id)
    assert asked.reply is not None
    await shows(asked.reply, "waiting, next")
    await stage.worker.begin(job)
    await stage.worker.paint(job, 5)
    await shows(message, "step 5 of 120")
    again = await stage.bo.slash("show", picture=job.id)
    assert again.reply is not None
    assert (await shows(again.reply, "step 5 of 120")).attachments


async def test_show_knows_nothing_of_other_servers_or_closed_channels(stage: Stage) -> None:
    _, job = await painted(stage, stage.ada)
    reply = (await stage.queue.record(job.id)).reply
    assert reply is not None
    elsewhere = reply.model_copy(update={"server": 1})
    await stage.queue.redis.hset(f"dream:job:{job.id}", "reply", elsewhere.model_dump_json())  # type: ignore[misc]
    await stage.ada.slash("show", picture=job.id)
    unknown = await told(stage, stage.ada)
    await stage.queue.redis.hset(f"dream:job:{job.id}", "reply", reply.model_dump_json())  # type: ignore[misc]
    stage.discord.set_permissions("art", stage.bo.user.id, deny=("view_channel",))
    await stage.bo.slash("show", channel="general", picture=job.id)
    whispers = await eventually(lambda: stage.whispers(stage.bo, "general"))
    assert whispers[-1].content == unknown
    assert unknown.startswith(f"I know no job `{job.id}`")


@pytest.mark.parametrize("how", ["delete", "forget me", "erased meanwhile"])
async def test_what_show_posted_goes_with_the_picture(stage: Stage, how: str) -> None:
    message, job = await painted(stage, stage.ada)
    other, _ = await painted(stage, stage.bo, "a barn")
    await stage.all_shown()
    posted = [(await stage.bo.slash("show", picture=job.id)).reply for _ in range(2)]
    for copy in posted:
        assert copy is not None
        await shows(copy, "done in")
    kept = (
        await stage.ada.slash("show", picture=(await stage.queue.jobs_of(stage.bo.user.id))[0].job.id)
    ).reply
    assert kept is not None
    await shows(kept, "done in")
    await stage.all_answered()
    await stage.fell_bot()
    await stage.raise_bot()
    if how == "delete":
        await stage.press(stage.ada, message, "Delete")
        sure = await eventually(lambda: stage.whispers(stage.ada))
        await stage.press(stage.ada, sure[-1], "Yes, delete it")
        await shows(sure[-1], "It is deleted.")
    elif how == "forget me":
        question = (await stage.ada.slash("privacy forget-me")).reply
        assert question is not None
        await stage.press(stage.ada, question, "Forget me")
        await shows(question, "You are forgotten: 1 jobs erased, 3 messages deleted.")
    else:
        record = await stage.queue.record(job.id)
        await stage.queue.erase(job.id)
        assert stage.bot is not None
        assert posted[0] is not None
        for copy in posted:
            assert copy is not None
            await note_copy(stage.bot, record, int(copy.channel.id), int(copy.id))
    assert all(copy is not None and copy.deleted for copy in posted)
    assert not kept.deleted
    assert not other.deleted
    assert not await stage.queue.redis.exists(f"dream:copies:{job.id}")
