"""The errors a member can be shown, drawn as a tree.

    DreamError
    ├── PromptError         the words that were typed
    │   ├── UnknownWord     a flag, style, backend or preset that does not exist
    │   └── BadValue        a value that cannot be read or lies outside its limits
    ├── TrickError          a trick that cannot be taken as it is
    │   ├── NameTaken       its name is another's, or looks like it
    │   └── TrickChanged    somebody else edited it meanwhile
    ├── PictureError        an initial picture that cannot be used
    ├── QueueError          the road from the bot to a worker
    │   ├── QueueAway       Redis does not answer, or takes no writes just now
    │   │   ├── NoRoomLeft  its memory or its disk is full
    │   │   ├── QueueLocked it does not let this process in
    │   │   └── AlbumAway   the folder where pictures lie does not answer, or is full
    │   ├── QueueFull       too many jobs wait
    │   ├── NoSuchAlbum     the setting of the album names a place of no known kind
    │   ├── QueueDrains     moderators let no new jobs in
    │   ├── TooMany         too many ask in the same moment
    │   ├── DayIsSpent      no painting time is left for today
    │   ├── NobodyPaints    no live worker can do what was asked
    │   ├── NobodyLooks     no live worker answers for a critic
    │   ├── TooManyLooks    a member asks critics more than there is time for
    │   ├── NoSuchJob       the id is unknown, or its record has expired
    │   └── OtherVersion    a record of another version than this process reads
    ├── BrokenRule          words that a community's rules do not allow
    ├── NotYours            somebody else's job
    ├── NotHere             pictures are asked for in other channels
    ├── Barred              moderators let this member ask for nothing
    ├── TooLate             a job that has ended already
    ├── CannotPostHere      a permission is missing in the channel
    ├── CannotLook          a critic was asked and could not say
    └── PaintError          the worker could not paint it
        └── CannotResume    a saved painting that cannot be taken up again

`str(error)` is one or two sentences fit to show. Everything that is not a DreamError is
logged with an incident id, and only the id is shown.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence


class DreamError(Exception):
    """Something went wrong in a way that the person who asked can be told about."""


class PromptError(DreamError):
    """The typed text cannot become a recipe."""


class UnknownWord(PromptError):
    """A name that is not in its list; the message proposes the nearest ones."""

    def __init__(self, kind: str, word: str, nearest: Sequence[str] = (), known: Sequence[str] = ()) -> None:
        self.kind, self.word, self.nearest, self.known = kind, word, tuple(nearest), tuple(known)
        if nearest:
            hint = f"Did you mean {_either(nearest)}?"
        elif known:
            hint = f"There {'is' if len(known) == 1 else 'are'}: {', '.join(known)}."
        else:
            hint = "There are none here."
        super().__init__(f"I know no {kind} `{word}`. {hint}")


class BadValue(PromptError):
    """A value that cannot be read, or lies outside its limits."""

    def __init__(self, quoted: str, why: str) -> None:
        self.quoted = quoted
        super().__init__(f"`{quoted}`: {why}")


class TrickError(DreamError):
    """A trick cannot be taken as it is."""


class NameTaken(TrickError):
    """Its name is another trick's, or looks like it."""

    def __init__(self, name: str, other: str) -> None:
        self.name, self.other = name, other
        if name == other:
            super().__init__(f"There is a trick `{name}` already; please choose another name.")
        else:
            super().__init__(f"`{name}` looks like `{other}`, which is there already; please choose another.")


class TrickChanged(TrickError):
    """Somebody else edited it meanwhile."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Somebody has edited `{name}` since you opened it. Nothing was changed; please look at it again."
        )


class PictureError(DreamError):
    """The initial picture cannot be used."""


class QueueError(DreamError):
    """A job could not be handed over."""


class QueueAway(QueueError):
    """Redis does not answer, or takes no writes just now; it may in a minute."""

    words = "The queue does not answer just now. Nothing was started; please ask again in a minute."

    def __init__(self) -> None:
        super().__init__(self.words)


class NoRoomLeft(QueueAway):
    """Redis' memory or its disk is full."""

    words = (
        "The queue is full: there is no room to keep another job or picture. Nothing was started; please "
        "come back when older pictures have been forgotten."
    )


class QueueLocked(QueueAway):
    """Redis does not let this process in, or not do what it has to: certificate, password or rights.

    `why` is for whoever runs it, and holds no password.
    """

    words = (
        "The queue does not let me in. Whoever runs this bot has to look at the user and the password in "
        "DREAM_REDIS_URL, and at what that user may do."
    )

    def __init__(self, why: str = "") -> None:
        self.why = why
        super().__init__()


