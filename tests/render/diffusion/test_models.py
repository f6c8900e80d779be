"""Diffusion models on the shelf: the catalogue's, a folder's, a repository's, LoRAs and tiny decoders."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dreamcli.main import main
from dreamconfig.catalogue import backends, models, needed, presets_of
from dreamqueue.errors import BadValue, PaintError
from dreamqueue.prompt import Limits, parse
from dreamqueue.sizes import of_area
from dreamrender.diffusion import repositories
from dreamrender.diffusion.adding import painting_of
from dreamrender.diffusion.folders import describe
from dreamrender.diffusion.loras import require_lora
from dreamrender.diffusion.tiny_decoders import tiny_decoder_for
from dreamrender.fetching import GivenUp
from dreamrender.shelf import Shelf, shelf
from dreamrender.worker.missing import fetch_all

from ..hub import Hub, open_hub
from . import tiny_kandinsky
from .tiny import diffusers

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models that is not there yet."""
    monkeypatch.setenv("DREAM_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    return tmp_path / "models"


@pytest.fixture
def run() -> Run:
    return lambda *words, **more: CliRunner().invoke(main, ["models", *map(str, words)], **more)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """In place of the Hugging Face hub."""
    with open_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        yield hub


@pytest.fixture
def named(folder: Path, hub: Hub, tiny_sd: Path) -> Path:
    """The catalogue's SD 1.5 is a small one here; it has its weights as fp16 too, and as a pickle."""
    repository = folder.parent / "repository"
    shutil.copytree(tiny_sd, repository)
    for path in [*repository.rglob("*.safetensors")]:
        shutil.copy(path, path.with_suffix("").with_suffix(".fp16.safetensors"))
    (repository / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"a pickle")
    (repository / "v1-5-pruned.safetensors").write_bytes(b"all in one")
    (repository / "README.md").write_text("Small.")
    hub.add("stable-diffusion-v1-5/stable-diffusion-v1-5", repository)
    return repository


def test_presets_bring_their_models_sizes_and_steps() -> None:
    sdxl = parse("a hut --backend diffusion --preset sdxl")
    assert (sdxl.width, sdxl.height, sdxl.steps) == (1024, 1024, 30)
    turbo = parse("a hut --backend diffusion --preset sdxl-turbo --ar 2:1")
    assert (turbo.width, turbo.height, turbo.steps) == (728, 360, 4)
    pocket = parse("a hut --backend diffusion")
    assert (pocket.preset, pocket.width, pocket.height, pocket.steps) == ("pocket", 128, 128, 20)
    small = parse("a hut --backend diffusion --preset flux-dev", limits=Limits(max_pixels=512 * 512))
    assert (small.width, small.height, small.steps) == (512, 512, 28)
    with pytest.raises(BadValue, match="whole number from 1 to 20"):
        parse("a hut --backend diffusion --preset sdxl-turbo --steps 50")
    with pytest.raises(
        BadValue, match="both sides have to be multiples of 16; the nearest that fits is 512x512"
    ):
        parse("a hut --backend diffusion --preset flux-dev --size 512x520")
    assert parse("a hut --preset imagenet-1024").width == 256, "others as before"


def test_a_model_of_one_size_says_so() -> None:
    for size in ("", " --size 256x256", " --ar 1:1"):
        recipe = parse(f"a hut --backend diffusion --preset unclip{size}")
        assert (recipe.width, recipe.height) == (256, 256)
    for other in ("--size 512x512", "--ar 3:2"):
        with pytest.raises(BadValue, match=r"this model paints 256x256 only; please leave the size to it\."):
            parse(f"a hut --backend diffusion --preset unclip {other}")
    assert of_area(recipe, 128 * 128) is None, "nor is it made smaller when memory runs out"


def test_guided_paints_with_the_models_that_are_stepped_natively() -> None:
    ours = backends()["guided"].presets
    assert {"pocket", "sd15", "sdxl", "sd3", "flux-dev", "cats"} <= set(ours)
    assert not {"unclip", "if-m", "pixart"} & set(ours)
    assert "cats" not in backends()["diffusion"].presets, "it knows no words"
    assert needed("guided", "sd15", ("pocket",)) == ["diffusion-sd15", "pocket"]
    assert parse("a hut --backend guided --preset sd21").width == 768


def test_every_model_says_on_which_terms_and_how_it_paints() -> None:
    for name, entry in models().items():
        if entry.kind == "diffusers":
            assert entry.painting.size, name
            assert entry.painting.steps, name
            assert bool(entry.repository) != bool(entry.file), name
        if entry.gated:
            assert entry.repository, name
        if entry.kind in {"lora", "tiny-decoder"}:
            assert entry.family, name


def test_the_page_says_of_each_what_was_run() -> None:
    page = Path(__file__).parents[3].joinpath("docs", "MODELS.md").read_text("utf-8")
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `")}
    for name, entry in models().items():
        if entry.kind == "diffusers":
            row = rows[presets_of(name, entry)[0]]
            assert (entry.repository or "comes with the installation") in row
            assert any(ran in row for ran in ("true weights", "tiny random", "not at all")), name
            stepped, _, commercial = (cell.strip() for cell in row.split("|")[3:6])
            assert stepped == (entry.family or "by its callback"), name
            assert commercial == ("yes" if entry.commercial else "no"), name
        elif entry.kind in {"lora", "tiny-decoder"}:
            assert f"`{name}`" in page


def test_the_list_names_them(run: Run) -> None:
    told = json.loads(run("list", "--json").output)
    assert told["diffusion-flux-dev"]["gated"] is True
    assert told["diffusion-sd15"]["sources"] == ["hf:stable-diffusion-v1-5/stable-diffusion-v1-5"]
    assert (told["diffusion-sd15"]["here"], told["taesd"]["here"]) == (False, False)
    assert "FLUX.1 [dev] Non-Commercial License (HF_TOKEN)" in run("list").output


def test_a_missing_repository_gives_the_command_to_type(folder: Path) -> None:
    with pytest.raises(
        PaintError, match=r"`diffusion-sd15` \(2,743 MB in all\).*`aliendreams models fetch diff"
    ):
        Shelf(folder).pipeline("diffusion-sd15")


