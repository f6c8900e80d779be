"""Who comes to the simulated evening, what they ask for, what it truly costs and who paints it.

Nothing of this is told to the queue: it sees recipes, and how long they took.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import exp
from random import Random

from dreamconfig.catalogue import backends
from dreamqueue import bands
from dreamqueue.recipe import Phrase, Recipe

KINDS: dict[str, tuple[str, ...]] = {
    "pixels": ("levels", "quick", "fourier"),
    "vqgan": ("pocket", "quick"),
    "diffusion": ("pocket",),
    "guided": ("pocket",),
}
SIZES = ((192, 192), (256, 256), (256, 256), (320, 240), (384, 384), (512, 384))
HEAVIER = {"diffusion": 12.0, "guided": 6.0}
"""These paint with larger models than the pocket ones that the catalogue's guess is of."""
SPREAD = 0.22
"""Of the logarithm of what a job takes, about its kind's mean."""


@dataclass(frozen=True)
class Habit:
    """How a member behaves."""

    name: str
    an_hour: float
    """Jobs, in the mean, when the evening is at its busiest."""
    at_once: tuple[int, int]
    """Jobs of one sitting, fewest and most."""
    impatient: float
    """Share of the waiting jobs that are cancelled."""
    band: int
    weight: float
    share: int
    """Members of this habit, of 50."""


HABITS = (
    Habit("now and then", 2.0, (1, 1), 0.03, bands.EVERYONE, 1.0, 22),
    Habit("regular", 4.0, (1, 3), 0.05, bands.EVERYONE, 1.0, 16),
    Habit("collector", 1.5, (4, 10), 0.1, bands.EVERYONE, 1.0, 6),
    Habit("booster", 4.0, (1, 2), 0.05, bands.BOOSTERS, 2.0, 5),
    Habit("moderator", 2.0, (1, 1), 0.0, bands.FIRST, 1.0, 1),
)


@dataclass(frozen=True)
class Asks:
    """A member asks for a picture."""

    at: float
    member: str
    recipe: Recipe
    habit: Habit
    patience: float | None
    """Seconds of waiting after which it is cancelled; None: never."""


@dataclass
class Machine:
    """A worker as it truly is."""

    name: str
    backends: tuple[str, ...]
    slots: int
    pace: float
    """Its seconds for a second of the reference machine, painting alone."""
    company: float = 1.0
    """Share of a step's time that each further job at once adds."""
    since: float = 0.0
    until: float = float("inf")
    """When it is switched on, and off."""

    def slowed(self, jobs: int) -> float:
        """Wall seconds for a second of painting alone with so many jobs at once."""
        return self.pace * (1 + self.company * (jobs - 1))


def machines() -> list[Machine]:
    """A GPU that paints four at once, a fair processor, and an old one that does not do diffusion."""
    return [
        Machine("gpu", tuple(KINDS), 4, 0.45, 0.55),
        Machine("desk", tuple(KINDS), 1, 0.9),
        Machine("attic", ("pixels", "vqgan"), 1, 2.3),
    ]


@dataclass
class Truth:
    """What jobs really cost, in seconds of the reference machine; drawn once an evening."""

    random: Random
    scale: float = 1.0
    _factors: dict[str, float] = field(default_factory=dict)
    _fixed: dict[str, float] = field(default_factory=dict)

    def mean(self, recipe: Recipe) -> float:
        """Of jobs like this one."""
        entry = backends()[recipe.backend]
        area = recipe.width * recipe.height / (entry.size[0] * entry.size[1])
        off = self._factor(recipe.backend, 0.6) * self._factor(f"{recipe.backend} {recipe.preset}", 0.5)
        fixed = self._fixed.setdefault(recipe.backend, self.random.uniform(0.5, 6.0))
        off *= HEAVIER.get(recipe.backend, 1.0)
        return self.scale * (fixed + entry.seconds_per_step * off * (0.35 + 0.65 * area) * recipe.steps)

    def fit(self, recipes: Sequence[Recipe], machines: Sequence[Machine], time: float, load: float) -> None:
        """Let all that is asked for be this share of what the machines can do in the time."""
        rate = sum(machine.slots / machine.slowed(machine.slots) for machine in machines)
        self.scale *= load * rate * time / sum(map(self.mean, recipes))

    def drawn(self, recipe: Recipe) -> float:
        """Of one job."""
        return self.mean(recipe) * exp(self.random.gauss(-(SPREAD**2) / 2, SPREAD))

    def _factor(self, of: str, spread: float) -> float:
        if of not in self._factors:
            self._factors[of] = exp(self.random.gauss(0, spread))
        return self._factors[of]


def asked(random: Random, members: int, hours: float) -> list[Asks]:
    """Everything that is asked for in an evening with a busy middle, in order."""
    found: list[Asks] = []
    weights = [habit.share for habit in HABITS]
    for number in range(members):
        habit = random.choices(HABITS, weights)[0]
        backend = random.choices(tuple(KINDS), (6, 5, 3, 1))[0]
        for at in _sittings(random, habit, hours * 3600):
            for _ in range(random.randint(*habit.at_once)):
                patience = random.uniform(60, 900) if random.random() < habit.impatient else None
                when = at + random.expovariate(1 / 20)
                found.append(Asks(when, f"member{number}", _recipe(random, backend), habit, patience))
    return sorted(found, key=lambda one: one.at)


def _sittings(random: Random, habit: Habit, end: float) -> Iterator[float]:
    """A Poisson process, thinned: quiet at both ends, three times as busy in the middle."""
    at = 0.0
    while (at := at + random.expovariate(habit.an_hour / 3600)) < end:
        busy = 0.33 + 0.67 * max(0.0, 1 - abs(2 * at / end - 1) * 1.6)
        if random.random() < busy:
            yield at


def _recipe(random: Random, favourite: str) -> Recipe:
    backend = favourite if random.random() < 0.8 else random.choice(tuple(KINDS))
    entry = backends()[backend]
    width, height = (128, 128) if backend in ("diffusion", "guided") else random.choice(SIZES)
    steps = max(4, round(entry.steps * random.choice((0.5, 1, 1, 1, 1.5, 2))))
    return Recipe(
        phrases=(Phrase(text="a hut"),),
        backend=backend,
        preset=random.choice(KINDS[backend]),
        width=width,
        height=height,
        steps=steps,
    )
