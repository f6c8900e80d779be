"""/help: examples paint for who pressed, topics are chosen, every flag and command is told."""

from __future__ import annotations

import pytest
from discord import app_commands
from tests.bot.stage import Stage, eventually, shows

from dreambot.members.helping import EXAMPLES, topics
from dreambot.texts import languages, speech
from dreampractice import Person
from dreampractice.messages import Message
from dreamqueue.prompt import FLAGS


async def opened(stage: Stage, person: Person) -> Message:
    """The first page."""
    asked = await person.slash("help")
    assert asked.reply is not None
    assert asked.reply.only_for is person.user
    return asked.reply


async def test_an_example_paints_for_who_presses_it_after_a_restart(stage: Stage) -> None:
    page = await opened(stage, stage.ada)
    await stage.fell_bot()
    await stage.raise_bot()
    asked = await stage.press(stage.ada, page, "a {snail,penguin} made of {harp,piano}")
    assert asked.reply is not None
    await shows(asked.reply, "4 pictures")
    assert "for Ada" in asked.reply.content
    assert len(stage.public_messages()) == 1


async def test_every_example_can_be_painted(stage: Stage) -> None:
    stage.changes = {"max_waiting_per_member": 10}
    await stage.fell_bot()
    await stage.raise_bot()
    page = await opened(stage, stage.bo)
    for number in EXAMPLES:
        asked = await stage.press(stage.bo, page, speech().say(f"help.example-{number}"))
        assert asked.reply is not None
        await shows(asked.reply, "waiting")


async def test_a_topic_is_shown_in_the_same_message(stage: Stage) -> None:
    page = await opened(stage, stage.ada)
    await stage.ada.choose(page, "Choose a topic", "Who may press what")
    await shows(page, "**Delete**: whoever asked")
    await stage.ada.choose(page, "Choose a topic", "Commands")
    await shows(page, "`/privacy forget-me` Erase your pictures")
    await shows(page, "Apps menu of a message: **Describe**")
    assert "/queue pause" not in page.content
    assert "/mod block" not in page.content
    await stage.ada.choose(page, "Choose a topic", "Commands for moderators")
    await shows(page, "`/queue pause` Moderators: let nothing more be begun")
    assert "`/mod block` Let a member" in page.content


@pytest.mark.parametrize("language", languages())
async def test_the_pages_tell_every_flag_and_command_and_fit(stage: Stage, language: str) -> None:
    assert stage.bot is not None
    pages = dict(topics(stage.bot, speech(language)))
    whole = "\n".join(pages.values())
    assert [flag for flag in FLAGS if f"`--{flag}" not in whole] == []
    walked = stage.bot.tree.walk_commands()
    names = [command.qualified_name for command in walked if isinstance(command, app_commands.Command)]
    assert "queue mine" in names
    assert [name for name in names if f"`/{name}` " not in whole] == []
    assert max(map(len, pages.values())) <= 2000
    assert len(pages) <= 25


async def test_forged_topics_and_examples_are_refused(stage: Stage) -> None:
    page = await opened(stage, stage.ada)
    page.components[0]["components"][0]["options"].append({"label": "x", "value": "secret"})
    await stage.ada.choose(page, "Choose a topic", "secret")
    page.components[1]["components"][0]["custom_id"] = "dream:example:try:99"
    await stage.press(stage.ada, page, "dream:example:try:99")
    whispers = await eventually(lambda: found if len(found := stage.whispers(stage.ada)) == 3 else None)
    assert all("another time" in message.content for message in whispers[1:])
