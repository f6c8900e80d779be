"""One run: members ask, faults come, all settles, and the verdict is given."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from redis.exceptions import RedisError

from dreambench.chaos.gathered import Kept, kept, messages, transcript
from dreambench.chaos.heard import Heard
from dreambench.chaos.house import House
from dreambench.chaos.members import Members
from dreambench.chaos.ordeals import DAY
from dreambench.chaos.report import Report
from dreambench.chaos.schedule import EMPTY, FULL, ORDEALS, USUAL, Fault, schedule
from dreambench.chaos.verdict import judge

MOST_MEMORY = 1 << 20
"""Bytes that a Valkey may take which shall be full; it has more than that when it is empty."""


@dataclass(frozen=True)
class Plan:
    """How long, how many, how often."""

    seconds: float
    seed: int
    every: float = 12.0
    """Seconds between two faults, on average."""
    asks_a_second: float = 1.0
    longest: float = 8.0
    """Most seconds that a fault lasts."""
    settle: float = 180.0
    """Seconds after the last fault in which all has to end."""
    workers: int = 3
    step_seconds: float = 0.02
    kinds: Sequence[str] = USUAL


async def run(plan: Plan, folder: Path, say: Callable[[str], None] = lambda line: None) -> Report:
    """Do all of it; logs of the processes are written into `folder`."""
    settings = {"DREAM_MAX_WAITING": "2000", "DREAM_MAX_WAITING_PER_MEMBER": "50"}
    house = House(folder, workers=plan.workers, step_seconds=plan.step_seconds, settings=settings)
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with house:
        say(f"all are up after {loop.time() - began:.1f} s")
        heard = Heard(house.valkey.port)
        members = Members(house.discord, plan.seed)
        listening = asyncio.create_task(heard.listen(), name="news")
        asking = asyncio.create_task(members.ask_for(plan.seconds, plan.asks_a_second), name="members")
        try:
            faults = schedule(plan.seed, plan.seconds, plan.every, plan.kinds, plan.longest)
            done = await Trouble(house, say).make(faults)
            say("no more faults; waiting until all is still")
            settled = await _settle(house, asking, plan.settle)
            say("never" if settled is None else f"settled after {settled:.1f} s")
            found = await _kept(house)
            await asyncio.sleep(0.5)  # for the news that are on their way to us
        finally:
            for task in (asking, listening):
                task.cancel()
            await asyncio.gather(asking, listening, return_exceptions=True)
            await heard.close()
        if asking.done() and not asking.cancelled():
            asking.result()
        said = list(messages(house.discord))
        (folder / "messages.txt").write_text(transcript(said), encoding="utf-8")
        return Report(
            seed=plan.seed,
            seconds=plan.seconds,
            settled=settled,
            asked=members.asked,
            unanswered=members.silent,
            pressed=members.pressed,
            faults=done,
            fell=Counter({f"{role.name} ({how})": n for role in house.roles for how, n in role.fell.items()}),
            verdict=judge(found, heard.ended, said, members.words_of, bool(done[EMPTY])),
            held=found.held,
            everlasting=found.everlasting,
            memory={role.name: role.peak / 1e6 for role in house.roles},
        )


class Trouble:
    """Does what the schedule says."""

    def __init__(self, house: House, say: Callable[[str], None]) -> None:
        self.house = house
        self.say = say
        self._done: Counter[str] = Counter()

    async def make(self, faults: Sequence[Fault]) -> Counter[str]:
        """All faults, each at its time, and the end of each; how many of which kind could be done."""
        loop = asyncio.get_running_loop()
        began, tasks = loop.time(), []
        for fault in faults:
            await asyncio.sleep(max(0.0, began + fault.at - loop.time()))
            self.say(f"{fault.at:7.1f} s  {fault.kind}, {fault.seconds:.1f} s")
            tasks.append(asyncio.create_task(self._one(fault), name=fault.kind))
        await asyncio.gather(*tasks)
        self.house.heal()
        return self._done

    async def _one(self, fault: Fault) -> None:
        deed, _, rest = fault.kind.partition(" ")
        if deed == "fill":
            await self._fill(fault.seconds)
        elif fault.kind in ORDEALS:
            self._order(deed, fault)
        elif deed in ("cut", "stall"):
            await self._break(deed, rest, fault)
        else:
            await self._strike(deed, rest, fault)

    async def _strike(self, deed: str, whom: str, fault: Fault) -> None:
        house = self.house
        worker = house.workers[int(fault.which * len(house.workers))]
        role = {"bot": house.bot, "valkey": house.valkey, "worker": worker}[whom]
        numbers = {"end": signal.SIGTERM, "halt": signal.SIGSTOP}
        if deed == "empty":
            house.valkey.lose = True
        if role.hit(numbers.get(deed, signal.SIGKILL)):
            self._done[fault.kind] += 1
        if deed == "halt":
            await asyncio.sleep(fault.seconds)
            role.hit(signal.SIGCONT)

    def _order(self, deed: str, fault: Fault) -> None:
        place = fault.which * len(self.house.workers)
        days = 1 if place % 1 < 0.5 else -1
        self.house.order(int(place), f"shift {days * DAY:.0f}" if deed == "shift" else deed)
        self._done[fault.kind] += 1

    async def _break(self, deed: str, where: str, fault: Fault) -> None:
        house = self.house
        roads = house.worker_to_redis
        proxy = roads[int(fault.which * len(roads))]
        if where.startswith("bot"):
            proxy = house.to_discord if where.endswith("discord") else house.bot_to_redis
        proxy.cut() if deed == "cut" else proxy.stall()
        self._done[fault.kind] += 1
        await asyncio.sleep(fault.seconds)
        proxy.heal()

    async def _fill(self, seconds: float) -> None:
        with contextlib.suppress(RedisError, OSError):
            await self.house.redis.config_set("maxmemory", MOST_MEMORY)
            self._done[FULL] += 1
        await asyncio.sleep(seconds)
        with contextlib.suppress(RedisError, OSError):  # killed meanwhile: it starts with its own limit again
            await self.house.redis.config_set("maxmemory", 0)


async def _settle(house: House, asking: asyncio.Task[None], limit: float) -> float | None:
    """Wait until nobody asks, no job is open and no message waits for its end; the seconds that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() - began < limit:
        if asking.done() and not any(message.thinking for message in messages(house.discord)):
            with contextlib.suppress(RedisError, OSError):
                found = await kept(house.redis)
                if not found.held and all(job.state == "ended" for job in found.jobs.values()):
                    return loop.time() - began
        await asyncio.sleep(0.5)
    return None


async def _kept(house: House) -> Kept:
    while True:
        with contextlib.suppress(RedisError, OSError):
            await house.redis.config_set("maxmemory", 0)
            return await kept(house.redis)
        await asyncio.sleep(0.5)
