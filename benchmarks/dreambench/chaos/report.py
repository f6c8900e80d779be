"""What a run of the chaos harness found, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dreambench.chaos.verdict import Verdict


@dataclass(frozen=True)
class Report:
    """One run."""

    seed: int
    seconds: float
    """For which members asked and faults came."""
    settled: float | None
    """Seconds until all was still afterwards; None if it never was."""
    asked: int
    unanswered: int
    """Asks without a first answer in time: no bot was there, or Discord was away from it."""
    pressed: Mapping[str, int]
    faults: Mapping[str, int]
    """What was done, by kind."""
    fell: Mapping[str, int]
    """Processes that ended of themselves."""
    verdict: Verdict
    held: Sequence[str]
    """Keys of slots and places that are still taken."""
    everlasting: Mapping[str, int]
    """Keys without an expiry."""
    memory: Mapping[str, float]
    """Most megabytes of each process."""

    @property
    def kills(self) -> int:
        """Processes that were killed."""
        return sum(count for kind, count in self.faults.items() if kind.startswith(("kill", "empty")))

    @property
    def sound(self) -> bool:
        """Whether nothing was lost or doubled, nobody was misled, and no slot is held."""
        found = self.verdict
        broken = found.lost or found.doubled or found.contradicted or found.thinking or self.held
        return not broken and self.settled is not None

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {**vars(self), "verdict": vars(self.verdict), "kills": self.kills, "sound": self.sound}


def written(report: Report) -> str:
    """The table, in Markdown, and below it whatever is wrong."""
    found = report.verdict
    settled = "never" if report.settled is None else f"{report.settled:.0f} s after the last fault"
    rows = [
        ("seed, duration", f"{report.seed}, {report.seconds:.0f} s"),
        ("asks", f"{report.asked}; unanswered {report.unanswered}, told to ask again {found.told}"),
        ("turned down", _counted(found.refused)),
        ("buttons pressed", _counted(report.pressed)),
        ("jobs", str(found.jobs)),
        ("ends", _counted(found.ends)),
        ("kills", str(report.kills)),
        ("faults", _counted(report.faults)),
        ("processes that fell by themselves", _counted(report.fell)),
        ("lost", str(len(found.lost))),
        ("failed though nothing was wrong with them", str(len(found.innocent))),
        ("doubled", str(len(found.doubled))),
        ("told that nothing was started, and it was", str(len(found.contradicted))),
        ("left in thinking", str(found.thinking)),
        ("longest silence", f"{found.silence:.1f} s ({found.silent})"),
        ("settled", settled),
        ("slots held", str(len(report.held))),
        ("keys without an expiry", _counted(report.everlasting)),
        ("memory, most", ", ".join(f"{name} {size:.0f} MB" for name, size in report.memory.items())),
    ]
    lines = ["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)]
    wrong = [
        *(f"lost: {one}" for one in found.lost),
        *(f"failed: {one}" for one in found.innocent),
        *(f"doubled: {one}" for one in found.doubled),
        *(f"contradicted: {one}" for one in found.contradicted),
        *(f"held: {key}" for key in report.held),
    ]
    return "\n".join([*lines, *(["", *wrong] if wrong else [])])


def _counted(counts: Mapping[str, int]) -> str:
    said = [f"{name} {count}" for name, count in sorted(counts.items(), key=lambda one: -one[1]) if count]
    return ", ".join(said) or "none"
