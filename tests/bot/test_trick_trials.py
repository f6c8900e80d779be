"""/trick try and /trick test with a real worker and a real critic: what a person sees of a trick."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
from collections.abc import AsyncIterator

import pytest
import torch
from PIL import Image
from pydantic import SecretStr
from tests.bot.stage import Stage, eventually, shows
from tests.fakes import GreyBackend, GreySession, grey_recipe

from dreambot.texts import speech
from dreambot.tricks import verdict
from dreamconfig.settings import WorkerSettings
from dreampractice.messages import Message
from dreamqueue import preferences, workers
from dreamqueue.errors import NobodyLooks
from dreamqueue.job import Cancelled, Finished, Owner, Stopped
from dreamqueue.trial import Trial
from dreamqueue.tricks import TrickStore, drafted
from dreamqueue.tricks.results import Results
from dreamqueue.workers import WorkerCard
from dreamrender.types import Image as Pixels
from dreamrender.worker.run import run_worker


class RedWithTheTrick(GreyBackend):
    """Paints a grey square, and a red one where the trick's phrase is there."""

    def picture(self, session: GreySession) -> Pixels:
        side = session.recipe.height, session.recipe.width
        if len(session.recipe.phrases) == 1:
            return torch.full((3, *side), 0.5)
        return torch.stack([torch.full(side, level) for level in (0.9, 0.05, 0.05)])


@pytest.fixture
async def painter(stage: Stage) -> AsyncIterator[GreyBackend]:
    """The backend of a worker that is awake, and answers questions."""
    painter, ready = RedWithTheTrick(), asyncio.Event()
    settings = WorkerSettings(redis_url=SecretStr(stage.redis_url), worker_name="here", device="cpu")
    worker = asyncio.create_task(
        run_worker(settings, load=lambda name: painter, backends=["pixels"], ready=ready)
    )
    await ready.wait()
    await TrickStore(stage.queue.redis).put(drafted("redness", "bright red"))
    await known(stage)
    yield painter
    painter.gate.set()
    worker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await worker


async def known(stage: Stage) -> None:
    """The bot reads the tricks now, where it would within a second."""
    assert stage.bot is not None
    await stage.bot.shelf.refresh(stage.bot.tricks)


async def offered(stage: Stage, **fields: object) -> Message:
    asked = await stage.ada.slash("trick test", name="redness", size="64", steps=4, **fields)
    assert asked.failed is None, asked.failed
    assert asked.reply is not None
    await shows(asked.reply, "A test of")
    return asked.reply


async def end_of(stage: Stage) -> Finished:
    (job,) = await stage.queue.jobs_of(str(stage.ada.user.id))
    assert isinstance(job.ending, Finished)
    return job.ending


async def test_a_try_shows_the_same_seed_without_and_with(stage: Stage, painter: GreyBackend) -> None:
    asked = await stage.ada.slash("trick try", name="Redness", prompt="a hut --size 64 --steps 4 --seed 7")
    assert asked.reply is not None
    end = await shows(asked.reply, "done in", 20)
    assert r"a hut: without and with redness" in end.content.replace("\\", "")
    assert "2 pictures" in end.content
    assert end.attachments[0].description == "a hut (without; with redness)"
    with Image.open(io.BytesIO(end.attachments[0].content)) as sheet:
        left, right = sheet.getpixel((40, 40)), sheet.getpixel((sheet.width - 60, 40))
        assert sheet.width > sheet.height * 1.3, "side by side"
    assert left == (128, 128, 128)
    assert right[0] > 200 > 50 > right[1]  # type: ignore[index]
    await stage.all_shown()
    parts = (await end_of(stage)).parts
    assert [(part.label, part.recipe.seed) for part in parts] == [("without", 7), ("with redness", 7)]
    assert [[style.name for style in part.recipe.styles] for part in parts] == [[], ["redness"]]


