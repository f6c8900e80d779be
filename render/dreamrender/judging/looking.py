"""Looks through pictures for concepts before anybody is told of them (CLIP, zero-shot).

A concept is found where one of its texts is nearer to the picture than all of its counter texts, by its
margin. A worker that cannot look does not tell: its critic is loaded before it begins and stays on its
device, and a picture that could not be looked at is not shown.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence

from PIL.Image import Image as PILImage
from torch import Tensor

from dreamconfig.concepts import Concept, Concepts
from dreamqueue.errors import PaintError
from dreamqueue.sights import Seen, Sights, together
from dreamrender.critics import Critic
from dreamrender.critics.loading import load_critic
from dreamrender.holding import holding
from dreamrender.judging.scoring import read_by, seen_by
from dreamrender.sheet import CELLS
from dreamrender.types import Embeddings

log = logging.getLogger(__name__)

NOT_LOOKED_AT = (
    "It was painted, and it could not be looked at before it is shown, as it has to be here, "
    "so it is not shown."
)


class Looker:
    """Knows the concepts in its critic's space. Without concepts it looks at nothing."""

    def __init__(
        self,
        concepts: Concepts | None = None,
        critic: str = "pocket",
        device: str = "cpu",
        load: Callable[[str, str], Critic] = load_critic,
    ) -> None:
        """`critic` is taken where the concepts name none."""
        self._concepts = concepts or Concepts()
        self.critic = self._concepts.critic or critic
        self._device = device
        self._load = load
        self._read: dict[str, tuple[Embeddings, Embeddings]] = {}

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._concepts)

    def prepare(self) -> None:
        """Load the critic, for good, and read the texts. Raises PaintError: nothing is to be painted then."""
        if not self:
            return
        try:
            critic = self._held()
            for name, concept in self._concepts.concepts.items():
                self._read[name] = read_by(critic, concept.texts), read_by(critic, concept.counter)
        except Exception as error:
            raise PaintError(
                f"DREAM_CONCEPTS asks to look at pictures with `{self.critic}` before they are shown, and "
                f"this worker cannot, so it paints nothing: {error}"
            ) from error
        log.info("pictures are looked through with %s for %s", self.critic, ", ".join(self._read))

    def look(self, pictures: Sequence[PILImage], several: int = 1, columns: int | None = None) -> Sights:
        """What is on any of these RGB pictures; None if nothing is looked for. Raises PaintError.

        A picture that is a sheet of `several`, in so many columns, is looked at as a whole and part by part.
        """
        if not self:
            return None
        try:
            shown = [part for picture in pictures for part in (picture, *parts_of(picture, several, columns))]
            embedded = seen_by(self._held(), shown)
            return together(self._found(row) for row in embedded)
        except Exception as error:
            log.exception("a picture could not be looked at")
            raise PaintError(NOT_LOOKED_AT) from error

    def _found(self, picture: Tensor) -> tuple[Seen, ...]:
        found = [
            seen(name, concept, picture, *self._read[name])
            for name, concept in self._concepts.concepts.items()
        ]
        return tuple(one for one in found if one is not None)

    def _held(self) -> Critic:
        with holding(self):
            return self._load(self.critic, self._device)


def seen(name: str, concept: Concept, picture: Tensor, texts: Tensor, counter: Tensor) -> Seen | None:
    """The concept, if a picture's unit embedding (dim,) is near enough to its texts (N, dim)."""
    score = float((texts @ picture).max())
    over = score - float((counter @ picture).max())
    if not (math.isfinite(score) and math.isfinite(over)):
        raise ValueError("the critic says nothing about this picture")
    if over < concept.margin or (concept.threshold is not None and score < concept.threshold):
        return None
    return Seen(concept=name, score=round(score, 4), over=round(over, 4))


def parts_of(picture: PILImage, several: int, columns: int | None = None) -> list[PILImage]:
    """A sheet's pictures where it says where they lie; else its parts, roughly: in so many columns, or in as
    square a grid as there can be.
    """
    if cells := picture.info.get(CELLS):
        return [picture.crop(cell) for cell in cells]
    if several < 2:
        return []
    columns = columns or math.ceil(math.sqrt(several))
    rows = math.ceil(several / columns)
    width, height = picture.width / columns, picture.height / rows
    boxes = [
        (round(column * width), round(row * height), round((column + 1) * width), round((row + 1) * height))
        for row in range(rows)
        for column in range(columns)
    ]
    return [picture.crop(box) for box in boxes[:several]]
