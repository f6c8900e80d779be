"""Tricks in Redis: nobody's edit, vote or name is lost, and no name passes for another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from tests.queue.on_the_queue import Forgetful

from dreamqueue import keys
from dreamqueue.client import QueueClient
from dreamqueue.errors import NameTaken, NotYours, TrickChanged, TrickError, UnknownWord
from dreamqueue.job import Finished, Owner
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.tricks import Trick, TrickStore, drafted, starters, store
from dreamqueue.tricks.drafting import edited
from dreamqueue.tricks.examples import keep_examples
from dreamqueue.tricks.names import skeleton, trick_name

ADA, BO = Owner(id="1", name="Ada"), Owner(id="2", name="Bo")


@pytest.fixture
async def tricks(redis_url: str) -> AsyncIterator[TrickStore]:
    async with Redis.from_url(redis_url) as redis:
        yield TrickStore(redis)


def glow(name: str = "glow", text: str = "{prompt}, glowing", **more: object) -> Trick:
    return drafted(name, text, author=ADA, **more)  # type: ignore[arg-type]


async def test_what_is_shared_is_there_beside_what_is_shipped(tricks: TrickStore) -> None:
    shared = await tricks.put(
        glow("Soft Glow!", negative="noise", flags="--saturation 1", tags="Light, SOFT light")
    )
    assert (shared.name, shared.tags, shared.version) == ("soft-glow", ("light", "soft-light"), 1)
    assert await tricks.get("Soft_Glow") == shared
    assert list(await tricks.all()) == [*starters(), "soft-glow"]
    assert shared.created > 0
    with pytest.raises(UnknownWord, match="Did you mean `soft-glow`"):
        await tricks.get("soft-glw")


async def test_of_two_edits_at_once_one_is_told(tricks: TrickStore) -> None:
    seen = await tricks.put(glow())
    edits = [edited(seen, text=f"{{prompt}} in light {number}") for number in range(8)]
    done = await asyncio.gather(*map(tricks.put, edits), return_exceptions=True)
    kept = [one for one in done if isinstance(one, Trick)]
    assert len(kept) == 1
    assert all(isinstance(one, TrickChanged) for one in done if one not in kept)
    assert (await tricks.get("glow")).text == kept[0].text
    assert await tricks.put(kept[0]) == kept[0], "sent again because no answer came: no quarrel"


async def test_names_that_look_alike_are_refused(tricks: TrickStore) -> None:
    await tricks.put(glow("coco"))
    for name in ("coco", "сосо", "c0c0", "co-co", "ĉoco", "ᴄoco", "ＣＯＣＯ"):
        with pytest.raises(NameTaken, match="already"):
            await tricks.put(glow(name))
    for name in ("unrealengine", "Unreal Éngine", "vray", "vrаy"):
        with pytest.raises(TrickError):
            await tricks.put(glow(name))
    for name in ("seed", "se-ed", "ѕееԁ"):
        with pytest.raises(NameTaken, match="--seed"):
            glow(name)
    with pytest.raises(TrickError, match="alphabets"):
        trick_name("pаinting")
    assert trick_name("море на закате") == "море-на-закате"
    assert skeleton("modern") == skeleton("modem")


@pytest.mark.parametrize("name", ["", "!!!", "🌅", "12", "x" * 41, "\u202e", "a" * 100_000])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(TrickError):
        trick_name(name)


async def test_one_vote_a_member_and_none_for_ones_own(tricks: TrickStore) -> None:
    await tricks.put(glow())
    with pytest.raises(NotYours, match="your own"):
        await tricks.vote("glow", ADA.id, 1)
    await asyncio.gather(*(tricks.vote("glow", BO.id, 1) for _ in range(5)))
    after = await tricks.vote("glow", "3", -1)
    assert (after.up, after.down) == (1, 1)
    changed = await tricks.vote("glow", BO.id, -1)
    assert (changed.up, changed.down, changed.score) == (0, 2, -2)
    assert await tricks.redis.hget(keys.trick_votes("glow"), BO.id) == b"-1"  # type: ignore[misc]
    await tricks.vote("glow", BO.id, 0)
    assert (await tricks.get("glow")).down == 1
    assert (await tricks.vote("vray", BO.id, 1)).up == 1, "those that are shipped too"


async def test_a_picture_counts_once_for_each_of_its_tricks(tricks: TrickStore) -> None:
    await tricks.put(glow())
    await tricks.redis.hset(keys.record("j1"), "state", "ended")  # type: ignore[misc]
    assert await tricks.used("j1", ["glow", "vray", "glow"])
    assert not await tricks.used("j1", ["glow"])
    assert not await tricks.used("nobody-knows-it", ["glow"])
    assert ((await tricks.get("glow")).uses, (await tricks.get("vray")).uses) == (1, 1)


async def test_a_report_a_member(tricks: TrickStore) -> None:
    await tricks.put(glow())
    assert await tricks.report("glow", BO.id, "it is\n\u202erude") == 1
    assert await tricks.report("glow", BO.id, "very rude") == 1
    assert await tricks.report("glow", "3", "x" * 100_000) == 2
    assert (await tricks.get("glow")).reports == 2
    said = await tricks.reports("glow")
    assert said[BO.id] == "very rude"
    assert len(said["3"]) <= store.LONGEST_WHY


async def test_hidden_and_shown_again(tricks: TrickStore) -> None:
    await tricks.put(glow())
    assert (await tricks.hide("glow")).state == "hidden"
    assert (await tricks.hide("vray")).state == "hidden"
    assert (await tricks.get("vray")).version == 2
    assert (await tricks.hide("vray", hidden=False)).state == "offered"


async def test_a_new_name_and_the_old_one_goes_on_working(tricks: TrickStore) -> None:
    await tricks.put(glow())
    await tricks.vote("glow", BO.id, 1)
    await tricks.report("glow", "3", "dull")
    await tricks.rename("glow", "Soft glow")
    found = await tricks.get("glow")
    assert (found.name, found.up, found.reports, found.author) == ("soft-glow", 1, 1, ADA)
    with pytest.raises(NameTaken):
        await tricks.put(glow("glow", "something else"))
    with pytest.raises(NameTaken):
        await tricks.rename("soft-glow", "unreal engine")
    with pytest.raises(NameTaken, match="`soft-glow`"):
        await tricks.rename("vray", "s0ft g1ow")
    with pytest.raises(NameTaken):
        await tricks.rename("vray", "glow")
    await tricks.rename("soft-glow", "glow")
    back = await tricks.get("soft glow")
    assert (back.name, back.state, back.up) == ("glow", "offered", 1)
    await tricks.rename("vray", "ray-traced")
    assert (await tricks.get("vray")).text == "vray"


async def test_merged_with_its_votes_and_uses(tricks: TrickStore) -> None:
    await tricks.put(glow())
    await tricks.put(drafted("shine", "shining", author=BO))
    for member, vote in (("3", 1), ("4", -1), (ADA.id, 1)):
        await tricks.vote("shine", member, vote)  # type: ignore[arg-type]
    await tricks.vote("glow", "3", -1)
    await tricks.redis.hset(keys.record("j1"), "state", "ended")  # type: ignore[misc]
    await tricks.used("j1", ["shine"])
    merged = await tricks.merge("shine", "glow")
    assert (merged.up, merged.down, merged.uses) == (0, 2, 1), "its author's vote does not count"
    assert (await tricks.get("shine")).name == "glow"
    with pytest.raises(TrickError, match="one trick already"):
        await tricks.merge("glow", "shine")
    await tricks.redis.hset(keys.record("j2"), "state", "ended")  # type: ignore[misc]
    await tricks.used("j2", ["shine"])
    assert (await tricks.get("glow")).uses == 2


async def test_removed_once_though_the_answer_was_lost(tricks: TrickStore, redis_url: str) -> None:
    await tricks.put(glow("other"))
    seen = await tricks.put(glow())
    async with Forgetful.from_url(redis_url) as forgetful:
        await TrickStore(forgetful).remove(seen)
    assert "glow" not in await tricks.all()
    assert await tricks.redis.hget(keys.TRICK_COUNTS, "has:1") == b"1"  # type: ignore[misc]


async def test_removed_and_its_name_is_free(tricks: TrickStore) -> None:
    seen = await tricks.put(glow())
    await tricks.vote("glow", BO.id, 1)
    with pytest.raises(TrickChanged):
        await tricks.remove(edited(seen, text="later"))
    await tricks.remove(seen)
    again = await tricks.put(drafted("glow", "anew", author=BO))
    assert (await tricks.get("glow")).up == 0
    assert again.author == BO
    with pytest.raises(TrickError, match="came with the house"):
        await tricks.remove(await tricks.get("vray"))


async def test_a_member_who_is_forgotten(tricks: TrickStore) -> None:
    await tricks.put(glow(tags="light", examples=("j1",)))
    await tricks.put(drafted("shine", "shining", author=BO))
    await tricks.vote("shine", ADA.id, 1)
    await tricks.vote("vray", ADA.id, -1)
    await tricks.report("shine", ADA.id, "dull")
    assert await tricks.forget(ADA.id) == 1
    kept = await tricks.get("glow")
    assert (kept.author, kept.tags, kept.examples) == (None, ("light",), ("j1",))
    told = await tricks.all()
    assert (told["shine"].up, told["shine"].reports, told["vray"].down) == (0, 0, 0)
    for key in await tricks.redis.keys("dream:trick*"):
        raw = await tricks.redis.dump(key)
        assert b"Ada" not in raw


async def test_there_is_a_bound(tricks: TrickStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_OF_ONE", 2)
    monkeypatch.setattr(store, "MOST_TRICKS", 3)
    await tricks.put(glow("one-glow"))
    last = await tricks.put(glow("two-glows"))
    with pytest.raises(TrickError, match="share 2 tricks"):
        await tricks.put(glow("three-glows"))
    await tricks.remove(last)
    await tricks.put(glow("four-glows"))
    await tricks.put(drafted("shine", "shining", author=BO))
    with pytest.raises(TrickError, match="make room"):
        await tricks.put(drafted("more", "more", author=BO))


async def test_examples_stay_until_somebody_deletes_them(client: QueueClient) -> None:
    job, gone, waiting = [
        await client.submit(Recipe(phrases=(Phrase(text=text),)), ADA)
        for text in ("a hut", "a mill", "a barn")
    ]
    picture = await client.keep(b"a picture")
    for one in (job, gone):
        assert await client.store.finish(one.id, Finished(picture=picture))
    every = (glow(examples=(job.id, gone.id, "unheard-of")), glow("later", examples=(waiting.id,)))
    assert await keep_examples(client.store, every) == 0, "there is time"
    for key in (keys.record(job.id), keys.blob(picture)):
        await client.redis.pexpire(key, 60_000)
    await client.redis.delete(keys.record(gone.id))
    assert await keep_examples(client.store, every) == 1
    for key in (keys.record(job.id), keys.blob(picture)):
        assert await client.redis.pttl(key) > client.store.keep_ms - 60_000
    hidden = every[0].model_copy(update={"state": "hidden"})
    await client.redis.pexpire(keys.record(job.id), 60_000)
    assert await keep_examples(client.store, [hidden]) == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": ""}, "needs words"),
        ({"text": "{prompt}"}, "needs words"),
        ({"text": "x" * 501}, "at most 500"),
        ({"text": "x" * 100_000}, "100,000"),
        ({"text": "a {red,blue} hut"}, "braces"),
        ({"text": "shiny --seed 7"}, "field for flags"),
        ({"flags": "--seed 7"}, "cannot bring"),
        ({"flags": "--candidates 9"}, "cannot bring"),
        ({"flags": "--staps 7"}, "cannot bring"),
        ({"flags": "--steps many"}, "do not go"),
        ({"flags": "words"}, "only flags"),
        ({"tags": ",".join(f"t{number}" for number in range(9))}, "at most 8"),
        ({"tags": "x" * 25}, "at most 24"),
    ],
)
def test_what_is_no_trick_is_said(fields: dict[str, str], said: str) -> None:
    with pytest.raises(TrickError, match=said):
        drafted("glow", **{"text": "glowing", **fields})


async def test_a_record_that_nobody_can_read_is_passed_over(
    tricks: TrickStore, caplog: pytest.LogCaptureFixture
) -> None:
    await tricks.put(glow())
    for raw in ("", "[]", '{"name": "x", "strange": 1}', '{"name": ""}', "\xff"):
        await tricks.redis.hset(keys.TRICKS, f"bad{len(raw)}", raw)  # type: ignore[misc]
    assert "glow" in await tricks.all()
    assert not any(name.startswith("bad") for name in await tricks.all())
    assert "another version" in caplog.text


async def test_everything_of_a_trick_expires_some_day(tricks: TrickStore) -> None:
    await tricks.put(glow())
    await tricks.vote("glow", BO.id, 1)
    await tricks.report("glow", BO.id, "dull")
    every = await tricks.redis.keys("dream:trick*")
    assert len(every) == 6
    for key in every:
        await tricks.redis.pexpire(key, 5000)
    await tricks.keep()
    assert min([await tricks.redis.pttl(key) for key in every]) > 80 * 24 * 3_600_000
