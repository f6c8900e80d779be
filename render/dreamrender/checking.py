"""Loading a model to see that it works, through the loader that paintings use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from dreamconfig.catalogue import ModelEntry, models
from dreamqueue.errors import PaintError
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


LOOKS: dict[str, Look] = {
    "pocket": _pocket,
    "open_clip": _open_clip,
    "vqgan": _vqgan,
    "biggan": _biggan,
    "dvae": _dvae,
    "stylegan": _stylegan,
}
"""By kind."""
