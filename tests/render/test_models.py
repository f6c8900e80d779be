"""`aliendreams models`: what is listed, fetched, tried and added, as it is typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from dreamcli.main import main
from dreamconfig import catalogue
from dreamqueue.errors import PaintError
from dreamqueue.prompt import parse
from dreamrender import residents, vqgan_bases
from dreamrender.backend import Inputs
from dreamrender.backends.vqgan import VQGAN as Painter
from dreamrender.critics import loading
from dreamrender.shelf import Shelf

from .shop import Shop, open_shop
from .test_vqgan import checkpoint, configuration, tiny

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def pocket_everywhere() -> None:
    """Not here: these tests load what they say."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models that is not there yet."""
    monkeypatch.setenv("DREAM_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(residents, "_all", {})
    return tmp_path / "models"


@pytest.fixture
def run() -> Run:
    return lambda *words, **more: CliRunner().invoke(main, ["models", *words], **more)


@pytest.fixture
def vqgan(tmp_path: Path) -> tuple[Path, Path]:
    """A checkpoint as taming publishes it, and its configuration."""
    return checkpoint(tmp_path / "last.ckpt", tiny()), configuration(tmp_path / "model.yaml", tiny())


@pytest.fixture
def shop(vqgan: tuple[Path, Path], folder: Path) -> Iterator[Shop]:
    """It has our VQGAN in place of the one trained on COCO, as a mirror that the community names itself."""
    weights, config = vqgan
    with open_shop(**{"coco.ckpt": weights.read_bytes(), "coco.yaml": config.read_bytes()}) as shop:
        folder.mkdir()
        (folder / "models.toml").write_text(
            f"""
            [vqgan-coco]
            title = "COCO from a mirror"
            kind = "vqgan"
            licence = "MIT"
            commercial = true
            origin = "next door"
            megabytes = 1
            backend = "vqgan"
            files = [
                {{ name = "coco.ckpt", sources = ["{shop.url}/gone.ckpt", "{shop.url}/coco.ckpt"] }},
                {{ name = "coco.yaml", sources = ["{shop.url}/coco.yaml"] }},
            ]
            """
        )
        yield shop


def test_the_list_says_what_there_is_and_on_which_terms(run: Run, folder: Path) -> None:
    for shown in (run(), run("list")):
        assert shown.exit_code == 0, shown.output
        for words in ("vqgan-imagenet-16384", "not commercial", "CLIP ViT-B/32", str(folder)):
            assert words in shown.output
    told = json.loads(run("list", "--json").output)
    assert list(told) == list(catalogue.models())
    assert told["pocket"]["here"] is True
    assert told["vqgan-coco"]["here"] is False
    assert (told["vqgan-coco"]["backend"], told["vqgan-coco"]["presets"]) == ("vqgan", ["coco"])
    assert len(told["vqgan-coco"]["sources"]) == 4


def test_fetching_asks_first_and_shows_how_far_it_is(run: Run, shop: Shop, folder: Path) -> None:
    no = run("fetch", "vqgan-coco", input="n\n")
    assert no.exit_code == 1
    assert "COCO from a mirror; 1 MB; MIT" in no.stderr
    assert shop.asked == []
    yes = run("fetch", "vqgan-coco", "--yes")
    assert yes.exit_code == 0, yes.output
    assert yes.stdout == "vqgan-coco is here: a VQGAN of 10 codes, one for 4x4 pixels.\n"
    assert "coco.ckpt" in yes.stderr
    assert {"coco.ckpt", "coco.yaml", "coco.ckpt.sha256"} < {path.name for path in folder.iterdir()}
    shop.asked.clear()
    assert run("fetch", "vqgan-coco").exit_code == 0, (
        "what is here is not fetched again, and nothing is asked"
    )
    assert shop.asked == []
    assert vqgan_bases.load_base("coco").factor == 4


def test_what_cannot_be_fetched_says_why(run: Run, shop: Shop) -> None:
    shop.files.clear()
    shop.files["/coco.ckpt"] = b"<html>moved</html>"
    said = run("fetch", "vqgan-coco", "--yes")
    assert said.exit_code == 1
    assert "127.0.0.1 answers 404 Not Found; 127.0.0.1 gives a web page" in said.stderr


def test_a_file_that_is_no_model_is_found_out_after_fetching(run: Run, shop: Shop) -> None:
    shop.files["/coco.ckpt"] = b"not a checkpoint at all"
    said = run("fetch", "vqgan-coco", "--yes")
    assert said.exit_code == 1
    assert "coco.ckpt is no checkpoint, or it is damaged" in said.stderr


def test_weights_for_play_need_a_decision(run: Run, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    said = run("fetch", "vqgan-faceshq", "--yes")
    assert said.exit_code == 1
    assert "`vqgan-faceshq` is not licensed for commercial use" in said.stderr
    assert "DREAM_NON_COMMERCIAL=true" in said.stderr
    with pytest.raises(PaintError, match="DREAM_NON_COMMERCIAL=true"):
        vqgan_bases.load_base("faceshq")
    assert loading.load_critic("pocket").name == "pocket", "what is shipped needs none"
    with pytest.raises(PaintError, match="`aliendreams models fetch vqgan-faceshq`"):
        Shelf(folder, non_commercial=True).require("vqgan-faceshq")


def test_check_loads_what_is_here_and_finds_what_is_spoilt(run: Run, shop: Shop, folder: Path) -> None:
    whole = run("check")
    assert whole.exit_code == 0, whole.output
    assert "ok   pocket: a critic" in whole.output
    assert "ok   vqgan-pocket: a VQGAN of 4,096 codes" in whole.output
    assert "coco" not in whole.output
    absent = run("check", "vqgan-coco", "pocket")
    assert absent.exit_code == 1
    assert "bad  vqgan-coco: This worker does not have" in absent.output
    assert "ok   pocket" in absent.output
    run("fetch", "vqgan-coco", "--yes")
    assert "ok   vqgan-coco" in run("check").output
    with (folder / "coco.ckpt").open("r+b") as file:
        file.seek(2000)
        file.write(b"spoilt")
    spoilt = run("check")
    assert spoilt.exit_code == 1
    assert "bad  vqgan-coco: coco.ckpt has changed since it was published or fetched. Delete" in spoilt.output


def test_a_checkpoint_of_ones_own_becomes_a_preset(
    run: Run, vqgan: tuple[Path, Path], folder: Path, critics: Callable[[str, str], object]
) -> None:
    weights, config = vqgan
    words = ("add", "moss", str(weights), "--kind", "vqgan", "--config", str(config))
    said = run(*words)
    assert said.exit_code == 1
    assert "licence (not stated) is not known to allow commercial use" in said.stderr
    assert list(folder.glob("*")) == []
    added = run(*words, "--licence", "our own", "--commercial", "--title", 'Moss, "wet" \\ dry')
    assert added.exit_code == 0, added.output
    assert "vqgan-moss is here: a VQGAN of 10 codes" in added.stdout
    assert "--backend vqgan --preset moss" in added.stdout
    assert {path.name for path in folder.iterdir()} == {"models.toml", "vqgan-moss.ckpt", "vqgan-moss.yaml"}
    recipe = parse("a bog --preset moss --size 32x32 --steps 2 --seed 1")
    assert (recipe.backend, recipe.preset) == ("vqgan", "moss")
    painter = Painter("cpu", critics)  # type: ignore[arg-type]
    session = painter.begin(recipe, Inputs())
    painter.step([session])
    assert painter.picture(session).shape == (3, 32, 32)
    assert session.canvas.image().requires_grad
    assert torch.equal(vqgan_bases.load_base("moss").codebook, tiny().codebook)
    told = json.loads(run("list", "--json").output)["vqgan-moss"]
    assert (told["title"], told["here"]) == ('Moss, "wet" \\ dry', True)
    again = run("add", "vqgan-moss", str(weights), str(config), "--link")
    assert again.exit_code == 0, again.output
    assert (folder / "vqgan-moss.ckpt").is_symlink()


def test_a_critic_of_ones_own_can_be_asked_for(run: Run, tiny_weights: Path) -> None:
    added = run(
        "add", "owl", str(tiny_weights), "--kind", "open_clip", "--architecture", "dream-tiny", "--commercial"
    )
    assert added.exit_code == 0, added.output
    assert "owl is here: a critic that looks at 32 px and reads 16 tokens. Ask for it with --critic owl." in (
        added.output
    )
    assert parse("a hut --critic owl").critic == "owl"
    assert loading.load_critic("owl").image_size == 32


def test_a_known_model_from_a_file_needs_only_its_name(
    run: Run, vqgan: tuple[Path, Path], folder: Path
) -> None:
    weights, config = vqgan
    assert "needs coco.ckpt and coco.yaml; 1 given" in run("add", "vqgan-coco", str(weights)).stderr
    added = run("add", "vqgan-coco", str(weights), "--config", str(config))
    assert added.exit_code == 0, added.output
    assert {path.name for path in folder.iterdir()} == {"coco.ckpt", "coco.yaml"}
    assert vqgan_bases.load_base("coco").factor == 4


def test_what_does_not_load_is_not_added(
    run: Run, vqgan: tuple[Path, Path], folder: Path, tmp_path: Path
) -> None:
    _, config = vqgan
    bad = tmp_path / "bad.ckpt"
    bad.write_bytes(b"nothing")
    said = run("add", "moss", str(bad), "--kind", "vqgan", "--config", str(config), "--commercial")
    assert said.exit_code == 1
    assert "is no checkpoint, or it is damaged" in said.stderr
    assert list(folder.iterdir()) == []
    for words, why in {
        ("add", "moss", str(bad)): "The catalogue has no moss. If it is new, say its --kind.",
        ("add", "vqgan-coca", str(bad)): "Did you mean vqgan-coco",
        ("add", "Moss!", str(bad), "--kind", "vqgan"): "A VQGAN needs its .yaml file",
        ("add", "owl", str(bad), "--kind", "open_clip"): "needs its architecture",
        ("add", "pocket", str(bad)): "it comes with the installation",
        (
            "add",
            "../moss",
            str(bad),
            "--kind",
            "vqgan",
            "--config",
            str(config),
            "--commercial",
        ): "small letters",
        (
            "add",
            "moss",
            str(config),
            "--kind",
            "vqgan",
            "--config",
            str(config),
        ): "should end in .safetensors",
        ("fetch", "vqgan-cocoa"): "I know no model `vqgan-cocoa`. Did you mean `vqgan-coco`",
    }.items():
        said = run(*words)
        assert said.exit_code != 0
        assert why in said.stderr, words


def test_a_catalogue_that_cannot_be_read_is_named(run: Run, folder: Path) -> None:
    folder.mkdir()
    own = folder / "models.toml"
    own.write_text("[moss]\ntitle = 'Moss'\n")
    said = run()
    assert said.exit_code == 1
    assert f"{own}: kind: Field required" in said.stderr
    own.write_text("[moss")
    assert f"{own} is no catalogue of models" in run().stderr
