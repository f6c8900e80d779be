"""The Apps menu of a message: Vary, Use as start, Recipe, also of pictures that nobody gave out."""

from __future__ import annotations

import io

from PIL import Image
from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, eventually, shows

from dreampractice import Person
from dreampractice.body import Upload
from dreampractice.messages import Message
from dreamqueue.job import Job
from dreamqueue.kept import adopt
from dreamqueue.png import png_bytes
from dreamqueue.recipe import Phrase, Recipe


async def painted(stage: Stage, prompt: str = "a hut --seed 7 --size 64") -> tuple[Message, Job]:
    """A job of Ada's that is done, and its message."""
    message = await stage.imagine(stage.ada, prompt)
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await shows(message, "done in")
    return message, job


async def told(stage: Stage, person: Person, text: str) -> str:
    """A whisper with this text."""

    def found() -> str | None:
        return next((m.content for m in stage.whispers(person) if text in m.content), None)

    return str(await eventually(found))


def carrying(recipe: Recipe) -> bytes:
    """A picture with a recipe inside, as somebody downloads it."""
    return png_bytes(Image.new("RGB", (32, 32), "teal"), recipe)


async def test_the_recipe_is_whispered_whole_with_its_lineage_to_the_root(stage: Stage) -> None:
    root, first = await painted(stage)
    child = (await stage.press(stage.bo, root, "Again")).reply
    assert child is not None
    await shows(child, "waiting")
    job = await stage.worker.next_job()
    await stage.ada.use(child, "Recipe")
    text = await told(stage, stage.ada, "a hut")
    command = (
        f"a hut --backend pixels --preset levels --critic pocket --size 64x64 --steps {job.recipe.steps}"
    )
    assert f"```\n{command} --seed {job.recipe.seed}\n```" in text
    assert f"picture `{job.id}`, asked for by Bo" in text
    assert f"it came from [`{first.id}`](https://discord.com/channels/" in text
    assert f"/{root.id})" in text
    await stage.queue.redis.delete(f"dream:job:{first.id}")
    await stage.bo.use(child, "Recipe")
    assert f"it came from `{first.id}` (forgotten)" in await told(stage, stage.bo, "a hut")
    assert len(stage.public_messages()) == 2


async def test_a_long_lineage_is_told_by_its_ends(stage: Stage) -> None:
    message, job = await painted(stage)
    record = await stage.queue.record(job.id)
    ending, parent, chain = record.ending, job.id, [job.id]
    assert ending is not None
    for _ in range(11):
        told_in = record.reply if len(chain) == 11 else None
        parent = (
            await adopt(stage.queue.store, job.recipe, job.owner, ending, parent=parent, reply=told_in)
        ).id
        chain.append(parent)
    child = chain[-1]
    await stage.queue.redis.hset(f"dream:job:{job.id}", "reply", "")  # type: ignore[misc]
    message.components[0]["components"][0]["custom_id"] = f"dream:again:{child}"
    await stage.ada.use(message, "Recipe")
    text = await told(stage, stage.ada, "it came from")
    nearest = [text.index(f"`{one}`") for one in reversed(chain[3:-1])]
    assert nearest == sorted(nearest)
    assert f"← … 2 … ← `{chain[0]}`" in text
    assert chain[1] not in text
    assert chain[2] not in text


async def test_the_recipe_counts_what_came_of_a_picture(stage: Stage) -> None:
    root, _ = await painted(stage)
    for verb in ("Again", "Vary"):
        child = (await stage.press(stage.bo, root, verb)).reply
        assert child is not None
        await shows(child, "waiting")
    await stage.ada.use(root, "Recipe")
    assert "-# 2 pictures came of it" in await told(stage, stage.ada, "a hut")
    job = await stage.worker.next_job()
    assert await stage.queue.cancel(job.id, job.owner)
    assert await stage.queue.erase(job.id)
    await stage.bo.use(root, "Recipe")
    assert "-# 1 picture came of it" in await told(stage, stage.bo, "a hut")


async def test_a_parent_that_is_forgotten_is_named_without_a_link(stage: Stage) -> None:
    message, job = await painted(stage)
    child = (await stage.press(stage.bo, message, "Again")).reply
    assert child is not None
    await shows(child, "from [this picture]")
    await stage.fell_bot()
    await stage.queue.redis.delete(f"dream:job:{job.id}")
    await stage.raise_bot()
    await shows(child, f"from `{job.id}`")


async def test_vary_takes_the_job_of_the_message(stage: Stage) -> None:
    message, job = await painted(stage)
    asked = await stage.bo.use(message, "Vary")
    assert asked.failed is None
    varied = await stage.worker.next_job()
    assert (varied.parent, varied.owner.name) == (job.id, "Bo")


