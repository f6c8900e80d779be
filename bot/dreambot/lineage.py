"""Where a picture came from: a link to the message of its parent."""

from __future__ import annotations

from dreambot.texts import Speech
from dreamqueue.client import QueueClient
from dreamqueue.errors import NoSuchJob, OtherVersion
from dreamqueue.job import Job, Reply


def link(reply: Reply, words: str) -> str:
    """Words that lead to a message. Discord shows it as a link in what bots write."""
    return f"[{words}](https://discord.com/channels/{reply.server or '@me'}/{reply.channel}/{reply.message})"


async def parent_link(queue: QueueClient, job: Job, said: Speech) -> str:
    """A link to the message of a job's parent; empty if it has none, or its record is forgotten."""
    if job.parent is None:
        return ""
    try:
        record = await queue.record(job.parent)
    except (NoSuchJob, OtherVersion):
        return f"`{job.parent}`"
    return f"`{job.parent}`" if record.reply is None else link(record.reply, said.say("job.parent"))