class AlbumAway(QueueAway, OSError):
    """The folder where pictures lie does not answer, or is full. An OSError, so that whoever waits for Redis
    to come back waits for it too.

    `why` is for whoever runs it: the cause, with its path where that is known.
    """

    def __init__(self, why: Exception) -> None:
        self.why = str(why) or type(why).__name__
        self.full = getattr(why, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        what = "is full" if self.full else "does not answer"
        self.words = f"The place where pictures are kept {what} just now; please ask again later."
        super().__init__()


class NoSuchAlbum(QueueError, ValueError):
    """The setting of the album names a place of no known kind, or one for which a package is missing."""

    def __init__(self, url: str, why: Exception) -> None:
        super().__init__(f"DREAM_ALBUM `{url}` is no place that I can use: {str(why).rstrip('.')}.")


class QueueFull(QueueError):
    """Too many jobs wait."""

    def __init__(self, waiting: int, limit: int, whose: str = "all members") -> None:
        many = "job" if waiting == 1 else "jobs", "is" if waiting == 1 else "are"
        super().__init__(
            f"{waiting} {many[0]} of {whose} {many[1]} waiting already (the limit is {limit}). "
            "Please come back when some are done."
        )


class DayIsSpent(QueueError):
    """No painting time is left for today."""

    def __init__(self, seconds: float, limit: float, whose: str = "yours") -> None:
        who = "you have" if whose == "yours" else f"{whose} has"
        super().__init__(
            f"For today {who} asked for {seconds / 60:.0f} of {limit / 60:.0f} minutes of painting, "
            "and this would be more. The count begins anew at midnight (UTC)."
        )


class QueueDrains(QueueError):
    """Moderators let no new jobs in."""

    def __init__(self, why: str = "", until: float | None = None) -> None:
        """`until` is Unix seconds; None: until a moderator says otherwise."""
        again = "Please ask again later." if until is None else f"Please ask again <t:{until:.0f}:R>."
        super().__init__(
            f"The queue takes no new pictures just now; what is in it will be painted. {again}{_because(why)}"
        )


class TooMany(QueueError):
    """More ask in the same moment than can be answered in time."""

    def __init__(self) -> None:
        super().__init__("Too many ask at this moment. Nothing was started; please ask again in a minute.")


class NobodyPaints(QueueError):
    """No live worker can do what was asked."""

    def __init__(self, backend: str, available: Sequence[str], short: Sequence[str] = ()) -> None:
        """`short` says of each worker that has the backend what else it lacks."""
        if short:
            super().__init__(f"No worker that is awake can paint this: {'; '.join(short)}.")
            return
        can = ", ".join(f"`{name}`" for name in available)
        super().__init__(
            f"No worker that is awake can paint with `{backend}`. Those that are awake can paint with {can}."
        )


class NobodyLooks(QueueError):
    """No live worker answers for a critic."""

    def __init__(self, critic: str, seconds: float | None = None) -> None:
        """`seconds`: some could have, and none did in that time."""
        if seconds is None:
            super().__init__(f"No worker that is awake can look at pictures with `{critic}` just now.")
            return
        super().__init__(f"No worker had an answer within {seconds:.0f} seconds. Please ask again later.")


class TooManyLooks(QueueError):
    """A member asks critics more than there is time for."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"You have asked {limit} times within a minute. Please ask again in the next one.")


class NoSuchJob(QueueError):
    """The id is unknown, or its record has expired."""

    def __init__(self, job: str) -> None:
        super().__init__(f"I know no job `{job}` (records are kept for a while, then forgotten).")


class OtherVersion(QueueError):
    """A record of another version than this process reads."""

    def __init__(self, job: str) -> None:
        super().__init__(
            f"Job `{job}` was made by another version of me, which I cannot read. "
            "Whoever runs me has to bring all parts to the same version."
        )


class BrokenRule(DreamError):
    """Words that a community's rules do not allow; for nobody but who asked."""


class NotHere(DreamError):
    """Pictures are asked for in other channels."""

    def __init__(self, channels: Sequence[str]) -> None:
        """`channels` as they are shown: mentions or names."""
        super().__init__(f"Pictures are not asked for here, but in {_all(channels)}.")


class Barred(DreamError):
    """Moderators let this member ask for nothing. Shown to that member only."""

    def __init__(self, why: str = "", until: float | None = None) -> None:
        """`until` is Unix seconds; None: until a moderator says otherwise."""
        ends = "until a moderator says otherwise" if until is None else f"until <t:{until:.0f}:f>"
        super().__init__(f"Moderators do not let you ask for pictures here, {ends}.{_because(why)}")


class NotYours(DreamError):
    """Somebody else's job."""


class TooLate(DreamError):
    """It has ended, or gone too far, for what was asked."""


class CannotPostHere(DreamError):
    """A permission is missing in the channel: said before painting, not after."""

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(f"I may not post a picture here: I need {_all(missing)} in this channel.")


class CannotLook(DreamError):
    """A critic was asked and could not say."""


class PaintError(DreamError):
    """The worker could not paint it."""


class CannotResume(PaintError):
    """A saved painting that cannot be taken up again; from the start it can still be painted."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This painting cannot go on from where it was: {why}.")


def _because(why: str) -> str:
    return f" The reason: {why.rstrip('.')}." if why else ""


def _either(words: Sequence[str]) -> str:
    quoted = [f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _all(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
