"""A backend around another: it paints several pictures as one job and shows them on a contact sheet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeAlias

from PIL.Image import Image as PILImage

from dreamqueue import grid
from dreamqueue.errors import PaintError, TooLate
from dreamqueue.png import png_bytes
from dreamqueue.recipe import Recipe
from dreamqueue.text import quote
from dreamrender.backend import Backend, Chosen, Closeable, HasExtras, HasGlimpses, Inputs, Part, Session
from dreamrender.labels import loses_letters
from dreamrender.picture import from_pil, to_pil
from dreamrender.several.session import Member, SeveralSession, asked, ranked
from dreamrender.sheet import CELLS, MAX_SIDE, contact_sheet
from dreamrender.types import Image

Look: TypeAlias = Callable[[Session], Image]
"""What a single picture looks like: finished, or on its way."""

SMALL_SIDE = 1024
"""Pixels that a sheet's long side has at most while it is being painted, and beside the picture."""
RANKING = "candidates.png"
"""The file with all candidates, beside the picture of the best one."""


class Several(Backend):
    """Paints the cells of a grid, or candidates of which the best go on, with `inner`.

    A step is one step of each picture; at most `batch` of them share one. Its picture is a contact sheet, of
    a size of its own, or the one candidate that goes on.
    """

    def __init__(self, inner: Backend, batch: int = 1) -> None:
        self.inner = inner
        self._batch = batch

    def begin(self, recipe: Recipe, inputs: Inputs) -> SeveralSession:
        """Sessions for all pictures. Raises PaintError for a grid of candidates, BadValue for braces that
        cannot be read, and what the inner backend raises for any of the pictures.
        """
        if recipe.candidates > 1 and recipe.cells > 1:
            raise PaintError("A grid of candidates is too much for one job: ask for one or the other.")
        pictures = asked(recipe)
        members: list[Member] = []
        try:
            for number, one in enumerate(pictures, 1):
                members.append(Member(number, one.label, self.inner.begin(one.recipe, inputs)))
        except BaseException:
            self.let_go(members)
            raise
        return SeveralSession(recipe, members, legend_of([one.label for one in pictures]))

    def group(self, session: Session) -> Hashable:
        """Each for itself: its pictures share steps with each other."""
        return id(session)

    def step(self, sessions: Sequence[Session]) -> None:
        """One step of each picture of each session."""
        for session in sessions:
            self._round(ours(session))

    def picture(self, session: Session) -> Image:
        """The sheet, or the one candidate that goes on: RGB in [0, 1], float32, on the CPU.

        The step after which candidates were ranked shows all of them in their order.
        """
        return self._shown(ours(session), self.inner.picture)

    def glimpse(self, session: Session) -> Image:
        """The same of the inner backend's glimpses, if it has them."""
        inner = self.inner
        return self._shown(ours(session), inner.glimpse if isinstance(inner, HasGlimpses) else inner.picture)

    def close(self, session: Session) -> None:
        """Close the sessions of the pictures that were not left behind: those are closed."""
        self.let_go(ours(session).running)

    def parts(self, session: Session) -> list[Part]:
        """Every picture, in the order of their numbers: a candidate that was left behind as it was then."""
        several = ours(session)
        found = several.left | {member.number: self._part(member) for member in several.running}
        return [found[number] for number in sorted(found)]

    def extras(self, session: Session) -> Mapping[str, bytes]:
        """The sheet of the ranked candidates, and what the inner backend has beside the only one left."""
        several = ours(session)
        found: dict[str, bytes] = {}
        if len(several.running) == 1:
            found.update(self._extras(several.running[0].session))
        if several.ranking is not None:
            found[RANKING] = png_bytes(several.ranking, several.recipe)
        return found

    def _round(self, several: SeveralSession) -> None:
        groups: dict[Hashable, list[Session]] = defaultdict(list)
        for member in several.running:
            groups[self.inner.group(member.session)].append(member.session)
        for sessions in groups.values():
            for start in range(0, len(sessions), self._batch):
                self.inner.step(sessions[start : start + self._batch])
        several.step += 1
        if several.recipe.candidates > 1 and several.step == several.recipe.trial_steps:
            self._rank(several)

    def choose(self, session: Session, pick: int | None) -> None:
        """One candidate goes on alone when the trial ends; None: it ends now, and the best one does.

        Raises PaintError where there are none, TooLate for one that was left behind.
        """
        several = ours(session)
        if several.recipe.candidates == 1:
            raise PaintError("There are no candidates to choose among.")
        if several.ranking is not None:
            raise TooLate("They have been tried already, and the best went on.")
        if pick is None and several.step == 0:
            raise TooLate("Nothing has been tried yet, so there is no best one.")
        several.pick = pick
        if pick is None:
            self._rank(several, ranked(several.running)[0])

    def chosen(self, session: Session) -> Chosen | None:
        """The candidate that goes on alone by somebody's choice, once it does; the session is not needed
        any more."""
        several = ours(session)
        if several.settled is None:
            return None
        parts = [several.left[number] for number in sorted(several.left)]
        extras = {} if several.ranking is None else {RANKING: png_bytes(several.ranking, several.recipe)}
        own = several.settled
        return Chosen(self.inner, own.session, own.number, own.label, several.legend, parts, extras)

    def _rank(self, several: SeveralSession, best: Member | None = None) -> None:
        """Leave behind those that do not go on: all but one where that one was chosen."""
        order = ranked(several.running)
        picked = [member for member in order if member.number == several.pick]
        several.settled = next(iter(picked), best)
        several.ranking = self._sheet(several, order, SMALL_SIDE, self.inner.picture)
        several.legend = _verdict(several, order)
        go_on = [several.settled] if several.settled else order[: several.recipe.finish]
        several.left = {member.number: self._part(member) for member in order if member not in go_on}
        self.let_go([member for member in several.running if member.number in several.left])
        several.running = [member for member in several.running if member.number not in several.left]

    def let_go(self, members: Sequence[Member]) -> None:
        """Close the sessions of these pictures."""
        if isinstance(self.inner, Closeable):
            for member in members:
                self.inner.close(member.session)

    def _shown(self, several: SeveralSession, look: Look) -> Image:
        recipe = several.recipe
        if several.ranking is not None and several.step == recipe.trial_steps < recipe.last_step:
            return _sheet_of(several, several.ranking)
        several.cells = ()
        if len(several.running) == 1:
            return look(several.running[0].session)
        shown = ranked(several.running) if several.ranking else several.running
        side = MAX_SIDE if several.step >= recipe.last_step else SMALL_SIDE
        return _sheet_of(several, self._sheet(several, shown, side, look))

    def _part(self, member: Member) -> Part:
        session = member.session
        picture = self.inner.picture(session)
        extras = self._extras(session)
        return Part(member.label, session.recipe, picture, session.step, session.score, extras)

    def _extras(self, session: Session) -> Mapping[str, bytes]:
        return self.inner.extras(session) if isinstance(self.inner, HasExtras) else {}

    def _sheet(self, several: SeveralSession, members: Sequence[Member], side: int, look: Look) -> PILImage:
        pictures = [to_pil(look(member.session)) for member in members]
        if several.recipe.candidates == 1:
            labels = [f"{member.number}: {member.label}" for member in members]
            return contact_sheet(pictures, labels, grid.columns(several.recipe), side)
        labels = [_candidate(member) for member in members]
        return contact_sheet(pictures, labels, max_side=side)


