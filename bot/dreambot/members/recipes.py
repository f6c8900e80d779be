"""A recipe as it is told to who asks: all of it, how to type it again, and where the picture came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dreambot import words
from dreambot.lineage import link
from dreambot.message import Shown
from dreambot.texts import Speech
from dreamqueue.errors import NoSuchJob, OtherVersion
from dreamqueue.job import Record, Reply
from dreamqueue.prompt import render
from dreamqueue.recipe import Recipe

if TYPE_CHECKING:
    from dreamqueue.client import QueueClient

MOST_ANCESTORS = 100
"""Pictures that are looked for, up to the root."""
LISTED = 8
"""Of them the nearest that are told; and the root."""
TYPED_SHOWN = 900
"""Characters of what is to be typed; more comes as a file."""


async def told(
    queue: QueueClient, recipe: Recipe, record: Record | None, said: Speech, server: int | None
) -> Shown:
    """What is whispered. Parents that hang in other servers are not linked."""
    typed = render(recipe)
    facts = words.facts(recipe, said)
    if record is None:  # anybody may have written these names
        facts = words.plain(facts)
    lines = [f"**{words.plain(recipe.words)}**", f"-# {facts}"]
    if recipe.styles:
        styles = ", ".join(words.plain(style.name, 60) for style in recipe.styles)
        lines.append(said.say("recipe.styles", styles=styles))
    if recipe.image:
        lines.append(said.say("recipe.picture"))
    lines.append(said.say("recipe.type"))
    fits = len(typed) <= TYPED_SHOWN and "`" not in typed
    lines.append(f"```\n{typed}\n```" if fits else said.say("recipe.attached"))
    lines.append(
        said.say("recipe.from-file") if record is None else await _about(queue, record, said, server)
    )
    files = [] if fits else [("recipe.txt", typed.encode())]
    return Shown(words.fit("\n".join(lines)), None, files)


async def _about(queue: QueueClient, record: Record, said: Speech, server: int | None) -> str:
    lines = [
        said.say("recipe.id", id=record.job.id, name=words.plain(record.job.owner.name, words.NAME_SHOWN))
    ]
    ancestors = await lineage(queue, record)
    if ancestors:
        steps = [_step(name, reply, said, server) for name, reply in ancestors]
        if len(steps) > LISTED + 1:
            steps[LISTED:-1] = [f"… {len(steps) - LISTED - 1} …"]
        lines.append(said.say("recipe.lineage", steps=" ← ".join(steps)))
    children = await queue.children(record.job.id)
    if children:
        lines.append(said.say("recipe.children", count=children))
    return "\n".join(lines)


async def lineage(queue: QueueClient, record: Record) -> list[tuple[str, Reply | None]]:
    """Parent, grandparent and so on: ids and messages, up to the first that is forgotten or has none."""
    found: list[tuple[str, Reply | None]] = []
    seen = {record.job.id}
    parent = record.job.parent
    while parent is not None and parent not in seen and len(found) < MOST_ANCESTORS:
        seen.add(parent)
        try:
            older = await queue.record(parent)
        except (NoSuchJob, OtherVersion):
            found.append((parent, None))
            break
        found.append((parent, older.reply))
        parent = older.job.parent
    return found


def _step(name: str, reply: Reply | None, said: Speech, server: int | None) -> str:
    if reply is None:
        return f"`{name}` {said.say('recipe.forgotten')}"
    return link(reply, f"`{name}`") if reply.server == server else f"`{name}`"
