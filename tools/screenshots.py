"""Takes the pictures of the README from the practice page: real bot, real worker, the small models.

aliendreams practice --port 8421        (in another terminal, with its picture painted)
python tools/screenshots.py http://127.0.0.1:8421
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page, async_playwright, expect

PICTURES = Path(__file__).parents[1] / "docs/pictures"
WAIT = 180_000
"""Milliseconds that a painting may take here."""
COLOURS = 128
WIDE = 660
"""Pixels of the conversation, without the channels beside it."""


async def command(page: Page, name: str, /, **options: str) -> None:
    """Type a command with these options, the first ones first."""
    await page.locator("#text").press_sequentially(f"/{name}")
    await page.get_by_role("listbox", name="Suggestions").get_by_role("option").first.wait_for()
    await page.keyboard.press("Enter")
    for option, value in options.items():
        field = page.locator(f'label.option[data-option="{option}"] input')
        if not await field.count():
            await page.get_by_role("button", name=f"Add {option}:").click()
        await field.fill(value)
        await page.wait_for_timeout(300)
        suggestions = page.locator("#popup").get_by_role("option", name=value)
        if await suggestions.count():
            await suggestions.first.click()
    await page.locator("#command .send").click()


async def shoot(message: Locator, name: str) -> None:
    """Keep the picture of one message, in few colours."""
    await message.scroll_into_view_if_needed()
    file = PICTURES / f"{name}.png"
    await message.screenshot(path=file)
    whole = Image.open(file).convert("RGB")
    small = whole.crop((0, 0, min(whole.width, WIDE), whole.height))
    small.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


def saying(page: Page, text: str) -> Locator:
    """The newest message with this text that everybody sees."""
    return page.locator("li.message:not(.ephemeral)", has_text=text).last


async def main(url: str) -> None:
    """Ask, choose, try and pause, and look at each."""
    browser_file = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_file, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 900, "height": 1000})
        page.set_default_timeout(WAIT)
        expect.set_options(timeout=WAIT)
        await page.goto(f"{url}/?as=ada")
        await page.locator("#text").wait_for()
        how = "--preset quick --steps 120 --candidates 6 --trial 60% --size 192 --seed 5"
        await command(page, "imagine", prompt=f"a red apple on a table {how}")
        tried = saying(page, "Which one goes on?")
        await expect(tried).to_contain_text("step 4")
        await shoot(tried, "painting")
        await tried.get_by_role("button", name="2", exact=True).click()
        await expect(saying(page, "a red apple on a table")).to_contain_text("done in")
        await shoot(saying(page, "a red apple on a table"), "done")
        await command(
            page,
            "trick test",
            name="unreal-engine",
            subjects="a castle | a lighthouse at night | a red apple",
            seeds="2",
            backend="pixels",
            preset="quick",
            size="128",
            steps="60",
        )
        await page.get_by_role("button", name="Go", exact=True).click()
        tested = saying(page, "which did not steer")
        await tested.wait_for()
        await shoot(tested, "trick")
        await page.get_by_label("you are").select_option("mo")
        await command(page, "imagine", prompt="a hut in a blizzard --preset quick --steps 200")
        await command(page, "imagine", prompt="a boat on a quiet lake --preset quick")
        await page.get_by_role("button", name="mods").click()
        panel = saying(page, "The queue")
        await command(page, "queue pause", reason="the GPU needs a rest", time="10m")
        await expect(panel).to_contain_text("Paused")
        await expect(panel).to_contain_text("a boat on a quiet lake")
        await shoot(panel, "panel")
        await command(page, "queue resume")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1].rstrip("/")))
