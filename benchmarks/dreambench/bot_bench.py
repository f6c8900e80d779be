"""The real bot on the practice Discord while many jobs are painted: how soon it answers, and what it costs.

Discord, the people and the painters live in this process, the bot and Valkey in processes of their own. The
painters are scripts: they hold all jobs at once, and tell a frame of each every second. Meanwhile people ask
for more pictures, press buttons and type into a field with suggestions. Half-way the bot is ended and started
again, so that it edits with its own token, whose requests Discord counts, and no longer with those of
interactions.
"""

from __future__ import annotations

import asyncio
import io
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import psutil
from PIL import Image
from pydantic import SecretStr

from dreambench.bot_house import BotHouse
from dreambench.bot_painters import Painters
from dreamconfig.settings import QueueSettings
from dreampractice import CannotSend, Person
from dreampractice.asked import Asked
from dreampractice.messages import Message
from dreamqueue.client import QueueClient

FRAME_SIDE = 256
READY = 120.0
"""Seconds in which all jobs have to be asked for and shown."""


@dataclass(frozen=True)
class BotPlan:
    """How many, how long, how often."""

    jobs: int = 200
    channels: int = 20
    seconds: float = 60.0
    """Of each half: before the bot is started again, and after."""
    acts_a_second: float = 3.0
    """Things that people do meanwhile: half are new jobs, the others presses and suggestions."""
    seed: int = 1


@dataclass(frozen=True)
class Half:
    """What was seen before the bot was started again, or after."""

    tokens: str
    """Whose token edits are made with: "interaction" or "bot"."""
    seconds: float
    acts: int
    unanswered: int
    """Of them, those that got no first answer in three seconds."""
    p50: float
    """Seconds until the first answer, as Discord sees it: from the event that the bot is sent to its
    callback."""
    p99: float
    slowest: float
    refused: int
    """Requests that Discord answered with 429."""
    edits_a_second: float
    """Of all messages: frames, and what changes for jobs that wait."""
    frames_a_second: float
    stalest: float
    """Longest time in seconds that a message of a painted job had no newer frame."""
    cpu: float
    """Of one core, the bot's process."""
    megabytes: float
    """Of the bot's process (resident), at the end."""


@dataclass(frozen=True)
class BotReport:
    """All of it."""

    jobs: int
    channels: int
    asking_seconds: float
    """Seconds until all jobs had been asked for and each message stood, all asked for at once."""
    asking_p99: float
    """Of the first answers meanwhile."""
    asking_refused: int
    halves: tuple[Half, ...] = field(default_factory=tuple)


async def measure(plan: BotPlan, folder: Path, say: Callable[[str], None] = lambda line: None) -> BotReport:
    """Do all of it; logs of the processes are written into `folder`."""
    async with BotHouse(folder) as house:
        discord = house.discord
        places = [discord.world.add_channel(f"studio-{number}").name for number in range(plan.channels)]
        people = [discord.add_person(f"member{number}") for number in range(40)]
        settings = QueueSettings(redis_url=SecretStr(f"redis://127.0.0.1:{house.valkey.port}/0"))
        queue = await QueueClient.connect(settings)
        painters = Painters(queue, picture(FRAME_SIDE))
        await painters.wake()
        crowd = Crowd(people, places, random.Random(plan.seed))
        try:
            began = time.monotonic()
            refused = discord.core.limits.refused
            say(f"asking for {plan.jobs} pictures")
            await crowd.ask_for(plan.jobs)
            await painters.take(plan.jobs, within=READY)
            asking = time.monotonic() - began
            first = crowd.taken()
            painting = asyncio.create_task(painters.paint(), name="painters")
            halves = []
            try:
                for tokens in ("interaction", "bot"):
                    if tokens == "bot":
                        await house.start_again()
                        await crowd.until_back()
                    say(f"{plan.seconds:g} s of edits with the token of the {tokens}")
                    halves.append(await _half(plan, tokens, house, crowd))
            finally:
                painting.cancel()
                await asyncio.gather(painting, return_exceptions=True)
        finally:
            await queue.close()
        return BotReport(
            jobs=plan.jobs,
            channels=plan.channels,
            asking_seconds=asking,
            asking_p99=percentile(first.waits, 0.99),
            asking_refused=discord.core.limits.refused - refused - sum(half.refused for half in halves),
            halves=tuple(halves),
        )


async def _half(plan: BotPlan, tokens: str, house: BotHouse, crowd: Crowd) -> Half:
    bot, limits = psutil.Process(house.bot_pid), house.discord.core.limits
    before, refused = sum(bot.cpu_times()[:2]), limits.refused
    crowd.taken()
    began = time.time()
    await crowd.act(plan.seconds, plan.acts_a_second)
    ended = time.time()
    took = ended - began
    seen = crowd.taken()
    return Half(
        tokens=tokens,
        seconds=took,
        acts=len(seen.waits) + seen.unanswered,
        unanswered=seen.unanswered,
        p50=percentile(seen.waits, 0.5),
        p99=percentile(seen.waits, 0.99),
        slowest=max(seen.waits, default=0.0),
        refused=limits.refused - refused,
        edits_a_second=sum(edits(message, began, ended) for message in crowd.messages) / took,
        frames_a_second=sum(edits(message, began, ended) for message in crowd.painted) / took,
        stalest=max(stale(message, began, ended) for message in crowd.painted),
        cpu=(sum(bot.cpu_times()[:2]) - before) / took,
        megabytes=bot.memory_info().rss / 1e6,
    )


