"""Which job a worker takes next, on a real Valkey with the real scripts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest
from pydantic import SecretStr

from dreamconfig.settings import QueueSettings
from dreamqueue import bands, keys
from dreamqueue.client import QueueClient
from dreamqueue.controls import hold
from dreamqueue.costs import learn
from dreamqueue.errors import DayIsSpent, NobodyPaints, OtherVersion, QueueFull
from dreamqueue.halts import halt
from dreamqueue.job import Cancelled, Cap, Expired, Finished, Job, JobState, Owner, Reply, new_job_id
from dreamqueue.needs import lacks, needs_of
from dreamqueue.pace import Pace
from dreamqueue.panel_place import put_panel
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.sanctions import Bar, impose
from dreamqueue.sweep import sweep
from dreamqueue.wire import WIRE
from dreamqueue.workers import WorkerCard, show

ADA, BO, MO = Owner(id="1", name="Ada"), Owner(id="2", name="Bo"), Owner(id="3", name="Mo")
PIXELS = Recipe(phrases=(Phrase(text="a hut"),), seed=7)
VQGAN = Recipe(phrases=(Phrase(text="a hut"),), seed=7, backend="vqgan", preset="pocket")


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[QueueClient]:
    settings = QueueSettings(redis_url=SecretStr(redis_url), max_waiting_per_member=1000, max_waiting=2000)
    client = await QueueClient.connect(settings)
    yield client
    await client.close()


def lane(recipe: Recipe) -> str:
    return needs_of(recipe, ADA.id).lane


async def pick(
    client: QueueClient,
    lanes: Sequence[tuple[str, bool]] = ((lane(PIXELS), True), (lane(VQGAN), False)),
    *,
    worker: str = "w",
    busy: int = 0,
    begin: bool = True,
) -> str | None:
    """The job that a worker takes; it is begun."""
    said = json.dumps([{"name": name, "loaded": loaded} for name, loaded in lanes])
    found = await client.store.run("pick", [worker, said, 1000, 60_000, 4, busy, 20_000])
    if not found:
        return None
    job: str = found[1].decode()
    if begin:
        assert (await client.store.begin(job, worker)).verdict == "go"
        await client.redis.set(keys.lease(job), b"1", px=60_000)
    return job


async def ids(client: QueueClient, *asks: tuple[Recipe, Owner]) -> list[str]:
    return [(await client.submit(recipe, owner)).id for recipe, owner in asks]


async def finish(client: QueueClient, job: str, took: float | None = None) -> None:
    assert await client.store.finish(job, Cancelled(by=MO), took=took)


async def test_the_lowest_score_of_all_lanes_is_next_whoever_asks_first(client: QueueClient) -> None:
    ada = await ids(client, *[(PIXELS, ADA)] * 3)
    bo = await ids(client, (VQGAN, BO))
    both = [(lane(PIXELS), True), (lane(VQGAN), True)]
    assert [await pick(client, both) for _ in range(5)] == [ada[0], bo[0], ada[1], ada[2], None]


async def test_a_worker_takes_only_what_it_can_do(client: QueueClient) -> None:
    (pixels, vqgan) = await ids(client, (PIXELS, ADA), (VQGAN, BO))
    assert await pick(client, [(lane(VQGAN), True)]) == vqgan
    assert await pick(client, [(lane(VQGAN), True)]) is None, "a job of another lane does not hold it up"
    assert await pick(client, [(lane(PIXELS), True)]) == pixels


async def test_two_workers_never_take_the_same_job(client: QueueClient) -> None:
    jobs = await ids(client, (PIXELS, ADA), (PIXELS, BO))
    first = await pick(client, worker="one", begin=False)
    second = await pick(client, worker="two", begin=False)
    assert [first, second] == jobs
    assert await pick(client, worker="three", begin=False) is None


async def test_a_job_whose_worker_died_is_next(client: QueueClient) -> None:
    orphan, later = await ids(client, (PIXELS, ADA), (PIXELS, BO))
    assert await pick(client) == orphan
    await client.redis.delete(keys.lease(orphan))
    assert await pick(client) == orphan
    assert (await client.record(orphan)).tries == 2
    assert await pick(client) == later


async def test_a_job_with_its_models_loaded_goes_first_within_a_bound(client: QueueClient) -> None:
    far = await ids(client, (VQGAN, ADA))
    near = await ids(client, *[(PIXELS, Owner(id=str(number), name="one")) for number in range(10, 20)])
    lanes = [(lane(VQGAN), False), (lane(PIXELS), True)]
    order = [await pick(client, lanes) for _ in range(6)]
    assert order == [*near[:4], far[0], near[4]], "it is passed over four times and no more"


async def test_loaded_models_do_not_help_a_lower_band_or_one_much_later(client: QueueClient) -> None:
    moderators = (await client.submit(VQGAN, ADA, band=bands.FIRST)).id
    members = (await client.submit(PIXELS, BO)).id
    assert [await pick(client), await pick(client)] == [moderators, members]
    hog = await ids(client, *[(PIXELS, BO)] * 6)
    vqgan = (await client.submit(VQGAN, MO)).id
    order = [await pick(client) for _ in range(2)]
    assert order == [hog[0], vqgan], "Bo's second one is more than a minute of painting later"


async def test_a_newcomer_never_waits_for_more_than_one_job_of_a_backlog(client: QueueClient) -> None:
    hog = await ids(client, *[(PIXELS, ADA)] * 30)
    assert await pick(client) == hog[0]
    newcomer = (await client.submit(PIXELS, BO)).id
    assert await pick(client) == newcomer
    await ids(client, *[(VQGAN, MO)] * 30)
    for _ in range(20):
        assert await pick(client)
    late = (await client.submit(PIXELS, Owner(id="4", name="Late"))).id
    assert late in [await pick(client), await pick(client)]


async def test_a_lane_of_its_own_gives_no_larger_share(client: QueueClient) -> None:
    await ids(client, *[(PIXELS, ADA)] * 20, *[(VQGAN, ADA)] * 20)
    await ids(client, *[(PIXELS, BO)] * 20)
    both = [(lane(PIXELS), True), (lane(VQGAN), True)]
    taken = [await pick(client, both) for _ in range(20)]
    whose = [(await client.record(job)).job for job in taken if job]
    seconds = {owner: sum(job.cost for job in whose if job.owner.id == owner) for owner in ("1", "2")}
    assert seconds["1"] <= seconds["2"] + max(job.cost for job in whose)


async def test_moderators_promote(client: QueueClient) -> None:
    jobs = await ids(client, *[(PIXELS, ADA)] * 3)
    assert await client.promote(jobs[2])
    assert await pick(client) == jobs[2]
    assert not await client.promote(jobs[2]), "it is being painted"


async def test_a_running_limit_lets_others_go_first_and_is_given_back(client: QueueClient) -> None:
    cap = Cap(scope="member:1", running=1)
    first, second = [(await client.submit(PIXELS, ADA, caps=[cap])).id for _ in range(2)]
    other = (await client.submit(PIXELS, BO)).id
    assert [await pick(client), await pick(client), await pick(client)] == [first, other, None]
    await client.redis.delete(keys.lease(first))
    assert await pick(client) == first, "after a crash it goes on, although it counts itself"
    await finish(client, first)
    assert await pick(client) == second
    await finish(client, second)
    assert await client.redis.exists(keys.running("member:1"), keys.held("member:1")) == 0


async def test_a_channel_and_a_server_have_limits_of_their_own(client: QueueClient) -> None:
    caps = [Cap(scope="channel:5", whose="this channel", waiting=2), Cap(scope="server:6", waiting=9)]
    for owner in (ADA, BO):
        await client.submit(PIXELS, owner, caps=caps)
    with pytest.raises(QueueFull, match="2 jobs of this channel are waiting"):
        await client.submit(PIXELS, MO, caps=caps)
    assert await client.submit(PIXELS, MO), "elsewhere there is room"


async def test_a_day_is_spent_by_what_was_really_painted(client: QueueClient) -> None:
    cap = Cap(scope="member:1", seconds_a_day=72)
    job = await client.submit(PIXELS, ADA, caps=[cap])
    assert job.cost == 31
    with pytest.raises(DayIsSpent, match=r"you have asked for [01] of 1 minutes"):
        await client.submit(PIXELS.model_copy(update={"steps": 240}), ADA, caps=[cap])
    second = await client.submit(PIXELS, ADA, caps=[cap])
    with pytest.raises(DayIsSpent):
        await client.submit(PIXELS, ADA, caps=[cap])
    assert await client.cancel(second.id, ADA)
    await pick(client)
    assert await client.store.finish(job.id, Finished(picture="p", seconds=40), took=40)
    assert await client.submit(PIXELS, ADA, caps=[cap]), "40 were painted, none of the cancelled one's"
    with pytest.raises(DayIsSpent):
        await client.submit(PIXELS, ADA, caps=[cap])


async def test_a_job_that_is_sent_twice_is_one_job(client: QueueClient) -> None:
    job_id = new_job_id()
    for _ in range(2):
        await client.submit(PIXELS, ADA, job_id=job_id)
    assert await client.store.open_jobs() == [job_id]
    assert await pick(client) == job_id
    assert await pick(client) is None


async def test_everything_in_redis_has_an_expiry(client: QueueClient) -> None:
    job = await client.submit(PIXELS, ADA, caps=[Cap(scope="channel:5", seconds_a_day=500)], shown=True)
    await client.submit(PIXELS, BO)
    await show(client.redis, WorkerCard(name="w", backends=("pixels",), device="cpu", slots=1))
    await pick(client)
    await client.stop(job.id, ADA)
    await learn(client.redis, PIXELS, 120, 20.0, 1.0, Pace())
    await finish(client, job.id, took=3)
    await halt(client.store, "backend:vqgan", MO)
    await hold(client.store, (await client.submit(PIXELS, BO)).id, MO)
    await impose(client.store, "5", "1", Bar(by=MO, since=1.0))
    await put_panel(client.redis, "5", Reply(channel=1, message=2))
    assert [key async for key in client.redis.scan_iter() if await client.redis.ttl(key) < 0] == []


async def test_nobody_can_do_it_is_said_at_once_with_what_is_lacking(client: QueueClient) -> None:
    small = WorkerCard(
        name="small", backends=("vqgan",), device="cpu", slots=1, models=("pocket", "vqgan-pocket")
    )
    await show(client.redis, small)
    assert await client.submit(VQGAN, ADA)
    other = VQGAN.model_copy(update={"preset": "wikiart-1024"})
    with pytest.raises(NobodyPaints, match="`small` does not have vqgan-wikiart-1024"):
        await client.submit(other, ADA)
    newer = needs_of(VQGAN, ADA.id).model_copy(update={"version": WIRE + 1})
    assert lacks(small, newer) == f"reads no records of version {WIRE + 1}"


async def test_a_record_of_another_version_is_refused_politely_and_left_alone(client: QueueClient) -> None:
    job: Job = await client.submit(PIXELS, ADA)
    newer = json.loads(job.model_dump_json()) | {"version": 2, "wings": 2}
    await client.redis.hset(keys.record(job.id), "job", json.dumps(newer))  # type: ignore[misc]
    for ask in (client.record(job.id), client.cancel(job.id, ADA)):
        with pytest.raises(OtherVersion, match="made by another version of me"):
            await ask
    state = await client.redis.hget(keys.record(job.id), "state")  # type: ignore[misc]
    assert state == JobState.waiting.encode()


async def orphan(client: QueueClient, job: str) -> None:
    """Its worker dies."""
    await client.redis.delete(keys.lease(job))


async def test_a_job_that_may_have_ended_its_worker_gets_one_to_itself(client: QueueClient) -> None:
    bad, good = await ids(client, (PIXELS, ADA), (PIXELS, BO))
    assert await pick(client) == bad
    await orphan(client, bad)
    assert await pick(client, busy=1) == good, "whoever paints something else leaves it to others"
    said = json.dumps([{"name": lane(PIXELS), "loaded": True}])
    picked = await client.store.run("pick", ["w", said, 1000, 60_000, 4, 0, 20_000])
    assert [part.decode() for part in picked] == [lane(PIXELS), bad, "alone"]


async def test_after_a_while_a_busy_worker_takes_nothing_more_for_its_sake(client: QueueClient) -> None:
    bad, *_ = await ids(client, (PIXELS, ADA), (PIXELS, BO), (PIXELS, MO))
    assert await pick(client) == bad
    await orphan(client, bad)
    assert await pick(client, busy=1) is not None
    await client.redis.hset(keys.record(bad), "orphan", 1)  # type: ignore[misc]
    assert await pick(client, busy=1) is None
    assert await pick(client, busy=0) == bad


async def test_a_limit_that_was_reached_since_the_pick_counts_no_try(client: QueueClient) -> None:
    cap = Cap(scope="member:1", running=1)
    jobs = [(await client.submit(PIXELS, ADA, caps=[cap])).id for _ in range(3)]
    first, second = [await pick(client, worker=name, begin=False) for name in ("one", "two")]
    assert [first, second] == jobs[:2]
    assert (await client.store.begin(jobs[0], "one")).verdict == "go"
    assert (await client.store.begin(jobs[1], "two")).verdict == "later"
    assert (await client.record(jobs[1])).tries == 0
    await finish(client, jobs[0])
    assert await pick(client) == jobs[1], "it was not lost"


async def test_hundreds_that_a_limit_keeps_back_hold_up_nobody(client: QueueClient) -> None:
    cap = Cap(scope="server:7", running=1)
    crowd = [
        (await client.submit(PIXELS, Owner(id=str(number), name="x"), caps=[cap])).id
        for number in range(100, 800)
    ]
    other = (await client.submit(PIXELS, ADA)).id
    assert await pick(client) == crowd[0]
    assert await pick(client) == other
    assert await client.place(crowd[400]) is not None
    for ended, following in pairwise(crowd[:4]):
        await finish(client, ended)
        assert await pick(client) == following


async def test_what_nobody_paints_any_more_can_be_cancelled_and_expires(client: QueueClient) -> None:
    cap = Cap(scope="member:1", running=1)
    jobs = [(await client.submit(PIXELS, ADA, caps=[cap])).id for _ in range(3)]
    assert await pick(client) == jobs[0]
    await orphan(client, jobs[0])
    assert await client.cancel(jobs[0], MO)
    assert (await client.record(jobs[0])).ending == Cancelled(by=MO)
    assert await pick(client) == jobs[1]
    await orphan(client, jobs[1])
    await client.redis.zincrby(keys.OPEN, -90_000_000, jobs[1])
    await sweep(client)
    assert isinstance((await client.record(jobs[1])).ending, Expired)
    assert await pick(client) == jobs[2]


async def test_a_question_that_is_sent_again_is_one_try(client: QueueClient) -> None:
    (job,) = await ids(client, (PIXELS, ADA))
    answers = [await client.store.run("begin", [job, "w", 2, "nonce", ""]) for _ in range(3)]
    assert answers == [[b"go", 1, b"w#1"]] * 3


async def test_who_lost_a_job_and_lives_has_used_no_try_of_it(client: QueueClient) -> None:
    (job,) = await ids(client, (PIXELS, ADA))
    slept = await client.store.begin(job, "slept")
    taken = await client.store.begin(job, "awake")
    assert (await client.record(job)).tries == 2
    for _ in range(2):
        await client.store.refund(job, slept.holder)
    assert (await client.record(job)).tries == 1
    assert not await client.store.refund(job, taken.holder), "it holds it"
    assert (await client.store.begin(job, "third")).holder == "third#3", "a holder's name never comes again"


async def test_a_lane_that_lagged_behind_has_no_credit(client: QueueClient) -> None:
    await ids(client, (VQGAN, ADA))
    for number in range(30):
        await ids(client, (PIXELS, BO))
        assert await pick(client, [(lane(PIXELS), True)]), number
    hog = await ids(client, *[(VQGAN, MO)] * 30)
    newcomer = (await client.submit(PIXELS, Owner(id="9", name="Newcomer"))).id
    both = [(lane(PIXELS), True), (lane(VQGAN), True)]
    order = [await pick(client, both) for _ in range(4)]
    assert newcomer in order[:3], "after Ada's, and at most one of Mo's"
    assert hog[0] in order
