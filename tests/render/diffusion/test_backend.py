"""The backend `diffusion`: models by name, LoRAs, what cannot be done, and the engine around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from dreamconfig.catalogue import ModelEntry, backends, include
from dreamqueue.errors import CannotResume, PaintError
from dreamqueue.recipe import Recipe
from dreamqueue.turns import longer, turned
from dreamrender import residents, shelf
from dreamrender.backend import Inputs
from dreamrender.backends.diffusion import Diffusion
from dreamrender.backends.guided import Guided
from dreamrender.diffusion.models import load_model
from dreamrender.diffusion.upstream import DiffusionPipeline
from dreamrender.engine import Engine
from dreamrender.picture import to_pil
from dreamrender.shelf import Shelf

from . import painters

OWN = """
[diffusion-{name}]
title = "a small one"
kind = "diffusers"
licence = "none"
commercial = true
origin = "these tests"
folder = "{folder}"
family = "{family}"
megabytes = 1
memory = {{ fixed = 1 }}
painting = {{ size = [64, 64], steps = 4 }}
backend = "diffusion"
"""
LORA = """
["{name}"]
title = "a small LoRA"
kind = "lora"
licence = "none"
commercial = true
origin = "these tests"
family = "{family}"
megabytes = 1
memory = {{ fixed = 1 }}
files = [{{ name = "{name}.safetensors" }}]
"""


@pytest.fixture
def own_shelf(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tiny_sd: Path,
    tiny_sdxl: Path,
    tiny_amused: Path,
    tiny_sd_lora: Path,
    tiny_sdxl_lora: Path,
) -> Iterator[None]:
    """A community's own catalogue with small models, and nothing on the device yet."""
    own = [
        OWN.format(name="small", folder=tiny_sd, family="sd"),
        OWN.format(name="larger", folder=tiny_sdxl, family="sdxl"),
        OWN.format(name="muse", folder=tiny_amused, family=""),
        OWN.format(name="nothing", folder=tmp_path, family="sd"),
        LORA.format(name="ink", family="sd"),
        LORA.format(name="wide-ink", family="sdxl"),
        LORA.format(name="ink.2", family="sd"),
        LORA.format(name="ink-2", family="sd"),
    ]
    (tmp_path / "models.toml").write_text("".join(own))
    for name, folder in (("ink", tiny_sd_lora), ("wide-ink", tiny_sdxl_lora), ("ink.2", tiny_sd_lora)):
        (file,) = folder.glob("*.safetensors")
        (tmp_path / f"{name}.safetensors").write_bytes(file.read_bytes())
    weaker = {key: 0.5 * tensor for key, tensor in load_file(tmp_path / "ink.safetensors").items()}
    save_file(weaker, tmp_path / "ink-2.safetensors")
    monkeypatch.setattr(residents, "_all", {})
    include(tmp_path)
    shelf.use(Shelf(tmp_path))
    yield
    shelf.forget()
    include(None)


def recipe_of(**fields: object) -> Recipe:
    return painters.recipe_of(**{"preset": "small", "steps": 4, "scheduler": "ddim", **fields})


def painted(
    backend: Diffusion, recipe: Recipe, pictures: Mapping[str, torch.Tensor] | None = None
) -> torch.Tensor:
    inputs = Inputs({key: to_pil(picture) for key, picture in (pictures or {}).items()})
    session = backend.begin(recipe, inputs)
    while session.step < recipe.steps:
        backend.step([session])
    return backend.picture(session)


