"""What tricks are good for, without Discord or a queue: the same subjects and seeds, without and with.

Pictures without are painted once and compared with those of every trick. A critic judges that did not steer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL.Image import Image as PILImage
from PIL.Image import Resampling

from dreamconfig.catalogue import styles
from dreamqueue.errors import TrickError
from dreamqueue.grid import cells
from dreamqueue.prompt import parse, whole_menu
from dreamqueue.recipe import Recipe
from dreamqueue.trial import Trial
from dreamqueue.tricks.judges import steered_by
from dreamqueue.tricks.measured import Measured, lifts, texts
from dreamqueue.tricks.pairs import Pair, added_words, pair, side_by_side
from dreamqueue.tricks.trials import SUBJECTS
from dreamrender.backend import Inputs
from dreamrender.backends import load_backend
from dreamrender.canvas import covering
from dreamrender.critics.loading import load_critic
from dreamrender.picture import to_pil
from dreamrender.sheet import contact_sheet

TRICKS = ("unreal-engine", "artstation", "vray", "minecraft", "watercolor", "cyberpunk")
SHOWN = 2
"""Seeds of each subject on the sheet of all tricks."""
QUALITY = 82
"""Of the JPEG."""


@dataclass(frozen=True)
class Tested:
    """One trick, measured."""

    trick: str
    words: str
    file: str
    """Its sheet."""
    measured: Measured


def measure_tricks(
    folder: Path,
    names: Sequence[str] = TRICKS,
    subjects: Sequence[str] = SUBJECTS,
    seeds: int = 2,
    flags: str = "",
    judge: str = "pocket-judge",
    tell: Callable[[str], None] = lambda line: None,
) -> list[Tested]:
    """Paint `subjects` × `seeds` without and with each trick, asked for with `flags` in the prompt's grammar.

    `folder` gets a sheet for each trick and `tricks.jpg` with all of them: a column each, without before.
    Raises a DreamError for what cannot be painted, compared or judged.
    """
    recipe = parse(f"{subjects[0]} {flags}")
    if judge in steered_by(recipe, whole_menu()):
        raise TrickError(f"`{judge}` steers these pictures, so it cannot judge them.")
    load_critic(judge)
    folder.mkdir(parents=True, exist_ok=True)
    painted: dict[str, PILImage] = {}
    tested: list[Tested] = []
    for name in names:
        pairs = [_pair(subject, name, flags) for subject in subjects]
        recipe = side_by_side(pairs, name, seeds)
        pictures = [_painted(painted, _alone(recipe, number)) for number in range(recipe.cells)]
        trial = _trial(name, subjects, seeds, judge)
        one = Tested(name, trial.words, f"{name}.jpg", _measured(trial, recipe, pictures))
        labels = [variant.label for variant in recipe.variants]
        _save(contact_sheet(pictures, labels, recipe.row), folder / one.file)
        tested.append(one)
        tell(f"{name}: {len(painted)} pictures so far")
    _save(_all(painted, names, subjects, seeds, flags), folder / "tricks.jpg")
    return tested


def _pair(subject: str, name: str, flags: str) -> Pair:
    asked = f"{subject} --seed 7 {flags}"
    return pair(parse(asked), parse(f"{asked} --style {name}"))


def _alone(recipe: Recipe, number: int) -> Recipe:
    return cells(recipe)[number].recipe.model_copy(update={"styles": ()})


def _trial(name: str, subjects: Sequence[str], seeds: int, judge: str) -> Trial:
    words = added_words(styles()[name].text)
    return Trial(kind="test", trick=name, words=words, subjects=tuple(subjects), seeds=seeds, judge=judge)


def _painted(painted: dict[str, PILImage], recipe: Recipe) -> PILImage:
    key = recipe.model_dump_json()
    if key not in painted:
        backend = load_backend(recipe.backend)
        session = backend.begin(recipe, Inputs())
        while session.step < recipe.steps:
            backend.step([session])
        painted[key] = to_pil(backend.picture(session))
    return painted[key]


@torch.no_grad()
def _measured(trial: Trial, recipe: Recipe, pictures: Sequence[PILImage]) -> Measured:
    critic = load_critic(trial.judge)
    seen = torch.cat([critic.encode_images(covering(one, one.height, one.width)[None]) for one in pictures])
    subject, style = lifts(trial, (seen @ critic.encode_texts(texts(trial)).T).tolist())
    return Measured.of(trial, recipe, subject, style, at=time.time())


def _all(
    painted: dict[str, PILImage], names: Sequence[str], subjects: Sequence[str], seeds: int, flags: str
) -> PILImage:
    """A row for each picture without, and beside it those with each trick."""
    pictures: list[PILImage] = []
    labels: list[str] = []
    for subject in subjects:
        for seed in range(min(seeds, SHOWN)):
            for number, name in enumerate(names):
                recipe = side_by_side([_pair(subject, name, flags)], name, seeds)
                for which in (0, 1) if number == 0 else (1,):
                    pictures.append(_painted(painted, _alone(recipe, 2 * seed + which)))
                    labels.append(name if which else f"{subject}")
    small = [one.resize((128, 128), Resampling.LANCZOS) for one in pictures]
    return contact_sheet(small, labels, len(names) + 1)


def _save(sheet: PILImage, path: Path) -> None:
    sheet.save(path, "JPEG", quality=QUALITY, optimize=True)
