"""`aliendreams imagine` and `recipe`: a picture without Discord, and the same one again."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageChops

from dreamcli.main import main
from dreamqueue.png import png_bytes
from dreamqueue.prompt import parse
from dreamqueue.tricks.pairs import pair, side_by_side


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DREAM_REDIS_URL", raising=False)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


def load(name: str) -> Image.Image:
    with Image.open(name) as picture:
        return picture.convert("RGB")


def test_a_picture_its_facts_and_the_command_that_repaints_it() -> None:
    painted = run(
        "imagine", "a red apple | painting:0.5 --seed 7 --size 64x48 --steps 4", "-o", "a.png", "--json"
    )
    assert painted.exit_code == 0, painted.output
    facts = json.loads(painted.stdout)
    assert {name: facts[name] for name in ("path", "seed", "backend", "steps", "size")} == {
        "path": "a.png",
        "seed": 7,
        "backend": "pixels",
        "steps": 4,
        "size": [64, 48],
    }
    assert -1 <= facts["score"] <= 1
    assert facts["seconds"] > 0
    first = load("a.png")
    assert first.size == (64, 48)

    command = shlex.split(run("recipe", "a.png").stdout)
    assert command[0] == "aliendreams"
    again = run(*command[1:])
    assert again.exit_code == 0, again.output
    assert "seed 7" in again.stdout
    assert ImageChops.difference(first, load("again.png")).getbbox() is None
    whole = json.loads(run("recipe", "a.png", "--json").stdout)
    assert [phrase["text"] for phrase in whole["phrases"]] == ["a red apple", "painting"]


def test_an_animation_and_an_initial_picture() -> None:
    Image.new("RGB", (80, 60), "navy").save("start.png")
    words = ("imagine", "a red apple --steps 3 --size 64", "-o", "b.png", "--animation", "b.gif")
    painted = run(*words, "--image", "start.png")
    assert painted.exit_code == 0, painted.output
    with Image.open("b.gif") as animation:
        assert getattr(animation, "n_frames", 1) >= 3
    red, _, blue = load("b.png").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert blue > red, "after three steps it is still mostly the blue it began with"


def test_target_pictures_are_kept_looked_at_and_on_record() -> None:
    Image.new("RGB", (80, 60), "navy").save("blue.png")
    Image.new("RGB", (30, 40), "red").save("red.png")
    words = ("imagine", "a red apple --steps 3 --size 64 --seed 7")
    painted = run(*words, "-o", "a.png", "--target", "blue.png:2", "--target", "red.png:-0.5")
    assert painted.exit_code == 0, painted.output
    assert run(*words, "-o", "b.png").exit_code == 0
    assert ImageChops.difference(load("a.png"), load("b.png")).getbbox() is not None
    whole = json.loads(run("recipe", "a.png", "--json").stdout)
    assert [target["weight"] for target in whole["targets"]] == [2, -0.5]
    assert "--target TARGET-PICTURE:-0.5" in run("recipe", "a.png").stdout


def test_a_grid_is_a_sheet_and_a_file_for_each_picture() -> None:
    painted = run("imagine", "a {red,blue} apple --steps 2 --size 64 --seed 7", "-o", "g.png", "--json")
    assert painted.exit_code == 0, painted.output
    parts = json.loads(painted.stdout)["parts"]
    assert [(part["path"], part["label"]) for part in parts] == [("g-1.png", "red"), ("g-2.png", "blue")]
    assert load("g.png").width > 2 * 64
    command = shlex.split(run("recipe", "g-2.png").stdout)
    assert run(*command[1:]).exit_code == 0
    assert ImageChops.difference(load("g-2.png"), load("again.png")).getbbox() is None


def test_candidates_are_ranked_and_all_kept() -> None:
    painted = run("imagine", "a red apple --candidates 3 --steps 4 --size 64 --seed 7", "-o", "c.png")
    assert painted.exit_code == 0, painted.output
    assert "c-3.png: seed 9, score" in painted.stdout
    assert "3 candidates, ranked after 1 of 4 steps" in painted.stderr
    assert load("c.png").size == (64, 64)
    assert load("c.candidates.png").width > 64
    assert "--candidates 3" in run("recipe", "c.png").stdout
    assert "--candidates" not in run("recipe", "c-3.png").stdout


def test_a_drawing_comes_with_its_vectors() -> None:
    painted = run("imagine", "a red apple --backend strokes --steps 2 --size 64", "-o", "c.png")
    assert painted.exit_code == 0, painted.output
    assert load("c.png").size == (64, 64)
    assert Path("c.svg").read_text("utf-8").count("<path") > 10


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("imagine", "a hut --sizee 64"), "Did you mean `--size`"),
        (("imagine", " "), "What should I paint?"),
        (("imagine", "--seed 3"), "What should I paint?"),
        (("imagine", "a hut --steps 3", "-o", "nowhere/a.png"), "There is no folder nowhere"),
        (("imagine", "a hut --backend diffusion --strength 0.5"), "there is none; please add one."),
        (("imagine", "a hut --backend diffusion --cuts 8"), "this is for painters that CLIP steers"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_starts(words: tuple[str, ...], says: str) -> None:
    answer = run(*words)
    assert answer.exit_code == 1
    assert says in answer.stderr
    assert list(Path().iterdir()) == []


def test_a_target_picture_is_of_no_use_to_diffusion() -> None:
    Image.new("RGB", (64, 64)).save("blue.png")
    told = run("imagine", "a hut --backend diffusion", "--target", "blue.png")
    assert told.exit_code == 1
    assert "A target picture is for painters that CLIP steers" in told.stderr


def test_the_command_of_a_diffusion_is_the_recipe_again() -> None:
    words = "a hut --backend diffusion --guidance 7..3 --scheduler ddim --strength 0.6 --hires 2 --seed 7"
    recipe = parse(words).model_copy(update={"image": "ab" * 32})
    Path("d.png").write_bytes(png_bytes(Image.new("RGB", (8, 8)), recipe))
    command = shlex.split(run("recipe", "d.png").stdout)
    assert command[2:-2] == ["-o", "again.png", "--image", "INITIAL-PICTURE"]
    assert parse(command[-1], image=recipe.image) == recipe


def test_an_error_is_json_where_json_was_asked_for() -> None:
    answer = run("imagine", "a hut --backend oil", "--json")
    assert answer.exit_code == 1
    assert "oil" in json.loads(answer.stdout)["error"]


def test_a_broken_initial_picture_is_said() -> None:
    Path("start.png").write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    answer = run("imagine", "a hut --steps 3", "--image", "start.png")
    assert answer.exit_code == 1
    assert "picture" in answer.stderr.lower()


def test_a_picture_without_a_recipe_is_said() -> None:
    Image.new("RGB", (8, 8)).save("plain.png")
    answer = run("recipe", "plain.png")
    assert answer.exit_code == 1
    assert "recipe" in answer.stderr


def test_of_given_pictures_each_has_a_command_of_its_own() -> None:
    pair_of = side_by_side([pair(parse("a hut --seed 3"), parse("a hut --seed 3 --vray"))], "vray")
    Path("a.png").write_bytes(png_bytes(Image.new("RGB", (8, 8)), pair_of))
    said = run("recipe", "a.png")
    assert "which no one prompt can say" in said.stderr
    without, with_ = [shlex.split(line) for line in said.stdout.splitlines()]
    assert (without[3], with_[3]) == ("again-1.png", "again-2.png")
    assert "vray" not in without[-1]
    assert parse(with_[-1]).phrases == parse("a hut | vray").phrases
    assert parse(with_[-1]).seed == 3