@pytest.mark.usefixtures("own_shelf")
class TestWithSmallModels:
    def test_a_recipe_is_painted_by_its_model(self) -> None:
        backend = Diffusion()
        one, same = (painted(backend, recipe_of()) for _ in range(2))
        other = painted(backend, recipe_of(preset="larger", scheduler=""))
        assert torch.equal(one, same)
        assert not torch.equal(one, other)

    def test_frames_are_quick_looks_and_the_end_is_decoded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        backend = Diffusion()
        session = backend.begin(recipe_of(), Inputs())
        decoded = []
        decode = session.family.decode
        monkeypatch.setattr(
            session.family, "decode", lambda latents: decoded.append(latents.shape[-1]) or decode(latents)
        )
        for _ in range(4):
            backend.step([session])
            assert backend.glimpse(session).shape == (3, 64, 64)
        assert decoded == [16] * 4, "patchworks that the colours are fitted to, once"
        backend.picture(session)
        assert decoded[4:] == [8], "and then the whole picture, once"

    def test_the_score_is_the_critics(self) -> None:
        backend = Diffusion()
        session = backend.begin(recipe_of(), Inputs())
        backend.step([session])
        assert session.score is not None
        assert -1 <= session.score <= 1

    def test_a_lora_changes_the_picture_by_its_weight(self) -> None:
        backend = Diffusion()
        plain, none, half, whole, without = (
            painted(backend, recipe_of(loras=loras))
            for loras in (
                (),
                [{"name": "ink", "weight": 0.0}],
                [{"name": "ink", "weight": 0.5}],
                [{"name": "ink", "weight": 1.0}],
                (),
            )
        )
        assert torch.allclose(plain, none, atol=1e-5)
        assert 0 < (half - plain).abs().mean() < (whole - plain).abs().mean()
        assert torch.equal(plain, without), "it is taken off again"

    def test_a_lora_that_does_not_fit_leaves_none_behind(self) -> None:
        backend = Diffusion()
        plain = painted(backend, recipe_of())
        with pytest.raises(PaintError, match="Stable Diffusion XL"):
            backend.begin(recipe_of(loras=[{"name": "ink"}, {"name": "wide-ink"}]), Inputs())
        assert torch.equal(painted(backend, recipe_of()), plain)

    def test_loras_with_nearly_the_same_name_are_two(self) -> None:
        backend = Diffusion()
        one, other, both = (
            painted(backend, recipe_of(loras=[{"name": name} for name in names]))
            for names in (("ink.2",), ("ink-2",), ("ink.2", "ink-2"))
        )
        assert not torch.equal(one, other)
        assert not torch.equal(one, both)

    def test_memory_that_runs_out_for_a_lora_is_called_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """So that the engine begins smaller, and nobody thinks that the LoRA is broken."""
        backend = Diffusion()
        pipeline = backend.begin(recipe_of(), Inputs()).family.pipeline

        def full(*where: object, **how: object) -> None:
            raise torch.OutOfMemoryError("out of memory")

        monkeypatch.setattr(pipeline, "load_lora_weights", full)
        with pytest.raises(torch.OutOfMemoryError):
            backend.begin(recipe_of(loras=[{"name": "ink"}]), Inputs())

    def test_more_steps_than_there_can_be_are_refused_and_it_goes_on(self) -> None:
        backend = Diffusion()
        recipe = recipe_of(guidance=3.0)
        session = backend.begin(recipe, Inputs())
        for _ in range(3):
            backend.step([session])
        with pytest.raises(PaintError, match="too many for this model"):
            backend.steer(session, longer(recipe, 3, 1500))
        backend.step([session])
        assert torch.equal(backend.picture(session), painted(backend, recipe))

    def test_a_model_may_take_nearly_all_of_the_budget(self) -> None:
        own = residents.residents_on("cpu")
        load_model("diffusion-small")
        (row,) = own.table()
        own.clear()
        own.budget = 1.5e6 * row.megabytes
        assert load_model("diffusion-small").whole

    def test_memory_that_runs_out_for_a_model_is_called_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*where: object, **how: object) -> None:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.")

        monkeypatch.setattr(DiffusionPipeline, "from_pretrained", full)
        with pytest.raises(PaintError, match="are free for it on this worker"):
            Diffusion().begin(recipe_of(), Inputs())

    def test_critics_cannot_pull_at_what_paints_by_itself(self) -> None:
        with pytest.raises(PaintError, match="`muse` paints by itself"):
            Guided().begin(recipe_of(backend="guided", preset="muse", scheduler=""), Inputs())

    def test_two_who_wear_different_loras_take_turns(self) -> None:
        backend = Diffusion()
        with_ink = recipe_of(loras=[{"name": "ink"}])
        alone = painted(backend, with_ink), painted(backend, recipe_of())
        sessions = [backend.begin(with_ink, Inputs()), backend.begin(recipe_of(), Inputs())]
        assert backend.group(sessions[0]) != backend.group(sessions[1])
        for _ in range(4):
            for session in sessions:
                backend.step([session])
        assert [torch.equal(backend.picture(one), was) for one, was in zip(sessions, alone, strict=True)] == [
            True,
            True,
        ]

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"preset": "sdxxl"}, "no preset `sdxxl`"),
            ({"preset": "sd15"}, r"models fetch diffusion-sd15"),
            ({"preset": "nothing"}, "no model_index.json"),
            ({"width": 60}, "multiples of 8 pixels; 64x64 would do"),
            ({"loras": [{"name": "ink"}, {"name": "wide-ink"}]}, "Stable Diffusion XL"),
            ({"loras": [{"name": "oil"}]}, "oil"),
            ({"loras": [{"name": "wide-ink"}]}, "Stable Diffusion XL"),
            ({"preset": "pocket", "loras": [{"name": "ink"}]}, "no LoRAs|LoRA"),
            ({"scheduler": "eular"}, "no scheduler `eular`; there is `euler`"),
            ({"steps": 1200}, "at most 1000"),
            ({"preset": "muse", "hires": 2.0}, "paints by itself"),
            ({"preset": "muse", "scheduler": "", "guidance": ((0, 9), (1, 4))}, "one number that stays"),
        ],
    )
    def test_what_cannot_be_done_is_said(self, fields: dict[str, object], words: str) -> None:
        with pytest.raises(Exception, match=words) as said:
            Diffusion().begin(recipe_of(**fields), Inputs())
        assert type(said.value).__module__ == "dreamqueue.errors"

    def test_a_course_of_guidance_is_slower_on_a_longer_way(self) -> None:
        backend = Diffusion()
        recipe = recipe_of(guidance=((0.0, 9.0), (1.0, 1.5)), steps=4)
        session = backend.begin(recipe, Inputs())
        backend.step([session])
        backend.step([session])
        more = longer(recipe, 2, 7)
        backend.steer(session, more)
        while session.step < 7:
            backend.step([session])
        assert torch.equal(backend.picture(session), painted(backend, more))

    def test_a_pipeline_that_paints_by_itself(self) -> None:
        backend = Diffusion()
        recipe = recipe_of(preset="muse", scheduler="")
        session = backend.begin(recipe, Inputs())
        looks = []
        while session.step < recipe.steps:
            backend.step([session])
            looks.append(backend.glimpse(session))
        assert backend.picture(session).shape == (3, 64, 64)
        assert len(looks) >= recipe.steps
        with pytest.raises(CannotResume, match="cannot be changed on its way"):
            backend.steer(session, turned(recipe, recipe.phrases[:1], 2))
        with pytest.raises(CannotResume):
            backend.save(session)
        backend.close(session)

    def test_over_a_picture(self) -> None:
        backend = Diffusion()
        start = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1))
        near, far = (
            painted(backend, recipe_of(image="key", strength=strength), {"key": start})
            for strength in (0.02, 1.0)
        )
        family = backend.begin(recipe_of(), Inputs()).family
        kept = family.decode(family.encode(start, torch.Generator().manual_seed(0)))[0].clamp(0, 1)
        assert (near - kept).abs().mean() < (far - kept).abs().mean()

    @pytest.mark.parametrize("strength", [1e-5, 5e-324])
    def test_too_little_to_paint_over_is_said(self, strength: float) -> None:
        pictures = {"key": to_pil(torch.zeros(3, 64, 64))}
        with pytest.raises(PaintError, match="So small a --strength leaves nothing to paint over"):
            Diffusion().begin(recipe_of(image="key", strength=strength), Inputs(pictures))

    @pytest.mark.parametrize("preset", ["small", "larger"])
    def test_any_multiple_that_the_catalogue_promises_can_be_painted(self, preset: str) -> None:
        promised = {backends()["diffusion"].of(like).multiple for like in ("sd15", "sd21", "lcm", "sdxl")}
        assert promised == {8}
        recipe = recipe_of(preset=preset, width=72, height=88, steps=2)
        assert painted(Diffusion(), recipe).shape == (3, 88, 72)

    async def test_the_engine_paints_several_members_at_once(self) -> None:
        """Three jobs of one model share steps; one is stopped on its way and kept, one is steered."""
        backend = Diffusion()
        engine = Engine(lambda name: backend, max_sessions=3, batch=3, frame_seconds=0.0)
        engine.start()
        try:
            paintings = [engine.paint(recipe_of(seed=seed, steps=30)) for seed in range(3)]
            outcomes = {}
            for number, painting in enumerate(paintings):
                async for update in painting.updates():
                    if number == 0 and hasattr(update, "kind") is False and update.step >= 3:
                        painting.stop()
                    outcomes[number] = update
            assert outcomes[0].kind in ("stopped", "finished")
            assert [outcomes[number].kind for number in (1, 2)] == ["finished", "finished"]
            assert outcomes[1].step == 30
            for outcome in outcomes.values():
                assert outcome.picture.shape == (3, 64, 64)
        finally:
            engine.close()


def test_an_entry_says_how_it_paints() -> None:
    """The numbers of a model's own, where a prompt does not say."""
    from dreamrender.backends.diffusion import chosen

    name, entry = chosen(painters.recipe_of(preset="sdxl-turbo"))
    assert isinstance(entry, ModelEntry)
    assert (name, entry.painting.steps, entry.painting.guidance) == ("diffusion-sdxl-turbo", 4, 0.0)


def test_an_unknown_model_is_said() -> None:
    with pytest.raises(PaintError, match="no preset `sdxxl`"):
        Diffusion().begin(painters.recipe_of(preset="sdxxl"), Inputs())
