"""Loading a model to see that it works, through the loader that paintings use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from dreamconfig import catalogue
from dreamconfig.catalogue import ModelEntry, models
from dreamqueue.errors import PaintError
from dreamrender.diffusion import repositories
from dreamrender.diffusion.folders import describe
from dreamrender.diffusion.headers import checksum, count
from dreamrender.diffusion.loras import describe_lora
from dreamrender.part import proof_of, sha256_of
from dreamrender.shelf import shelf

Look = Callable[[str, ModelEntry, Sequence[Path]], str]
"""Loads a model's files and says in a few words what it is; raises PaintError."""


def check(name: str) -> str:
    """Read a model's files, compare them with the checksums they came with, load it, and say what it is.

    Raises PaintError, saying what is wrong and how to mend it.
    """
    entry, own = models()[name], shelf()
    if entry.kind == "open_clip" and own.missing(name) and own.here(name):
        own.allow(name)
        return look(name, entry, [])
    paths = own.require(name)
    if entry.kind == "diffusers":
        _compare_pipeline(entry, paths[0])
        return look(name, entry, paths)
    stated = {file.name: file.sha256 for file in entry.files}
    for path in paths:
        proof = proof_of(path)
        known = stated.get(path.name) or (proof.read_text("utf-8").strip() if proof.is_file() else None)
        if path == paths[0] and entry.file is not None:
            known = entry.sha256
        if known is not None and sha256_of(path) != known:
            raise PaintError(
                f"{path.name} has changed since it was published or fetched. Delete {path} and get it again."
            )
    return look(name, entry, paths)


def look(name: str, entry: ModelEntry, paths: Sequence[Path]) -> str:
    """Load these files as what the entry says they are."""
    if entry.kind not in LOOKS:
        raise PaintError(f"Nobody here knows how to load a model of the kind `{entry.kind}`.")
    return LOOKS[entry.kind](name, entry, paths)


def _compare_pipeline(entry: ModelEntry, folder: Path) -> None:
    spoilt = next(repositories.spoilt(folder), None)
    if spoilt is None and entry.sha256 is not None:
        weights = sorted(describe(folder, entry.variant).weights, key=Path.as_posix)
        spoilt = folder if checksum(weights) != entry.sha256 else None
    if spoilt is not None:
        raise PaintError(
            f"{spoilt.name} has changed since it was published or fetched. Delete {spoilt.resolve()} and get "
            "it again."
        )


def _vqgan(name: str, entry: ModelEntry, paths: Sequence[Path]) -> str:
    from dreamrender.vqgan_files import load_vqgan

    weights, *more = paths
    model = load_vqgan(weights, more[0] if more else weights.with_suffix(".yaml"))
    return f"a VQGAN of {model.shape.n_embed:,} codes, one for {model.factor}x{model.factor} pixels"


def _open_clip(name: str, entry: ModelEntry, paths: Sequence[Path]) -> str:
    from dreamrender.critics.open_clip import OpenClipCritic

    critic = OpenClipCritic.load(
        entry.architecture or "", entry.pretrained or "", name=name, weights=next(iter(paths), None)
    )
    return f"a critic that looks at {critic.image_size} px and reads {critic.max_tokens} tokens"


def _pocket(name: str, entry: ModelEntry, paths: Sequence[Path]) -> str:
    from dreamrender.critics.loading import load_critic

    critic = load_critic(name)
    return f"a critic that looks at {critic.image_size} px and reads {critic.max_tokens} tokens"


def _biggan(name: str, entry: ModelEntry, paths: Sequence[Path]) -> str:
    from dreamrender.biggan_files import load_biggan

    weights, config = paths
    load_biggan(weights, config)
    return "a BigGAN-deep"


def _dvae(name: str, entry: ModelEntry, paths: Sequence[Path]) -> str:
    from dreamrender.dvae_files import load_decoder, load_encoder

    decoder, encoder = paths
    load_decoder(decoder)
    load_encoder(encoder)
    return "a dVAE"


def _stylegan(name: str, entry: ModelEntry, paths: Sequence[Path]) -> str:
    from dreamrender.stylegan.files import load_generator

    (file,) = paths
    load_generator(file)
    return "a StyleGAN"


def _diffusers(name: str, entry: ModelEntry, paths: Sequence[Path]) -> str:
    (folder,) = paths
    what = describe(folder, entry.variant)
    weights = count(what.weights)
    from dreamrender.diffusion.upstream import diffusers

    if what.family != "pocket" and what.class_name not in dir(diffusers):
        raise PaintError(
            f"`{name}` is a {what.class_name}, which diffusers {diffusers.__version__} does not have."
        )
    if "pocket" != entry.family != what.family:  # the pocket model has no class of its own
        raise PaintError(
            f"`{name}` is a {what.class_name} ({_stepped(what.family)}); the catalogue says "
            f"{_stepped(entry.family)}."
        )
    named = f", {what.variant}" if what.variant else ""
    return f"a {what.class_name} ({_stepped(entry.family)}) of {weights / 1e6:,.1f} million weights{named}"


def _stepped(family: str) -> str:
    return catalogue.FAMILIES.get(family, "stepped by itself")


def _lora(name: str, entry: ModelEntry, paths: Sequence[Path]) -> str:
    lora = describe_lora(paths[0])
    if lora.family != entry.family:
        raise PaintError(f"`{name}` {lora.said}; the catalogue says {entry.family or 'another family'}.")
    return f"a LoRA of rank {lora.rank} for {catalogue.FAMILIES.get(lora.family, 'another kind of model')}"


def _tiny_decoder(name: str, entry: ModelEntry, paths: Sequence[Path]) -> str:
    from dreamrender.diffusion.tiny_decoders import load

    weights, config = paths
    model = load(weights, config)
    return (
        f"a tiny decoder of {model.config['latent_channels']} channels for {catalogue.FAMILIES[entry.family]}"
    )


LOOKS: dict[str, Look] = {
    "pocket": _pocket,
    "open_clip": _open_clip,
    "vqgan": _vqgan,
    "biggan": _biggan,
    "dvae": _dvae,
    "stylegan": _stylegan,
    "diffusers": _diffusers,
    "lora": _lora,
    "tiny-decoder": _tiny_decoder,
}
"""By kind."""
