"""What jobs cost, learnt from what they really took.

A job takes `fixed + step × steps` estimated seconds, times the pace of the worker that paints it. For each
kind of job (backend, preset, critics, dials, size) both numbers come out of a least-squares fit whose older
observations fade; a kind that was never seen follows the nearest that were. A worker learns its own pace
beside it (`Pace`). What a fast and a slow worker tell of one kind agrees, because each divides by its pace.
One Redis hash a backend holds its kinds; what was not learnt for `DAYS` is forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log
from typing import cast

from redis.asyncio import Redis

from dreamconfig.catalogue import backends
from dreamqueue import keys
from dreamqueue.course import shortest, write_course
from dreamqueue.pace import Pace
from dreamqueue.recipe import Recipe
from dreamqueue.sizes import canvas
from dreamqueue.wire import Wire

DAYS = 90.0
"""What was not learnt anew for so long is forgotten."""
MOST_KINDS = 100
"""Kinds of one backend that are remembered; the oldest goes first."""
FIXED = 1.0
"""Seconds that a job is taken to need besides its steps, and how far that may be wrong."""
FIXED_DOUBT = 5.0
NOISE = 0.3
"""How far a job is from what its kind costs, as a share."""
FADING = 0.92
"""What an observation counts after the next one."""
FEW = 2.0
"""Observations after which a single one cannot be further off than `FAR`."""
FAR = 4.0
AREA_SHARE = 0.75
"""Share of a step's cost that grows with the area, at a backend's usual size."""


@dataclass(frozen=True)
class Cost:
    """In estimated seconds."""

    fixed: float
    step: float
    seen: float = 0.0
    """Observations behind it, faded; 0 for a kind that was never seen."""

    def of(self, steps: float) -> float:
        """A whole job."""
        return max(1.0, self.fixed + self.step * max(1.0, steps))


class Known(Wire):
    """What is remembered of a kind: the sums of its fit, weighted by how much each observation says."""

    preset: str
    critic: str
    dials: str
    area: int
    """Pixels."""
    guess: float
    """Seconds a step by the catalogue."""
    seen: float
    at: float
    """When it was last learnt, Unix seconds."""
    weight: float
    steps: float
    squares: float
    seconds: float
    product: float

    @property
    def cost(self) -> Cost:
        """The best fit; without observations of several lengths, the fixed part stays a guess."""
        weight = self.weight + 1 / FIXED_DOUBT**2
        seconds = self.seconds + FIXED / FIXED_DOUBT**2
        determinant = weight * self.squares - self.steps**2
        fixed = (seconds * self.squares - self.steps * self.product) / determinant
        fixed = max(0.0, fixed)
        return Cost(fixed, max(1e-6, (self.product - fixed * self.steps) / self.squares), self.seen)

    def doubt(self, steps: float) -> float:
        """Variance of what a job of so many steps costs in the mean, as a share squared."""
        return 1 / (self.weight * self.cost.of(steps) ** 2)

    def after(self, steps: float, seconds: float, weight: float, at: float) -> Known:
        """With another observation; `weight` 1 for one by a worker whose pace is well known."""
        known = self.cost.of(steps)
        if self.seen >= FEW:
            seconds = min(max(seconds, known / FAR), known * FAR)
        says = weight / (NOISE * known) ** 2
        return self.model_copy(
            update={
                "seen": FADING * self.seen + weight,
                "at": at,
                "weight": FADING * self.weight + says,
                "steps": FADING * self.steps + says * steps,
                "squares": FADING * self.squares + says * steps**2,
                "seconds": FADING * self.seconds + says * seconds,
                "product": FADING * self.product + says * steps * seconds,
            }
        )


def cost_kind(recipe: Recipe) -> str:
    """Jobs of one kind cost the same a step."""
    kind = f"{recipe.backend}:{recipe.preset}:{recipe.critic}:{recipe.width}x{recipe.height}"
    return ":".join(filter(None, [kind, _dials(recipe)]))


def first_guess(recipe: Recipe) -> float:
    """Seconds a step by the catalogue: a part that every step has, and one that grows with the area."""
    entry = backends()[recipe.backend]
    area = canvas(recipe) / (entry.size[0] * entry.size[1])
    return entry.seconds_per_step * (1 - AREA_SHARE + AREA_SHARE * area)


def derived(recipe: Recipe, known: Iterable[Known]) -> tuple[Cost, float]:
    """What a kind that was never seen may cost, and how far that may be wrong, as a share.

    The catalogue's guess, corrected as it had to be for the kinds that are most alike: the same preset before
    the same critics before the same dials, and of those the nearest in size most.
    """
    guess, area = first_guess(recipe), canvas(recipe)
    alike: dict[int, list[Known]] = {}
    for other in known:
        same = (other.preset == recipe.preset, other.critic == recipe.critic, other.dials == _dials(recipe))
        alike.setdefault(4 * same[0] + 2 * same[1] + same[2], []).append(other)
    if not alike:
        return Cost(FIXED, guess), 1.0
    best = max(alike)
    total = ratio = fixed = 0.0
    for other in alike[best]:
        weight = min(other.seen, 4.0) / (0.02 + log(other.area / area) ** 2)
        total += weight
        ratio += weight * log(other.cost.step / other.guess)
        fixed += weight * other.cost.fixed
    return Cost(fixed / total, guess * exp(ratio / total)), 0.3 if best == 7 else 0.5 if best >= 4 else 0.8


async def cost(redis: Redis, recipe: Recipe) -> Cost:
    """What a recipe's kind costs, as far as is known."""
    raw = await redis.hget(keys.costs(recipe.backend), cost_kind(recipe))  # type: ignore[misc]
    if raw is not None and (here := _read(raw)) is not None:
        return here.cost
    return derived(recipe, (await _known(redis, recipe.backend, time.time())).values())[0]


