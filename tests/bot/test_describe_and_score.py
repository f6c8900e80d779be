"""/describe and /score through Discord, answered by a real worker with the pocket critics."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator

import pytest
from PIL import Image
from pydantic import SecretStr
from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, eventually, shows
from tests.fakes import GreyBackend
from tests.render.on_valkey import worker_here

from dreambot.cogs.score import split
from dreambot.texts import speech
from dreamconfig.settings import WorkerSettings
from dreampractice import Person
from dreampractice.body import Upload
from dreampractice.messages import Message
from dreamqueue.errors import BadValue
from dreamqueue.job import Finished, KeptPart
from dreamqueue.sights import Seen


@pytest.fixture
async def looked(stage: Stage) -> AsyncIterator[Stage]:
    """A stage with a worker awake."""
    settings = WorkerSettings(
        redis_url=SecretStr(stage.redis_url), worker_name="here", device="cpu", frame_seconds=5
    )
    async with worker_here(settings, GreyBackend()):
        yield stage


def square(colour: str) -> Upload:
    drawn = Image.new("RGB", (96, 96), "white")
    drawn.paste(colour, (24, 24, 72, 72))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return Upload(f"{colour}.png", out.getvalue())


async def told(stage: Stage, person: Person, words: str) -> Message:
    """What only this person sees, once it says so."""

    def found() -> Message | None:
        return next((one for one in stage.whispers(person) if words in one.content), None)

    return await eventually(found, 30)  # type: ignore[no-any-return]


async def test_a_picture_is_described_for_who_asks_and_a_phrase_painted_by_one_press(looked: Stage) -> None:
    await looked.ada.slash("describe", picture=square("red"))
    answer = await told(looked, looked.ada, "What `pocket` likes for this picture")
    phrases = re.findall(r"^\*\*(\d+)\*\* `(.+)` (0\.\d+)$", answer.content, re.MULTILINE)
    assert [int(number) for number, _, _ in phrases] == list(range(1, len(phrases) + 1))
    assert len(phrases) >= 3
    assert sorted((float(near) for _, _, near in phrases), reverse=True) == [float(one[2]) for one in phrases]
    assert "-# subjects: " in answer.content
    assert [button.label for button in answer.buttons] == [f"Paint {number}" for number, _, _ in phrases]
    await looked.fell_bot()
    await looked.raise_bot()
    presses = [looked.ada.begin_press(answer, "Paint 2") for _ in range(2)]
    for press in presses:
        await press.settled.wait()
        assert press.failure is None
    await told(looked, looked.ada, "Once is enough.")
    (reply,) = looked.public_messages()
    shown = await shows(reply, "done in", 20)
    assert shown.content.startswith(f"**{phrases[1][1]}**")
    assert not reply.ephemeral
    posted = await looked.bo.say("art", "look", files=[square("blue")])
    await looked.bo.use(posted, "Describe")
    assert (await told(looked, looked.bo, "What `pocket` likes")).content != answer.content
    empty = await looked.ada.say("art", "no picture")
    await looked.bo.use(empty, "Describe")
    await told(looked, looked.bo, "There is no picture in this message.")


async def test_scores_are_numbers_and_ranks(looked: Stage) -> None:
    await looked.ada.slash(
        "score",
        words="a dog in the snow | a red square; a blue square",
        picture=square("red"),
        critic="pocket",
    )
    answer = await told(looked, looked.ada, "Cosine similarity by `pocket`")
    rows = re.findall(r"^ *(-?[\d.]+) +#(\d)  (.+)$", answer.content, re.MULTILINE)
    assert [rank for _, rank, _ in rows] == ["1", "2", "3"]
    assert rows[0][2] == "a red square"
    assert [float(near) for near, _, _ in rows] == sorted((float(near) for near, _, _ in rows), reverse=True)


async def test_several_pictures_stand_beside_each_other(looked: Stage) -> None:
    await looked.ada.slash(
        "score", words="a red square|a blue square", picture=square("red"), second=square("blue")
    )
    answer = await told(looked, looked.ada, "Cosine similarity")
    rows = {
        words: (first, second)
        for first, second, words in re.findall(r"#(\d) +-?[\d.]+ +#(\d)  (.+)$", answer.content, re.MULTILINE)
    }
    assert rows == {"a red square": ("1", "2"), "a blue square": ("2", "1")}
    assert "-# A: red.png\n-# B: blue.png" in answer.content.replace("\\", "")


async def test_the_pictures_of_a_job(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut --seed 7")
    job = await stage.worker.next_job()
    await stage.ada.slash("describe", job=job.id)
    await told(stage, stage.ada, "This job has no picture.")
    await stage.worker.begin(job)
    hidden = (Seen(concept="gore", score=0.3, over=0.1),)
    keys = [await stage.queue.keep(picture(colour)) for colour in ("red", "blue", "green")]
    parts = tuple(
        KeptPart(label=f"seed {at}", picture=key, recipe=job.recipe, step=1, seen=hidden if at == 2 else ())
        for at, key in enumerate(keys)
    )
    await stage.worker.end(job, Finished(picture=keys[0], parts=parts, seen=hidden))
    await shows(message, "waits until")
    settings = WorkerSettings(redis_url=SecretStr(stage.redis_url), worker_name="here", device="cpu")
    async with worker_here(settings, GreyBackend()):
        await stage.bo.slash("score", words="red|blue", job=f"`{job.id}`")
        answer = await told(stage, stage.bo, "Cosine similarity")
        assert "-# A: seed 0\n-# B: seed 1" in answer.content
        assert "seed 2" not in answer.content, "what is held back is not looked at for anybody"
    for wrong in ("0123456789ab", "../x", "a" * 300):
        await stage.bo.slash("describe", job=wrong)
        await told(stage, stage.bo, f"I know no job `{wrong[:30]}")


async def test_a_job_in_a_channel_that_one_does_not_see_is_none(stage: Stage) -> None:
    await stage.moderator.slash("imagine", channel="mods", prompt="a hut --seed 7")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await stage.ada.slash("describe", job=job.id)
    await told(stage, stage.ada, f"I know no job `{job.id}`")
    await stage.moderator.slash("describe", job=job.id)
    await told(stage, stage.moderator, "No worker that is awake can look")


async def test_what_hangs_in_an_age_restricted_channel_is_looked_at_in_such(bare_stage: Stage) -> None:
    stage = bare_stage
    stage.channel.nsfw = True
    await stage.raise_bot()
    await stage.imagine(stage.ada, "a hut --seed 7")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await stage.all_shown()
    await stage.bo.slash("describe", channel="general", job=job.id)
    await eventually(lambda: f"I know no job `{job.id}`" in said_in(stage, "general"))
    await stage.bo.slash("describe", channel="art", job=f"{job.id}.png")
    await eventually(lambda: "No worker that is awake can look" in said_in(stage, "art"))


def said_in(stage: Stage, channel: str) -> str:
    """What Bo alone sees there."""
    return "\n".join(one.content for one in stage.whispers(stage.bo, channel))


async def test_nobody_awake_and_wrong_files_are_said(stage: Stage) -> None:
    await stage.ada.slash("describe", picture=square("red"))
    await told(stage, stage.ada, "No worker that is awake can look at pictures with `pocket` just now.")
    await stage.ada.slash("describe")
    await told(stage, stage.ada, "Please give me a picture, or the id of a job.")
    await stage.ada.slash("describe", picture=Upload("bomb.png", b"\x89PNG\r\n\x1a\n broken"))
    await told(stage, stage.ada, "I cannot read this file as a picture")
    await stage.ada.slash("score", words="a|b", picture=square("red"), critic="everybody")
    await told(stage, stage.ada, "I know no such critic. There are: pocket, pocket-judge")
    await stage.ada.slash("score", words=" | ", picture=square("red"))
    await told(stage, stage.ada, "there is no word in it")


async def test_words_that_would_break_out_of_the_answer(looked: Stage) -> None:
    nasty = "@everyone ``` **bold** | <@1> https://evil.example | \u202eabc"
    await looked.ada.slash("score", words=nasty, picture=square("red"))
    answer = await told(looked, looked.ada, "Cosine similarity")
    assert answer.content.count("```") == 2
    assert answer.mentions == []
    assert not answer.mention_everyone
    assert len(answer.content) <= 2000


async def test_many_at_once_are_all_answered_or_told_why(looked: Stage) -> None:
    await asyncio.gather(*(looked.ada.slash("score", words="red", picture=square("red")) for _ in range(23)))
    await eventually(
        lambda: len([1 for one in looked.whispers(looked.ada) if "Cosine" in one.content]) == 20, 60
    )
    await told(looked, looked.ada, "You have asked 20 times within a minute.")


def test_phrases_are_split_and_bounded() -> None:
    assert split(" a hut ;a  barn|a hut\n", speech()) == ("a hut", "a barn")
    for wrong in ("|;", "|".join(map(str, range(16))), "a" * 401):
        with pytest.raises(BadValue):
            split(wrong, speech())
    with pytest.raises(BadValue, match="darin steht kein Wort"):
        split("|;", speech("de"))
