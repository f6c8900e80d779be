"""The prompt grammar on anything at all: it answers, and what it writes it reads."""

from __future__ import annotations

from dataclasses import replace
from math import gcd
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dreamqueue.collection import MAX_STRENGTH, Collection, Liked, slug
from dreamqueue.errors import BadValue, PromptError
from dreamqueue.grid import cells
from dreamqueue.hires import LEAST_SIDE, first_pass
from dreamqueue.prompt import FLAGS, Limits, check, display, parse, render, whole_menu
from dreamqueue.recipe import MAX_SEED, Phrase, Recipe, UsedLora
from dreamqueue.schedulers import SCHEDULERS
from dreamqueue.text import normalise

ANYTHING = st.text(alphabet=st.characters(exclude_categories=[]))
SNIPPETS = [
    *(f"--{name}" for name in FLAGS),
    *(flag.example for flag in FLAGS.values()),
    *(
        "--vray",
        "--style watercolor,vray",
        "--v5",
        "—seed",
        "–",
        "―no",
        "--",
        "-",
        "=",
        ":",
        "::",
        "0.5",
        ":1:0.8",
        "::1::1",
    ),
    *("|", ";", '"', "“", "”", "\\", ",", " ", "\n", "1,5", "nan", "1e9", "x", "×", "a hut", "{prompt}"),
    *("💚", "👩\u200d🚀", "\u200d", "\ufe0f", "\u0301", "`", "<:a:1>", "256x192", "3:2", "9" * 30),
    *("{", "}", "{red,}", "{a|b, c}", '{"', '"}', "}:2"),
]
BITS = st.builds(
    lambda bits, space: space.join(bits),
    st.lists(st.one_of(st.sampled_from(SNIPPETS), ANYTHING), max_size=14),
    st.sampled_from(["", " "]),
)


@settings(deadline=None, max_examples=500)
@given(BITS, st.dictionaries(st.sampled_from([*FLAGS, "vray", "x"]), BITS, max_size=3))
def test_any_text_is_a_recipe_or_an_answer(text: str, options: dict[str, str]) -> None:
    try:
        recipe = parse(text, options=options, seed=lambda: 5)
    except PromptError as error:
        recipe, answer = None, str(error)
        assert_fit_to_show(answer)
    if recipe is not None:
        again = parse(render(recipe), seed=lambda: 6)
        assert again == recipe.model_copy(update={"styles": ()})
        assert_fit_to_show(display(recipe))


def assert_fit_to_show(line: str) -> None:
    assert 0 < len(line) < 600
    assert "\n" not in line


WORDS = st.one_of(ANYTHING, BITS).map(normalise).filter(lambda words: 0 < len(words) <= 60)
WEIGHTS = st.one_of(
    st.just(1.0), st.floats(-100, 100).filter(bool), st.sampled_from([0.5, -1.0, 2.0, 1e-7, 100.0, -0.1])
)
STOPS = st.one_of(st.none(), st.floats(0, 4.9), st.sampled_from([0.8, 1.0, 0.0, 1e-7]))
NAMES = st.one_of(ANYTHING, BITS).map(slug).filter(bool)
COLLECTIONS = st.builds(
    Collection,
    name=NAMES,
    strength=st.one_of(st.just(0.5), st.floats(0, MAX_STRENGTH, exclude_min=True)),
    like=st.lists(
        st.builds(Liked, folder=NAMES, weight=st.one_of(st.just(3.0), st.floats(0, 100, exclude_min=True))),
        max_size=16,
        unique_by=lambda liked: liked.folder,
    ).map(tuple),
)


