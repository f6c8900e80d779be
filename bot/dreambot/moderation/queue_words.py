"""What moderators read of the queue: pages of jobs, what is halted, and the panel. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dreambot.texts import Speech
from dreambot.words import NAME_SHOWN, fit, plain
from dreamqueue.controls import Those
from dreamqueue.halts import ALL, DRAIN
from dreamqueue.job import Halt
from dreamqueue.overview import Overview
from dreamqueue.text import clip
from dreamqueue.views import JobSeen, Page

WORDS = 60
"""Characters of a prompt in a list."""
WHY = 120
"""Characters of a reason."""
LISTED = 8
"""Workers, lanes and halts that the panel names."""


def halted(what: str, said: Speech) -> str:
    """What a halt halts."""
    if what == ALL:
        return said.say("queue.everything")
    if what == DRAIN:
        return said.say("queue.new-jobs")
    kind, _, name = what.partition(":")
    return said.say(f"queue.{kind}", name=code(name))


def which(those: Those, said: Speech) -> str:
    """Which jobs these are."""
    if those.kind == "all":
        return said.say("queue.all")
    mentions = {"member": f"<@{those.name}>", "channel": f"<#{those.name}>"}
    return said.say(f"queue.of-{those.kind}", name=mentions.get(those.kind) or code(those.name))


def page(found: Page, those: Those, said: Speech) -> str:
    """A page of jobs."""
    if not found.jobs:
        return said.say("queue.none")
    key = "queue.page-more" if found.more else "queue.page"
    last = found.first + len(found.jobs)
    head = said.say(key, which=which(those, said), first=found.first + 1, last=last, total=found.total)
    return fit("\n".join([head, *(line(job, said) for job in found.jobs)]))


def line(job: JobSeen, said: Speech) -> str:
    """A job in a list."""
    where = f" · <#{job.channel}>" if job.channel else ""
    return f"`{job.id}` {_words(job)} · {_name(job.name)} · {job.backend} · {_state(job, said)}{where}"


def panel(seen: Overview, upcoming: Iterable[JobSeen], server: str, said: Speech) -> str:
    """The queue at a glance. It holds nothing that changes with each step."""
    rows = [said.say("panel.title"), *_halts(seen.halts, said)]
    waiting, painting = seen.waiting - seen.aside, len(seen.painting)
    rows.append(said.say("panel.counts", waiting=waiting, held=seen.aside, painting=painting))
    ends = ", ".join(f"{count} {kind}" for kind, count in sorted(seen.hour.items()))
    rows.append(said.say("panel.hour", ends=ends or said.say("panel.nothing")))
    for card in seen.workers[:LISTED]:
        mode = "paused" if f"worker:{card.name}" in seen.halts else card.mode
        able = clip(", ".join(card.backends), 60)
        name, many = clip(card.name, 60).replace("`", ""), len(card.painting)
        rows.append(
            said.say("panel.worker", name=name, mode=mode, painting=many, slots=card.slots, backends=able)
        )
    if not seen.workers:
        rows.append(said.say("panel.no-worker"))
    for lane in [lane for lane in seen.lanes if lane.waiting][:LISTED]:
        row = said.say("panel.lane", name=lane.name, waiting=lane.waiting, workers=lane.workers)
        since = (
            [] if lane.oldest is None else [said.say("panel.lane-since", time=_ago(seen.when - lane.oldest))]
        )
        rows.append(" · ".join([row, *since]))
    following = [_upcoming(job, server, said) for job in upcoming]
    if following:
        rows += [said.say("panel.next"), *following]
    return fit("\n".join([*rows, f"-# {said.say('panel.note')}"]))


def code(text: str) -> str:
    """A name as it is, whatever is in it."""
    return f"`{clip(text, 80).replace('`', '')}`"


def _halts(halts: Mapping[str, Halt], said: Speech) -> list[str]:
    rows = []
    for what, halt in list(halts.items())[:LISTED]:
        head = (
            said.say("panel.drained") if what == DRAIN else said.say("panel.paused", what=halted(what, said))
        )
        by = said.say("panel.by", by=_name(halt.by.name), time=_ago(halt.since))
        ends = [] if halt.until is None else [said.say("panel.ends", time=_ago(halt.until))]
        why = [plain(halt.why, WHY)] if halt.why else []
        rows.append(" · ".join([f"**{head}** {by}", *ends, *why]))
    return rows or [said.say("panel.runs")]


def _upcoming(job: JobSeen, server: str, said: Speech) -> str:
    if job.server != server:
        return f"`{job.id}` {said.say('panel.elsewhere')} · {job.backend}"
    held = [] if job.held is None else [said.say("queue.job-held", by=_name(job.held.by.name))]
    return " · ".join([f"`{job.id}` {_words(job)}", _name(job.name), job.backend, *held])


def _state(job: JobSeen, said: Speech) -> str:
    if job.held is not None:
        why = f" ({plain(job.held.why, WHY)})" if job.held.why else ""
        return said.say("queue.job-held", by=_name(job.held.by.name)) + why
    if job.worker:
        return said.say("queue.job-painted", worker=code(job.worker), step=job.step, steps=job.steps)
    return said.say("queue.job-waits", time=_ago(job.created))


def _words(job: JobSeen) -> str:
    return f"**{plain(job.words, WORDS)}**"


def _name(name: str) -> str:
    return plain(name, NAME_SHOWN)


def _ago(moment: float) -> str:
    return f"<t:{round(1000 * moment) // 1000}:R>"