@dataclass
class Seen:
    """First answers."""

    waits: list[float] = field(default_factory=list)
    unanswered: int = 0


class Crowd:
    """People who ask, press and type."""

    def __init__(self, people: Sequence[Person], places: Sequence[str], draw: random.Random) -> None:
        self.people, self.places, self.draw = people, places, draw
        self.painted: list[Message] = []
        """Messages of the jobs that are painted."""
        self.waiting: list[Message] = []
        """Messages of those that came later."""
        self._seen = Seen()
        self._asked = 0

    @property
    def messages(self) -> list[Message]:
        """Of all jobs."""
        return [*self.painted, *self.waiting]

    def taken(self) -> Seen:
        """The first answers since the last call."""
        seen, self._seen = self._seen, Seen()
        return seen

    async def ask_for(self, jobs: int) -> None:
        """Ask for all at once; sorted evenly over people and places."""
        asked = await asyncio.gather(*(self._ask(number) for number in range(jobs)))
        self.painted = [message for message in asked if message is not None]

    async def act(self, seconds: float, a_second: float) -> None:
        """Do things at random times, `a_second` on average, for so long, and wait for the answers."""
        loop, tasks = asyncio.get_running_loop(), []
        ends = loop.time() + seconds
        while (wait := self.draw.expovariate(a_second)) + loop.time() < ends:
            await asyncio.sleep(wait)
            tasks.append(asyncio.create_task(self._one()))
        await asyncio.sleep(max(0.0, ends - loop.time()))
        await asyncio.gather(*tasks)

    async def until_back(self) -> None:
        """Wait until the bot answers again."""
        async with asyncio.timeout(READY):
            while await self._ask(0, counted=False) is None:  # noqa: ASYNC110 (a process cannot set our event)
                await asyncio.sleep(0.2)

    async def _one(self) -> None:
        kind = self.draw.random()
        if kind < 0.5:
            message = await self._ask(self.draw.randrange(1000))
            if message is not None and not message.ephemeral:
                self.waiting.append(message)
        elif kind < 0.8:
            await self._press()
        else:
            await self._type()

    async def _ask(self, number: int, *, counted: bool = True) -> Message | None:
        self._asked += 1
        person = self.people[number % len(self.people)]
        place = self.places[number % len(self.places)]
        options = {"prompt": f"a hut, number {self._asked}", "backend": "pixels"}
        try:
            began = time.monotonic()
            asked = await person.slash("imagine", place, options)
        except CannotSend:
            return None
        if counted:
            self._count(asked, began)
        return None if asked.failed else asked.reply

    async def _press(self) -> None:
        """Anybody presses anything: most may not, and are told so."""
        whom, message = self.draw.choice(self.people), self.draw.choice(self.painted)
        labels = [button.label for button in message.buttons if button.custom_id and not button.disabled]
        if labels:
            began = time.monotonic()
            self._count(await whom.press(message, self.draw.choice(labels)), began)

    async def _type(self) -> None:
        person, place = self.draw.choice(self.people), self.draw.choice(self.places)
        began = time.monotonic()
        try:
            await person.autocomplete("imagine", "style", self.draw.choice("aosw"), place, prompt="a hut")
        except CannotSend:
            self._seen.unanswered += 1
        else:
            self._seen.waits.append(time.monotonic() - began)

    def _count(self, asked: Asked, began: float) -> None:
        if asked.failed:
            self._seen.unanswered += 1
        else:
            self._seen.waits.append(time.monotonic() - began)


def edits(message: Message, began: float, ended: float) -> int:
    """How often a message changed between two times."""
    return sum(began <= version.at <= ended for version in message.history)


def stale(message: Message, began: float, ended: float) -> float:
    """The longest time between them that it showed no newer frame, in seconds."""
    names, times = "", [began]
    for version in message.history:
        newest = version.attachments[0].filename if version.attachments else ""
        if newest != names and began <= version.at <= ended:
            times.append(version.at)
        names = newest
    times.append(ended)
    return max(after - before for before, after in pairwise(times))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share lies at or below; 0 for none."""
    if len(values) < 2:
        return values[0] if values else 0.0
    cuts = statistics.quantiles(values, n=1000, method="inclusive")
    return cuts[min(998, max(0, round(share * 1000) - 1))]


def picture(side: int) -> bytes:
    """A frame as large as they are: noise in soft colours."""
    draw = random.Random(1)
    small = Image.frombytes("RGB", (32, 32), draw.randbytes(3 * 32 * 32))
    out = io.BytesIO()
    small.resize((side, side), Image.Resampling.BICUBIC).save(out, "JPEG", quality=85)
    return out.getvalue()
