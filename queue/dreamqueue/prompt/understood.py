"""Which painters understand what: what one of them does not is refused, quoting it, and never ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from dreamconfig.catalogue import FAMILIES, BackendEntry, ModelEntry, backends, models
from dreamqueue.errors import BadValue, PromptError
from dreamqueue.prompt.canonical import flags_of
from dreamqueue.prompt.flags import FLAGS
from dreamqueue.prompt.reading import Use
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.text import quote

Kind = Literal["all", "steered", "sampled", "guided", "tiled"]

_NEEDS: Mapping[Kind, frozenset[str]] = {
    "all": frozenset(),
    "steered": frozenset({"steered"}),
    "sampled": frozenset({"sampled"}),
    "guided": frozenset({"steered", "sampled"}),
    "tiled": frozenset({"tiled"}),
}
_WHO: Mapping[Kind, str] = {
    "steered": "painters that CLIP steers",
    "sampled": "diffusion",
    "guided": "diffusion that CLIP guides",
    "tiled": "painters whose pictures can repeat",
}


def understands(backend: str, kind: Kind, known: Mapping[str, BackendEntry] | None = None) -> bool:
    """Whether flags of this kind mean something to a backend; all do to one that is not in the catalogue."""
    entry = (backends() if known is None else known).get(backend)
    return entry is None or _NEEDS[kind] <= set(entry.flags)


def check_flags(uses: Iterable[Use], backend: str, known: Mapping[str, BackendEntry]) -> None:
    """Raises BadValue for the first flag that the backend does not understand."""
    for use in uses:
        kind = FLAGS[use.name].of
        if not understands(backend, kind, known):
            raise BadValue(use.said, f"this is {_foreign(backend, kind, known)}.")


def check_stops(
    phrases: Iterable[Phrase], backend: str, known: Mapping[str, BackendEntry] | None = None
) -> None:
    """Raises BadValue for a phrase with a stop, where CLIP does not steer."""
    if understands(backend, "steered", known):
        return
    for phrase in phrases:
        if phrase.stop is not None:
            raise BadValue(
                quote(phrase.text), f"the stop of a phrase is {_foreign(backend, 'steered', known)}."
            )


def check_pictures(recipe: Recipe, *, image: bool, targets: bool) -> None:
    """Raises PromptError if the pictures that come with a recipe are of no use to its backend, or if one is
    missing."""
    if targets and not understands(recipe.backend, "steered"):
        raise PromptError(f"A target picture is {_foreign(recipe.backend, 'steered')}.")
    if recipe.strength is not None and not image:
        raise BadValue(
            f"--strength {recipe.strength:g}",
            "this is how much of an initial picture is painted over, and there is none; please add one.",
        )


def check_model(
    recipe: Recipe,
    known: Mapping[str, BackendEntry] | None = None,
    loras: Mapping[str, ModelEntry] | None = None,
) -> None:
    """Raises BadValue for what the recipe's own model does not know, whatever its backend does: flags that a
    pipeline which paints by itself cannot heed, and LoRAs for another family."""
    entry = (backends() if known is None else known).get(recipe.backend)
    preset = recipe.preset or (entry.preset if entry else "")
    family = entry.families.get(preset) if entry else None
    if family is None:
        return
    flags = flags_of(recipe)
    alone = next((name for name in ("hires", "lora", "scheduler", "tile") if name in flags), None)
    if not family and alone is not None:
        raise BadValue(
            f"--{alone}" if flags[alone] is True else f"--{alone} {flags[alone]}",
            f"`{quote(preset)}` paints by itself and does not know it.",
        )
    for lora in recipe.loras:
        own = (models() if loras is None else loras).get(lora.name)
        if own is not None and own.family and own.family != family:
            raise BadValue(
                f"--lora {lora.name}",
                f"this is for {FAMILIES[own.family]}, and `{quote(preset)}` is {FAMILIES[family]}.",
            )


def check(recipe: Recipe) -> None:
    """Raises PromptError for anything in a recipe that its backend would have to ignore."""
    uses = [Use(name, None if value is True else str(value)) for name, value in flags_of(recipe).items()]
    check_flags(uses, recipe.backend, backends())
    check_stops(recipe.phrases, recipe.backend)
    check_model(recipe)
    check_pictures(recipe, image=recipe.image is not None, targets=bool(recipe.targets))


def _foreign(backend: str, kind: Kind, known: Mapping[str, BackendEntry] | None = None) -> str:
    known = backends() if known is None else known
    able = next((name for name in known if understands(name, kind, known)), None)
    example = f" (such as `--backend {able}`)" if able else ""
    return f"for {_WHO[kind]}{example}; `{quote(backend)}` does not know it"
