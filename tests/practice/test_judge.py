"""What goes over the wire, held against Discord's own documents."""

from __future__ import annotations

import pytest
from tests.judging import findings, is_there
from tests.practice.artbot import picture
from tests.practice.conftest import Start


@pytest.mark.skipif(
    not is_there(), reason="no judge of Discord traffic here: set DISCORD_JUDGE to its folder"
)
async def test_the_judge_finds_nothing(start: Start) -> None:
    discord, bot = await start()
    ada, mo = discord.person("ada"), discord.person("mo")
    await ada.slash("imagine", prompt="a hut", style="woodcut", image=picture("white"))
    done = await ada.wait_for(lambda m: bool(m.buttons))
    await ada.autocomplete("imagine", option="style", typed="w", prompt="a hut")
    await ada.press(done, "Again")
    await ada.choose(done, "size", "large")
    opened = await ada.press(done, "vary")
    await ada.fill(opened.modal, new_prompt="a castle")
    await ada.slash("whisper", text="psst")
    await ada.wait_for(lambda m: m.content == "psst again")
    await ada.slash("card", who="bo")
    settings = await ada.slash("settings")
    await ada.fill(settings.modal, backend="vqgan")
    await (await bot.fetch_user(int(ada.user.id))).send("done")
    paused = await mo.slash("queue pause")
    await ada.use(paused.reply, "Upscale")
    said = await ada.say("art", f"thanks <@{bot.user.id}>", files=[picture("red")])
    await ada.react(said, "👍")
    channel = bot.get_channel(int(said.channel.id))
    message = await channel.fetch_message(int(said.id))
    await message.add_reaction("🎨")
    reply = await message.reply("you are welcome")
    await reply.edit(content="most welcome")
    await reply.create_thread(name="more")
    await reply.delete()
    await bot.fetch_guild(int(discord.world.guild_id))
    assert [guild.name async for guild in bot.fetch_guilds()] == [discord.world.guild_name]
    await bot.fetch_channel(channel.id)
    await bot.guilds[0].fetch_member(int(ada.user.id))
    await bot.guilds[0].fetch_roles()
    await bot.application_info()
    await channel.typing()
    assert len([m async for m in channel.history(limit=10)]) > 5
    await ada.press(done, "Stop")
    await ada.wait_for(lambda m: m.content == "stopped")

    assert findings(discord) == []
    assert len({(one.method, one.path.split("?")[0]) for one in discord.traffic}) > 15
