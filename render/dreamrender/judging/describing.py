"""Which phrases a critic likes for a picture, put together from lists of words.

First the subjects that it finds nearest, each in the media that suit it; then to the best of these a style
and modifiers, as long as the whole phrase comes nearer to the picture. Each subject comes at most a few
times, so that the phrases differ in what they say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dreamconfig.describing import SUBJECT, Vocabulary
from dreamrender.critics import Critic
from dreamrender.judging.scoring import read_by
from dreamrender.types import Embeddings

SUBJECTS, MEDIA = 8, 5
"""How many of each are tried together."""
TRIED = 8
"""Words of each further list that are tried with a phrase."""
ADDED = 3
"""Modifiers of a phrase, at most."""
GAIN = 0.01
"""Cosine similarity by which a further word has to bring a phrase nearer; less is chance."""
OF_ONE = 3
"""Phrases of one subject, at most."""
KINDS = ("subjects", "media", "styles", "modifiers")


@dataclass(frozen=True)
class Phrase:
    """Words and how near they are to the picture: a cosine similarity in [-1, 1]."""

    text: str
    similarity: float


@dataclass(frozen=True)
class Read:
    """A vocabulary in one critic's space, made once."""

    words: Vocabulary
    embedded: dict[str, Embeddings]


def read_vocabulary(critic: Critic, words: Vocabulary) -> Read:
    """All its words embedded; media with "something" for a subject."""
    texts = {kind: getattr(words, kind) for kind in KINDS}
    texts["media"] = [medium.replace(SUBJECT, "something") for medium in words.media]
    return Read(words, {kind: read_by(critic, said) for kind, said in texts.items()})


def best_words(picture: Tensor, read: Read, most: int) -> dict[str, list[Phrase]]:
    """The nearest words of each kind to a picture's embedding (dim,)."""
    return {
        kind: _ranked(getattr(read.words, kind), (read.embedded[kind] @ picture).tolist())[:most]
        for kind in KINDS
    }


def best_phrases(critic: Critic, picture: Tensor, read: Read, most: int) -> list[Phrase]:
    """Whole phrases for a picture's embedding (dim,), the nearest first."""
    near = best_words(picture, read, TRIED)
    begun = _nearest(critic, picture, _begun(near))
    grown = [_grown(critic, picture, phrase, near) for phrase in _of_few(begun, near, max(1, most // 2))]
    whole = {phrase.text: phrase for phrase in (*grown, *begun)}
    ranked = sorted(whole.values(), key=lambda phrase: -phrase.similarity)
    return _of_few(ranked, near, most)


def _begun(near: dict[str, list[Phrase]]) -> list[str]:
    media = [medium.text for medium in near["media"][:MEDIA]]
    return [
        medium.replace(SUBJECT, subject.text)
        for subject in near["subjects"][:SUBJECTS]
        for medium in dict.fromkeys((SUBJECT, *media))
    ]


def _grown(critic: Critic, picture: Tensor, phrase: Phrase, near: dict[str, list[Phrase]]) -> Phrase:
    """With those further words that bring it nearer, one at a time: perhaps a style, then modifiers."""
    for kind, most in (("styles", 1), ("modifiers", ADDED)):
        for _ in range(most):
            more = [f"{phrase.text}, {word.text}" for word in near[kind] if word.text not in phrase.text]
            best = _nearest(critic, picture, more)[:1]
            if not best or best[0].similarity < phrase.similarity + GAIN:
                break
            phrase = best[0]
    return phrase


def _of_few(phrases: Sequence[Phrase], near: dict[str, list[Phrase]], most: int) -> list[Phrase]:
    """At most `most`, and few of one subject."""
    subjects = sorted((one.text for one in near["subjects"]), key=len, reverse=True)
    counted: Counter[str] = Counter()
    kept: list[Phrase] = []
    for phrase in phrases:
        about = next((subject for subject in subjects if subject in phrase.text), "")
        counted[about] += 1
        if counted[about] <= OF_ONE:
            kept.append(phrase)
    return kept[:most]


def _nearest(critic: Critic, picture: Tensor, texts: Sequence[str]) -> list[Phrase]:
    if not texts:
        return []
    return _ranked(texts, (read_by(critic, texts) @ picture).tolist())


def _ranked(texts: Sequence[str], numbers: Sequence[float]) -> list[Phrase]:
    order = torch.tensor(numbers).argsort(descending=True, stable=True).tolist()
    return [Phrase(texts[at], float(numbers[at])) for at in order]
