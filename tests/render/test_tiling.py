"""`--tile`: a picture that repeats, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from dreamconfig.catalogue import backends
from dreamqueue.errors import BadValue
from dreamqueue.prompt import parse
from dreamqueue.prompt.understood import check
from dreamqueue.recipe import Recipe
from dreamqueue.sizes import margins
from dreamrender import residents
from dreamrender.backend import Backend, Inputs, Resumable
from dreamrender.backends import load_backend
from dreamrender.critics import Critic, loading
from dreamrender.diffusion.session import DiffusionSession
from dreamrender.tiling import repeating, rolled, seamless, sized, wrapped

from .conftest import recipe_for

TILED = [name for name, entry in backends().items() if "tiled" in entry.flags]
SIDE = 64
LARGEST = 1.2
"""Of the jump over an edge, in the largest jumps inside; without `--tile` it is several of them."""


@pytest.fixture(autouse=True)
def tiny_critics(critics: Callable[[str, str], Critic], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residents, "_all", {})
    monkeypatch.setattr(loading, "_load", lambda name, device, download: critics(name, device))


def painted(backend: Backend, recipe: Recipe) -> Tensor:
    session = backend.begin(recipe, Inputs())
    while session.step < recipe.last_step:
        backend.step([session])
    return backend.picture(session)


def asked(name: str, **changes: object) -> Recipe:
    return recipe_for(
        backend=name, critic="pocket", **{"width": SIDE, "height": SIDE, "tile": True, **changes}
    )


def seams(picture: Tensor) -> tuple[float, float]:
    """How much larger the jump over the edge is than the largest inside: left and right, top and bottom."""
    across = (picture - picture.roll(1, 2)).abs().mean((0, 1))
    down = (picture - picture.roll(1, 1)).abs().mean((0, 2))
    return float(across[0] / across[1:].max()), float(down[0] / down[1:].max())


@pytest.mark.usefixtures("fetched_generators")
@pytest.mark.parametrize("name", TILED)
def test_one_edge_goes_on_where_the_other_ends(name: str) -> None:
    picture = painted(load_backend(name), asked(name, steps=3 if name == "guided" else 6))
    assert picture.shape == (3, SIDE, SIDE)
    assert max(seams(picture)) <= LARGEST


def test_a_picture_that_is_not_asked_to_repeat_has_seams() -> None:
    assert max(seams(painted(load_backend("pixels"), asked("pixels", steps=6, tile=False)))) > 2


def test_a_diffusions_network_never_sees_the_same_place_at_its_edge() -> None:
    backend = load_backend("diffusion")
    session = backend.begin(asked("diffusion", steps=6), Inputs())
    assert isinstance(session, DiffusionSession)
    seen = []
    while session.step < 6:
        session.begin_step()
        assert session.latents is not None
        (look, *_), latents = session.looks(), session.latents
        assert torch.allclose(session.turned_back(look.latents), shown(session, latents))
        seen.append(tuple(look.latents.flatten()[:4].tolist()))
        backend.step([session])
    assert len(set(seen)) == 6


def shown(session: DiffusionSession, latents: Tensor) -> Tensor:
    """What the network is shown of latents, by the sampler."""
    scale = getattr(session.scheduler, "scale_model_input", None)
    t = session.scheduler.timesteps[session.first + session.entry]
    return latents if scale is None else scale(latents, t)


def test_latents_are_drawn_alike_wherever_the_picture_begins() -> None:
    def unlike(tile: bool) -> float:
        backend = load_backend("diffusion")
        session = backend.begin(asked("diffusion", steps=2, tile=tile), Inputs())
        assert isinstance(session, DiffusionSession)
        backend.step([session])
        before = backend.picture(session)
        assert session.clean is not None
        session.clean = session.clean.roll((5, 9), (-2, -1))
        scale = session.family.scale
        after = backend.picture(session).roll((-5 * scale, -9 * scale), (-2, -1))
        return float((before - after).abs().max())

    assert unlike(tile=True) < 0.5 * unlike(tile=False)


@pytest.mark.parametrize("shape", [(64, 64), (48, 112)])
def test_it_has_its_size_and_is_steered_smaller(shape: tuple[int, int]) -> None:
    width, height = shape
    recipe = asked("pixels", width=width, height=height, preset="quick", steps=4)
    picture = painted(load_backend("pixels"), recipe)
    assert picture.shape == (3, height, width)
    assert max(seams(picture)) <= LARGEST


@pytest.mark.parametrize("name", ["pixels", "diffusion"])
def test_it_goes_on_from_a_saved_state_to_the_same_picture(name: str) -> None:
    backend, recipe = load_backend(name), asked(name, steps=4)
    assert isinstance(backend, Resumable)
    session = backend.begin(recipe, Inputs())
    for _ in range(2):
        backend.step([session])
    again = backend.resume(recipe, Inputs(), backend.save(session))
    for one in (session, again):
        while one.step < 4:
            backend.step([one])
    assert torch.equal(backend.picture(session), backend.picture(again))


def test_who_cannot_repeat_says_so() -> None:
    for name in sorted(set(backends()) - set(TILED)):
        with pytest.raises(BadValue, match="--tile"):
            parse(f"a hut --backend {name} --tile")
        with pytest.raises(BadValue, match="--tile"):
            check(asked(name, preset=""))


def test_what_repeats_already_stays_as_it_is() -> None:
    picture = torch.rand(3, 40, 56, generator=torch.Generator().manual_seed(1))
    around = wrapped(picture, *margins(40, 56))
    assert around.shape == (3, 40 + 16, 56 + 16)
    assert torch.allclose(seamless(around, 40, 56), picture, atol=1e-6)
    assert torch.equal(repeating(picture[None], lambda latents: latents)[0], picture)
    assert max(seams(sized(seamless(around, 40, 56), 100, 60))) < 3
    moved = rolled(picture, torch.Generator().manual_seed(2))
    assert not torch.equal(moved, picture)
    assert torch.equal(moved.flatten().sort().values, picture.flatten().sort().values)
