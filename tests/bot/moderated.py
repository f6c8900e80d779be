"""A stage whose community names its moderators' role, their panel and their audit channel."""

from __future__ import annotations

from pathlib import Path

from tests.bot.stage import Stage, eventually, shows

from dreampractice import Person
from dreampractice.messages import Message

RIGHTS = """
[moderators]
roles = ["moderator"]
panel = "mods"
audit = "mods"
"""
CLOSED = "Only moderators can do this."


async def raised(stage: Stage, folder: Path, rights: str = RIGHTS) -> Stage:
    """The stage with a bot that knows these rights."""
    file = folder / "rights.toml"
    file.write_text(rights)
    stage.changes = {"rights": file}
    await stage.raise_bot()
    return stage


async def answer(stage: Stage, person: Person, command: str, **options: object) -> str:
    """What a command says in the end to who used it."""
    asked = await person.slash(command, options=options)
    assert asked.failed is None, asked.failed
    reply = asked.reply
    assert reply is not None

    def said() -> str:
        told = stage.whispers(person)
        return told[-1].content if told and not told[-1].thinking and told[-1].content != "…" else ""

    await eventually(said)
    return said()


async def waits(stage: Stage, person: Person, prompt: str = "a hut --seed 7") -> tuple[Message, str]:
    """A job that waits, its message and its id."""
    known = set(await stage.queue.store.open_jobs())
    message = await stage.imagine(person, prompt)
    await shows(message, "waiting")
    (new,) = set(await stage.queue.store.open_jobs()) - known
    return message, new


def mods(stage: Stage) -> list[Message]:
    """What stands in the moderators' channel, the panel and audit lines."""
    return [m for m in stage.discord.world.channel("mods").messages.values() if not m.ephemeral]


def audited(stage: Stage, action: str) -> list[str]:
    """Lines of the audit channel about an action."""
    return [message.content for message in mods(stage) if message.content.startswith(f"`{action}`")]


async def noted(stage: Stage, action: str) -> str:
    """The one line of the audit channel about an action, as soon as it is there."""
    (line,) = await eventually(lambda: audited(stage, action))
    return str(line)


def panels(stage: Stage) -> list[Message]:
    """The panels that stand there."""
    return [message for message in mods(stage) if message.content.startswith("**The queue**")]
