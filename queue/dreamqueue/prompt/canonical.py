"""The way back: a recipe as text that can be typed again, and as a line for people."""

from __future__ import annotations

from collections.abc import Iterable

from dreamqueue.course import shortest, write_course
from dreamqueue.errors import PromptError
from dreamqueue.prompt import habits, sampling, steering
from dreamqueue.prompt.collections import write_collection
from dreamqueue.prompt.reading import Piece, read
from dreamqueue.prompt.weights import write_weight
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.text import clip

_AFTERWARDS = ' | x" | y” | ,z}'  # would pair with a quote or a brace that the phrase leaves open
_AFTERWARDS_READ = [Piece('x"'), Piece("y”"), Piece(",z}")]


def render(recipe: Recipe) -> str:
    """Text that `parse` turns into the same recipe.

    Styles are expanded already, so the parsed one has none of them on record; the initial picture is no
    part of the text.
    """
    words = spoken(recipe.phrases)
    return " ".join([words, *(_flag(name, value) for name, value in flags_of(recipe).items())])


def spoken(phrases: Iterable[Phrase]) -> str:
    """Phrases as text that is read as just these phrases."""
    return " | ".join(_written(phrase) for phrase in phrases)


def flags_of(recipe: Recipe) -> dict[str, object]:
    """The flags that say all of a recipe but its words and pictures; those at their defaults are left out."""
    flags: dict[str, object] = {
        "backend": recipe.backend,
        "preset": recipe.preset,
        "critic": recipe.critic,
        "size": f"{recipe.width}x{recipe.height}",
        "steps": recipe.steps,
        "seed": recipe.seed,
    }
    if recipe.image_weight != 1:
        flags["iw"] = write_course(recipe.image_weight)
    if recipe.tv is not None:
        flags["tv"] = write_course(recipe.tv)
    if recipe.saturation != 0:
        flags["saturation"] = write_course(recipe.saturation)
    if recipe.symmetry:
        flags["symmetry"] = recipe.symmetry
    flags |= steering.written(recipe) | sampling.written(recipe) | habits.written(recipe)
    if recipe.candidates > 1:
        flags["candidates"] = recipe.candidates
        flags["finish"] = recipe.finish
        flags["trial"] = shortest(recipe.trial)
    if recipe.collection is not None:
        flags.update(write_collection(recipe.collection))
    return {name: value for name, value in flags.items() if value != ""}


def told(recipe: Recipe) -> list[str]:
    """What flags say of it, for people, in short: `stop 80%`, `guidance 7.5`."""
    return [*habits.told(recipe), *sampling.told(recipe)]


def display(recipe: Recipe, limit: int = 200) -> str:
    """A line for people, of at most `limit` characters; the words give way first."""
    painter = f"{recipe.backend}/{recipe.preset}" if recipe.preset else recipe.backend
    size, steps, seed = f"{recipe.width}×{recipe.height}", f"{recipe.steps} steps", f"seed {recipe.seed}"
    facts = "".join(f" · {fact}" for fact in (painter, size, steps, seed, *told(recipe)))
    return clip(clip(recipe.words, max(limit - len(facts), 1)) + facts, limit)


def _flag(name: str, value: object) -> str:
    return f"--{name}" if value is True else f"--{name} {value}"


def _written(phrase: Phrase) -> str:
    weight = write_weight(phrase.text, phrase.weight, phrase.stop)
    bare = phrase.text + weight
    if _reads_as(bare, phrase):
        return bare
    escaped = phrase.text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' + write_weight('"', phrase.weight, phrase.stop)


def _reads_as(written: str, phrase: Phrase) -> bool:
    try:
        asked = read(written + _AFTERWARDS)
    except PromptError:
        return False
    unsaid = phrase.weight == 1 and phrase.stop is None
    wanted = Piece(phrase.text, None if unsaid else phrase.weight, phrase.stop)
    return asked.pieces == [wanted, *_AFTERWARDS_READ] and not asked.uses
