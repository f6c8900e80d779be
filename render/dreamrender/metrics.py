"""What a worker counts: jobs, seconds, steps, pick-ups, checkpoints. What it is right now: `worker.seen`."""

from __future__ import annotations

import time
from collections import deque

from dreamqueue.job import Record
from dreamqueue.metrics import counter, histogram

BEGUN = counter("jobs_begun", "Jobs that this worker began, by backend.", ["backend"])
ENDED = counter("jobs_ended", "Ends that counted, by backend and kind.", ["backend", "kind"])
WAITED = histogram("waited_seconds", "Seconds from asking to the first beginning.")
PAINTED = histogram("painted_seconds", "Seconds painted of a job that left a picture.", ["backend"])
STEPS = counter("steps", "Steps made, of all jobs; its rate is the steps per second.", ["backend"])
STEP_SECONDS = counter(
    "step_seconds", "Seconds that those took, shared among jobs in one batch.", ["backend"]
)
PICK_UP = histogram("pick_up_seconds", "Seconds for which a slot was free while the next job waited already.")
CHECKPOINTS = counter("checkpoints", "Checkpoints stored, by backend.", ["backend"])
CHECKPOINT_BYTES = counter("checkpoint_bytes", "Their bytes.", ["backend"])


def stepped(backend: str, seconds: float) -> None:
    """A job made a step."""
    STEPS.labels(backend).inc()
    STEP_SECONDS.labels(backend).inc(seconds)


def checkpointed(backend: str, size: int) -> None:
    """A checkpoint of so many bytes is stored."""
    CHECKPOINTS.labels(backend).inc()
    CHECKPOINT_BYTES.labels(backend).inc(size)


class Tally:
    """Counts the jobs of a worker from their beginnings to their ends."""

    def __init__(self, slots: int) -> None:
        self._free = deque([time.monotonic()] * slots, maxlen=slots)
        """Since when each free slot is free."""
        self._begun: dict[str, str] = {}
        """Backends of the jobs that have a slot."""

    def begun(self, record: Record) -> None:
        """A job takes a slot."""
        backend = self._begun[record.job.id] = record.recipe.backend
        BEGUN.labels(backend).inc()
        since = time.monotonic() - self._free.popleft() if self._free else 0.0
        if record.tries == 1 and record.started is not None and record.created is not None:
            waited = max(0.0, record.started - record.created)
            WAITED.observe(waited)
            PICK_UP.observe(min(since, waited))

    def ended(self, job: str, kind: str, seconds: float | None) -> None:
        """An end counted; `seconds` were painted if there is a picture."""
        backend = self._begun.get(job, "unknown")
        ENDED.labels(backend, kind).inc()
        if seconds is not None:
            PAINTED.labels(backend).observe(seconds)

    def left(self, job: str) -> None:
        """A job gives its slot back, if it had one, however it went."""
        if self._begun.pop(job, None) is not None:
            self._free.append(time.monotonic())
