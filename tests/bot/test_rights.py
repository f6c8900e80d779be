"""Limits by role, channel and member, as members meet them in Discord."""

from __future__ import annotations

from pathlib import Path

from tests.bot.stage import Stage, eventually, shows

from dreampractice import Person

RIGHTS = """
[everyone]
waiting = 1
steps = 60
[roles.moderator]
waiting = 5
band = "boosters"
weight = 4
[channels.art]
waiting = 3
"""


async def said(stage: Stage, person: Person, words: str) -> None:
    await eventually(lambda: any(words in whisper.content for whisper in stage.whispers(person)))


async def test_members_meet_their_limits_and_roles_have_more(bare_stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "rights.toml"
    file.write_text(RIGHTS)
    stage = bare_stage
    stage.changes = {"rights": file}
    await stage.raise_bot()
    first = await stage.imagine(stage.ada, "a hut --steps 50")
    await shows(first, "waiting, next")
    await stage.ada.slash("imagine", channel="art", prompt="another hut --steps 50")
    await said(stage, stage.ada, "1 job of yours is waiting already (the limit is 1)")
    await stage.bo.slash("imagine", channel="art", prompt="a hut --steps 90")
    await said(stage, stage.bo, "60")
    for _ in range(2):
        await stage.imagine(stage.moderator, "a tower --steps 50")
    await stage.moderator.slash("imagine", channel="art", prompt="a tower --steps 50")
    await said(stage, stage.moderator, "3 jobs of this channel are waiting")
    assert (await stage.worker.next_job()).owner.name == "Mo", "their band goes first"
