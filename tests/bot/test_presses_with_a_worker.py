"""Presses, and what a real worker makes of them: steered, chosen, made longer, a frame kept."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from pydantic import SecretStr
from tests.bot.pressing import heard, labels
from tests.bot.stage import Stage, eventually, shows
from tests.fakes import GreyBackend
from tests.render.on_valkey import worker_here

from dreamconfig.settings import WorkerSettings
from dreamqueue.png import read_recipe


@pytest.fixture
def settings(stage: Stage) -> WorkerSettings:
    return WorkerSettings(
        redis_url=SecretStr(stage.redis_url), worker_name="here", device="cpu", frame_seconds=0.001
    )


async def test_a_candidate_is_chosen_and_then_made_longer(stage: Stage, settings: WorkerSettings) -> None:
    grey = GreyBackend(seconds_per_step=0.01)
    async with worker_here(settings, grey):
        message = await stage.imagine(
            stage.ada, "a hut --size 64 --steps 60 --seed 7 --candidates 3 --trial 90%"
        )
        await shows(message, "Which one goes on? Press its number before step 54")
        await eventually(lambda: "2" in [button.label for button in message.buttons])
        await stage.press(stage.ada, message, "2")
        await shows(message, "Number 2 goes on at step 54: Ada chose it.")
        end = await shows(message, "done in", 20)
        assert "number 2 was chosen" in end.content
        assert "seed 8" in end.content
        assert "3 candidates ·" not in end.content
        recipe = read_recipe(end.attachments[0].content)
        assert (recipe.seed, recipe.several) == (8, False)
        below = [["Vary", "Again", "Remix", "Longer"], ["★", "Share trick", "Delete"], ["1", "2", "3"]]
        await eventually(lambda: labels(message) == below)
        asked = await stage.press(stage.bo, message, "Longer")
        assert asked.reply is not None
        longer = await shows(asked.reply, "done in", 20)
        assert "90 steps · seed 8" in longer.content
        assert "for Bo · from [this picture]" in longer.content
        await stage.press(stage.bo, message, "3")
        single = await eventually(lambda: [m for m in stage.public_messages() if "by Bo" in m.content])
        assert "kept at step 54 by Bo" in single[0].content
        assert "seed 9" in single[0].content
        await stage.all_shown()


async def test_the_best_by_clip_and_other_words(stage: Stage, settings: WorkerSettings) -> None:
    grey = GreyBackend(seconds_per_step=0.01)
    async with worker_here(settings, grey):
        message = await stage.imagine(
            stage.ada, "a hut --size 64 --steps 300 --seed 7 --candidates 2 --trial 90%"
        )
        await eventually(lambda: "Best by CLIP" in [button.label for button in message.buttons])
        await stage.press(stage.ada, message, "Best by CLIP")
        await eventually(lambda: "Steer" in [button.label for button in message.buttons])
        modal = (await stage.press(stage.ada, message, "Steer")).modal
        assert modal is not None
        await stage.ada.fill(modal, words="a castle")
        await heard(stage, stage.ada, "it turns to: a castle")
        await shows(message, "a castle")
        await stage.press(stage.bo, message, "Keep this frame")
        kept = await eventually(
            lambda: [m for m in stage.public_messages() if "by Bo" in m.content and m.attachments]
        )
        with Image.open(io.BytesIO(kept[0].attachments[0].content)) as frame:
            assert (frame.format, frame.size) == ("PNG", (64, 64))
        assert "a castle" in read_recipe(kept[0].attachments[0].content).words
        await stage.press(stage.ada, message, "Stop and keep")
        end = await shows(message, "stopped at step", 20)
        assert "goes on" in end.content, "how the trial ended stays there"
        await stage.all_shown()
