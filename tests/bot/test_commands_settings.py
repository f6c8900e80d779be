"""/settings: what a member sets holds for what they ask, in their language, and ends with a mention."""

from __future__ import annotations

from tests.bot.stage import Stage, eventually, shows

from dreampractice import Person
from dreampractice.messages import Message
from dreamqueue import preferences
from dreamqueue.preferences import Preferences
from dreamqueue.store import SEASON_MS


async def opened(stage: Stage, person: Person) -> Message:
    """The panel of a member."""
    asked = await person.slash("settings")
    assert asked.reply is not None
    assert asked.reply.only_for is person.user
    return asked.reply


async def test_each_setting_is_set_from_the_panel_and_stays_after_a_restart(stage: Stage) -> None:
    panel = await opened(stage, stage.ada)
    assert "Painter: **as usual**" in panel.content
    await stage.ada.choose(panel, "Choose a painter", "pixels")
    await stage.fell_bot()
    await stage.raise_bot()
    await stage.ada.choose(panel, "Choose a style", "minecraft")
    await stage.press(stage.ada, panel, "Spoilers on or off")
    await shows(panel, "Pictures: **hidden until you click**")
    assert "Style: **minecraft**" in panel.content
    modal = (await stage.press(stage.ada, panel, "Size and style …")).modal
    assert modal is not None
    assert modal.field("style").value == "minecraft"
    await stage.ada.fill(modal, size="128x96", style="vray, minecraft")
    await shows(panel, "Size: **128x96**")
    found = await preferences.read(stage.queue.redis, stage.ada.user.id)
    assert found == Preferences(backend="pixels", size="128x96", style="vray, minecraft", spoiler=True)
    left = await stage.queue.redis.pttl(f"dream:preferences:{stage.ada.user.id}")
    assert SEASON_MS - 60_000 < left <= SEASON_MS
    await stage.press(stage.ada, panel, "All as usual")
    await shows(panel, "Size: **as usual**")
    assert await preferences.read(stage.queue.redis, stage.ada.user.id) == Preferences()


async def test_a_press_that_comes_twice_changes_nothing(stage: Stage) -> None:
    panel = await opened(stage, stage.ada)
    presses = [stage.ada.begin_press(panel, "Mentions on or off") for _ in range(2)]
    for press in presses:
        await press.settled.wait()
        assert press.failure is None
    await shows(panel, "When one is done: **I mention you**")
    assert (await preferences.read(stage.queue.redis, stage.ada.user.id)).ping


async def test_what_is_typed_wins_and_what_does_not_fit_gives_way(stage: Stage) -> None:
    wanted = Preferences(size="64x48", style="minecraft")
    await preferences.write(stage.queue.redis, stage.ada.user.id, wanted)
    await shows(await stage.imagine(stage.ada, "a hut"), "64×48")
    job = await stage.worker.next_job()
    assert [style.name for style in job.recipe.styles] == ["minecraft"]
    await shows(await stage.imagine(stage.ada, "a hut --size 96", style="vray"), "96×96")
    await shows(await stage.imagine(stage.ada, "a hut", size="80x64"), "80×64")
    _, second, third = [
        (await stage.queue.record(job)).job.recipe
        for job in reversed([record.job.id for record in await stage.queue.jobs_of(stage.ada.user.id)])
    ]
    assert [style.name for style in second.styles] == ["vray"]
    assert [style.name for style in third.styles] == ["minecraft"]
    await shows(await stage.imagine(stage.bo, "a hut"), "256×256")


async def test_nonsense_in_the_panel_is_refused(stage: Stage) -> None:
    panel = await opened(stage, stage.ada)
    modal = (await stage.press(stage.ada, panel, "Size and style …")).modal
    assert modal is not None
    await stage.ada.fill(modal, size="9999999x1")
    told = await eventually(lambda: stage.whispers(stage.ada)[1:])
    assert "`--size 9999999x1`" in told[-1].content
    part = panel.components[0]["components"][0]
    part["options"].append({"label": "evil", "value": "../../etc"})
    await stage.ada.choose(panel, "Choose a painter", "../../etc")
    told = await eventually(lambda: stage.whispers(stage.ada)[2:])
    assert told[-1].content == "There is no such setting."
    assert await preferences.read(stage.queue.redis, stage.ada.user.id) == Preferences()


async def test_pictures_are_spoilers_and_the_end_mentions_who_asked_and_nobody_else(stage: Stage) -> None:
    await preferences.write(stage.queue.redis, stage.ada.user.id, Preferences(spoiler=True, ping=True))
    message = await stage.imagine(stage.ada, "a hut <@1> @everyone")
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.paint(job, 5)
    frame = await shows(message, "step 5 of 120")
    assert [file.filename for file in frame.attachments] == [f"SPOILER_{job.id}-5.jpg"]
    await stage.worker.finish(job)
    end = await shows(message, "done in")
    assert [file.filename for file in end.attachments] == [f"SPOILER_{job.id}.png"]
    told = await eventually(lambda: stage.public_messages()[1:])
    assert told[-1].content == f"<@{stage.ada.user.id}> it is done."
    assert told[-1].mentions == [stage.ada.user]
    assert not told[-1].mention_everyone
    assert told[-1].reference is message


async def test_a_bot_that_fell_before_it_had_noted_the_mention_does_not_repeat_it(stage: Stage) -> None:
    await preferences.write(stage.queue.redis, stage.ada.user.id, Preferences(ping=True))
    message = await stage.imagine(stage.ada, "a hut")
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await shows(message, "done in")
    await stage.all_shown()
    assert len(stage.public_messages()) == 2
    await stage.fell_bot()
    await stage.queue.redis.sadd("dream:unshown", job.id)  # type: ignore[misc]
    await stage.raise_bot()
    await stage.all_shown()
    assert len(stage.public_messages()) == 2, "Discord knows the nonce"


async def test_nobody_is_mentioned_for_what_they_cancelled(stage: Stage) -> None:
    await preferences.write(stage.queue.redis, stage.ada.user.id, Preferences(ping=True))
    message = await stage.imagine(stage.ada, "a hut")
    await shows(message, "waiting")
    await stage.press(stage.ada, message, "Cancel")
    await shows(message, "cancelled by Ada")
    await stage.all_shown()
    assert len(stage.public_messages()) == 1


async def test_who_chose_german_is_spoken_to_in_german_everywhere(stage: Stage) -> None:
    panel = await opened(stage, stage.ada)
    await stage.ada.choose(panel, "Choose a language", "Deutsch")
    await shows(panel, "Ich spreche: **Deutsch**")
    assert "Alles wie üblich" in [button.label for button in panel.buttons]
    message = await stage.imagine(stage.ada, "eine Hütte")
    await shows(message, "wartet")
    await stage.press(stage.bo, message, "Abbrechen")
    assert (await stage.whispered(stage.bo)).content == "Only Ada or a moderator can cancel this."
    await stage.press(stage.ada, message, "Abbrechen")
    await shows(message, "abgebrochen von Ada")
