"""Questions to critics on a real Valkey: answered beside the painting, whoever dies, and within bounds."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.fakes import GreyBackend, grey_recipe

from dreamconfig.concepts import Concept, Concepts
from dreamconfig.settings import WorkerSettings
from dreamqueue import keys, questions, workers
from dreamqueue.client import QueueClient
from dreamqueue.errors import CannotLook, NobodyLooks, TooManyLooks
from dreamqueue.job import Finished
from dreamqueue.questions import Describe, Described, Score, Scored, ask
from dreamqueue.sights import names
from dreamqueue.workers import WorkerCard
from dreamrender import shelf
from dreamrender.critics import Critic
from dreamrender.critics.loading import load_critic
from dreamrender.critics.open_clip import OpenClipCritic
from dreamrender.judging.judge import Judge
from dreamrender.judging.looking import Looker
from dreamrender.judging.scoring import similarities
from dreamrender.picture import from_pil
from dreamrender.shelf import Shelf
from dreamrender.worker.answering import ANSWER_MS, MOST_TRIES, Answering

from .on_valkey import ADA, ending, started, worker_here

KINDS = st.sampled_from(["score", "describe", "scored", "described", "unanswered", "", 3])
NESTED = st.dictionaries(
    st.sampled_from(["kind", "pictures", "texts", "picture", "most", "critic", "why", "phrases", "words"]),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9) | KINDS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ),
)
WORDS = ("a red square", "a blue square", "a dog in the snow")


def square(colour: str, width: int = 96) -> Image.Image:
    picture = Image.new("RGB", (width, 96), "white")
    picture.paste(colour, (24, 24, 72, 72))
    return picture


async def kept(client: QueueClient, picture: Image.Image) -> str:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return await client.keep(out.getvalue())


async def takes(client: QueueClient, held_ms: int) -> AsyncIterator[list[bytes]]:
    """What a worker gets that asks for questions again and again."""
    while True:
        yield await client.store.run("take_question", ['["pocket"]', held_ms, MOST_TRIES, "{}", 1000])


def card(**changes: object) -> WorkerCard:
    plain = {"name": "silent", "backends": ("pixels",), "device": "cpu", "slots": 1, "models": ("pocket",)}
    return WorkerCard.model_validate({**plain, **changes})


@pytest.mark.parametrize("critic", ["pocket", "pocket-judge"])
async def test_scores_are_the_critics_own_and_come_while_a_job_is_painted(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend, critic: str
) -> None:
    pictures = [square("red"), square("blue", 120), square("red")]
    blobs = tuple([await kept(client, picture) for picture in pictures])
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=200), ADA)
        await started(client, job.id, "here")
        grey.gate.clear()
        answer = await ask(client, Score(pictures=blobs, texts=WORDS, critic=critic), member="1")
        grey.gate.set()
        assert isinstance(await ending(client, job.id), Finished)
    assert answer.critic == critic
    own = similarities(load_critic(critic), pictures, WORDS)
    assert torch.allclose(torch.tensor(answer.similarities), own, atol=1e-4)
    assert answer.similarities[0] == answer.similarities[2]
    assert answer.similarities[0][0] > answer.similarities[1][0]


async def test_a_description_says_ranked_phrases_and_what_they_are_made_of(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        answer = await ask(client, Describe(picture=await kept(client, square("red")), most=9))
        assert await client.redis.keys("dream:question*") == []
    told = [phrase.similarity for phrase in answer.phrases]
    assert 3 <= len(told) <= 9
    assert told == sorted(told, reverse=True)
    assert len({phrase.text for phrase in answer.phrases}) == len(told)
    assert "{" not in "".join(phrase.text for phrase in answer.phrases)
    assert {kind: len(words) for kind, words in answer.words.items()} == dict.fromkeys(
        ("subjects", "media", "styles", "modifiers"), 9
    )
    assert "a square" in answer.phrases[0].text or "squares" in answer.phrases[0].text, answer.phrases
    own = similarities(load_critic("pocket"), [square("red")], [answer.phrases[0].text]).item()
    assert told[0] == pytest.approx(own, abs=1e-4)


async def test_another_worker_answers_for_one_that_died(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    await workers.show(client.redis, card())
    question = Score(pictures=(await kept(client, square("red")),), texts=WORDS)
    asked = asyncio.create_task(ask(client, question))
    async for taken in takes(client, 600):
        if taken:
            break
    assert await anext(takes(client, 600)) == [], "it is held"
    async with worker_here(settings, grey):
        assert len((await asked).similarities[0]) == len(WORDS)
    late = '{"kind": "unanswered", "why": "too late"}'
    assert await client.store.run("answer_question", [taken[0], late, 1000]) == 0


async def test_a_question_that_ends_workers_is_set_aside(client: QueueClient) -> None:
    await workers.show(client.redis, card())
    asked = asyncio.create_task(ask(client, Score(pictures=("0" * 64,), texts=WORDS)))
    tries = 0
    async for taken in takes(client, 0):
        tries += bool(taken)
        if tries == MOST_TRIES:
            break
    answering = Answering(client.store, Judge("cpu"), card)
    assert not await answering._next()
    with pytest.raises(CannotLook, match="went away before they could answer"):
        await asked


async def test_what_nobody_can_answer_is_refused_at_once(client: QueueClient) -> None:
    question = Score(pictures=("0" * 64,), texts=WORDS)
    with pytest.raises(NobodyLooks, match="No worker that is awake can look at pictures with `pocket`"):
        await ask(client, question)
    for silent in (card(versions=(1,)), card(mode="draining"), card(models=None), card(models=("vit-b-32",))):
        await workers.show(client.redis, silent)
        with pytest.raises(NobodyLooks, match="No worker that is awake"):
            await ask(client, question)
    assert await client.redis.exists(keys.QUESTIONS) == 0


async def test_a_worker_of_the_first_version_is_not_taken_for_one_of_this(client: QueueClient) -> None:
    await client.redis.zadd(keys.WORKERS, {"old": 1})
    await client.redis.set(
        keys.worker("old"), '{"name":"old","backends":["pixels"],"device":"cpu","slots":1}'
    )
    (old,) = await workers.awake(client.redis)
    assert old.versions == (1,)


async def test_a_member_asks_so_often_a_minute_and_nothing_stays_behind(client: QueueClient) -> None:
    await workers.show(client.redis, card())
    question = Score(pictures=("0" * 64,), texts=WORDS)
    for _ in range(questions.A_MINUTE):
        with pytest.raises(NobodyLooks, match="had an answer within"):
            await ask(client, question, 0.001, member="1")
    with pytest.raises(TooManyLooks, match="asked 20 times within a minute"):
        await ask(client, question, 0.001, member="1")
    with pytest.raises(NobodyLooks, match="had an answer within"):
        await ask(client, question, 0.001, member="2")
    assert await client.redis.exists(keys.QUESTIONS) == 0
    assert 0 < await client.redis.pttl(keys.looks("1")) <= 60_000


async def test_a_question_is_asked_once_though_it_was_sent_again(client: QueueClient) -> None:
    sent = ["id", "{}", "pocket", 30_000, questions.MOST_WAITING, "1", 2]
    for _ in range(4):
        assert await client.store.run("ask", sent) == b"asked"
    assert await client.redis.get(keys.looks("1")) == b"1"
    assert await anext(takes(client, 1)) == [b"id", b"{}"]
    assert await client.store.run("answer_question", ["id", "{}", 60_000]) == 1
    assert await client.store.run("ask", sent) == b"asked"
    assert not await client.redis.exists(keys.QUESTIONS), "it is answered already"


async def test_answers_are_forgotten(client: QueueClient) -> None:
    blob = await kept(client, square("red"))
    await workers.show(client.redis, card())
    answering = Answering(client.store, Judge("cpu"), card)
    asked = asyncio.create_task(ask(client, Score(pictures=(blob,), texts=WORDS)))
    task = asyncio.create_task(answering.run())
    await asked
    task.cancel()
    (answer,) = await client.redis.keys("dream:answer:*")
    assert 0 < await client.redis.pttl(answer) <= ANSWER_MS


async def test_a_picture_that_is_gone_and_a_critic_that_breaks_are_said(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend, caplog: pytest.LogCaptureFixture
) -> None:
    async with worker_here(settings, grey):
        with pytest.raises(CannotLook, match="not kept any more"):
            await ask(client, Describe(picture="0" * 64))
        blob = await client.keep(b"GIF89a but no picture")
        with pytest.raises(CannotLook, match=r"damaged|cannot read"):
            await ask(client, Describe(picture=blob))

    def broken(name: str, device: str) -> Critic:
        raise RuntimeError("broken on purpose")

    answer = Judge("cpu", broken).answer(Score(pictures=("0" * 64,), texts=WORDS), [square("red")])
    assert answer.kind == "unanswered"
    assert "incident" in answer.why
    assert "on purpose" not in answer.why
    assert "broken on purpose" in caplog.text


async def test_a_critic_looks_in_a_thread_while_the_loop_goes_on(client: QueueClient) -> None:
    begun, seen = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def patient(name: str, device: str) -> Critic:
        loop.call_soon_threadsafe(begun.set)
        seen.wait()
        return load_critic("pocket")

    await workers.show(client.redis, card())
    answering = asyncio.create_task(Answering(client.store, Judge("cpu", patient), card).run())
    asked = asyncio.create_task(ask(client, Describe(picture=await kept(client, square("red")))))
    await begun.wait()
    seen.set()
    assert (await asked).phrases
    answering.cancel()


class SlowShelf(Shelf):
    """Fetches until a test lets it."""

    let = threading.Event()

    def here(self, name: str) -> bool:
        return name == "pocket"

    def fetch(self, name: str, *_: object, **__: object) -> None:
        self.let.wait()


async def test_a_critic_on_its_way_keeps_nobody_waiting(client: QueueClient, tmp_path: Path) -> None:
    shelf.use(SlowShelf(tmp_path, download=True))
    both = card(models=("pocket", "vit-b-32"))
    await workers.show(client.redis, both)
    answering = asyncio.create_task(Answering(client.store, Judge("cpu"), lambda: both).run())
    blob = await kept(client, square("red"))
    with pytest.raises(CannotLook, match="`vit-b-32` is being fetched"):
        await ask(client, Score(pictures=(blob,), texts=WORDS, critic="vit-b-32"))
    assert await ask(client, Score(pictures=(blob,), texts=WORDS))
    SlowShelf.let.set()
    answering.cancel()


async def test_an_answer_of_another_version_is_said(client: QueueClient) -> None:
    await workers.show(client.redis, card())
    asked = asyncio.create_task(ask(client, Score(pictures=("0" * 64,), texts=WORDS)))
    async for taken in takes(client, 1000):
        if taken:
            assert await client.store.run("answer_question", [taken[0], '{"kind": "sung"}', 1000])
            break
    with pytest.raises(CannotLook, match="another version"):
        await asked


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | NESTED.map(json.dumps).map(str.encode)
)
def test_whatever_lies_in_redis_is_read_or_refused(raw: bytes) -> None:
    for reader in (questions.QUESTION, questions.ANSWER):
        try:
            assert reader.dump_json(reader.validate_json(raw))
        except ValueError:
            continue


def forms(pictures: Sequence[str], texts: Sequence[str]) -> dict[str, object]:
    return {"pictures": tuple(pictures), "texts": tuple(texts)}


@pytest.mark.parametrize(
    "wrong",
    [
        forms([], ["a"]),
        forms(["0" * 64] * 65, ["a"]),
        forms(["0" * 64], []),
        forms(["0" * 64], ["a"] * 65),
        forms(["0" * 64], ["a" * 401]),
        forms(["../../etc/passwd"], ["a"]),
        forms(["0" * 64], ["a"]) | {"critic": "a critic; with more"},
    ],
)
def test_questions_have_bounds(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"should|match|at (least|most)"):
        Score.model_validate(wrong)


def test_any_clip_of_open_clip_answers(critic: OpenClipCritic) -> None:
    """The tiny one says nothing of worth, in the right shape."""
    judge = Judge("cpu", lambda name, device: critic)
    pictures = [square("red"), square("blue", 200), square("green")]
    scored = judge.answer(Score(pictures=("0" * 64,) * 3, texts=WORDS, critic="tiny"), pictures)
    assert isinstance(scored, Scored)
    own = critic.encode_images(torch.stack([from_pil(pictures[1])])) @ critic.encode_texts(WORDS).T
    assert torch.allclose(torch.tensor(scored.similarities)[1], own[0], atol=1e-4)
    described = judge.answer(Describe(picture="0" * 64, critic="tiny"), pictures)
    assert isinstance(described, Described)
    assert described.phrases[0].similarity >= described.phrases[-1].similarity
    looker = Looker(Concepts(concepts={"any": Concept(texts=("a",), margin=-1)}), "tiny", load=judge.load)
    looker.prepare()
    assert names(looker.look(pictures)) == ("any",)
