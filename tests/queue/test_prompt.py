"""The prompt grammar, by what a member types and reads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from dreamconfig.catalogue import BackendEntry
from dreamconfig.settings import QueueSettings
from dreamqueue.errors import BadValue, PromptError, UnknownWord
from dreamqueue.prompt import Limits, Menu, display, parse, render, whole_menu
from dreamqueue.recipe import Recipe


def asked(text: str, **options: str) -> Recipe:
    return parse(text, options=options, seed=lambda: 5)


def answer(text: str, limits: Limits | None = None, menu: Menu | None = None, **options: str) -> str:
    with pytest.raises(PromptError) as refused:
        parse(text, options=options, limits=limits, menu=menu, seed=lambda: 5)
    return str(refused.value)


def with_vqgan(multiple: int = 16) -> Menu:
    vqgan = BackendEntry(
        title="VQGAN",
        lane="clip",
        size=(512, 512),
        steps=300,
        max_steps=500,
        multiple=multiple,
        seconds_per_step=1,
        presets={"imagenet": "", "wikiart": ""},
    )
    return replace(whole_menu(), backends={**whole_menu().backends, "vqgan": vqgan})


def test_words_alone_take_the_defaults() -> None:
    recipe = asked("a hut in a blizzard")
    assert recipe.words == "a hut in a blizzard"
    assert (recipe.backend, recipe.preset, recipe.critic) == ("pixels", "levels", "pocket")
    assert (recipe.width, recipe.height, recipe.steps, recipe.seed) == (256, 256, 120, 5)
    assert recipe.image is None
    assert not recipe.styles


def test_everything_at_once() -> None:
    recipe = asked(
        "a hut in a blizzard | unreal engine:0.5 | text:-1 --seed 7 --size 300x200 --ar 3:2 --steps 60 "
        "--backend pixels --style watercolor --no people --preset clipig1 --critic pocket"
    )
    assert recipe.words == "a watercolor of a hut in a blizzard | unreal engine:0.5 | text:-1 | people:-0.5"
    assert (recipe.width, recipe.height, recipe.steps, recipe.seed) == (300, 200, 60, 7)
    assert recipe.preset == "clipig1"
    assert [(style.name, style.text) for style in recipe.styles] == [
        ("watercolor", "a watercolor of {prompt}")
    ]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("raccoon | driving ; tractor", "raccoon | driving | tractor"),
        ("a||b;;|", "a | b"),
        ("Oregon 💚 | painting", "Oregon 💚 | painting"),
        ("👩‍🚀:2 | ❤️‍🔥", "👩‍🚀:2 | ❤️‍🔥"),
        ("a::0.5 | b::-1 | c:.5 | d:+2 | e :3", "a:0.5 | b:-1 | c:0.5 | d:2 | e:3"),
        ("x | a:−1 | b:–0.5", "x | a:-1 | b:-0.5"),  # a minus sign, and a phone's dash
        ("at 10:30 | in 16:9 | John 3:16", "at 10:30 | in 16:9 | John 3:16"),
        ("Blade Runner: 2049 | a:abc | b: | c:50%", "Blade Runner: 2049 | a:abc | b: | c:50%"),
        ("Blade Runner 2049::2", "Blade Runner 2049:2"),
        ("hut:2 at night", "hut:2 at night"),
        (
            "a:1:0.8 | b::2::1 | c:-1:0.9 | d:-1:-.9 | e:1:.7",
            "a:1:0.8 | b:2:1 | c:-1:0.9 | d:-1:0.9 | e:1:0.7",
        ),
        (
            "Blade Runner 2049::2:0.8 | 10:30:0.5 | 10:30::0.5",
            "Blade Runner 2049:2:0.8 | 10:30:0.5 | 10:30:0.5",
        ),
        ("John:3:16 | score:2:1 | http://a:80/b", "John:3:16 | score:2:1 | http://a:80/b"),
        ('"a:1:0.8"', "a:1:0.8"),
        ('"a | b":1:0.8', "a | b:1:0.8"),
        ('"a; b" | c', "a; b | c"),
        ('"a | b":0.5', "a | b:0.5"),
        ('a sign, "open | closed" | c', 'a sign, "open | closed" | c'),
        (r'"say \"hi\" | \\o/"', r'say "hi" | \o/'),
        ('"--seed 7" in lights', '"--seed 7" in lights'),
        ('"hut:5"', "hut:5"),
        ('a 5" pipe | a 7" pipe', 'a 5" pipe | a 7" pipe'),
        ("“open | closed”", "“open | closed”"),
        ("a hut — in snow -- at night -5", "a hut — in snow -- at night -5"),
        (
            "I dwell in Possibility\n—and then\n—a fairer house",
            "I dwell in Possibility —and then —a fairer house",
        ),
        ("a {snail,penguin}", "a {snail,penguin}"),
        ("a hut --seed 7 in snow", "a hut in snow"),
        ("--seed 7 x marks the spot", "x marks the spot"),
        ("--size 64 x marks the spot", "x marks the spot"),
    ],
)
def test_phrases(typed: str, words: str) -> None:
    assert asked(typed).words == words


@pytest.mark.parametrize(
    ("flag", "critic"),
    [
        ("--critic vit-b-32", "vit-b-32"),
        ("--critic pocket,ViT_B_32", "pocket,vit-b-32"),
        ("--critic vit-b-32, pocket", "vit-b-32,pocket"),
        ("--critic pocket,pocket", "pocket"),
    ],
)
def test_critics(flag: str, critic: str) -> None:
    recipe = asked(f"{flag} a hut")
    assert (recipe.critic, recipe.words) == (critic, "a hut")
    assert recipe.critics == tuple(critic.split(","))
    assert parse(render(recipe)) == recipe


def test_critics_that_are_too_many_or_unknown() -> None:
    assert "at most 3 critics" in answer("a --critic pocket,vit-b-32,vit-b-16,vit-b-32-laion")
    assert "I know no critic `poket`. Did you mean `pocket`?" in answer("a --critic vit-b-32,poket")


def test_losses() -> None:
    recipe = asked("a hut --tv 0 --saturation -1 --symmetry yx")
    assert (recipe.tv, recipe.saturation, recipe.symmetry) == (0, -1, "xy")
    assert parse(render(recipe)) == recipe
    assert render(recipe).endswith("--tv 0 --saturation -1 --symmetry xy")
    assert asked("a hut --saturation 0").saturation == 0
    assert asked("a hut --tv 2..0.5").tv == ((0, 2), (1, 0.5))
    assert (asked("a hut").tv, asked("a hut").symmetry) == (None, "")
    assert "a number from -10 to 10" in answer("a hut --saturation 11")
    assert "a number from 0 to 10" in answer("a hut --tv -1")
    assert "I need `x` (left mirrors right)" in answer("a hut --symmetry z")


def test_the_loop() -> None:
    recipe = asked("a hut --cuts 8..32 --resolution 0.25..1")
    assert recipe.cuts == ((0, 8), (1, 32))
    assert recipe.resolution == ((0, 0.25), (1, 1))
    assert render(recipe).endswith("--cuts 8..32 --resolution 0.25..1")
    assert parse(render(recipe)) == recipe
    assert (asked("a hut").cuts, asked("a hut").resolution) == (None, None)
    assert "a whole number from 1 to 64 here" in answer("a hut --cuts 0")
    assert "`--cuts 8..32`" in answer("a hut --cuts 2.5")
    assert "a number from 0.05 to 1 here" in answer("a hut --resolution 0")
    with pytest.raises(ValidationError, match="a number from 1 to 64"):
        Recipe(phrases=recipe.phrases, cuts=65)


def test_what_the_loop_shows_and_wants() -> None:
    recipe = asked(
        "a hut --cutouts Overview --rate 2..0.5 --noise .1 --range 1 --symmetry x --symmetry-weight 0..2 "
        '--palette "Dark Slate Gray, #FC8, teal" --palette-weight 2 --average 0.9'
    )
    assert recipe.words == "a hut"
    assert (recipe.cutouts, recipe.rate, recipe.noise) == ("overview", ((0, 2), (1, 0.5)), 0.1)
    assert (recipe.range, recipe.symmetry_weight, recipe.average) == (1, ((0, 0), (1, 2)), 0.9)
    assert (recipe.palette, recipe.palette_weight) == (("#2f4f4f", "#ffcc88", "#008080"), 2)
    assert parse(render(recipe)) == recipe
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    assert asked("a hut --palette navy, teal").palette == ("#000080", "#008080")
    assert "--" not in render(asked("a hut")).partition("--seed")[2]


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("--cutouts polled", "Did you mean `pooled`?"),
        ("--rate 0", "a number from 0.05 to 20 here, or how it changes on the way, such as `--rate 2..0.5`"),
        ("--noise 2", "a number from 0 to 1 here"),
        ("--range -1", "a number from 0 to 10 here"),
        ("--symmetry-weight 11", "a number from 0 to 10 here"),
        ("--palette-weight x", "a number from 0 to 10 here"),
        ("--palette navi,teal", "I know no colour `navi`. Did you mean `navy`?"),
        (
            "--palette #12345,teal",
            "I know no colour `#12345`. There are: the web's names, numbers such as #1a2b3c.",
        ),
        ("--palette teal", "a palette has 2 to 16 colours, such as"),
        ("--palette teal,TEAL", "a palette has 2 to 16 colours"),
        ("--average 1", "a number from 0 to 0.999 here"),
        ("--average nan", "a number from 0 to 0.999 here"),
    ],
)
def test_what_the_loop_cannot_do_is_answered(typed: str, right: str) -> None:
    assert right in answer(f"a hut {typed}")


@pytest.mark.parametrize(
    "wrong", [{"palette": ("#000000",)}, {"palette": ("teal", "navy")}, {"average": 1.0}, {"rate": 0.0}]
)
def test_a_recipe_refuses_what_the_prompt_does(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Recipe.model_validate({"phrases": asked("a hut").phrases, **wrong})


def test_stops() -> None:
    hut, ruin, clock, _ = asked("a hut:1:0.8 | ruin:-1:-0.9 | at 10:30:0.5 | --no people:0.5:0.9").phrases
    assert (hut.text, hut.weight, hut.stop) == ("a hut", 1, 0.8)
    assert (ruin.weight, ruin.stop) == (-1, 0.9)
    assert (clock.text, clock.weight, clock.stop) == ("at 10:30:0.5", 1, None)
    assert asked("a hut --no people:0.5:0.9").phrases[1].stop == 0.9
    assert asked("a hut:2:0.8 --style watercolor").words == "a watercolor of a hut:2:0.8"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("a hut --no people", "a hut | people:-0.5"),
        ("a hut --no people, large text --seed 7", "a hut | people:-0.5 | large text:-0.5"),
        ("a hut --no people --no text", "a hut | people:-0.5 | text:-0.5"),
        ("a hut --no people | snow", "a hut | snow | people:-0.5"),
        ("--no people a hut | snow", "a hut | snow | people:-0.5"),
        ("--no people, text a hut", "a hut | people:-0.5 | text:-0.5"),
        ('--no "large text" a hut', "a hut | large text:-0.5"),
        ("--no people | a hut", "a hut | people:-0.5"),
        ("a hut --no people:0.8", "a hut | people:-0.8"),
        ('a hut --no "fish, chips"', "a hut | fish, chips:-0.5"),
    ],
)
def test_no(typed: str, words: str) -> None:
    assert asked(typed).words == words


@pytest.mark.parametrize(
    "typed",
    [
        "a --seed 7",
        "--seed 7 a",
        "—seed 7 a",
        "a –-seed 7",
        "a ―seed 7",
        "a --seed=7",
        "a --Seed: 7",
        "a --seed = 7",
        "a|--seed 7",
    ],
)
def test_a_flag_in_every_spelling(typed: str) -> None:
    recipe = asked(typed)
    assert (recipe.seed, recipe.words) == (7, "a")


@pytest.mark.parametrize(
    ("flags", "size"),
    [
        ("--size 512", (512, 512)),
        ("--size 256×192", (256, 192)),
        ("--size 256 x 192", (256, 192)),
        ("--size 64*32", (64, 32)),
        ("--ar 1:1", (256, 256)),
        ("--ar 4:1", (512, 128)),
        ("--ar 1/4 --size 512x128", (128, 512)),
        ("--ar 16 : 9", (341, 192)),
        ("--ar 2", (362, 181)),
    ],
)
def test_sizes(flags: str, size: tuple[int, int]) -> None:
    recipe = asked(f"a {flags}")
    assert (recipe.width, recipe.height) == size
    assert recipe.words == "a"


def test_a_shape_is_rounded_to_the_backends_multiple() -> None:
    recipe = parse("a --ar 3:2 --backend vqgan", menu=with_vqgan())
    assert (recipe.width, recipe.height) == (624, 416)


def test_sizes_that_do_not_fit_are_answered_with_one_that_does() -> None:
    assert answer("a --size 2000x1500") == (
        "`--size 2000x1500`: that is 3,000,000 pixels, and I paint up to 1,048,576; "
        "the nearest that fits is 1182x887."
    )
    assert answer("a --size 250x190 --backend vqgan", menu=with_vqgan()) == (
        "`--size 250x190`: both sides have to be multiples of 16; the nearest that fits is 256x192."
    )
    assert "at least 32 pixels; the nearest that fits is 64x32." in answer("a --size 64x8")
    assert "at most 4,096 pixels; the nearest that fits is 4096x32." in answer("a --size 9000x32")
    assert (
        answer("a --size 0") == "`--size 0`: a side has at least 32 pixels; the nearest that fits is 32x32."
    )
    assert "such as `--size 256x192`" in answer("a --size big")
    assert "such as `--ar 3:2`" in answer("a --ar 0:2")
    assert "the nearest that fits is 1:8" in answer("a --ar 1:20")


def test_limits_of_the_house() -> None:
    limits = Limits.of(QueueSettings(max_pixels=16_384, max_steps=50, _env_file=None))
    recipe = parse("a", limits=limits)
    assert (recipe.width, recipe.height, recipe.steps) == (128, 128, 50)
    assert "a whole number from 1 to 50" in answer("a --steps 60", limits=limits)
    assert "the nearest that fits is 128x128" in answer("a --size 256", limits=limits)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("a:1,5", "`a:1,5`: a weight is written with a point: `:1.5`."),
        ("a::1,5", "`a::1,5`: a weight is written with a point: `::1.5`."),
        ("a:0", "`a:0`: a weight of 0 steers nowhere. Leave the words out, or give them another weight."),
        ("b | a::0.0", "`a::0.0`: a weight of 0 steers nowhere."),
        ("a:1e9", "`a:1e9`: a weight lies between -100 and 100; most are between -1 and 2."),
        ("a:nan", "`a:nan`: a weight lies between"),
        ("a:-inf", "`a:-inf`: a weight lies between"),
        ("a:1:0,8", "`a:1:0,8`: a stop is written with a point: `:0.8`."),
        ("a:1:9.5", "`a:1:9.5`: a stop is a distance between 0 and 4.93; most are between 0.6 and 1."),
        ("a:1:-0.5", "`a:1:-0.5`: a stop is a distance"),
        ("a::0::1", "`a::0::1`: a weight of 0 steers nowhere."),
        ("a | :0.5", "`:0.5`: there are no words before this weight."),
        ("a --seed x", "`--seed x`: I need a whole number from 0 to 4294967295 here."),
        ("a --seed 4294967296", "`--seed 4294967296`: I need a whole number from 0 to"),
        ("a --seed -1", "`--seed -1`: I need"),
        ("a --seed ٣", "`--seed ٣`: I need"),
        ("a --steps 1.5", "`--steps 1.5`: I need a whole number from 1 to 2000 here."),
        ("a --seed", "`--seed`: something has to follow here (the same seed and words"),
        ("a --seed --steps 5", "`--seed`: something has to follow here"),
        ("a --style ,", "`--style ,`: something has to follow here"),
        ("a --seed 7 --seed 8", "`--seed 7 --seed 8`: `--seed` is there twice; please keep one of them."),
        ("a --no b:-1", "`--no b:-1`: `--no` steers away already"),
        ("a --vray=2", "`--vray 2`: a style takes no value here."),
    ],
)
def test_bad_values(typed: str, said: str) -> None:
    with pytest.raises(BadValue) as refused:
        asked(typed)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("a --sede 7", "I know no flag `--sede`. Did you mean `--seed`?"),
        ("a —sede 7", "I know no flag `--sede`. Did you mean `--seed`?"),
        ("a --seed7", "I know no flag `--seed7`. Did you mean `--seed`?"),
        ("a --water-color", "I know no flag `--water-color`. Did you mean `--watercolor`?"),
        ("a --wobble9", "I know no flag `--wobble9`. There are: --seed, --size, --ar,"),
        ("a --tille9x", "I know no flag `--tille9x`."),
        ("a --style watercolour", "I know no style `watercolour`. Did you mean `watercolor`"),
        ("a --backend pixel", "I know no backend `pixel`. Did you mean `pixels`?"),
        ("a --backend dalle", "I know no backend `dalle`. Did you mean `dvae`?"),
        ("a --backend midjourney", "I know no backend `midjourney`. There "),
        ("a --preset clipig9", "I know no `pixels` preset `clipig9`. Did you mean `clipig2` or `clipig1`?"),
        ("a --critic vit-b-31", "I know no critic `vit-b-31`. Did you mean"),
    ],
)
def test_unknown_words(typed: str, said: str) -> None:
    with pytest.raises(UnknownWord) as refused:
        asked(typed)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    "typed", ["", "  \n ", "\u200b\u3164", "| ;", '""', "--seed 7", "text:-1", "--no a, b", "--vray"]
)
def test_nothing_to_paint(typed: str) -> None:
    assert answer(typed).startswith("What should I paint? Tell me in a few words, such as `a hut")


def test_too_much() -> None:
    assert answer("x" * 4000).endswith("that is 4,000 characters long, and I read up to 2,000.")
    assert len(answer("x" * 10_000_000)) < 200
    assert asked("x" * 2000)
    assert "2,016 characters" in answer("x" * 2000 + " --watercolor")
    assert answer("|".join("x" * 33)) == "That is 33 phrases, and I steer by 32 at most."
    assert len(answer("a --" + "b" * 1900)) < 500


def test_answers_stay_in_their_backticks() -> None:
    assert answer("a --bc`@everyone`x").count("`") == answer("a --bcdfgh").count("`")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("a hut --style watercolor", "a watercolor of a hut"),
        ("a hut --watercolor", "a watercolor of a hut"),
        ("a hut --unreal-engine", "a hut | rendered in unreal engine"),
        (
            "a hut --style unreal-engine --style watercolor",
            "a watercolor of a hut | rendered in unreal engine",
        ),
        ("a hut --style painting,cartoon", "a painting of a hut in the style of a cartoon"),
        ("a hut --style cartoon, vray --seed 7", "a hut in the style of a cartoon | vray"),
        ('a hut --style "Matte Painting"', "a matte painting of a hut"),
        ("fog:-1 | a hut:2 | snow --photo", "fog:-1 | a photo of a hut:2 | snow"),
        ("a hut --vray --style vray", "a hut | vray"),
    ],
)
def test_styles(typed: str, words: str) -> None:
    assert asked(typed).words == words


def test_fields_of_the_command() -> None:
    recipe = asked(
        "a hut", style="Watercolor", size="64x32", seed="9", steps="7", backend="pixels", preset="clipig2"
    )
    assert recipe.words == "a watercolor of a hut"
    assert (recipe.width, recipe.height, recipe.seed, recipe.steps, recipe.preset) == (
        64,
        32,
        9,
        7,
        "clipig2",
    )
    assert asked("a hut", style="", seed=" ").seed == 5


def test_the_text_wins_over_the_fields() -> None:
    assert asked("a hut --seed 7", seed="9").seed == 7
    assert asked("a hut --vray", style="watercolor").words == "a watercolor of a hut | vray"
    shaped = asked("a hut --size 64", ar="2:1")
    assert (shaped.width, shaped.height) == (64, 64)
    shaped = asked("a hut --ar 4:1", size="64")
    assert (shaped.width, shaped.height) == (128, 32)


def test_fields_are_answered_like_flags() -> None:
    assert answer("a hut", seed="x").startswith("`--seed x`: I need a whole number")
    assert answer("a hut", colour="red").startswith("I know no flag `--colour`.")


def test_a_preset_brings_its_backend_along() -> None:
    recipe = parse("a --preset wikiart", menu=with_vqgan())
    assert (recipe.backend, recipe.preset, recipe.width) == ("vqgan", "wikiart", 512)
    assert "I know no `pixels` preset `wikiart`" in answer(
        "a --preset wikiart --backend pixels", menu=with_vqgan()
    )


def test_a_picture_comes_with_the_prompt() -> None:
    assert parse("a hut", image="ab12").image == "ab12"


def test_render() -> None:
    assert render(asked('a hut | "b; c":0.5 | 2049::2 --style watercolor --seed 7')) == (
        'a watercolor of a hut | "b; c":0.5 | 2049::2 '
        "--backend pixels --preset levels --critic pocket --size 256x256 --steps 120 --seed 7"
    )


def test_display() -> None:
    recipe = asked("a hut in a blizzard | snow:0.5 --seed 7 --size 256x192")
    assert display(recipe) == "a hut in a blizzard | snow:0.5 · pixels/levels · 256×192 · 120 steps · seed 7"
    assert display(recipe, 60) == "a hut in a b… · pixels/levels · 256×192 · 120 steps · seed 7"
    assert len(display(recipe, 10)) <= 10
