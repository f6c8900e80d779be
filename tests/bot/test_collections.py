"""Collections in Discord: proposed while typing, refused at once where no worker has them."""

from __future__ import annotations

from tests.bot.stage import Stage

from dreamqueue.collection import Collection, Liked


async def test_a_members_collections_are_proposed(stage: Stage) -> None:
    own = f"@{stage.bo.user.id}/mine"
    await stage.worker.wake(collections=("harbours", "forests", own))

    async def proposed(person: object, typed: str) -> list[str]:
        choices = await person.autocomplete("imagine", "collection", typed)  # type: ignore[attr-defined]
        return [choice["value"] for choice in choices]

    assert await proposed(stage.ada, "") == ["forests", "harbours"]
    assert await proposed(stage.ada, "Harb") == ["harbours"]
    assert await proposed(stage.bo, "") == ["forests", "harbours", "mine"]


async def test_the_field_is_the_flag(stage: Stage) -> None:
    await stage.worker.wake(collections=("harbours",))
    await stage.imagine(stage.ada, "a quiet bay --like turner:2", collection="Harbours")
    job = await stage.worker.next_job()
    assert job.recipe.collection == Collection(name="harbours", like=(Liked(folder="turner", weight=2),))


async def test_what_no_worker_has_is_refused(stage: Stage) -> None:
    await stage.worker.wake(collections=("harbours", f"@{stage.bo.user.id}/mine"))
    told = await stage.refusal(stage.ada, "a bay --collection harbour")
    assert "I know no collection `harbour`. Did you mean `harbours`?" in told.content
    told = await stage.refusal(stage.ada, "a bay", collection="mine")
    assert "There is: harbours" in told.content
