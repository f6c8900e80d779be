"""Critics that pull at a diffusion: on tiny models, with the pocket critic where it matters what is seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from dreamqueue.errors import PaintError
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.turns import longer, turned
from dreamrender.backend import Inputs
from dreamrender.backends.diffusion import Diffusion
from dreamrender.backends.guided import Guided
from dreamrender.critics import Critic
from dreamrender.critics.loading import load_critic
from dreamrender.critics.open_clip import OpenClipCritic
from dreamrender.diffusion import loop
from dreamrender.diffusion.families.family import Family
from dreamrender.diffusion.guided import GuidedSession
from dreamrender.diffusion.upstream import diffusers
from dreamrender.losses import asymmetry
from dreamrender.types import Image

from .painters import family_at, pipeline_at

Critics = Callable[[str, str], Critic]
BOTH = pytest.mark.parametrize("gradient", ["fast", "full"])


@pytest.fixture(scope="session")
def sd(tiny_sd: Path) -> Family:
    """Latents, words, and a sampler that looks back."""
    return family_at(tiny_sd, "sd")


@pytest.fixture(scope="session")
def pixels(tiny_ddpm: Path) -> Family:
    """Pixels, and no words."""
    return family_at(tiny_ddpm, "pixels")


def recipe_of(family: Family, **fields: object) -> Recipe:
    """An apple in four steps, seen in four cutouts, unless it is said otherwise."""
    usual = {"backend": "guided", "preset": "pocket", "critic": "tiny", "steps": 4, "seed": 3, "cuts": 4}
    side = 64 if family.latent else 32
    phrases = (Phrase(text="a red apple"),)
    return Recipe.model_validate({**usual, "phrases": phrases, "width": side, "height": side, **fields})


def only(family: Family) -> Any:
    """In place of all models."""
    return lambda name, device: SimpleNamespace(family=family)


def painter(family: Family, critics: Critics = load_critic) -> Guided:
    """Whose only model is this one."""
    return Guided("cpu", critics, only(family))


def painted(painter: Diffusion, *recipes: Recipe) -> list[Image]:
    """Together, to their ends."""
    sessions = [painter.begin(recipe, Inputs()) for recipe in recipes]
    for _ in range(recipes[0].steps):
        painter.step(sessions)
    return [painter.picture(session) for session in sessions]


def unpulled(family: Family, recipe: Recipe, critics: Critics = load_critic) -> Image:
    """By the same model, without critics."""
    return painted(Diffusion("cpu", critics, only(family)), recipe)[0]


def stepped(painter: Guided, recipe: Recipe, steps: int) -> GuidedSession:
    """A session after some steps."""
    session = painter.begin(recipe, Inputs())
    assert isinstance(session, GuidedSession)
    for _ in range(steps):
        painter.step([session])
    return session


@pytest.mark.parametrize("name", ["sd", "sd2", "sdxl", "sd3", "flux", "ddpm"])
def test_the_pull_shows_in_what_the_critic_sees(name: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(f"tiny_{name}")
    family = family_at(folder, {"sd2": "sd", "ddpm": "pixels"}.get(name, name))
    recipe = recipe_of(family, critic="pocket", rate=3, steps=8, scheduler="" if family.latent else "ddim")
    critic = load_critic("pocket")
    words = critic.encode_texts(["a red apple"])
    without, pulled = unpulled(family, recipe), painted(painter(family), recipe)[0]
    before, after = (float(critic.encode_images(one[None]) @ words.T) for one in (without, pulled))
    assert after > before + 0.03


def test_the_full_gradient_is_that_of_the_whole(sd: Family, critics: Critics) -> None:
    session = stepped(painter(sd, critics), recipe_of(sd, gradient="full", guidance=3), 2)
    session.begin_step()
    looks = session.looks()
    shown, now = looks[0].latents, session.level()
    said = session.said(loop.looked(sd, looks))
    moved = now.clean(shown, session.pulled(shown, said)) - now.clean(shown, said)
    uphill = (-moved / moved.norm()).detach()

    @torch.no_grad()
    def loss(x: torch.Tensor) -> float:
        rows = [type(look)(x, look.t, look.condition) for look in looks]
        clean = now.clean(x, session.said(loop.looked(sd, rows)))
        return float(session.loss(now.sigma * clean + (1 - now.sigma) * x))

    def slope(direction: torch.Tensor, reach: float = 0.05) -> float:
        there, back = loss(shown + reach * direction), loss(shown - reach * direction)
        return (there - back) / (2 * reach)

    steepest = slope(uphill)
    other = torch.randn(uphill.shape, generator=torch.Generator().manual_seed(0))
    other /= other.norm()
    assert steepest > 0
    assert slope(other) == pytest.approx(steepest * float((other * uphill).sum()), abs=0.02 * steepest)


def test_both_gradients_point_the_same_way_where_little_noise_is_left(
    pixels: Family, critics: Critics
) -> None:
    pulls = []
    for gradient in ("fast", "full"):
        session = stepped(painter(pixels, critics), recipe_of(pixels, gradient=gradient, rate=0.05), 3)
        session.begin_step()
        looks = session.looks()
        said = session.said(loop.looked(pixels, looks))
        pulls.append((session.pulled(looks[0].latents, said) - said).detach().flatten())
    assert torch.cosine_similarity(*pulls, dim=0) > 0.5


@BOTH
@pytest.mark.parametrize("scheduler", ["", "heun", "euler-a", "dpmpp-2m"])
def test_a_saved_session_goes_on_to_the_same_picture(
    sd: Family, critics: Critics, gradient: str, scheduler: str
) -> None:
    ours, recipe = painter(sd, critics), recipe_of(sd, gradient=gradient, scheduler=scheduler)
    session = stepped(ours, recipe, 2)
    again = ours.resume(recipe, Inputs(), ours.save(session))
    for _ in range(2):
        ours.step([session])
        ours.step([again])
    assert torch.equal(ours.picture(session), ours.picture(again))


@BOTH
def test_a_turn_on_the_way_is_painted_again_from_its_recipe(
    pixels: Family, critics: Critics, gradient: str
) -> None:
    ours, recipe = painter(pixels, critics), recipe_of(pixels, gradient=gradient, steps=6)
    session = stepped(ours, recipe, 2)
    turn = turned(recipe, (Phrase(text="a green dog"),), 2)
    ours.steer(session, turn)
    ours.step([session])
    long = longer(turn, 3, 8)
    ours.steer(session, long)
    while session.step < 8:
        ours.step([session])
    straight, again = painted(ours, recipe)[0], painted(ours, long)[0]
    assert torch.allclose(ours.picture(session), again, atol=2 / 255)
    assert not torch.allclose(straight, again, atol=2 / 255)


def test_company_changes_nothing_and_whoever_goes_all_the_way_back_is_alone(
    sd: Family, critics: Critics
) -> None:
    ours = painter(sd, critics)
    recipes = recipe_of(sd), recipe_of(sd, seed=4, phrases=(Phrase(text="a green dog"),))
    together, alone = painted(ours, *recipes)[0], painted(ours, recipes[0])[0]
    assert torch.allclose(together, alone, atol=2 / 255)
    groups = [ours.group(ours.begin(recipe, Inputs())) for recipe in recipes]
    assert groups[0] == groups[1]
    full = [ours.begin(recipe_of(sd, gradient="full"), Inputs()) for _ in range(2)]
    assert len({*groups, *map(ours.group, full)}) == 3


@BOTH
def test_where_everything_has_come_to_its_stop_nothing_pulls(
    sd: Family, critics: Critics, gradient: str
) -> None:
    resting, stirring = (
        recipe_of(sd, gradient=gradient, phrases=(Phrase(text="a red apple", stop=stop),)) for stop in (4, 0)
    )
    (rested,), (stirred,), without = (
        painted(painter(sd, critics), resting),
        painted(painter(sd, critics), stirring),
        unpulled(sd, resting, critics),
    )
    assert torch.allclose(rested, without, atol=1e-3)
    assert not torch.allclose(stirred, without, atol=1e-2)


def test_every_critic_has_a_say(sd: Family, critic: OpenClipCritic) -> None:
    ours = painter(sd, lambda name, device: critic if name == "tiny" else load_critic(name, device))
    both, first, second = (
        painted(ours, recipe_of(sd, critic=name))[0] for name in ("tiny,pocket", "tiny", "pocket")
    )
    assert not torch.allclose(both, first, atol=1e-2)
    assert not torch.allclose(both, second, atol=1e-2)


def test_what_is_wished_besides_pulls_too(pixels: Family, critics: Critics) -> None:
    plain, mirrored = (
        painted(painter(pixels, critics), recipe_of(pixels, rate=6, **wish))[0]
        for wish in ({}, {"symmetry": "x", "symmetry_weight": 10})
    )
    assert asymmetry(mirrored[None], [3]) < 0.95 * asymmetry(plain[None], [3])


def test_a_model_without_words_says_so_unless_a_critic_reads_them(pixels: Family, critics: Critics) -> None:
    recipe = recipe_of(pixels)
    plain = Diffusion("cpu", critics, only(pixels)).begin(recipe, Inputs())
    assert "knows no words" in plain.notes[0]
    assert not painter(pixels, critics).begin(recipe, Inputs()).notes
    other = recipe.model_copy(update={"phrases": (Phrase(text="a green dog"),)})
    assert torch.equal(unpulled(pixels, recipe, critics), unpulled(pixels, other, critics))
    assert not torch.equal(*(painted(painter(pixels, critics), one)[0] for one in (recipe, other)))


@pytest.mark.parametrize("scheduler", ["", "ddim"])
def test_the_variance_that_some_predict_is_left_out(
    tmp_path: Path, tiny_ddpm: Path, critics: Critics, scheduler: str
) -> None:
    made = pipeline_at(tiny_ddpm)
    unet = diffusers.UNet2DModel.from_config(made.unet.config, out_channels=6)
    own = diffusers.DDPMScheduler(variance_type="learned_range")
    diffusers.DDPMPipeline(unet=unet, scheduler=own).save_pretrained(tmp_path)
    family = family_at(tmp_path, "pixels")
    (picture,) = painted(painter(family, critics), recipe_of(family, scheduler=scheduler, gradient="full"))
    assert picture.isfinite().all()


@pytest.mark.parametrize("flag", ["resolution", "average"])
def test_what_a_diffusion_has_not_is_refused(sd: Family, critics: Critics, flag: str) -> None:
    with pytest.raises(PaintError, match=f"A diffusion has no `--{flag}`"):
        painter(sd, critics).begin(recipe_of(sd, **{flag: 0.5}), Inputs())