def test_a_repository_is_fetched_whole_and_loads(run: Run, named: Path, hub: Hub, folder: Path) -> None:
    no = run("fetch", "diffusion-sd15", input="n\n")
    assert no.exit_code == 1
    assert "Stable Diffusion 1.5; 2,743 MB; CreativeML Open RAIL-M" in no.stderr
    assert hub.asked == []
    said = run("fetch", "diffusion-sd15", "--yes")
    assert said.exit_code == 0, said.output
    assert said.stdout == (
        "diffusion-sd15 is here: a StableDiffusionPipeline (Stable Diffusion 1 and 2) of 0.4 million "
        "weights, fp16.\n"
    )
    assert {Path(name).suffix for name in hub.asked} == {".json", ".txt", ".safetensors", ".md"}
    assert all(".fp16." in name for name in hub.asked if name.endswith(".safetensors"))
    what = Shelf(folder).pipeline("diffusion-sd15")
    assert what.variant == "fp16"
    pipeline = diffusers.DiffusionPipeline.from_pretrained(
        what.path, variant=what.variant, use_safetensors=True, local_files_only=True
    )
    assert pipeline.unet.config.cross_attention_dim == 32
    hub.asked.clear()
    assert run("fetch", "diffusion-sd15").exit_code == 0, "what is here is not fetched again"
    assert hub.asked == []
    assert "ok   diffusion-sd15" in run("check").output
    weights = next(what.path.glob("unet/*.safetensors")).resolve()
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    spoilt = run("check")
    assert spoilt.exit_code == 1
    assert "bad  diffusion-sd15: diffusion_pytorch_model.fp16.safetensors has changed" in spoilt.output


def test_what_cannot_be_fetched_says_why(run: Run, named: Path, hub: Hub, folder: Path) -> None:
    there = hub.repositories["stable-diffusion-v1-5/stable-diffusion-v1-5"]
    hub.gated.add("stable-diffusion-v1-5/stable-diffusion-v1-5")
    said = run("fetch", "diffusion-sd15", "--yes")
    assert said.exit_code == 1
    assert "only to accounts that accepted its terms: accept them at" in said.stderr
    assert "set HF_TOKEN to it." in said.stderr
    hub.gated.clear()
    index = there["model_index.json"]
    for lie in (b"[]", b"{", b"[" * 100_000):
        there["model_index.json"] = lie
        assert "model_index.json" in (why := run("fetch", "diffusion-sd15", "--yes").stderr)
        assert "Error" not in why.partition("Error:")[2]
        shutil.rmtree(folder)
    there["model_index.json"] = index
    for name in [name for name in there if name.endswith(".safetensors")]:
        there[f"{name.split('.')[0]}.bin"] = there.pop(name)
    assert "and such files can run code" in run("fetch", "diffusion-sd15", "--yes").stderr
    assert "has no repository `Lykon/dreamshaper" in run("fetch", "diffusion-sdxl-lightning", "--yes").stderr
    assert "not licensed for commercial use" in run("fetch", "diffusion-flux-dev", "--yes").stderr
    assert not list((folder / "diffusers").rglob("*.bin"))


