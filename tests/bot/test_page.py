"""The commands and buttons used most, pressed on the page in a browser: what people see of them."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Locator, Page, expect
from tests.bot.stage import Stage
from tests.browsing import browser, browser_test, look

from dreamqueue.job import Job

__all__ = ["browser"]


async def type_command(page: Page, name: str, *words: str) -> None:
    """A command as fingers type it: its name, the first suggestion, what goes into its first fields."""
    await page.locator("#text").press_sequentially(f"/{name}")
    await expect(page.get_by_role("listbox", name="Suggestions").get_by_role("option").first).to_be_visible()
    await page.keyboard.press("Enter")
    for text in words:
        await page.keyboard.insert_text(text)
    await page.locator("#command .send").click()


async def dialog(page: Page, label: str, text: str) -> None:
    """Fill in the dialog that opens, and send it off."""
    form = page.locator("#modal")
    await form.get_by_label(label).fill(text)
    await form.get_by_role("button", name="Submit").click()


def message(page: Page, text: str | re.Pattern[str]) -> Locator:
    """The newest message with this text."""
    return page.locator("li.message", has_text=text).last


async def cancelled(page: Page, number: int) -> None:
    """What waits came from another picture; it is cancelled, and is the `number`-th of those."""
    await expect(message(page, "waiting")).to_contain_text("from this picture")
    await message(page, "waiting").get_by_role("button", name="Cancel").click()
    await expect(page.locator("li.message", has_text="cancelled by Bo")).to_have_count(number)


async def begun(stage: Stage) -> Job:
    """The next job, a frame of it shown."""
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.paint(job, 12)
    return job


@browser_test
async def test_a_picture_on_its_way_is_steered_kept_stopped_and_cancelled(
    stage: Stage, browser: Browser
) -> None:
    ada = await look(browser, stage.discord, "ada")
    await type_command(ada, "imagine", "a hut in a blizzard --seed 7")
    await expect(message(ada, "waiting, next")).to_be_visible()
    job = await begun(stage)
    row = message(ada, "step 12 of 120")
    await expect(row.locator("img")).to_have_attribute("alt", "a hut in a blizzard")
    await row.get_by_role("button", name="Keep this frame").click()
    await expect(message(ada, "kept at step 12 by Ada")).to_be_visible()
    await row.get_by_role("button", name="Steer").click()
    await dialog(ada, "What shall it turn to?", "a castle")
    await expect(ada.locator("li.ephemeral").last).to_contain_text("it turns to: a castle")
    await row.get_by_role("button", name="Stop and keep").click()
    assert (await stage.worker.order(job)).kind == "stop"
    await type_command(ada, "imagine", "a barn")
    await message(ada, "a barn").get_by_role("button", name="Cancel").click()
    await expect(message(ada, "cancelled by Ada")).to_be_visible()


@browser_test
async def test_a_picture_that_is_done_is_starred_varied_remixed_and_found_again(
    stage: Stage, browser: Browser
) -> None:
    ada, bo = await look(browser, stage.discord, "ada"), await look(browser, stage.discord, "bo")
    await type_command(ada, "imagine", "a hut | oil painting")
    job = await begun(stage)
    await stage.worker.finish(job, "teal")
    await bo.get_by_role("button", name="★").click()
    await expect(ada.get_by_role("button", name="★ 1")).to_be_visible()
    done = message(bo, "done in 0:41")
    await done.get_by_role("button", name="Remix").click()
    await expect(bo.locator("#modal textarea").first).to_have_value(re.compile(r"a hut \| oil painting"))
    await dialog(bo, "The prompt, flags included", "a hut | watercolor")
    await expect(message(bo, "waiting")).to_contain_text("a hut | watercolor")
    await cancelled(bo, 1)
    for number, press in enumerate(("Vary", "Again"), 2):
        await done.get_by_role("button", name=press).click()
        await cancelled(bo, number)
    await done.hover()
    await done.get_by_role("toolbar").get_by_title("Apps").click()
    await done.get_by_role("button", name="Recipe").click()
    await expect(bo.locator("li.ephemeral").last).to_contain_text("--seed")
    await type_command(bo, "gallery")
    await bo.locator("li.ephemeral").last.get_by_role("button", name="The best").click()
    await expect(bo.locator("li.ephemeral").last).to_contain_text("for Ada · ★ 1")
    await type_command(bo, "queue mine")
    await expect(bo.locator("li.ephemeral").last).to_contain_text("Nothing of yours is in the queue")


@browser_test
async def test_help_paints_an_example_and_speaks_german(stage: Stage, browser: Browser) -> None:
    ada = await look(browser, stage.discord, "ada")
    await ada.get_by_label("language").select_option("Deutsch")
    await type_command(ada, "help")
    answer = ada.locator("li.ephemeral").last
    await expect(answer).to_contain_text("Drück")
    await answer.get_by_role("button").first.click()
    await expect(message(ada, "wartet, als Nächstes")).to_be_visible()
    await message(ada, "wartet").get_by_role("button", name="Abbrechen").click()
    await expect(message(ada, "abgebrochen von Ada")).to_be_visible()
