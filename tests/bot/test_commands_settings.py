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
    for _ in range(2):
        await stage.press(stage.ada, panel, "dream:settings-flip:mine:spoiler-on") if _ == 0 else None
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
    assert not await stage.queue.redis.exists(f"dream:preferences:{stage.ada.user.id}")
