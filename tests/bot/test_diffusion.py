"""Diffusion in Discord: its fields, its model by name, a picture painted over, and what it does not know."""

from __future__ import annotations

import pytest
from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, eventually, shows

from dreampractice.body import Upload


async def test_a_picture_is_painted_over(stage: Stage) -> None:
    await stage.worker.wake("diffusion")
    message = await stage.imagine(
        stage.ada,
        "a hut --guidance 7.5 --seed 7",
        image=("start.png", picture("red", side=64)),
        backend="diffusion",
        preset="pocket",
        strength=0.6,
    )
    job = await stage.worker.next_job()
    assert (job.lane.split("-")[0], job.recipe.preset, job.recipe.strength) == ("diffusion", "pocket", 0.6)
    assert job.recipe.image is not None
    await shows(message, "waiting, next, any moment now")
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    end = await shows(message, "done in")
    assert (
        "diffusion/pocket · 128×128 · 20 steps · seed 7 · from a picture · guidance 7.5 · strength 0.6"
        in end.content
    )
    await eventually(
        lambda: (
            [button.label for button in message.buttons]
            == ["Vary", "Again", "Remix", "★", "Share trick", "Delete"]
        )
    )
    await stage.press(stage.bo, message, "Again")
    again = (await stage.worker.next_job()).recipe
    assert (again.image, again.strength, again.guidance) == (job.recipe.image, 0.6, 7.5)


@pytest.mark.parametrize(
    ("prompt", "fields", "answer"),
    [
        ("a hut --tv 1", {"backend": "diffusion"}, "`--tv 1`: this is for painters that CLIP steers"),
        (
            "a hut",
            {"strength": 0.5},
            "`--strength 0.5`: this is for diffusion (such as `--backend diffusion`)",
        ),
        ("a hut", {"backend": "diffusion", "strength": 0.5}, "there is none; please add one."),
        ("a hut", {"backend": "diffusion", "strength": 0.0}, "above 0 and up to 1"),
        ("a hut", {"backend": "diffusion", "preset": "levels"}, "I know no `diffusion` preset `levels`"),
        ("a hut", {"backend": "diffusion", "lora": "ink"}, "I know no LoRA `ink`"),
        (
            "a hut",
            {"backend": "diffusion", "target": Upload("style.png", picture("blue"))},
            "A target picture is for painters that CLIP steers",
        ),
    ],
)
async def test_what_a_painter_does_not_understand_is_answered_at_once_to_nobody_else(
    stage: Stage, prompt: str, fields: dict[str, object], answer: str
) -> None:
    message = await stage.imagine(stage.ada, prompt, None, **fields)
    assert answer in message.content
    assert message.ephemeral
    assert await stage.queue.unshown() == []


async def test_presets_of_the_chosen_backend_are_proposed(stage: Stage) -> None:
    for backend, typed, first in (("diffusion", "", "pocket"), ("vqgan", "wiki", "wikiart-1024")):
        found = await stage.ada.autocomplete("imagine", "preset", typed, prompt="a hut", backend=backend)
        assert found[0]["value"] == first
    everything = await stage.ada.autocomplete("imagine", "preset", "", prompt="a hut")
    assert len(everything) == 25
    assert everything[0]["name"].startswith("levels · pixels · ")
    assert await stage.ada.autocomplete("imagine", "lora", "€€€", prompt="a hut") == []
