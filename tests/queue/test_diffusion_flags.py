"""The flags of diffusion: what is typed, what is read back, and what is answered when it is wrong."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from PIL import Image
from pydantic import ValidationError

from dreamconfig.catalogue import BackendEntry, backends
from dreamqueue.course import value_at
from dreamqueue.errors import BadValue, PromptError
from dreamqueue.hires import first_pass
from dreamqueue.places import cost_kind
from dreamqueue.png import describe, exif_bytes, png_bytes, read_recipe
from dreamqueue.prompt import (
    Menu,
    check,
    check_pictures,
    display,
    parse,
    render,
    suggest_loras,
    suggest_presets,
    whole_menu,
)
from dreamqueue.prompt.turn import parse_turn
from dreamqueue.recipe import Phrase, Recipe, TargetImage, UsedLora
from dreamqueue.schedulers import SCHEDULERS
from dreamqueue.turns import longer, turned, way

DIFFUSION = "a hut --backend diffusion"
GUIDED = "a hut --backend guided"


def menu() -> Menu:
    """With LoRAs, one of them of a known family."""
    entry = whole_menu().critics["pocket"]
    titles = {"watercolours": "Watercolours", "ink-2": "Ink", "pixel-art": "Pixel art"}
    loras = {name: entry.model_copy(update={"title": title}) for name, title in titles.items()}
    loras["wide"] = entry.model_copy(update={"title": "Wide", "family": "sdxl"})
    return replace(whole_menu(), loras=loras)


def asked(text: str, **options: str) -> Recipe:
    return parse(text, options=options, menu=menu(), seed=lambda: 5)


def answer(text: str, **options: str) -> str:
    with pytest.raises(PromptError) as refused:
        asked(text, **options)
    return str(refused.value)


def test_diffusion_has_its_own_defaults() -> None:
    recipe = asked(DIFFUSION)
    assert (recipe.preset, recipe.width, recipe.height, recipe.steps) == ("pocket", 128, 128, 20)
    assert (recipe.guidance, recipe.strength, recipe.hires) == (None, None, 1)
    assert (recipe.scheduler, recipe.loras, recipe.gradient) == ("", (), "")
    assert render(recipe).endswith("--size 128x128 --steps 20 --seed 5")
    assert "multiples of 16" in answer(f"{DIFFUSION} --size 200")
    assert "from 1 to 500" in answer(f"{DIFFUSION} --steps 501")


def test_everything_at_once_is_read_back() -> None:
    recipe = asked(
        f"{GUIDED} --guidance 9..4 --scheduler DPMpp_2M_Karras --strength 60% --lora Watercolours:0.8, "
        "ink-2::-1,pixel-art --hires 2 --gradient Full --rate 2..0.5 --tv 1"
    )
    assert recipe.words == "a hut"
    assert recipe.guidance == ((0, 9), (1, 4))
    assert (recipe.scheduler, recipe.strength) == ("dpmpp-2m-karras", 0.6)
    assert [(lora.name, lora.weight) for lora in recipe.loras] == [
        ("watercolours", 0.8),
        ("ink-2", -1),
        ("pixel-art", 1),
    ]
    assert (recipe.hires, recipe.gradient, recipe.tv) == (2, "full", 1)
    assert render(recipe).endswith(
        "--tv 1 --rate 2..0.5 --guidance 9..4 --scheduler dpmpp-2m-karras --strength 0.6 "
        "--lora watercolours:0.8,ink-2:-1,pixel-art --hires 2 --gradient full"
    )
    assert asked(render(recipe)) == recipe
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_scheduler_can_be_typed(name: str) -> None:
    assert asked(f"{DIFFUSION} --scheduler {name}").scheduler == name


def test_fields_of_the_command_are_the_same_flags() -> None:
    recipe = asked("a hut", backend="diffusion", strength="0.6", lora="ink-2, pixel-art:2")
    assert (recipe.strength, len(recipe.loras)) == (0.6, 2)
    assert asked("a hut --strength 0.3", backend="diffusion", strength="0.6").strength == 0.3
    assert asked(f'{DIFFUSION} --scheduler "DPM++ 2M"').scheduler == "dpmpp-2m"


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        (
            "--guidance 51",
            "a number from 0 to 50 here, or how it changes on the way, such as `--guidance 7.5..3`",
        ),
        ("--guidance -1", "a number from 0 to 50"),
        ("--guidance much", "a number from 0 to 50"),
        ("--scheduler eular", "I know no scheduler `eular`. Did you mean `euler`"),
        ("--scheduler quick", "I know no scheduler `quick`. There are: ddim, ddpm,"),
        ("--strength 0", "`--strength 0`: I need a number above 0 and up to 1 here"),
        ("--strength 1.5", "above 0 and up to 1"),
        ("--strength -0.5", "above 0 and up to 1"),
        ("--strength nan", "above 0 and up to 1"),
        ("--strength 101%", "above 0 and up to 1"),
        ("--lora watercolors", "I know no LoRA `watercolors`. Did you mean `watercolours`?"),
        ("--lora ../../etc/passwd", "I know no LoRA `../../etc/passwd`."),
        ("--lora ink-2:5", "the weight of a LoRA lies between -4 and 4"),
        ("--lora ink-2:much", "I need names of LoRAs here"),
        ("--lora ink-2, Ink-2:2", "`ink-2` is there twice"),
        ("--lora", "something has to follow here (LoRAs that change the model"),
        ("--hires 5", "`--hires 5`: I need a number from 1 to 4 here"),
        ("--hires 0.5", "a number from 1 to 4"),
        ("--hires inf", "a number from 1 to 4"),
        ("--hires 3", "128x128 would be composed at 48x48, and a side needs 64 pixels for that"),
        ("--size 256x96 --hires 2", "256x96 would be composed at 128x48"),
        ("--hires 1.01", "128x128 would be composed at 128x128, which is no smaller"),
        ("--guidance 3 --guidance 4", "`--guidance` is there twice"),
    ],
)
def test_what_is_wrong_is_said(typed: str, right: str) -> None:
    assert right in answer(f"{DIFFUSION} {typed}")


def test_other_answers() -> None:
    assert "I know no gradient `slow`. There are: fast, full." in answer(f"{GUIDED} --gradient slow")
    with pytest.raises(PromptError, match=r"I know no LoRA `ink`\. There are none here\."):
        parse(f"{DIFFUSION} --lora ink", menu=replace(menu(), loras={}))
    many = replace(menu(), loras=dict.fromkeys((f"l{n}" for n in range(9)), menu().loras["ink-2"]))
    with pytest.raises(BadValue, match="at most 8 LoRAs"):
        parse(f"{DIFFUSION} --lora {','.join(many.loras)}", menu=many)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            f"{DIFFUSION} --tv 1",
            "`--tv 1`: this is for painters that CLIP steers (such as `--backend pixels`); "
            "`diffusion` does not know it.",
        ),
        (
            "a hut --guidance 7",
            "`--guidance 7`: this is for diffusion (such as `--backend diffusion`); "
            "`pixels` does not know it.",
        ),
        (
            f"{DIFFUSION} --gradient full",
            "`--gradient full`: this is for diffusion that CLIP guides (such as `--backend guided`); "
            "`diffusion` does not know it.",
        ),
        (
            f"{DIFFUSION} --preset sd15 --lora wide:0.5",
            "`--lora wide`: this is for Stable Diffusion XL, and `sd15` is Stable Diffusion 1 and 2.",
        ),
        (
            f"{DIFFUSION} --preset pixart --scheduler euler",
            "`--scheduler euler`: `pixart` paints by itself and does not know it.",
        ),
        (f"{DIFFUSION} --preset unclip --lora wide", "`--lora wide`: `unclip` paints by itself"),
        ("a hut --backend vqgan --strength 0.5", "`--strength 0.5`: this is for diffusion"),
        ("a hut --hires 1", "`--hires 1`: this is for diffusion"),
        (f"{DIFFUSION} --saturation 0", "`--saturation 0`: this is for painters that CLIP steers"),
        (f"{DIFFUSION} --collection harbours --like turner", "`--collection harbours`: this is for"),
        (
            "a hut:1:0.8 | fog --backend diffusion",
            "`a hut`: the stop of a phrase is for painters that CLIP steers (such as `--backend pixels`); "
            "`diffusion` does not know it.",
        ),
    ],
)
def test_what_a_painter_does_not_understand_is_refused(typed: str, said: str) -> None:
    assert answer(typed).startswith(said)


def test_what_all_painters_understand() -> None:
    recipe = asked(
        "a {red,blue} hut:0.5 | fog:2..0 --no people --style watercolor --critic pocket,pocket-judge "
        "--ar 2:1 --backend diffusion"
    )
    assert (recipe.cells, len(recipe.phrases)) == (2, 3)
    assert asked(f"{DIFFUSION} --candidates 4 --finish 2 --trial 50%").candidates == 4
    assert asked(f'{DIFFUSION} --story "a seed ^ a tree"').steps == 30
    assert asked(f"{GUIDED} --cuts 8 --palette navy,teal --guidance 3").cuts == 8
    assert asked("a hut:1:0.8 --backend guided").phrases[0].stop == 0.8


def test_a_painter_that_the_catalogue_does_not_describe_takes_all() -> None:
    plugged = BackendEntry(
        title="Oils", lane="clip", size=(256, 256), steps=9, max_steps=99, seconds_per_step=1
    )
    all_of_them = replace(menu(), backends={**menu().backends, "oils": plugged})
    assert parse("a:1:0.8 --backend oils --tv 1 --guidance 2 --gradient fast", menu=all_of_them).tv == 1
    check(Recipe(phrases=(Phrase(text="a", stop=0.8),), backend="oils", tv=1.0, guidance=2.0))


def test_strength_needs_a_picture_and_targets_a_critic() -> None:
    weak = asked(f"{DIFFUSION} --strength 0.25")
    check_pictures(weak, image=True, targets=False)
    with pytest.raises(BadValue) as refused:
        check_pictures(weak, image=False, targets=False)
    assert str(refused.value) == (
        "`--strength 0.25`: this is how much of an initial picture is painted over, and there is none; "
        "please add one."
    )
    with pytest.raises(PromptError, match="A target picture is for painters that CLIP steers") as told:
        check_pictures(asked(DIFFUSION), image=True, targets=True)
    assert "`diffusion` does not know it" in str(told.value)
    check_pictures(asked(GUIDED), image=False, targets=True)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"backend": "diffusion", "tv": 1.0}, "`--tv 1`"),
        ({"backend": "diffusion", "strength": 0.5}, "there is none"),
        ({"backend": "diffusion", "targets": (TargetImage(key="0" * 64),)}, "A target picture"),
        ({"backend": "diffusion", "phrases": (Phrase(text="a hut", stop=0.8),)}, "the stop of a phrase"),
        ({"loras": (UsedLora(name="ink-2", weight=0.5),)}, "`--lora ink-2:0.5`"),
        ({"hires": 2.0}, "`--hires 2`"),
        ({"gradient": "fast"}, "`--gradient fast`"),
    ],
)
def test_a_recipe_that_nobody_typed_is_held_to_the_same(changes: dict[str, object], why: str) -> None:
    with pytest.raises(PromptError, match=why):
        check(Recipe.model_validate({"phrases": (Phrase(text="a hut"),), **changes}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"strength": 0.0},
        {"strength": 1.01},
        {"hires": 0.9},
        {"hires": float("inf")},
        {"guidance": 51.0},
        {"gradient": "slow"},
        {"loras": ({"name": "../x"},)},
        {"loras": ({"name": "a", "weight": 4.5},)},
        {"loras": ({"name": "a"}, {"name": "a"})},
        {"loras": tuple({"name": f"l{number}"} for number in range(9))},
    ],
)
def test_a_recipe_refuses_what_the_prompt_does(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Recipe.model_validate({"phrases": asked("a hut").phrases, **wrong})


def test_records_from_before_are_still_read() -> None:
    new = {"guidance", "scheduler", "strength", "loras", "hires", "gradient"}
    written = json.loads(asked("a hut --tv 1").model_dump_json())
    old = {name: value for name, value in written.items() if name not in new}
    assert len(written) - len(old) == len(new)
    assert Recipe.model_validate_json(json.dumps(old)) == asked("a hut --tv 1")


def test_a_picture_carries_them_for_us_and_for_other_tools() -> None:
    recipe = asked(f"{DIFFUSION} --guidance 7.5 --scheduler euler-a --lora ink-2:0.5, pixel-art --hires 2")
    recipe = recipe.model_copy(update={"strength": 0.6, "image": "ab" * 32})
    assert read_recipe(png_bytes(Image.new("RGB", (8, 8)), recipe)) == recipe
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "WEBP", exif=exif_bytes(recipe))
    assert read_recipe(out.getvalue()) == recipe
    assert describe(recipe) == (
        "a hut\nSteps: 20, Seed: 5, Size: 128x128, Backend: diffusion pocket, Critic: pocket, "
        "CFG scale: 7.5, Sampler: euler-a, Denoising strength: 0.6, "
        f'LoRAs: "ink-2:0.5,pixel-art", Hires upscale: 2, Initial picture: {"ab" * 8}'
    )


def test_people_see_them() -> None:
    recipe = asked(f"{DIFFUSION} --guidance 7..3 --lora ink-2:0.5")
    assert display(recipe) == (
        "a hut · diffusion/pocket · 128×128 · 20 steps · seed 5 · guidance 7..3 · lora ink-2:0.5"
    )


@pytest.mark.parametrize(
    ("size", "hires", "multiple", "first"),
    [
        ((1024, 1024), 2.0, 8, (512, 512)),
        ((1024, 768), 1.5, 64, (704, 512)),
        ((128, 128), 1.0, 16, (128, 128)),
        ((256, 128), 2.0, 16, (128, 64)),
        ((160, 128), 4.0, 64, (64, 64)),
    ],
)
def test_the_first_pass_is_rounded_to_the_multiple(
    size: tuple[int, int], hires: float, multiple: int, first: tuple[int, int]
) -> None:
    assert first_pass(*size, hires, multiple) == first


def test_they_go_with_a_picture_that_takes_turns_or_is_made_longer() -> None:
    recipe = asked(f"{DIFFUSION} --guidance 9..4 --scheduler ddim --lora ink-2 --hires 2 --steps 21")
    other = turned(recipe, [Phrase(text="a boat")], 10)
    long = longer(other, 15, 41)
    assert {phrase.text for phrase in long.phrases} == {"a hut", "a boat"}
    for field in ("scheduler", "loras", "hires"):
        assert getattr(long, field) == getattr(recipe, field)
    assert recipe.guidance is not None
    assert long.guidance is not None
    for step in range(15):
        before = value_at(recipe.guidance, way(recipe, step))
        assert value_at(long.guidance, way(long, step)) == pytest.approx(before)
    assert longer(asked(DIFFUSION), 10, 41).guidance is None


def test_a_turn_has_no_stops_where_clip_does_not_steer() -> None:
    phrases = parse_turn("a boat:1:0.8")
    assert turned(asked("a hut"), phrases, 10).phrases[-1].stop == 0.8
    with pytest.raises(PromptError, match="the stop of a phrase is for painters that CLIP steers"):
        turned(asked(DIFFUSION), phrases, 10)
    with pytest.raises(PromptError, match="only the words can change on the way"):
        parse_turn("a boat --guidance 3")


def test_what_takes_longer_is_a_kind_of_its_own() -> None:
    kinds = [
        cost_kind(asked(f"{DIFFUSION} {flags}"))
        for flags in ("", "--scheduler heun", "--guidance 1", "--hires 2", "--lora ink-2")
    ]
    assert len(set(kinds)) == 4
    assert kinds[0] == kinds[-1], "LoRAs are added to the weights before, so a step costs the same"


def test_presets_and_loras_are_proposed() -> None:
    assert suggest_presets("po", "diffusion")[0].value == "pocket"
    assert suggest_presets("po", "diffusion")[0].about.startswith("pocket · the small one")
    assert {one.value for one in suggest_presets("", "pixels")} == set(backends()["pixels"].presets)
    pocket = next(one for one in suggest_presets("pocket") if one.value == "pocket")
    assert pocket.about.startswith("pocket · vqgan · "), "alone, it brings that backend along"
    assert suggest_presets("x", "no-such-backend") == []
    assert [one.value for one in suggest_loras("pix", menu())] == ["pixel-art"]
    kept = suggest_loras("ink-2:0.5, wat", menu())[0]
    assert kept == ("ink-2:0.5,watercolours", "ink-2:0.5,watercolours · Watercolours")
    assert "ink-2:0.5,ink-2" not in [one.value for one in suggest_loras("ink-2:0.5,", menu())]
    assert all(len(one.value) <= 100 and len(one.about) <= 100 for one in suggest_presets(""))
