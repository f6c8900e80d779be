"""What a message shows while things go wrong: restarts, dead tokens, deleted messages, lost workers."""

from __future__ import annotations

import pytest
from tests.bot.scripted_worker import ScriptedWorker
from tests.bot.stage import Stage, eventually, shows

from dreampractice import Rules
from dreampractice.messages import Message
from dreamqueue import keys
from dreamqueue.job import Expired, Failed, Job, JobState


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
    from dreamqueue.job import Owner
    from dreamqueue.recipe import Phrase, Recipe

    recipe = Recipe(phrases=(Phrase(text="a hut"),))
    await bare_stage.queue.submit(recipe, Owner(id="1", name="Ada"), shown=True)
    await bare_stage.raise_bot()
    assert await bare_stage.queue.unshown() == []


async def test_the_message_outlives_the_interactions_token(bare_stage: Stage) -> None:
    bare_stage.options["token_life"] = 0.0
    await bare_stage.raise_bot()
    message, job = await painting(bare_stage)
    await bare_stage.worker.finish(job)
    await shows(message, "done in")
    edits = [call.path for call in bare_stage.discord.traffic if call.method == "PATCH"]
    assert edits
    assert all(path.startswith("/channels/") for path in edits)


async def test_a_token_that_dies_early_is_noticed(bare_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await bare_stage.raise_bot()
    message, job = await painting(bare_stage)
    bare_stage.discord.core.interactions._rules = Rules(token_life=0.0)
    await bare_stage.worker.finish(job)
    await shows(message, "done in")
    statuses = [call.status for call in bare_stage.discord.traffic if call.method == "PATCH"]
    assert 401 in statuses
    assert statuses[-1] == 200


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
    message, job = await painting(bare_stage)
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
