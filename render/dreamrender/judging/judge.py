"""A worker's judge: answers questions to critics, one at a time, in whatever thread asks it.

Critics come from the shelf and onto the device as painters' do, and are held while they look.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PIL.Image import Image as PILImage

from dreamconfig.describing import vocabulary
from dreamqueue.errors import DreamError
from dreamqueue.questions import (
    Answer,
    Describe,
    Described,
    Liked,
    Question,
    Scored,
    Unanswered,
)
from dreamrender import residents
from dreamrender.critics import Critic
from dreamrender.critics.loading import load_critic
from dreamrender.holding import holding
from dreamrender.judging.describing import Phrase, Read, best_phrases, best_words, read_vocabulary
from dreamrender.judging.scoring import seen_by, similarities
from dreamrender.out_of_memory import let_go, ran_out

log = logging.getLogger(__name__)

DIGITS = 5
"""Of a similarity that is told."""


@dataclass(eq=False)
class Judge:
    """Looks at pictures for whoever asks."""

    device: str
    load: Callable[[str, str], Critic] = load_critic
    _looking: threading.Lock = field(default_factory=threading.Lock)
    _read: dict[str, Read] = field(default_factory=dict)
    """Vocabularies by critic."""

    def answer(self, question: Question, pictures: Sequence[PILImage]) -> Answer:
        """What its critic says of these pictures, in the question's order. May take seconds; never raises."""
        try:
            with self._looking, holding(self):
                try:
                    return self._answer(question, pictures)
                finally:
                    residents.release(self)
        except DreamError as error:
            return Unanswered(why=str(error))
        except Exception as error:
            if ran_out(error):
                let_go(error)
                return Unanswered(why="The worker has no memory left to look at this just now.")
            incident = secrets.token_hex(3)
            log.error("a question was not answered: incident %s", incident, exc_info=error)
            return Unanswered(why=f"Something broke while looking (incident `{incident}`).")

    def _answer(self, question: Question, pictures: Sequence[PILImage]) -> Answer:
        critic = self.load(question.critic, self.device)
        if isinstance(question, Describe):
            return self._described(critic, question, pictures[0])
        table = similarities(critic, pictures, question.texts).tolist()
        rows = tuple(tuple(round(number, DIGITS) for number in row) for row in table)
        return Scored(critic=question.critic, similarities=rows)

    def _described(self, critic: Critic, question: Describe, picture: PILImage) -> Described:
        if question.critic not in self._read:
            self._read[question.critic] = read_vocabulary(critic, vocabulary())
        read = self._read[question.critic]
        seen = seen_by(critic, [picture])[0]
        words = best_words(seen, read, question.most)
        return Described(
            critic=question.critic,
            phrases=_liked(best_phrases(critic, seen, read, question.most)),
            words={kind: _liked(found) for kind, found in words.items()},
        )


def _liked(phrases: Sequence[Phrase]) -> tuple[Liked, ...]:
    return tuple(Liked(text=one.text, similarity=round(one.similarity, DIGITS)) for one in phrases)
