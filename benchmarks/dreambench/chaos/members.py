"""Members who ask for pictures, press buttons and lose patience, at a pace drawn from a seed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from dreambench.chaos.painter import BROKEN, HUNG
from dreampractice import CannotSend, Person, PracticeDiscord
from dreampractice.asked import Asked
from dreampractice.messages import Message

PRESSES = {"Cancel": 0.08, "Stop and keep": 0.08, "Again": 0.06}
"""How often a member presses which button of a message."""
BREAKS = 0.03
"""How often somebody asks for what the painter fails at."""
HANGS = 0.01
"""How often somebody asks for what hangs every worker that paints it."""


@dataclass
class Members:
    """Everybody who asks, in several channels."""

    discord: PracticeDiscord
    seed: int
    people: int = 24
    channels: int = 6
    steps: tuple[int, int] = (8, 60)
    asked: int = 0
    """Commands that were sent."""
    silent: int = 0
    """Commands and Agains that got no first answer in time: no bot was there."""
    pressed: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    """Seconds until the first answer, of those that were answered."""
    words_of: dict[str, str] = field(default_factory=dict)
    """What was typed, by the interaction's id."""

    def __post_init__(self) -> None:
        self._draw = random.Random(f"members {self.seed}")
        self._tasks: set[asyncio.Task[None]] = set()
        self.persons = [self.discord.add_person(f"member{number}") for number in range(self.people)]
        names = [f"studio-{number}" for number in range(self.channels)]
        for name in names:
            self.discord.world.add_channel(name)
        self.places = names

    async def ask_for(self, seconds: float, a_second: float) -> None:
        """Ask `a_second` times a second on average, for so long; then let the last ones press buttons."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        while (wait := self._draw.expovariate(a_second)) + loop.time() < ends:
            await asyncio.sleep(wait)
            self._begin(self._one())
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _begin(self, action: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(action)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.result()

    async def _one(self) -> None:
        person = self._draw.choice(self.persons)
        channel = self._draw.choice(self.places)
        what = self._draw.choices(["a hut", BROKEN, HUNG], [1 - BREAKS - HANGS, BREAKS, HANGS])[0]
        words = f"{what}, number {self.asked}"
        steps = self._draw.randint(*self.steps)
        label = self._draw.choices([None, *PRESSES], [1 - sum(PRESSES.values()), *PRESSES.values()])[0]
        patience = self._draw.uniform(0.2, 6.0)
        self.asked += 1
        began = asyncio.get_running_loop().time()
        try:
            asked = await person.slash(
                "imagine", channel, {"prompt": words, "steps": steps, "size": "64x64", "backend": "pixels"}
            )
        except CannotSend:  # the commands are not there: a bot that never came up
            self.silent += 1
            return
        self.words_of[asked.interaction.id] = words
        if not self._answered(asked):
            return
        self.waits.append(asyncio.get_running_loop().time() - began)
        if label is not None and asked.reply is not None and not asked.reply.ephemeral:
            await asyncio.sleep(patience)
            await self._press(person, asked.reply, label)

    async def _press(self, person: Person, message: Message, label: str) -> None:
        """Press a button as soon as it is there, unless it never is."""
        for _ in range(100):
            if message.deleted:
                return
            if label in [button.label for button in message.buttons]:
                self.pressed[label] += 1
                asked = await person.press(message, label)
                if label == "Again":
                    self.asked += 1
                    self._answered(asked)
                return
            await asyncio.sleep(0.2)

    def _answered(self, asked: Asked) -> bool:
        if asked.failed is not None:
            self.silent += 1
        return asked.failed is None