async def learn(
    redis: Redis, recipe: Recipe, steps: float, seconds: float, crowd: float, pace: Pace, at: float = 0.0
) -> None:
    """A worker has painted `steps` of a recipe in so many wall seconds, `crowd` jobs at once in the mean.

    Teaches the kind's cost and the worker's `pace`. `at` in Unix seconds, 0 for now. Of two workers that
    learn of one kind at the same moment one is forgotten, which does no harm.
    """
    at = at or time.time()
    name = cost_kind(recipe)
    known = await _known(redis, recipe.backend, at)
    before = known.pop(name, None) or _begun(recipe, steps, known.values(), at)
    estimated = before.cost.of(steps)
    trust = NOISE**2 / (NOISE**2 + pace.doubt(crowd))
    after = before.after(steps, seconds / pace.of(crowd), trust, at)
    pace.learn(seconds / estimated, before.doubt(steps), crowd)
    oldest = sorted(known, key=lambda other: known[other].at)[: max(0, len(known) + 1 - MOST_KINDS)]
    async with redis.pipeline(transaction=True) as pipe:
        if oldest:
            pipe.hdel(keys.costs(recipe.backend), *oldest)
        pipe.hset(keys.costs(recipe.backend), name, after.model_dump_json())
        pipe.pexpire(keys.costs(recipe.backend), int(DAYS * 86_400_000))
        await pipe.execute()


def _begun(recipe: Recipe, steps: float, known: Iterable[Known], at: float) -> Known:
    """A kind's record before its first observation: what is derived counts as one that is soon outweighed."""
    first, doubt = derived(recipe, known)
    says = 1 / (doubt * first.of(steps)) ** 2
    seconds = first.fixed + first.step * steps
    return Known(
        preset=recipe.preset,
        critic=recipe.critic,
        dials=_dials(recipe),
        area=canvas(recipe),
        guess=first_guess(recipe),
        seen=0.0,
        at=at,
        weight=says,
        steps=says * steps,
        squares=says * steps**2,
        seconds=says * seconds,
        product=says * steps * seconds,
    )


async def _known(redis: Redis, backend: str, at: float) -> dict[str, Known]:
    fields = cast("Mapping[bytes, bytes]", await redis.hgetall(keys.costs(backend)))  # type: ignore[misc]
    read = {name.decode(): _read(raw) for name, raw in fields.items()}
    return {name: one for name, one in read.items() if one is not None and one.at > at - DAYS * 86_400}


def _read(raw: bytes) -> Known | None:
    try:
        return Known.model_validate_json(raw)
    except ValueError:  # written by another version
        return None


def _dials(recipe: Recipe) -> str:
    dials = [
        write_course(dial) for dial in (recipe.cuts, recipe.resolution, recipe.guidance) if dial is not None
    ]
    ways = [recipe.scheduler, recipe.gradient, f"hires {shortest(recipe.hires)}" if recipe.hires != 1 else ""]
    ways.append("tile" if recipe.tile else "")
    return ":".join([*dials, *filter(None, ways)])