def _sheet_of(several: SeveralSession, sheet: PILImage) -> Image:
    several.cells = sheet.info.get(CELLS, ())
    return from_pil(sheet)


def _candidate(member: Member) -> str:
    score = member.session.score
    return f"{member.number}: {member.label}" + ("" if score is None else f" ({score:.3f})")


def legend_of(labels: Sequence[str]) -> str:
    """The labels, if they cannot all be written on a sheet."""
    if not any(map(loses_letters, labels)):
        return ""
    return f"{'; '.join(f'{number}: `{quote(label)}`' for number, label in enumerate(labels, 1))}."


def _verdict(several: SeveralSession, order: Sequence[Member]) -> str:
    recipe = several.recipe
    places = ", ".join(_candidate(member) for member in order)
    if several.settled is not None:
        number = several.settled.number
        which = f"the best, {number}, goes on" if several.pick is None else f"number {number} was chosen"
        tried = f"tried for {several.step} of {recipe.last_step} steps"
        return f"{len(order)} candidates, {tried}; {which}: {places}."
    if recipe.trial_steps == recipe.last_step:
        return f"{len(order)} candidates, the best first: {places}."
    many = "the first goes on" if recipe.finish == 1 else f"the first {recipe.finish} go on"
    when = f"after {recipe.trial_steps} of {recipe.last_step} steps"
    return f"{len(order)} candidates, ranked {when}, and {many}: {places}."


def ours(session: Session) -> SeveralSession:
    """A session of several pictures; raises TypeError for another."""
    if not isinstance(session, SeveralSession):
        raise TypeError(f"a session of another backend: {session!r}")
    return session
