"""Every Redis key of ours, in one place. arq's own are `arq:*`; a lane is the ZSET that arq serves."""

from __future__ import annotations

OPEN = "dream:open"
"""ZSET of jobs that have not ended, by time of creation."""
UNSHOWN = "dream:unshown"
"""Set of jobs whose Discord message does not show their end yet."""
NEWS = "dream:news"
"""Stream of what happens to jobs, for every bot and command line."""
ORDERS = "dream:orders"
"""Stream of what people want done to jobs that are being painted, for every worker."""
WORKERS = "dream:workers"
"""ZSET of worker names by when they were last heard of."""
ASKED = "dream:asked"
"""Hash of asks that were taken up and not answered to their end, by interaction; for 15 minutes."""
COSTS = "dream:costs"
"""Hash of what a step really costs, by kind of job."""


def record(job: str) -> str:
    """Hash: the job and everything about it that changes."""
    return f"dream:job:{job}"


def frame(job: str) -> str:
    """Stream of one: the newest progress frame."""
    return f"dream:frame:{job}"


def waiting(lane: str) -> str:
    """ZSET of jobs that nobody has begun, by fair score."""
    return f"dream:waiting:{lane}"


def painting(lane: str) -> str:
    """ZSET of jobs being painted, by when they were begun."""
    return f"dream:painting:{lane}"


def fair(lane: str) -> str:
    """Hash: virtual time of the lane, and up to when each member's jobs are paid for."""
    return f"dream:fair:{lane}"


def member(owner: str) -> str:
    """Set of a member's waiting jobs."""
    return f"dream:member:{owner}"


def blob(key: str) -> str:
    """A picture, by the sha256 of its bytes."""
    return f"dream:blob:{key}"


def worker(name: str) -> str:
    """What a live worker says of itself (expires when it falls silent)."""
    return f"dream:worker:{name}"


def lane(name: str) -> str:
    """arq's queue."""
    return f"arq:lane:{name}"


def payload(job: str) -> str:
    """arq's own record of a job it has to run."""
    return f"arq:job:{job}"


def lease(job: str) -> str:
    """arq's sign that a worker has the job; without renewal it runs out and the job is given to another."""
    return f"arq:in-progress:{job}"
