"""A person and a real discord.py bot, end to end."""

from __future__ import annotations

import pytest
from tests.practice.artbot import picture
from tests.practice.conftest import Start

from dreampractice import CannotSend


async def test_a_picture_forms_in_one_message(start: Start) -> None:
    discord, bot = await start()
    ada = discord.person("ada")
    bot.go.clear()
    asked = await ada.slash("imagine", prompt="a hut", style="woodcut", image=picture("white", (20, 10)))
    assert asked.reply is not None
    assert asked.reply.thinking
    bot.go.set()
    done = await ada.wait_for(lambda m: "50 steps" in m.content)
    assert done is asked.reply
    assert done.content == "a hut in woodcut, 50 steps, from image.png 20x10"
    assert [[file.filename for file in version.attachments] for version in done.history] == [
        [],
        ["frame.png"],
        ["done.png"],
    ]
    assert (done.images[0].width, done.images[0].height) == (64, 48)
    assert done.images[0].content == picture("green")
    assert [button.label for button in done.buttons] == ["Vary", "Stop", "Again"]


async def test_buttons_menus_and_dialogs(start: Start) -> None:
    discord, _ = await start()
    ada, bo = discord.person("ada"), discord.person("bo")
    await ada.slash("imagine", prompt="a hut")
    done = await ada.wait_for(lambda m: bool(m.buttons))
    again = await bo.press(done, "Again")
    assert again.reply is not None
    assert again.reply.content == "again j1"
    assert again.reply in bo.sees("art")
    assert again.reply not in ada.sees("art")
    chosen = await bo.choose(done, "size", "large")
    assert chosen.reply is not None
    assert chosen.reply.content == "size 512"
    opened = await bo.press(done, "vary")
    assert opened.modal is not None
    assert opened.modal.title == "Vary"
    with pytest.raises(CannotSend, match="required"):
        await bo.fill(opened.modal)
    with pytest.raises(CannotSend, match="at most 50"):
        await bo.fill(opened.modal, new_prompt="x" * 51)
    await bo.fill(opened.modal, new_prompt="a castle")
    assert done.content == "varied: a castle"
    await ada.press(done, "Stop")
    stopped = await ada.wait_for(lambda m: m.content == "stopped")
    assert (stopped.attachments, stopped.buttons) == ([], [])


async def test_dialogs_in_the_newer_layout(start: Start) -> None:
    discord, _ = await start()
    ada = discord.person("ada")
    opened = await ada.slash("settings")
    assert opened.modal is not None
    assert [field.label for field in opened.modal.fields] == ["Backend", "Note"]
    sent = await ada.fill(opened.modal, backend="pixels", note="more\nlines")
    assert sent.reply is not None
    assert sent.reply.content == "pixels: more\nlines"


async def test_threads_and_direct_messages(start: Start) -> None:
    discord, bot = await start()
    ada = discord.person("ada")
    said = await ada.say("art", "a long story")
    channel = bot.get_channel(int(said.channel.id))
    thread = await channel.get_partial_message(int(said.id)).create_thread(name="story")
    await thread.send("chapter one")
    await ada.wait_for(lambda m: m.content == "chapter one", channel="story")
    asked = await ada.slash("whisper", channel="story", text="psst")
    assert asked.reply in ada.sees("story")
    user = await bot.fetch_user(int(ada.user.id))
    await user.send("your picture is ready")
    assert [m.content for m in ada.sees("dm")] == ["your picture is ready"]


async def test_autocomplete(start: Start) -> None:
    discord, _ = await start()
    choices = await discord.person("ada").autocomplete("imagine", option="style", typed="w", prompt="a hut")
    assert [choice["value"] for choice in choices] == ["watercolour", "woodcut"]


async def test_ephemeral_replies_and_follow_ups(start: Start) -> None:
    discord, _ = await start()
    ada, bo = discord.person("ada"), discord.person("bo")
    asked = await ada.slash("whisper", text="psst")
    await ada.wait_for(lambda m: m.content == "psst again" and m.ephemeral)
    assert [m.content for m in ada.sees("art")] == ["psst", "psst again"]
    assert bo.sees("art") == []
    assert asked.reply is not None
    await ada.delete(asked.reply)
    assert [m.content for m in ada.sees("art")] == ["psst again"]


async def test_embeds_members_and_silent_mentions(start: Start) -> None:
    discord, _ = await start()
    asked = await discord.person("ada").slash("card", who="bo")
    card = asked.reply
    assert card is not None
    assert "joined\nlong ago" in card.text
    assert card.embeds[0]["image"]["url"].startswith(discord.url)
    assert (card.mentions, card.mention_everyone) == ([], False)


async def test_subcommands_context_menus_and_checks(start: Start) -> None:
    discord, bot = await start()
    paused = await discord.person("mo").slash("queue pause", reason="tea")
    assert paused.reply is not None
    assert paused.reply.content == "paused: tea"
    used = await discord.person("ada").use(paused.reply, "Upscale")
    assert used.reply is not None
    assert used.reply.content == "upscaling paused: tea"
    assert not bot.errors


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "required: prompt"),
        ({"prompt": "x" * 101}, "at most 100"),
        ({"prompt": "x", "steps": 0}, "at least 1"),
        ({"prompt": "x", "steps": "many"}, "a whole number"),
        ({"prompt": "x", "sytle": "y"}, "no option sytle"),
        ({"prompt": "x", "image": "y"}, "needs a file"),
    ],
)
async def test_what_discords_client_does_not_send(
    start: Start, values: dict[str, object], words: str
) -> None:
    discord, _ = await start()
    with pytest.raises(CannotSend, match=words):
        await discord.person("ada").slash("imagine", options=values)


async def test_messages_reach_the_bot_without_content_unless_it_is_mentioned(start: Start) -> None:
    discord, bot = await start()
    await discord.person("ada").say("general", "hello")
    await discord.person("ada").say("general", f"hello <@{bot.user.id}>")
    assert [(await bot.heard.get()).content for _ in range(2)] == ["", f"hello <@{bot.user.id}>"]


async def test_channels_are_as_visible_as_their_permissions_say(start: Start) -> None:
    discord, _ = await start()
    names = {name: [c.name for c in discord.person(name).channels()] for name in ("ada", "mo")}
    assert names == {"ada": ["art", "general"], "mo": ["art", "general", "mods"]}
    with pytest.raises(CannotSend, match="may not"):
        await discord.person("ada").say("mods", "let me in")


async def test_waiting_in_vain_says_what_was_seen(start: Start) -> None:
    discord, _ = await start()
    await discord.person("ada").say("art", "hello")
    with pytest.raises(TimeoutError, match="'hello'"):
        await discord.person("ada").wait_for(lambda m: m.content == "goodbye", timeout=0.01)
