"""Pipelines that are not stepped natively: their own call, held at each step."""

from __future__ import annotations

import gc
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from dreamqueue.errors import PaintError
from dreamqueue.recipe import Phrase, Recipe
from dreamrender.diffusion.driven import DrivenSession
from dreamrender.types import Image

from . import tiny
from .tiny import diffusers

DRIVEN = ["unclip", "deepfloyd_if", "amused", "pixart", "sana", "sd"]
"""In three stages without a callback; with the older one in pixels, in tokens, in latents; with the newer."""


@pytest.fixture(scope="module")
def pipelines(request: pytest.FixtureRequest) -> Any:
    """A loaded tiny pipeline by its name, each once."""
    loaded: dict[str, Any] = {}

    def load(name: str) -> Any:
        if name not in loaded:
            folder: Path = request.getfixturevalue(f"tiny_{name}")
            made = diffusers.DiffusionPipeline.from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            )
            made.set_progress_bar_config(disable=True)
            loaded[name] = made
        return loaded[name]

    return load


def recipe(text: str = "a red apple", **changes: object) -> Recipe:
    small = {"width": 64, "height": 64, "steps": 4, "seed": 7, "backend": "diffusion"}
    return Recipe.model_validate({"phrases": (Phrase(text=text),), **small, **changes})


def painted(session: DrivenSession) -> Image:
    while session.step < session.recipe.steps:
        session.advance()
    return session.picture()


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "driven"}


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Any:
    yield
    if threads():
        gc.collect()
    for thread in threads():
        thread.join(10)
    assert not threads()


@pytest.mark.parametrize("name", DRIVEN)
def test_it_forms_step_by_step_and_ends_as_the_pipelines_own_picture(name: str, pipelines: Any) -> None:
    wide = name in ("pixart", "sana")
    asked = recipe(width=96 if wide else 64, steps=6)
    session = DrivenSession(asked, pipelines(name))
    assert torch.equal(session.glimpse(), torch.full((3, 64, asked.width), 0.5))
    steps, frames = [], []
    while session.step < asked.steps:
        session.advance()
        steps.append(session.step)
        frames.append(session.glimpse())
    assert steps == sorted(set(steps))
    assert steps[-1] == 6
    assert len(steps) >= 5
    assert all(frame.shape == (3, 64, asked.width) for frame in frames)
    assert all(frame.dtype == torch.float32 and 0 <= frame.min() <= frame.max() <= 1 for frame in frames)
    changed = [not torch.equal(one, other) for one, other in pairwise(frames)]
    assert sum(changed) >= len(changed) - 2, "the prior of unCLIP shows nothing yet"
    assert torch.equal(session.picture(), frames[-1])
    assert torch.equal(painted(DrivenSession(asked, pipelines(name))), frames[-1]), "same seed, same pixels"


def test_another_seed_and_other_words_are_another_picture(pipelines: Any) -> None:
    first, *others = (
        painted(DrivenSession(one, pipelines("pixart")))
        for one in (recipe(), recipe(seed=8), recipe("a blue house"))
    )
    assert all(not torch.equal(first, other) for other in others)


def test_the_picture_is_the_one_that_the_pipeline_paints_alone(pipelines: Any) -> None:
    asked = recipe("a snowy mountain")
    alone = pipelines("amused")(
        "a snowy mountain",
        height=64,
        width=64,
        num_inference_steps=4,
        generator=torch.Generator().manual_seed(7),
    ).images[0]
    ours = painted(DrivenSession(asked, pipelines("amused")))
    assert ours.mul(255).round().byte().movedim(0, -1).numpy().tobytes() == alone.tobytes()


@pytest.mark.parametrize("name", ["unclip", "sd"])
def test_two_paintings_by_one_pipeline_do_not_mix(name: str, pipelines: Any) -> None:
    alone = [painted(DrivenSession(recipe(steps=n), pipelines(name))) for n in (6, 9)]
    together = [DrivenSession(recipe(steps=n), pipelines(name)) for n in (6, 9)]
    while any(one.step < one.recipe.steps for one in together):
        for one in together:
            one.advance()
    assert all(torch.equal(one.picture(), other) for one, other in zip(together, alone, strict=True))