def knots(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Courses through such values."""
    return (
        st.lists(st.tuples(st.integers(0, 100), values), min_size=2, max_size=8)
        .map(lambda found: tuple(sorted({percent / 100: value for percent, value in found}.items())))
        .filter(lambda found: len(found) > 1)
    )


COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
COURSES = knots(st.floats(0, 10))
CHANGING = COURSES.filter(lambda knots: any(value for _, value in knots))
PHRASES = st.lists(
    st.builds(Phrase, text=WORDS, weight=st.one_of(WEIGHTS, CHANGING), stop=STOPS), min_size=1, max_size=6
)


def is_possible(recipe: Recipe) -> bool:
    """Whether one job can paint all its pictures."""
    try:
        return (len(cells(recipe)) == 1 or recipe.candidates == 1) and recipe.work <= Limits().max_steps
    except BadValue:
        return False


@settings(deadline=None, max_examples=500)
@given(
    PHRASES,
    st.sampled_from([*whole_menu().backends["pixels"].presets]),
    st.lists(st.sampled_from([*whole_menu().critics]), min_size=1, max_size=3, unique=True),
    st.tuples(st.integers(32, 1024), st.integers(32, 1024)),
    st.one_of(st.integers(1, 120), st.integers(1, 2000)),
    st.integers(0, MAX_SEED),
    st.fixed_dictionaries(
        {},
        optional={
            "image_weight": st.one_of(st.floats(0, 100), COURSES),
            "collection": st.one_of(st.none(), COLLECTIONS),
            "tv": st.one_of(st.none(), st.floats(0, 10), COURSES),
            "saturation": st.one_of(st.floats(-10, 10), COURSES),
            "cuts": st.one_of(st.none(), st.integers(1, 64), knots(st.integers(1, 64))),
            "rate": st.one_of(st.none(), st.floats(0.05, 20), knots(st.floats(0.05, 20))),
            "noise": st.one_of(st.none(), st.floats(0, 1), knots(st.floats(0, 1))),
            "range": st.one_of(st.none(), st.floats(0, 10), COURSES),
            "symmetry_weight": st.one_of(st.floats(0, 10), COURSES),
            "palette": st.lists(COLOURS, min_size=2, max_size=16, unique=True).map(tuple),
            "palette_weight": st.one_of(st.floats(0, 10), COURSES),
            "cutouts": st.sampled_from(["", "classic", "pooled", "overview"]),
            "average": st.one_of(st.none(), st.floats(0, 0.999)),
            "resolution": st.one_of(st.none(), st.floats(0.05, 1), knots(st.floats(0.05, 1))),
            "symmetry": st.sampled_from(["", "x", "y", "xy"]),
        },
    ),
    st.one_of(
        st.just({}),
        st.builds(
            lambda most, least, trial: {"candidates": most, "finish": min(most, least), "trial": trial},
            st.integers(2, 16),
            st.integers(1, 16),
            st.sampled_from([0.2, 1.0, 1 / 3, 1e-7]),
        ),
    ),
)
def test_a_rendered_recipe_is_read_back(
    phrases: list[Phrase],
    preset: str,
    critics: list[str],
    size: tuple[int, int],
    steps: int,
    seed: int,
    wishes: Any,
    seeds: Any,
) -> None:
    assume(any(phrase.wanted for phrase in phrases))
    recipe = Recipe(
        phrases=tuple(phrases),
        preset=preset,
        critic=",".join(critics),
        width=size[0],
        height=size[1],
        steps=steps,
        seed=seed,
        **wishes,
        **seeds,
    )
    assume(is_possible(recipe))
    assert parse(render(recipe)) == recipe


LORAS = ["watercolours", "ink-2", "v1.5", "0.5", "a"]
WITH_LORAS = replace(whole_menu(), loras=dict.fromkeys(LORAS, whole_menu().critics["pocket"]))


@settings(deadline=None, max_examples=300)
@given(
    PHRASES,
    st.sampled_from(["diffusion", "guided"]),
    st.tuples(st.integers(8, 64), st.integers(8, 64)),
    st.fixed_dictionaries(
        {},
        optional={
            "guidance": st.one_of(st.none(), st.floats(0, 50), knots(st.floats(0, 50))),
            "scheduler": st.sampled_from(["", *SCHEDULERS]),
            "strength": st.one_of(st.none(), st.floats(0, 1, exclude_min=True)),
            "hires": st.floats(1, 4),
            "loras": st.lists(
                st.builds(
                    UsedLora, name=st.sampled_from(LORAS), weight=st.one_of(st.just(1.0), st.floats(-4, 4))
                ),
                unique_by=lambda lora: lora.name,
            ).map(tuple),
        },
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "gradient": st.sampled_from(["", "fast", "full"]),
            "rate": st.one_of(st.none(), st.floats(0.05, 20), knots(st.floats(0.05, 20))),
            "tv": st.one_of(st.none(), st.floats(0, 10), COURSES),
        },
    ),
)
def test_a_rendered_recipe_of_diffusion_is_read_back(
    phrases: list[Phrase], backend: str, size: tuple[int, int], wishes: Any, steering: Any
) -> None:
    assume(any(phrase.wanted for phrase in phrases))
    if backend == "diffusion":
        phrases, steering = [phrase.model_copy(update={"stop": None}) for phrase in phrases], {}
    recipe = Recipe(
        phrases=tuple(phrases),
        backend=backend,
        preset="pocket",
        width=16 * size[0],
        height=16 * size[1],
        steps=20,
        **wishes,
        **steering,
    )
    first = first_pass(recipe.width, recipe.height, recipe.hires, 16)
    assume(is_possible(recipe) and min(first) >= LEAST_SIDE)
    assume(recipe.hires == 1 or first != (recipe.width, recipe.height))
    assert parse(render(recipe), menu=WITH_LORAS) == recipe
    check(recipe.model_copy(update={"image": "a picture"}))


@settings(deadline=None, max_examples=300)
@given(
    st.floats(1, 1e6),
    st.floats(1, 1e6),
    st.sampled_from([1, 2, 8, 16, 24, 64]),
    st.sampled_from([64 * 64, 10_000, 65_536, 1_048_576]),
)
def test_the_nearest_size_fits(width: float, height: float, multiple: int, max_pixels: int) -> None:
    limits = replace(Limits(), max_pixels=max_pixels)
    assert limits.fits(*limits.nearest(width, height, multiple), multiple)


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 8), st.integers(1, 8))
def test_a_shape_keeps_the_area(width: int, height: int) -> None:
    recipe = parse(f"a --ar {width // gcd(width, height)}:{height // gcd(width, height)}")
    assert abs(recipe.width * recipe.height - 65_536) < 1000
    assert abs(recipe.width / recipe.height - width / height) < 0.05 * width / height


@settings(deadline=None, max_examples=500)
@given(st.one_of(ANYTHING, BITS))
def test_a_slug_is_its_own_slug(name: str) -> None:
    found = slug(name)
    assert slug(found) == found == normalise(found)
    assert len(found) <= 60