async def test_a_test_says_its_cost_paints_at_a_word_and_tells_what_it_found(
    stage: Stage, painter: GreyBackend
) -> None:
    message = await offered(stage, subjects="a grey wall | a hut", seeds=2)
    assert "A test of `redness`" in message.content
    assert (
        "a grey wall, a hut × 2 seeds, each without and with it, judged by `pocket-judge`" in message.content
    )
    assert "8 pictures of 64×64, 4 steps each with pixels" in message.content
    assert "about" in message.content
    assert [button.label for button in message.buttons] == ["Go", "Leave it"]
    assert painter.batches == [], "nothing is painted before somebody says so"
    refused = await stage.bo.press(message, "Go")
    assert refused.reply is not None
    assert "Only Ada" in refused.reply.content
    await asyncio.gather(stage.press(stage.ada, message, "Go"), stage.press(stage.ada, message, "Go"))
    end = await shows(message, "measured by `pocket-judge`, which did not steer", 20)
    await stage.all_shown()
    assert len(stage.public_messages()) == 1, "one test, one message"
    assert sum(painter.batches) == 8 * 4, "and painted once"
    assert max(version.content.count("looks at all of them now") for version in message.history) == 1
    found = re.findall(r": \*\*(\S+)\*\* \((\S+) … (\S+)\), up in (\d) of 4 pairs", end.content)
    style, subject = [tuple(map(float, one)) for one in found]
    assert "towards “bright red”" in end.content
    assert style[0] > 0.02
    assert style[3] == 4, "red is more like red than grey is"
    kept = await Results(stage.queue.redis).get("redness")
    assert kept is not None
    assert (round(kept.style.mean, 3), kept.style.wins) == (style[0], 4)
    assert (round(kept.subject.mean, 3), round(kept.subject.low, 3)) == subject[:2]
    assert (kept.judge, kept.critic, kept.backend, kept.version) == ("pocket-judge", "pocket", "pixels", 1)
    assert end.attachments[0].filename.endswith(".png"), "the sheet stays"
    await known(stage)
    shown = await stage.bo.slash("trick show", name="redness")
    assert shown.reply is not None
    told = await shows(
        shown.reply, f"measured with pixels/levels: {found[0][0]} (may be chance) towards its words"
    )
    assert "(4 pairs, `pocket-judge`, <t:" in told.content
    listed = await stage.bo.slash("trick list", order="newest")
    assert listed.reply is not None
    assert "`--redness` · ▲ 0 ▼ 0 · 0 painted\n" in listed.reply.content, "four pairs are too few for a claim"


async def test_try_under_a_trick_asks_for_a_prompt(stage: Stage, painter: GreyBackend) -> None:
    shown = await stage.bo.slash("trick show", name="redness")
    assert shown.reply is not None
    await shows(shown.reply, "bright red")
    pressed = await stage.press(stage.ada, shown.reply, "Try")
    assert pressed.modal is not None
    assert pressed.modal.title == "Try redness"
    asked = await stage.ada.fill(pressed.modal, prompt="a hut --size 64 --steps 2")
    assert asked.reply is not None
    await shows(asked.reply, "done in", 20)
    assert r"a hut\: without and with redness" in asked.reply.content
    again = await stage.press(stage.bo, asked.reply, "Again")
    assert again.reply is not None
    await shows(again.reply, "done in", 20)
    assert r"a hut\: without and with redness" in again.reply.content
    (job,) = await stage.queue.jobs_of(str(stage.bo.user.id))
    without, with_ = job.recipe.variants
    assert without.seed == with_.seed == job.recipe.seed, "still one seed, and another one"
    assert without.seed != (await end_of(stage)).parts[0].recipe.seed
    await stage.all_shown()


async def test_a_test_that_is_left_costs_nothing(stage: Stage, painter: GreyBackend) -> None:
    message = await offered(stage)
    assert "16 pictures" in message.content
    await stage.press(stage.ada, message, "Leave it")
    await shows(message, "A test of `redness` was offered and left.")
    assert message.buttons == []
    assert await stage.queue.unshown() == []
    assert painter.batches == []