@pytest.mark.parametrize("name", DRIVEN)
def test_stopped_in_the_middle_it_keeps_a_picture(name: str, pipelines: Any) -> None:
    session = DrivenSession(recipe(steps=6), pipelines(name))
    while session.step < 4:
        session.advance()
    kept = session.picture()
    assert kept.shape == (3, 64, 64)
    assert kept.std() > 0.01, "a picture, not a grey field"
    session.close()
    assert not threads()
    assert torch.equal(session.picture(), kept)


def test_a_quick_look_is_near_the_decoded_picture(pipelines: Any) -> None:
    session = DrivenSession(recipe(steps=6), pipelines("sd"))
    for _ in range(3):
        session.advance()
    quick, decoded = (one.mean((1, 2)) for one in (session.glimpse(), session.picture()))
    assert (quick - decoded).abs().max() < 0.1
    session.close()


def test_closed_before_its_first_step_it_never_runs(pipelines: Any) -> None:
    session = DrivenSession(recipe(), pipelines("sd"))
    session.close()
    session.advance()
    assert session.step == 0
    assert not threads()


def test_abandoned_without_a_word_its_thread_ends(pipelines: Any) -> None:
    session = DrivenSession(recipe(), pipelines("pixart"))
    session.advance()
    (thread,) = threads()
    del session
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()


def test_an_error_within_comes_out_and_the_thread_ends(
    pipelines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = pipelines("sd")
    session = DrivenSession(recipe(), pipeline)
    session.advance()
    with monkeypatch.context() as broken:
        broken.setattr(
            pipeline.unet, "forward", lambda *_, **__: (_ for _ in ()).throw(MemoryError("all gone"))
        )
        with pytest.raises(MemoryError, match="all gone"):
            session.advance()
    assert not threads()
    assert session.picture().shape == (3, 64, 64)


def test_its_own_loop_may_look_more_often_than_asked(pipelines: Any) -> None:
    """Samplers of second order look twice a step; where no callback counts the steps, each look is one."""
    pipeline = pipelines("sd")
    heun = diffusers.HeunDiscreteScheduler.from_config(pipeline.scheduler.config)
    session = DrivenSession(recipe(steps=5), _with(pipeline, scheduler=heun))
    turns = 0
    while session.step < 5:
        session.advance()
        turns += 1
    assert turns == 5
    assert not threads()


def test_stages_that_cannot_be_as_short_as_asked_still_end(pipelines: Any) -> None:
    session = DrivenSession(recipe(steps=3), pipelines("unclip"))
    steps = []
    while session.step < 3:
        session.advance()
        steps.append(session.step)
    assert steps == [1, 2, 3]


@pytest.mark.filterwarnings("ignore:`callback_steps` is deprecated:FutureWarning")  # it warns itself
@pytest.mark.parametrize("strength", [None, 0.5])
def test_a_pipeline_of_pipelines_is_held_in_each(strength: float | None) -> None:
    pipeline = tiny.kandinsky()
    start = None if strength is None else torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))
    first, second = (
        DrivenSession(recipe(steps=8), pipeline, picture=start, strength=strength) for _ in range(2)
    )
    steps = []
    while first.step < 8:
        first.advance()
        second.advance()
        steps.append(first.step)
    assert steps == [1, 2, 3, 4, 5, 6, 7, 8]
    assert torch.equal(first.picture(), second.picture())


@pytest.mark.parametrize("strength", [0.3, 0.5, 0.9, 1.0])
def test_over_a_picture_all_steps_are_made(strength: float, pipelines: Any) -> None:
    start = torch.zeros(3, 64, 64)
    start[0] = 1
    session = DrivenSession(recipe(steps=4), pipelines("sd"), picture=start, strength=strength)
    assert torch.equal(session.glimpse(), start)
    seen = []
    while session.step < 4:
        session.advance()
        seen.append(session.step)
    assert seen == [1, 2, 3, 4]
    assert session.picture().shape == (3, 64, 64)


