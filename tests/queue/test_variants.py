"""One job of given pictures: what its record holds, what it costs, and offers that wait for a word."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import SecretStr, ValidationError

from dreamconfig.settings import QueueSettings
from dreamqueue.client import QueueClient
from dreamqueue.errors import TrickError
from dreamqueue.grid import Cell, cells, columns, reseeded
from dreamqueue.job import Owner
from dreamqueue.recipe import MAX_SEED, MOST_VARIANTS, Phrase, Recipe, UsedStyle, Variant
from dreamqueue.trial import Trial
from dreamqueue.tricks import TrickStore, drafted, offers
from dreamqueue.tricks.measured import Lift, Measured
from dreamqueue.tricks.results import Results

ADA = Owner(id="1", name="Ada")


def variant(text: str, seed: int = 3, **more: object) -> Variant:
    return Variant.model_validate({"label": text, "phrases": (Phrase(text=text),), "seed": seed, **more})


def given(*variants: Variant, **more: object) -> Recipe:
    return Recipe.model_validate(
        {"phrases": (Phrase(text="a hut"),), "seed": 3, "steps": 10, "variants": variants, **more}
    )


def test_each_is_painted_by_a_recipe_of_its_own() -> None:
    frost = (UsedStyle(name="frost", text="in frost"),)
    recipe = given(variant("a hut"), variant("a hut in frost", 4, styles=frost), row=2, width=64)
    plain, styled = cells(recipe)
    alone = recipe.model_copy(update={"variants": (), "row": 0})
    assert plain == Cell("a hut", alone)
    assert styled.recipe == alone.model_copy(
        update={"phrases": (Phrase(text="a hut in frost"),), "seed": 4, "styles": frost}
    )
    assert columns(recipe) == 2
    assert columns(given(variant("a"))) is None
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_all_of_them_cost() -> None:
    assert given(*[variant("a")] * 24).work == 240
    assert given(variant("a")).several


def test_another_seed_moves_all_as_far() -> None:
    moved = reseeded(given(variant("a", 3), variant("b", 3), variant("c", MAX_SEED)), 13)
    assert (moved.seed, [one.seed for one in moved.variants]) == (13, [13, 13, 9])


@pytest.mark.parametrize(
    "wrong",
    [
        {"candidates": 2},
        {"phrases": (Phrase(text="a {red,blue} hut"),)},
        {"variants": (variant("a {red,blue} hut"),)},
        {"variants": (variant("a"),) * (MOST_VARIANTS + 1)},
        {"row": 9},
    ],
)
def test_what_a_record_cannot_hold(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        given(**{"variants": (variant("a"),), **wrong})  # type: ignore[arg-type]


@pytest.fixture
async def client(redis_url: str) -> QueueClient:
    return await QueueClient.connect(QueueSettings(redis_url=SecretStr(redis_url)))


async def test_of_two_answers_to_an_offer_the_first_counts(client: QueueClient) -> None:
    trial = Trial(kind="test", trick="frost", subjects=("a hut",))
    offer = offers.Offer(job="abc", recipe=given(variant("a")), trial=trial, owner=ADA, typed="a hut")
    await offers.make(client.redis, offer)
    assert await offers.look(client.redis, "abc") == offer
    answers = await asyncio.gather(
        *(offers.answer(client.redis, "abc", said) for said in ("leave", "go", "leave", "go"))  # type: ignore[arg-type]
    )
    assert len(set(answers)) == 1
    assert 0 < await client.redis.pttl("dream:offer:abc") <= offers.LIFE * 1000
    await client.redis.delete("dream:offer:abc")
    for forgotten in (offers.look(client.redis, "abc"), offers.answer(client.redis, "abc", "go")):
        with pytest.raises(TrickError, match="too old"):
            await forgotten
    assert not await client.redis.exists("dream:offer:abc"), "an answer makes no offer"
    await client.close()


async def test_what_was_measured_goes_where_its_trick_goes(client: QueueClient) -> None:
    tricks, results = TrickStore(client.redis), Results(client.redis)
    rise = Lift(mean=0.1, low=0.05, high=0.2, wins=7, pairs=8)
    await tricks.put(drafted("frost", "covered in frost", author=ADA))
    recipe = given(variant("a"))
    trial = Trial(kind="test", trick="frost", subjects=("a hut",), judge="pocket-judge")
    measured = Measured.of(trial, recipe, rise, rise, job="abc")
    await results.put(measured)
    await results.put(measured)
    found = await results.get("frost")
    assert found is not None
    assert found.at > 1_500_000_000
    assert found.model_copy(update={"at": 0.0}) == measured
    assert list(await results.all()) == ["frost"]
    assert await client.redis.pttl("dream:trick-measured") > 0
    renamed = await tricks.rename("frost", "hoarfrost")
    assert await results.get("frost") is None
    assert await results.get("hoarfrost") == found
    await tricks.remove(renamed)
    assert await results.all() == {}
    await client.close()


def test_what_says_nothing_new_is_left_out_so_that_the_version_before_can_read_it() -> None:
    plain = Recipe(phrases=(Phrase(text="a hut"),), styles=(UsedStyle(name="vray", text="vray"),))
    told = plain.model_dump(mode="json")
    assert not {"stop", "tile", "variants", "row"} & set(told)
    assert told["styles"] == [{"name": "vray", "text": "vray"}]
    assert Recipe.model_validate(told) == plain
    new = plain.model_copy(update={"stop": 50, "tile": True})
    assert Recipe.model_validate_json(new.model_dump_json()) == new