def test_without_a_network_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert "http://127.0.0.1:9 could not be reached" in run("fetch", "diffusion-sd15", "--yes").stderr
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE is set" in run("fetch", "diffusion-sd15", "--yes").stderr


def test_a_full_disk_is_said_before_it_is_full(named: Path, hub: Hub, folder: Path, run: Run) -> None:
    hub.overstated = 1 << 50
    said = run("fetch", "diffusion-sd15", "--yes").stderr
    assert "GB are missing, and the disk of" in said
    assert not [name for name in hub.asked if name.endswith(".safetensors")]


def test_a_failed_attempt_at_another_revision_leaves_what_is_here(
    run: Run, named: Path, hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch_all(own := Shelf(folder), ["diffusion-sd15"])
    (repository,) = hub.repositories
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert run("add", "moss", repository, "--revision", "v2", "--commercial", "--yes").exit_code == 1
    assert own.here("diffusion-sd15")


def test_fetching_can_be_given_up_and_goes_on(named: Path, hub: Hub, folder: Path) -> None:
    own, stop, heard = Shelf(folder), threading.Event(), []
    hub.gate.clear()

    def told(here: int, whole: int | None) -> None:
        heard.append((here, whole))
        if hub.being_asked.is_set() and whole:
            stop.set()

    with pytest.raises(GivenUp, match="the files of it that are whole are kept"):
        own.fetch("diffusion-sd15", lambda file: told, give_up=stop)
    assert heard[-1][1] > 1_000_000
    assert not own.here("diffusion-sd15")
    hub.gate.set()
    hub.asked.clear()
    fetch_all(own, ["diffusion-sd15"])
    assert own.here("diffusion-sd15")
    assert "model_index.json" not in hub.asked, "what was whole is not fetched again"


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
def test_a_pipeline_in_two_repositories_is_here_when_both_are(hub: Hub, folder: Path, tmp_path: Path) -> None:
    hub.add(tiny_kandinsky.DECODER, tiny_kandinsky.decoder(tmp_path / "decoder"))
    own = Shelf(folder)
    with pytest.raises(PaintError, match=f"no repository `{tiny_kandinsky.PRIOR}`"):
        own.fetch("diffusion-kandinsky")
    assert not own.here("diffusion-kandinsky")
    hub.add(tiny_kandinsky.PRIOR, tiny_kandinsky.prior(tmp_path / "prior"))
    own.fetch("diffusion-kandinsky")
    assert own.connecting("diffusion-sd15") == {}
    hub.asked.clear()
    pipeline = diffusers.DiffusionPipeline.from_pretrained(
        own.pipeline("diffusion-kandinsky").path,
        use_safetensors=True,
        local_files_only=True,
        **own.connecting("diffusion-kandinsky"),
    )
    pipeline.set_progress_bar_config(disable=True)
    steps = {"num_inference_steps": 2, "prior_num_inference_steps": 2}
    with pytest.warns(FutureWarning, match="callback_steps"):
        picture = pipeline("a red apple", **steps, width=64, height=64).images[0]
    assert (picture.size, hub.asked) == ((64, 64), [])


def test_a_folder_of_ones_own_becomes_a_preset(run: Run, folder: Path, tiny_sdxl: Path) -> None:
    said = run("add", "moss", tiny_sdxl)
    assert "licence (not stated) is not known to allow commercial use" in said.stderr
    assert not folder.exists()
    said = run("add", "moss", tiny_sdxl, "--licence", "our own", "--commercial", "--title", "Moss")
    assert said.exit_code == 0, said.output
    assert said.stdout == (
        "diffusion-moss is here: a StableDiffusionXLPipeline (Stable Diffusion XL) of 0.4 million weights. "
        "Ask for it with --backend diffusion --preset moss.\n"
    )
    entry = models()["diffusion-moss"]
    assert (entry.family, entry.painting.size, entry.painting.guidance) == ("sdxl", (64, 64), 7.0)
    recipe = parse("a bog --backend diffusion --preset moss")
    assert (recipe.width, recipe.steps) == (64, 30)
    what = Shelf(folder).pipeline("diffusion-moss")
    assert what.path == folder / "diffusion-moss"
    assert {path.name for path in what.path.iterdir()} == {path.name for path in tiny_sdxl.iterdir()}
    again = run("add", "moss", tiny_sdxl, "--commercial")
    assert "has a model `diffusion-moss` already" in again.stderr
    shutil.rmtree(what.path)
    assert "is not there any more" in run("check", "diffusion-moss").output


def test_what_is_added_paints_by_its_own_scheduler(tiny_sd: Path, tmp_path: Path) -> None:
    usual = painting_of(describe(tiny_sd))
    assert (usual.scheduler, usual.steps, usual.guidance) == ("", 25, 7.5)
    index = Path(shutil.copytree(tiny_sd, tmp_path / "lcm")) / "model_index.json"
    index.write_text(index.read_text().replace("StableDiffusionPipeline", "LatentConsistencyModelPipeline"))
    quick = painting_of(describe(index.parent))
    assert (quick.scheduler, quick.steps, quick.max_steps, quick.guidance) == ("", 4, 50, 8.0)


@pytest.mark.parametrize(
    ("name", "preset", "wanted"),
    [
        ("lcm-sd15", "sd15", ("lcm", 4, 1)),
        ("lcm-sdxl", "sdxl", ("lcm", 4, 1)),
        ("lightning-sdxl", "sdxl", ("euler-trailing", 4, 0)),
    ],
)
def test_a_lora_for_few_steps_says_with_what(name: str, preset: str, wanted: tuple[str, int, int]) -> None:
    flags = models()[name].title.partition("; with ")[2]
    recipe = parse(f"a bog --backend diffusion --preset {preset} --lora {name} {flags}")
    assert (recipe.scheduler, recipe.steps, recipe.guidance) == wanted


def test_a_folder_with_a_checksum_is_held_to_it(run: Run, folder: Path, tiny_sd: Path) -> None:
    assert run("add", "moss", tiny_sd, "--commercial").exit_code == 0
    own, weights = folder / "models.toml", sorted(tiny_sd.rglob("*.safetensors"))
    told, whole = own.read_text(), hashlib.sha256(b"".join(path.read_bytes() for path in weights))
    own.write_text(f'{told}sha256 = "{whole.hexdigest()}"\n')
    assert "ok   diffusion-moss" in run("check", "diffusion-moss").output
    own.write_text(f'{told}sha256 = "{64 * "0"}"\n')
    assert "bad  diffusion-moss: diffusion-moss has changed" in run("check", "diffusion-moss").output


def test_an_old_repository_of_one_network_and_another_revision(
    hub: Hub, folder: Path, tiny_ddpm: Path, tmp_path: Path
) -> None:
    (flat := tmp_path / "flat").mkdir()
    for path in tiny_ddpm.rglob("*.*"):
        shutil.copy(path, flat / path.name)
    hub.add("google/ddpm-cat-256", flat)
    own = Shelf(folder)
    own.fetch("guided-cats")
    assert own.pipeline("guided-cats").family == "pixels"


def test_a_folder_may_be_one_of_the_catalogues_models(run: Run, folder: Path, tiny_sd: Path) -> None:
    assert run("add", "diffusion-sd15", tiny_sd, "--link").exit_code == 0
    own = Shelf(folder)
    assert own.pipeline("diffusion-sd15").path == tiny_sd
    assert models()["diffusion-sd15"].painting.size == (512, 512)


def test_another_folder_is_none_of_the_catalogues_models(run: Run, folder: Path, tiny_sdxl: Path) -> None:
    said = run("add", "diffusion-sd15", tiny_sdxl)
    assert (
        "`diffusion-sd15` is a StableDiffusionXLPipeline (Stable Diffusion XL); the catalogue says "
        "Stable Diffusion 1 and 2." in said.stderr
    )
    assert not folder.exists()


def test_what_is_refused_changes_nothing(run: Run, folder: Path, tiny_sd: Path, tiny_unclip: Path) -> None:
    assert run("add", "moss", tiny_sd, "--commercial").exit_code == 0
    assert "has a model `diffusion-moss` already" in run("add", "moss", tiny_unclip, "--commercial").stderr
    assert Shelf(folder).pipeline("diffusion-moss").family == "sd"


def test_what_is_no_pipeline_is_not_added(run: Run, folder: Path, tiny_taesd: Path, tiny_sd: Path) -> None:
    for words, why in {
        ("add", "moss", tiny_taesd, "--commercial"): "is no pipeline of diffusers: it has a config.json",
        ("add", "Moss!", tiny_sd, "--commercial"): "small letters",
        ("add", "moss", "nowhere.safetensors", "--lora"): "There is no file nowhere.safetensors",
        ("add", "../moss", "ada/moss", "--commercial", "--yes"): "small letters",
        ("add", "moss", "ada/moss", "--lora", "--commercial", "--yes"): "--lora is said of files",
        ("add", "moss", tiny_sd, "--kind", "vqgan", "--commercial"): "--architecture is said of files",
        ("add", "moss", tiny_sd, "--variant", "fp16", "--commercial"): "are said of a repository",
    }.items():
        said = run(*words)
        assert said.exit_code != 0
        assert why in said.stderr, words
    assert not folder.exists()


def test_a_repository_of_ones_own_becomes_a_preset(
    run: Run, folder: Path, hub: Hub, tiny_unclip: Path
) -> None:
    hub.add("ada/moss", tiny_unclip)
    said = run("add", "moss", "ada/moss", "--commercial", "--licence", "MIT", "--yes")
    assert said.exit_code == 0, said.output
    assert "a UnCLIPPipeline (stepped by itself) of 0.7 million weights" in said.stdout
    entry = models()["diffusion-moss"]
    assert (entry.repository, entry.family, entry.painting.size) == ("ada/moss", "", (32, 32))
    assert entry.memory.fixed == pytest.approx(2.6, abs=0.1), "four bytes a weight"
    assert repositories.find(entry, folder)
    absent = run("add", "fern", "ada/fern", "--commercial", "--yes")
    assert "has no repository `ada/fern`" in absent.stderr
    assert "diffusion-fern" not in models()
    assert (
        "already; please take another name" in run("add", "moss", "ada/moss", "--yes", "--commercial").stderr
    )


@pytest.fixture
def ink(run: Run, tiny_sd_lora: Path, folder: Path) -> None:
    """A LoRA for Stable Diffusion of one's own."""
    file = tiny_sd_lora / "pytorch_lora_weights.safetensors"
    said = run("add", "ink", file, "--lora", "--commercial", "--title", "Ink")
    assert said.exit_code == 0, said.output
    assert said.stdout == (
        "ink is here: a LoRA of rank 2 for Stable Diffusion 1 and 2. "
        "Ask for it with --backend diffusion --lora ink.\n"
    )


def test_a_lora_is_found_by_name_for_its_family(
    ink: None, run: Run, folder: Path, tiny_sd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert require_lora("ink", "sd", 32) == folder / "ink.safetensors"
    for words, why in {
        (
            "ink",
            "sdxl",
        ): r"`ink` is a LoRA for Stable Diffusion 1 and 2, and this model is of Stable Diffusion XL",
        ("ink", ""): "this model is of another kind",
        ("ink", "sd", 768): "have 32 numbers each, and this model's have 768",
        ("inc", "sd"): "I know no LoRA `inc`. Did you mean `ink`",
        ("lcm-sd15", "sd"): "`aliendreams models fetch lcm-sd15`",
    }.items():
        with pytest.raises(PaintError, match=why):
            require_lora(*words)  # type: ignore[arg-type]
    assert "ok   ink: a LoRA of rank 2" in run("check", "ink").output
    unet = tiny_sd / "unet" / "diffusion_pytorch_model.safetensors"
    assert "no pairs of low-rank matrices" in run("add", "owl", unet, "--lora", "--commercial").stderr


def test_a_tiny_decoder_is_fetched_and_found(run: Run, folder: Path, hub: Hub, tiny_taesd: Path) -> None:
    hub.add("madebyollin/taesd", tiny_taesd)
    assert tiny_decoder_for(Shelf(folder), "sd") is None
    said = run("fetch", "taesd", "--yes")
    assert said.exit_code == 0, said.output
    assert "taesd is here: a tiny decoder of 4 channels for Stable Diffusion 1 and 2." in said.stdout
    assert tiny_decoder_for(shelf(), "sd") == "taesd"
    assert tiny_decoder_for(shelf(), "flux") is None
