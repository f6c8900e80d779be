"""/privacy: what is kept is told; who wants to be forgotten is, wholly, and nobody else."""

from __future__ import annotations

from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, eventually, shows

from dreampractice.messages import Message
from dreamqueue import audit, keys, preferences
from dreamqueue.job import Cancelled, Job, Owner
from dreamqueue.preferences import Preferences
from dreamqueue.rules import RuleStore, rule_of


async def painted(stage: Stage, image: bool = False) -> tuple[Message, Job]:
    """A job of Ada's that is done, and its message."""
    start = ("start.png", picture("red", side=64)) if image else None
    message = await stage.imagine(stage.ada, "a secret hut", image=start)
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job, "purple")
    await shows(message, "done in")
    await stage.all_shown()
    return message, job


async def asked_back(stage: Stage) -> Message:
    """The question."""
    asked = await stage.ada.slash("privacy forget-me")
    assert asked.reply is not None
    assert asked.reply.only_for is stage.ada.user
    assert "Shall I forget you?" in asked.reply.content
    return asked.reply


async def everything(stage: Stage) -> str:
    """All that lies in Redis, as text."""
    redis, found = stage.queue.redis, []
    for key in await redis.keys("dream:*"):
        kind = await redis.type(key)
        found.append(repr(key))
        if kind == b"hash":
            found.append(repr(await redis.hgetall(key)))  # type: ignore[misc]
        elif kind == b"string":
            found.append(repr(await redis.get(key)))
        elif kind == b"zset":
            found.append(repr(await redis.zrange(key, 0, -1)))
        elif kind == b"set":
            found.append(repr(await redis.smembers(key)))  # type: ignore[misc]
        elif kind == b"stream":
            found.append(repr(await redis.xrange(key)))
        elif kind == b"list":
            found.append(repr(await redis.lrange(key, 0, -1)))  # type: ignore[misc]
    return "\n".join(found)


async def test_all_of_a_member_is_forgotten_and_nothing_of_others(stage: Stage) -> None:
    message, job = await painted(stage, image=True)
    others = await stage.imagine(stage.bo, "a barn")
    await shows(others, "waiting")
    barn = await stage.worker.next_job()
    await stage.worker.begin(barn)
    await stage.worker.finish(barn, "green")
    await shows(others, "done in")
    await stage.queue.stars.toggle(barn.id, Owner(id=stage.ada.user.id, name="Ada"))
    await preferences.write(stage.queue.redis, stage.ada.user.id, Preferences(spoiler=True))
    waiting = await stage.imagine(stage.ada, "another secret")
    await shows(waiting, "waiting")
    question = await asked_back(stage)
    await stage.press(stage.ada, question, "Forget me")
    told = await shows(question, "You are forgotten: 2 jobs erased, 2 messages deleted.")
    assert "What stays: what moderators have noted" in told.content
    assert message.deleted
    assert waiting.deleted
    assert not others.deleted
    left = await everything(stage)
    assert "secret" not in left
    assert f"dream:jobs:{stage.ada.user.id}" not in left
    assert f"dream:preferences:{stage.ada.user.id}" not in left
    assert job.recipe.image is not None
    assert await stage.queue.fetch(job.recipe.image) is None
    assert await stage.queue.stars.of(barn.id) == 0
    assert (await stage.queue.record(barn.id)).ending is not None


async def test_what_is_being_painted_is_cancelled_first(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut")
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    question = await asked_back(stage)
    await stage.press(stage.ada, question, "Forget me")
    order = await stage.worker.order(job)
    await stage.worker.end(job, Cancelled(by=order.by))
    await shows(question, "You are forgotten: 1 jobs erased")
    assert message.deleted
    await stage.all_shown()
    assert await stage.queue.jobs_of(stage.ada.user.id) == []


async def test_a_bot_that_falls_is_followed_by_one_that_goes_on(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut")
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    question = await asked_back(stage)
    await stage.press(stage.ada, question, "Forget me")
    await stage.worker.order(job)
    await stage.fell_bot()
    await stage.worker.end(job, Cancelled(by=job.owner))
    await stage.raise_bot()
    await eventually(lambda: message.deleted)

    while await stage.queue.redis.exists(f"dream:job:{job.id}", "dream:forgetting"):
        await stage.queue.redis.time()


async def test_nothing_is_forgotten_before_the_button_and_twice_is_once(stage: Stage) -> None:
    message, _ = await painted(stage)
    question = await asked_back(stage)
    assert len(await stage.queue.jobs_of(stage.ada.user.id)) == 1
    presses = [stage.ada.begin_press(question, "Forget me") for _ in range(2)]
    for press in presses:
        await press.settled.wait()
        assert press.failure is None
    await shows(question, "You are forgotten: 1 jobs erased, 1 messages deleted.")
    assert message.deleted


async def test_what_is_kept_is_told_to_nobody_else(stage: Stage) -> None:
    await painted(stage)
    asked = await stage.ada.slash("privacy show")
    assert asked.reply is not None
    assert asked.reply.only_for is stage.ada.user
    text = (await shows(asked.reply, "What I keep about you")).content
    assert "Jobs: 1, " in text
    assert "for 3 days after its end" in text
    assert "Your settings: none" in text


async def test_of_what_was_refused_only_the_rule_is_kept(stage: Stage) -> None:
    await RuleStore(stage.queue.redis).add(rule_of("word", "peg"))
    for person in (stage.ada, stage.bo, stage.ada):
        await stage.refusal(person, f"a peg of {person.user.name}")
    await stage.all_answered()
    before = [deed.when for deed in await audit.newest(stage.queue.redis)]
    question = await asked_back(stage)
    await stage.press(stage.ada, question, "Forget me")
    told = await shows(question, "You are forgotten")
    assert "that a rule refused something of yours, without your words" in told.content
    assert "peg of ada" not in await everything(stage)
    deeds = await audit.newest(stage.queue.redis)
    assert sorted(before, key=str) == sorted((deed.when for deed in deeds), key=str)
    assert [(deed.by.name, deed.about.get("text")) for deed in deeds if deed.by.id == stage.bo.user.id] == [
        ("Bo", "a peg of bo")
    ]
    assert [deed.about for deed in deeds if deed.by.id == stage.ada.user.id] == [{"rule": "word:peg"}] * 2


async def test_what_was_noted_and_never_begun_is_begun_by_the_next_press(stage: Stage) -> None:
    message, _ = await painted(stage)
    await stage.queue.redis.sadd(keys.FORGETTING, stage.ada.user.id)  # type: ignore[misc]
    question = await asked_back(stage)
    await stage.press(stage.ada, question, "Forget me")
    await shows(question, "You are forgotten: 1 jobs erased, 1 messages deleted.")
    assert message.deleted
