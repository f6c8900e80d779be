"""Every Redis key of ours, in one place, for Python and Lua. arq's own are `arq:*`.

The Lua scripts see the constants below as `K.OPEN`, `K.RECORD` and so on (`dreamqueue.scripts`).
"""

from __future__ import annotations

OPEN = "dream:open"
"""ZSET of jobs that have not ended, by time of creation."""
UNSHOWN = "dream:unshown"
"""Set of jobs whose Discord message does not show their end yet."""
WAITING = "dream:waiting"
"""ZSET of jobs that nobody has begun, by fair score."""
PAINTING = "dream:painting"
"""ZSET of jobs being painted, by when they were begun."""
LANES = "dream:lanes"
"""Hash of the lanes that have jobs: what those need."""
FAIR = "dream:fair"
"""Hash: virtual time of all and of each lane, and up to when each member's jobs are paid for."""
NEWS = "dream:news"
"""Stream of what happens to jobs, for every bot and command line."""
ORDERS = "dream:orders"
"""Stream of what people want done to jobs that are being painted, for every worker."""
WORKERS = "dream:workers"
"""ZSET of worker names by when they were last heard of."""
CAME = "dream:came"
"""List of what came lately, the newest first: when, for which lane, how far behind those who were there."""
ASKED = "dream:asked"
"""Hash of asks that were taken up and not answered to their end, by interaction; for 15 minutes."""
TRICKS = "dream:tricks"
"""Hash: the tricks of the community by name, as JSON."""
TRICKS_CHANGED = "dream:tricks-changed"
"""Counts the changes of tricks, so that whoever holds them in memory knows when to read them again."""
TRICK_LOOKS = "dream:trick-looks"
"""Hash: what a trick's name looks like (`dreamqueue.tricks.names`), and the trick that has it."""
TRICK_COUNTS = "dream:trick-counts"
"""Hash: uses, votes and reports of each trick, and how many tricks each member has."""
TRICK_MEASURED = "dream:trick-measured"
"""Hash: the newest test of each trick, as JSON."""
RULES = "dream:rules"
"""Hash of the word rules that moderators added, by name, and of their version; read again within a season."""
TYPED = "dream:typed"
"""Stream of what was typed of late and by whom, so that a new word rule can be tried; for seven days."""
HALTS = "dream:halts"
"""Hash of what moderators have halted (`all`, `drain`, `backend:x`, `lane:x`, `worker:x`): who, when, why."""
HALTED = "dream:halted"
"""List of what was halted and is no more, the newest first: what, from when until when."""
ASIDE = "dream:aside"
"""ZSET of waiting jobs that a moderator holds, by when they go on by themselves (infinite: not at all)."""
AUDIT = "dream:audit"
"""Stream of what moderators did, and of what was refused or held back; the newest ten thousand."""
STARRED = "dream:starred"
"""ZSET of jobs whose picture has a star, by when they were kept on last; below 0 those that are not."""
FORGETTING = "dream:forgetting"
"""Set of members who asked to be forgotten, until that is done."""
SWEEPING = "dream:sweeping"
"""There while somebody sweeps, so that others need not."""
QUESTIONS = "dream:questions"
"""ZSET of questions to critics, by when they may be taken (again)."""

RECORD = "dream:job:"
FRAME = "dream:frame:"
HELD = "dream:held:"
RUNNING = "dream:running:"
PARKED = "dream:parked:"
JOBS = "dream:jobs:"
CHILDREN = "dream:children:"
ADOPTED = "dream:adopted:"
COPIES = "dream:copies:"
PREFERENCES = "dream:preferences:"
OPEN_DIALOG = "dream:dialog:"
STARS = "dream:stars:"
BEST = "dream:best:"
ONCE = "dream:once:"
SPENT = "dream:spent:"
CLAIM = "dream:claim:"
RATE = "dream:rate:"
BLOB = "dream:blob:"
USES = "dream:uses:"
TRICK_VOTES = "dream:trick-votes:"
OFFER = "dream:offer:"
TRICK_REPORTS = "dream:trick-reports:"
WORKER = "dream:worker:"
COSTS = "dream:costs:"
QUESTION = "dream:question:"
ANSWER = "dream:answer:"
LOOKS = "dream:looks:"
SANCTIONS = "dream:sanctions:"
PANEL = "dream:panel:"
LANE = "arq:lane:"
PAYLOAD = "arq:job:"
LEASE = "arq:in-progress:"