@pytest.mark.parametrize("name", ["deepfloyd_if", "amused"])
def test_pixels_and_tokens_too_begin_with_a_picture(name: str, pipelines: Any) -> None:
    """DeepFloyd IF at its own size in the recipe's shape."""
    start = torch.rand(3, 64, 128, generator=torch.Generator().manual_seed(0))
    asked = recipe(width=128, steps=3)
    over, other = (
        DrivenSession(asked, pipelines(name), picture=one, strength=0.5) for one in (start, 1 - start)
    )
    assert painted(over).shape == (3, 64, 128)
    assert not torch.equal(painted(other), over.picture())


def test_guidance_is_told_to_every_stage(pipelines: Any) -> None:
    for name in ("unclip", "pixart"):
        plain, strong = (
            painted(DrivenSession(recipe(), pipelines(name), guidance=scale)) for scale in (1.5, 12.0)
        )
        assert not torch.equal(plain, strong)


def test_what_cannot_be_told_is_noted(pipelines: Any) -> None:
    phrases = (Phrase(text="a house", weight=2.0), Phrase(text="a forest"), Phrase(text="snow", weight=-1.0))
    unclip = DrivenSession(recipe(phrases=phrases), pipelines("unclip"))
    assert [note.split(":")[0] for note in unclip.notes] == [
        "This model reads words without weights",
        "This model cannot be told what to avoid",
    ]
    pixart = DrivenSession(recipe(phrases=phrases[1:]), pipelines("pixart"))
    assert pixart.notes == ()
    without = DrivenSession(recipe(phrases=phrases[1:2]), pipelines("pixart"))
    assert not torch.equal(painted(pixart), painted(without))


def test_a_picture_that_is_enlarged_says_so(pipelines: Any) -> None:
    notes = [
        DrivenSession(recipe(width=side, height=side), pipelines("deepfloyd_if")).notes for side in (32, 64)
    ]
    assert notes[0] == notes[1][:-1]
    assert "painted 32x32" in notes[1][-1]


def test_what_it_cannot_do_is_said_at_once(pipelines: Any) -> None:
    start = torch.zeros(3, 64, 64)
    with pytest.raises(PaintError, match="multiples of 8 pixels; 64x64 would do"):
        DrivenSession(recipe(width=60), pipelines("sd"))
    with pytest.raises(PaintError, match="from words only"):
        DrivenSession(recipe(), pipelines("unclip"), picture=start)
    with pytest.raises(PaintError, match="takes no words"):
        DrivenSession(recipe(), pipelines("ddpm"))
    with pytest.raises(PaintError, match="1001 steps are too many for this model; at most 1000"):
        DrivenSession(recipe(steps=1001), pipelines("deepfloyd_if"))
    for strength in (0.0005, 5e-324):
        with pytest.raises(PaintError, match="So small a --strength leaves nothing to paint over"):
            DrivenSession(recipe(steps=1), pipelines("sd"), picture=start, strength=strength)


def test_a_part_of_a_larger_model_needs_more_than_words(pipelines: Any) -> None:
    class Decoder(diffusers.StableDiffusionPipeline):
        def __call__(self, prompt: str, image_embeddings: object, num_inference_steps: int = 4) -> None: ...

    with pytest.raises(PaintError, match="image_embeddings"):
        DrivenSession(recipe(), Decoder(**pipelines("sd").components))


def test_the_score_is_asked_once_a_step(pipelines: Any) -> None:
    asked: list[float] = []

    def score(recipe: Recipe, image: Image, t: float) -> float:
        asked.append(t)
        return float(image.mean())

    session = DrivenSession(recipe(steps=2), pipelines("sd"), score=score)
    while session.step < 2:
        session.advance()
        assert session.score == session.score
    assert len(asked) == 2


def _with(pipeline: Any, **parts: Any) -> Any:
    return type(pipeline)(**{**pipeline.components, **parts}, requires_safety_checker=True)
