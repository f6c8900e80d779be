"""/imagine from end to end: what is typed in Discord, what is seen there."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image
from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, eventually, shows

from dreampractice import Rules
from dreampractice.body import Upload
from dreampractice.world import THREAD, Channel
from dreamqueue.job import Failed


async def test_a_picture_from_asking_to_hanging(stage: Stage) -> None:
    await stage.worker.wake()
    message = await stage.imagine(stage.ada, "a hut in a blizzard | oil painting:0.5 --seed 7 --steps 10")
    await shows(message, "waiting, next, any moment now")
    assert [button.label for button in message.buttons] == ["Cancel"]
    job = await stage.worker.next_job()
    assert [phrase.weight for phrase in job.recipe.phrases] == [1.0, 0.5]
    await stage.worker.begin(job)
    await shows(message, "a worker begins")
    for step in (3, 6):
        await stage.worker.paint(job, step)
        seen = await shows(message, f"step {step} of 10")
        assert [file.filename for file in seen.attachments] == [f"{job.id}-{step}.jpg"]
    animation = picture("grey", "GIF")
    final = await stage.worker.finish(job, animation=animation)
    end = await shows(message, "done in 0:41 · score 0.310")
    assert [file.filename for file in end.attachments] == [f"{job.id}.png", f"{job.id}.gif"]
    assert [file.content for file in end.attachments] == [final, animation]
    assert end.attachments[0].description == "a hut in a blizzard | oil painting:0.5"
    assert "seed 7" in end.content
    assert r"**a hut in a blizzard \| oil painting\:0.5**" in end.content
    assert [button.label for button in message.buttons] == [
        "Vary",
        "Again",
        "Remix",
        "★",
        "Share trick",
        "Delete",
    ]
    await stage.all_shown()
    assert len(stage.channel.messages) == 1, "one job, one message"


async def test_fields_of_the_command_are_flags_and_the_text_wins(stage: Stage) -> None:
    await stage.imagine(stage.ada, "a hut --steps 12", style="vray", size="64x32", seed=9, steps=50)
    recipe = (await stage.worker.next_job()).recipe
    assert (recipe.width, recipe.height, recipe.seed, recipe.steps) == (64, 32, 9, 12)
    assert [style.name for style in recipe.styles] == ["vray"]


async def test_the_line_moves_up_and_says_about_when(stage: Stage) -> None:
    await stage.worker.wake()
    first = await stage.imagine(stage.ada, "one")
    second = await stage.imagine(stage.bo, "two")
    await shows(second, "waiting, 2nd, about")
    await shows(first, "waiting, next")


async def test_asleep_workers_are_no_reason_to_refuse(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut")
    await shows(message, "waiting, next; no worker is awake just now, so it waits for one")


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("--seed 7", "What should I paint?"),
        ("a hut --sede 7", "I know no flag `--sede`. Did you mean `--seed`?"),
        ("a hut --seed seven", "--seed seven"),
        ("a hut --steps 99999999", "--steps 99999999"),
        ("wind " * 1190, "characters long"),
    ],
)
async def test_what_cannot_be_read_is_answered_at_once_to_nobody_else(
    stage: Stage, prompt: str, answer: str
) -> None:
    message = await stage.imagine(stage.ada, prompt)
    assert answer in message.content
    assert message.ephemeral
    assert await stage.queue.unshown() == []


async def test_a_dash_from_a_phone_is_a_flag(stage: Stage) -> None:
    await stage.imagine(stage.ada, "a hut —seed 7")
    assert (await stage.worker.next_job()).recipe.seed == 7


async def test_nobody_is_pinged_by_a_prompt_or_an_error(stage: Stage) -> None:
    loud = f"@everyone <@{stage.bo.user.id}> <@&{stage.discord.world.guild_id}> shouts"
    message = await stage.imagine(stage.ada, loud)
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.end(job, Failed(reason=f"@everyone <@{stage.bo.user.id}> broke it"))
    await shows(message, "broke it")
    assert message.mentions == []
    assert not message.mention_everyone
    assert all("@everyone" not in version.content for version in message.history)
    refused = await stage.imagine(stage.ada, "a hut --everyone")
    assert not refused.mention_everyone
    bodies = [call.body for call in stage.discord.traffic if isinstance(call.body, dict)]
    said = [body for body in (body.get("data", body) for body in bodies) if body.get("content")]
    assert len(said) >= 3
    assert all(body["allowed_mentions"] == {"parse": []} for body in said)


async def test_a_very_long_prompt_is_cut_and_its_whole_is_attached(stage: Stage) -> None:
    prompt = "wind over the hills " * 90
    message = await stage.imagine(stage.ada, prompt)
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    end = await shows(message, "done in")
    assert len(end.content) <= 2000
    assert [file.filename for file in end.attachments] == [f"{job.id}.png", "prompt.txt"]
    assert end.attachments[1].content.decode() == prompt.strip()


@pytest.mark.parametrize(
    ("denied", "named"),
    [("attach_files", "Attach Files"), ("send_messages", "Send Messages"), ("view_channel", "View Channel")],
)
async def test_what_could_not_be_posted_is_refused_before_painting(
    stage: Stage, denied: str, named: str
) -> None:
    stage.discord.set_permissions("art", deny=(denied,))
    message = await stage.imagine(stage.ada, "a hut")
    assert "I may not post a picture here" in message.content
    assert named in message.content
    assert message.ephemeral
    assert await stage.queue.unshown() == []


async def test_in_a_thread_other_permissions_count(stage: Stage) -> None:
    world = stage.discord.world
    owner = stage.ada.user.id
    thread = Channel(world.ids.next(), "a thread", THREAD, parent_id=stage.channel.id, owner_id=owner)
    world.channels[thread.id] = thread
    world.feed.tell("thread", data={"channel": thread, "new": True})
    stage.discord.set_permissions("art", deny=("send_messages",))
    message = await stage.imagine(stage.ada, "a hut", channel=thread.id)
    await shows(message, "waiting")
    stage.discord.set_permissions("art", deny=("send_messages_in_threads",))
    refused = await stage.imagine(stage.ada, "a hut", channel=thread.id)
    assert "I need Send Messages In Threads in this channel" in refused.content


async def test_the_channels_limit_for_files_goes_with_the_job(bare_stage: Stage) -> None:
    bare_stage.discord.core.rules = Rules(file_limit=5 * 2**20)
    await bare_stage.raise_bot()
    await bare_stage.imagine(bare_stage.ada, "a hut")
    assert (await bare_stage.worker.next_job()).upload_limit == 5 * 2**20


async def test_nobody_can_paint_with_this_backend(stage: Stage) -> None:
    await stage.worker.wake("watercolours")
    answer = await stage.refusal(stage.ada, "a hut")
    assert "No worker that is awake can paint with `pixels`" in answer.content
    assert "`watercolours`" in answer.content
    await eventually(lambda: not stage.public_messages())  # no message that thinks for ever


async def test_too_many_jobs_of_one_member(stage: Stage) -> None:
    for _ in range(3):
        await stage.imagine(stage.ada, "a hut")
        await stage.worker.next_job()
    await eventually(lambda: len(stage.public_messages()) == 3)
    answer = await stage.refusal(stage.ada, "a hut")
    assert "jobs of yours are waiting already (the limit is 3)" in answer.content


async def test_a_picture_to_begin_with(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut", image=("start.jpg", picture("red", "JPEG", 64)))
    await shows(message, "from a picture")
    job = await stage.worker.next_job()
    assert job.recipe.image is not None
    kept = await stage.queue.fetch(job.recipe.image)
    assert kept is not None
    with Image.open(io.BytesIO(kept)) as clean:
        assert (clean.format, clean.size) == ("PNG", (64, 64))


async def test_a_picture_beside_the_words(stage: Stage) -> None:
    await stage.imagine(stage.ada, "a hut", target=Upload("style.png", picture("blue", "PNG", 64)))
    job = await stage.worker.next_job()
    assert job.recipe.image is None
    (target,) = job.recipe.targets
    assert target.weight == 1
    kept = await stage.queue.fetch(target.key)
    assert kept is not None
    with Image.open(io.BytesIO(kept)) as clean:
        assert clean.getpixel((0, 0)) == (0, 0, 255)


def bomb() -> bytes:
    """A PNG of 10,000 × 10,000 pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("default::PIL.Image.DecompressionBombWarning")  # as where people run it
@pytest.mark.parametrize(
    ("file", "answer"),
    [
        (("bomb.png", bomb()), "10,000 × 10,000 pixels"),
        (("half.png", picture("red", "PNG", 64)[:60]), "damaged or cut off"),
        (("words.png", b"no picture at all"), "cannot read this file as a picture"),
        (("words.txt", b"no picture at all"), "This is no picture but `text/plain`"),
    ],
)
async def test_a_file_that_is_no_picture_is_refused_to_nobody_else(
    stage: Stage, file: tuple[str, bytes], answer: str
) -> None:
    message = await stage.refusal(stage.ada, "a hut", image=file)
    assert answer in message.content
    assert message.ephemeral
    await eventually(lambda: not stage.public_messages())
    assert await stage.queue.unshown() == []


async def test_styles_are_proposed_while_typing(stage: Stage) -> None:
    names = await stage.ada.autocomplete("imagine", "style", "unr")
    assert names[0]["value"] == "unreal-engine"
    assert len(names) <= 25


async def test_a_waiting_job_that_nobody_can_paint_says_what_is_lacking(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut --backend vqgan")
    await shows(message, "no worker is awake just now")
    await stage.worker.wake("pixels")
    await shows(message, "no worker that is awake can paint it, so it waits for one")
