"""The chat page in a real browser, with the real client on the other side."""

from __future__ import annotations

import io
from pathlib import Path

import aiohttp
import discord as dpy
import pytest
from playwright.async_api import Browser, expect
from tests.browsing import browser, browser_test, look
from tests.practice.artbot import picture
from tests.practice.conftest import Start

from dreampractice import Limit, PracticeDiscord, Rules

__all__ = ["browser"]

FAST = {name: Limit(name, 1000, 1.0) for name in Rules().limits}


@browser_test
async def test_a_command_by_keyboard_then_a_picture_that_forms(start: Start, browser: Browser) -> None:
    discord, bot = await start()
    page = await look(browser, discord, "ada")
    await page.locator("#text").press_sequentially("/imag")
    suggestions = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    await expect(suggestions).to_have_text(["/imaginePaint a pictureAlien Dreams"])
    await page.keyboard.press("Enter")
    await page.keyboard.type("a hut | painting")
    await page.get_by_role("button", name="Add style").click()
    await page.keyboard.type("w")
    await expect(suggestions).to_have_text(["watercolour", "woodcut"])
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    bot.go.clear()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Alien Dreams is thinking…")).to_be_visible()
    await expect(page.get_by_text("Ada used /imagine")).to_be_visible()
    bot.go.set()
    done = page.get_by_role("listitem").filter(has_text="a hut | painting in woodcut, 50 steps")
    await expect(done).to_be_visible()
    image = done.get_by_role("img")
    await expect(image).to_have_attribute("alt", "done.png")
    assert await image.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") == 64
    await done.get_by_role("button", name="Enlarge done.png").click()
    await expect(page.get_by_role("dialog", name="Picture")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#text")).to_be_visible()
    assert await page.locator("li.message").count() == 1


@browser_test
async def test_a_command_pasted_whole_and_a_file(start: Start, browser: Browser, tmp_path: Path) -> None:
    discord, _ = await start()
    file = tmp_path / "sketch.png"
    file.write_bytes(picture("white", (30, 20)))
    page = await look(browser, discord, "ada", width=390)
    await page.locator("#text").fill("/imagine a castle | ink")
    await expect(page.get_by_role("combobox", name="prompt")).to_have_value("a castle | ink")
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Add image").click()
        await page.get_by_role("button", name="image: choose a file").click()
    await (await chooser.value).set_files(file)
    await expect(page.locator(".option .pick")).to_have_text("sketch.png")
    await page.get_by_role("button", name="Send command").click()
    await expect(page.get_by_text("from sketch.png 30x20")).to_be_visible()


@browser_test
async def test_buttons_dialogs_and_who_sees_what(start: Start, browser: Browser) -> None:
    discord, _ = await start()
    asked = await discord.person("ada").slash("imagine", prompt="a hut")
    await discord.person("ada").wait_for(lambda m: bool(m.buttons))
    ada, bo = await look(browser, discord, "ada"), await look(browser, discord, "bo")
    await bo.get_by_role("button", name="Again").click()
    await expect(bo.get_by_text("Only you can see this")).to_be_visible()
    await expect(bo.get_by_text("again j1")).to_be_visible()
    await bo.get_by_role("button", name="Vary").click()
    await bo.get_by_role("dialog", name="Vary").get_by_label("New prompt").fill("a castle")
    await bo.keyboard.press("Enter")
    await expect(ada.get_by_text("varied: a castle (edited)")).to_be_visible()
    assert asked.reply is not None
    assert asked.reply.content == "varied: a castle"
    await expect(ada.get_by_text("again j1")).to_have_count(0)
    await bo.get_by_role("button", name="Dismiss message").click()
    await expect(bo.get_by_text("again j1")).to_have_count(0)
    await bo.get_by_label("size").select_option("large")
    await expect(ada.get_by_text("size 512")).to_be_visible()
    await ada.get_by_label("you are").select_option("mo")
    await expect(ada.get_by_role("button", name="mods")).to_be_visible()


@browser_test
async def test_no_answer_and_a_mistake_are_said(start: Start, browser: Browser) -> None:
    discord, bot = await start(Rules(answer_within=0.1))
    page = await look(browser, discord, "ada")
    await page.locator("#text").press_sequentially("/sleep ")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The application did not respond")).to_be_visible()
    bot.go.set()
    await page.locator("#text").press_sequentially("/imagine ")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert").filter(has_text="required")).to_be_visible()


@browser_test
async def test_words_are_never_markup(start: Start, browser: Browser) -> None:
    discord, _ = await start()
    bo = discord.person("bo")
    await bo.say("art", "<img src=x onerror=alert(1)> **bold** `<b>code</b>` [x](javascript:alert(1))")
    await bo.say("art", "https://example.org/a_b_c and <t:1700000000:R> and snake_case_word")
    page = await look(browser, discord, "ada")
    text = page.locator(".text").first
    await expect(text).to_have_text(
        "<img src=x onerror=alert(1)> bold <b>code</b> [x](javascript:alert(1))", use_inner_text=True
    )
    assert await text.locator("img, b, a").count() == 0
    await expect(text.locator("strong")).to_have_text("bold")
    second = page.locator(".text").nth(1)
    await expect(second.locator("a")).to_have_attribute("href", "https://example.org/a_b_c")
    await expect(second.locator("time")).to_have_text("3 years ago")
    assert await second.locator("em").count() == 0


@browser_test
async def test_edits_leave_the_reader_where_they_read(start: Start, browser: Browser) -> None:
    discord, bot = await start(Rules(limits=FAST))
    channel = bot.get_channel(int(discord.world.channel("art").id))
    file = dpy.File(io.BytesIO(picture("red", (300, 300))), "frame.png")
    last = [await channel.send(f"message {n}") for n in range(40)][-1]
    frame = await channel.send("frame 0", file=file)
    page = await look(browser, discord, "ada")
    await expect(page.get_by_text("frame 0")).to_be_in_viewport()
    log = page.get_by_role("log")
    await log.evaluate("(log) => { log.scrollTop = 100; log.dispatchEvent(new Event('scroll')); }")
    before = await log.evaluate("(log) => log.scrollTop")
    file = dpy.File(io.BytesIO(picture("green", (300, 300))), "frame.png")
    await frame.edit(content="frame 1", attachments=[file])
    await last.edit(content="changed\nto two lines")
    await channel.send("new at the end")
    await expect(page.get_by_text("new at the end")).to_have_count(1)
    await expect(page.get_by_text("frame 1")).to_have_count(1)
    assert await log.evaluate("(log) => log.scrollTop") == before


async def test_other_sites_cannot_act_here() -> None:
    async with PracticeDiscord() as discord, aiohttp.ClientSession() as session:
        elsewhere = {"Origin": "https://elsewhere.example"}
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await session.ws_connect(f"{discord.url}/page/socket?as=ada", headers=elsewhere)
        async with session.post(f"{discord.url}/page/upload?name=x", data=b"x", headers=elsewhere) as reply:
            assert reply.status == 403
        async with session.get(f"{discord.url}/") as reply:
            assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


@browser_test
async def test_spoilers_links_to_messages_and_the_language_of_the_client(
    start: Start, browser: Browser
) -> None:
    discord, bot = await start()
    channel = bot.get_channel(int(discord.world.channel("art").id))
    assert isinstance(channel, dpy.TextChannel)
    general = bot.get_channel(int(discord.world.channel("general").id))
    assert isinstance(general, dpy.TextChannel)
    first = await general.send("the first picture")
    await channel.send(
        f"from [this one](https://discord.com/channels/{channel.guild.id}/{general.id}/{first.id})",
        file=dpy.File(io.BytesIO(picture("red")), "hut.png", spoiler=True, description="a hut"),
    )
    page = await look(browser, discord, "ada")
    await page.get_by_role("button", name="Spoiler").click()
    await expect(page.locator("#lightbox")).not_to_be_visible()
    await page.get_by_role("button", name="Enlarge a hut").click()
    await expect(page.locator("#lightbox")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("link", name="this one").click()
    await expect(page.get_by_role("heading", name="general", exact=True)).to_be_visible()
    await expect(page.locator("li.message:focus")).to_contain_text("the first picture")
    await page.get_by_label("language").select_option("Deutsch")
    await expect(page.get_by_label("language")).to_have_value("de")
    assert discord.person("ada").user.locale == "de"