async def test_a_bot_that_falls_between_painting_and_judging_leaves_it_to_the_next(
    stage: Stage, painter: GreyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def nobody(*_: object) -> None:
        asked.set()
        raise NobodyLooks("pocket-judge")

    with monkeypatch.context() as away:
        away.setattr(verdict, "ask", nobody)
        await preferences.change(stage.queue.redis, str(stage.ada.user.id), spoiler=True)
        message = await offered(stage, subjects="a hut", seeds=1)
        await stage.press(stage.ada, message, "Go")
        await shows(message, "`pocket-judge` looks at all of them now", 20)
        await asyncio.wait_for(asked.wait(), 10)
        await stage.fell_bot()
    assert await Results(stage.queue.redis).all() == {}
    await stage.raise_bot()
    await shows(message, "measured by `pocket-judge`", 20)
    await stage.all_shown()
    assert list(await Results(stage.queue.redis).all()) == ["redness"]
    assert {file.filename[:8] for file in message.attachments} == {"SPOILER_"}, "as she has set it"
    assert sum(painter.batches) == 2 * 4, "nothing was painted twice"


async def test_what_cannot_be_tested_is_said_before_anything_is_offered(
    stage: Stage, painter: GreyBackend
) -> None:
    for fields, answer in [
        ({"name": "rednes"}, "I know no trick `rednes`. Did you mean `redness`?"),
        ({"name": "redness", "subjects": "a {red,blue} hut"}, "no braces"),
        ({"name": "redness", "steps": 2000}, "steps in all, and one job has up to"),
        (
            {"name": "redness", "backend": "siren", "subjects": "a | b | c | d | e | f | g | h | i"},
            "9 subjects",
        ),
    ]:
        asked = await stage.ada.slash("trick test", options=fields)  # type: ignore[arg-type]
        assert asked.reply is not None
        assert asked.reply.ephemeral
        assert answer in asked.reply.content
    assert stage.public_messages() == []


async def test_without_a_second_critic_nothing_is_measured(stage: Stage) -> None:
    await stage.worker.wake()
    await stage.ada.slash("trick test", name="watercolor")
    assert "Nobody could judge this fairly just now" in (await stage.whispered(stage.ada)).content
    await eventually(lambda: not stage.public_messages())


async def test_a_test_counts_against_its_members_limits(stage: Stage) -> None:
    card = WorkerCard(
        name="busy", backends=("pixels",), device="cpu", slots=1, models=("pocket", "pocket-judge")
    )
    await workers.show(stage.queue.redis, card)
    message = (await stage.ada.slash("trick test", name="vray")).reply
    assert message is not None
    for _ in range(3):
        await shows(await stage.imagine(stage.ada, "a hut"), "waiting")
    await stage.press(stage.ada, message, "Go")
    answer = await stage.whispered(stage.ada)
    assert "3 jobs of yours are waiting already (the limit is 3)" in answer.content
    assert [button.label for button in message.buttons] == ["Go", "Leave it"], "it can be asked for later"
    await stage.press(stage.ada, message, "Leave it")
    await shows(message, "was offered and left")
    assert len(await stage.queue.unshown()) == 3


async def test_a_test_that_was_stopped_is_not_measured(stage: Stage) -> None:
    trial = Trial(kind="test", trick="vray", subjects=("a hut",), judge="pocket-judge")
    job = await stage.queue.submit(grey_recipe(), Owner(id="1", name="Ada"), trial=trial)
    ending = Stopped(picture="0" * 64, by=job.owner, step=3)
    assert verdict.due(job, ending)
    assert not verdict.due(job, Cancelled(by=job.owner))
    said = await verdict.verdict(stage.queue, job, ending, speech("de"))
    assert said == "-# es kam nicht bis zum Ende, also wird nichts gemessen"


async def test_tricks_are_proposed_while_typing(stage: Stage, painter: GreyBackend) -> None:
    names = await stage.ada.autocomplete("trick try", "name", "redn", prompt="a hut")
    assert names[0]["value"] == "redness"