def record(job: str) -> str:
    """Hash: the job and everything about it that changes."""
    return RECORD + job


def frame(job: str) -> str:
    """Stream of one: the newest progress frame."""
    return FRAME + job


def held(scope: str) -> str:
    """Set of the waiting jobs of a member, channel or server."""
    return HELD + scope


def running(scope: str) -> str:
    """Set of its jobs that are being painted."""
    return RUNNING + scope


def parked(scope: str) -> str:
    """ZSET of its waiting jobs that its running limit keeps back, by fair score."""
    return PARKED + scope


def jobs(member: str) -> str:
    """ZSET of the jobs that a member asked for, by when that was; as long as records are kept."""
    return JOBS + member


def stars(job: str) -> str:
    """Hash: when each member starred its picture, in milliseconds; below 0 where they took the star back."""
    return STARS + job


def best(server: int) -> str:
    """ZSET of a server's jobs by their stars, the newer first of equals; the best thousand."""
    return f"{BEST}{server}"


def once(*intent: str) -> str:
    """There for the few seconds in which the same press counts as the same."""
    return ONCE + ":".join(intent)


def children(job: str) -> str:
    """Set of the jobs that came of one."""
    return CHILDREN + job


def copies(job: str) -> str:
    """Set of the messages that show a job besides its own (`channel:message`); as long as its record."""
    return COPIES + job


def adopted(member: str) -> str:
    """How many pictures a member has made their own in this minute."""
    return ADOPTED + member


def preferences(member: str) -> str:
    """What a member has set for themselves; expires when they come no more."""
    return PREFERENCES + member


def open_dialog(name: str) -> str:
    """What an open dialog is about; for an hour."""
    return OPEN_DIALOG + name


def spent(scope: str, day: str) -> str:
    """Milliseconds of painting that it asked for on a day."""
    return f"{SPENT}{scope}:{day}"


def claim(job: str) -> str:
    """A worker is about to take it."""
    return CLAIM + job


def rate(minute: int) -> str:
    """Hash: how many jobs ended in a minute (Unix time / 60), by kind of end; forgotten after two hours."""
    return f"{RATE}{minute}"


def blob(key: str) -> str:
    """A picture, by the sha256 of its bytes."""
    return BLOB + key


def uses(key: str) -> str:
    """Set of the jobs that began with a picture, or left it behind: it is dropped with the last of them."""
    return USES + key


def worker(name: str) -> str:
    """What a live worker says of itself (expires when it falls silent)."""
    return WORKER + name


def lane(name: str) -> str:
    """arq's queue."""
    return LANE + name


def payload(job: str) -> str:
    """arq's own record of a job it has to run."""
    return PAYLOAD + job


def lease(job: str) -> str:
    """arq's sign that a worker has the job; without renewal it runs out and the job is given to another."""
    return LEASE + job


def costs(backend: str) -> str:
    """Hash of what a backend's jobs really cost, by kind."""
    return COSTS + backend


def offer(job: str) -> str:
    """Hash: a test of a trick that waits for a word, and the word; for an hour."""
    return OFFER + job


def trick_votes(name: str) -> str:
    """Hash: what each member thinks of a trick, 1 or -1."""
    return TRICK_VOTES + name


def trick_reports(name: str) -> str:
    """Hash: what each member has against a trick, in their words."""
    return TRICK_REPORTS + name


def question(name: str) -> str:
    """Hash: a question to a critic that nobody has answered yet; gone when nobody waits for the answer."""
    return QUESTION + name


def answer(name: str) -> str:
    """Stream of one: the answer to a question; for a minute."""
    return ANSWER + name


def looks(member: str) -> str:
    """How many questions a member has asked in this minute."""
    return LOOKS + member


def sanctions(server: str) -> str:
    """Hash of who may ask for less on a server, or for nothing, by member: who said so, when, why."""
    return SANCTIONS + server


def panel(server: str) -> str:
    """Where the moderators' panel of a server stands."""
    return PANEL + server