async def test_a_picture_that_was_posted_again_still_has_its_recipe(stage: Stage) -> None:
    hut = Phrase(text="a <@1> `hut`")
    recipe = Recipe(phrases=(hut,), preset="levels", seed=5, width=64, height=64, steps=9)
    posted = await stage.bo.say("art", "look", [Upload("found.png", carrying(recipe))])
    await stage.ada.use(posted, "Recipe")
    text = await told(stage, stage.ada, "Read from the file itself")
    assert "**a \\<\\@\u200b1\\> \\`hut\\`**" in text
    assert "seed 5" in text
    asked = await stage.ada.use(posted, "Vary")
    assert asked.reply is not None
    await shows(asked.reply, "waiting")
    job = await stage.worker.next_job()
    assert job.parent is None
    assert job.recipe == recipe.model_copy(update={"seed": job.recipe.seed})


async def test_a_recipe_that_somebody_wrote_into_a_file_is_read_as_if_it_was_typed(stage: Stage) -> None:
    evil = Recipe(
        phrases=(Phrase(text="a hut"),), preset="[click](https://evil.example)", width=64, height=64
    )
    posted = await stage.bo.say("art", "look", [Upload("found.png", carrying(evil))])
    await stage.ada.use(posted, "Vary")
    assert "I know no" in await told(stage, stage.ada, "evil")
    await stage.ada.use(posted, "Recipe")
    assert "](https://evil" not in (await told(stage, stage.ada, "Read from")).partition("```")[0]
    huge = evil.model_copy(update={"preset": "levels", "width": 4096, "height": 4096})
    posted = await stage.bo.say("art", "look", [Upload("found.png", carrying(huge))])
    await stage.ada.use(posted, "Vary")
    assert await told(stage, stage.ada, "`--size 4096x4096`")
    assert await stage.queue.redis.zcard("dream:waiting") == 0


async def test_a_message_of_somebody_else_names_no_job(stage: Stage) -> None:
    _, job = await painted(stage)
    forged = await stage.bo.say("art", job.id, [Upload(f"{job.id}.png", picture("red"))])
    await stage.bo.use(forged, "Recipe")
    assert "There is no recipe in that PNG" in await told(stage, stage.bo, "recipe")
    words = await stage.bo.say("art", f"dream:again:{job.id}")
    await stage.bo.use(words, "Vary")
    assert await told(stage, stage.bo, "There is no picture in this message.")


async def test_the_bots_own_message_with_anothers_id_in_a_files_name_names_no_job(stage: Stage) -> None:
    message, job = await painted(stage)
    other = await stage.imagine(stage.bo, "a barn")
    await shows(other, "waiting")
    second = await stage.worker.next_job()
    await stage.worker.begin(second)
    await stage.worker.finish(second)
    await shows(other, "done in")
    reply = (await stage.queue.record(job.id)).reply
    assert reply is not None
    elsewhere = reply.model_copy(update={"server": 1, "message": 2})
    await stage.queue.redis.hset(f"dream:job:{job.id}", "reply", elsewhere.model_dump_json())  # type: ignore[misc]
    await stage.ada.use(message, "Recipe")
    assert "There is no recipe in that PNG" in await told(stage, stage.ada, "recipe")


async def test_use_as_start_asks_for_the_words_and_begins_with_the_picture(stage: Stage) -> None:
    posted = await stage.bo.say("art", "mine", [Upload("mine.png", picture("red", side=64))])
    modal = (await stage.ada.use(posted, "Use as start")).modal
    assert modal is not None
    await stage.fell_bot()
    await stage.raise_bot()
    asked = await stage.ada.fill(modal, words="a castle --size 64")
    assert asked.reply is not None
    await shows(asked.reply, "from a picture")
    job = await stage.worker.next_job()
    assert job.recipe.image is not None
    start = await stage.queue.fetch(job.recipe.image)
    assert start is not None
    assert Image.open(io.BytesIO(start)).getpixel((0, 0)) == (255, 0, 0)
    assert job.parent is None


async def test_the_bots_picture_as_start_is_the_parent(stage: Stage) -> None:
    message, job = await painted(stage)
    modal = (await stage.bo.use(message, "Use as start")).modal
    assert modal is not None
    asked = await stage.bo.fill(modal, words="a castle")
    assert asked.reply is not None
    await shows(asked.reply, "from [this picture]")
    assert (await stage.worker.next_job()).parent == job.id


async def test_anothers_dialog_and_a_forged_one_begin_nothing(stage: Stage) -> None:
    posted = await stage.bo.say("art", "mine", [Upload("mine.png", picture("red", side=64))])
    modal = (await stage.ada.use(posted, "Use as start")).modal
    assert modal is not None
    await stage.bo.fill(modal, words="a castle")
    assert await told(stage, stage.bo, "I have forgotten which picture this was about.")
    text = await stage.bo.say("art", "mine", [Upload("mine.png", b"no picture")])
    modal = (await stage.ada.use(text, "Use as start")).modal
    assert modal is not None
    await stage.ada.fill(modal, words="a castle")
    assert await told(stage, stage.ada, "I cannot read this file as a picture.")
    assert await stage.queue.redis.zcard("dream:waiting") == 0
