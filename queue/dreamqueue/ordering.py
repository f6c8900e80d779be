"""What people want done to a job: asked of its record, which knows whether it waits, is painted or over."""

from __future__ import annotations

import json
import secrets
from typing import Any

from dreamconfig.settings import QueueSettings
from dreamqueue import keys
from dreamqueue.choosing import check_choice, waiting_choice
from dreamqueue.errors import DayIsSpent
from dreamqueue.events import Cancel, Choose, Ended, Stop, Turn, obeyed
from dreamqueue.job import Cancelled
from dreamqueue.length import check_length
from dreamqueue.places import estimate
from dreamqueue.store import JobStore, queue_at_hand


async def end(store: JobStore, order: Cancel | Stop) -> bool:
    """End a job, at once or as soon as its worker hears of it. False if it had ended. Raises NoSuchJob."""
    async with queue_at_hand():
        await store.record(order.job)
        ending = Cancelled(by=order.by)
        outcome = await store.run(
            "order",
            [
                order.job,
                order.model_dump_json(),
                ending.model_dump_json(),
                Ended(job=order.job, ending=ending).model_dump_json(),
                store.keep_ms,
                order.kind,
            ],
        )
    if outcome == b"ended":
        await store.drop_checkpoint(order.job)
    return outcome in (b"ended", b"ordered")


async def turn(store: JobStore, settings: QueueSettings, order: Turn) -> bool:
    """Give a job other words or more steps, or choose among its candidates. False if it had ended.

    Raises NoSuchJob, PromptError, TooLate, BadValue for too many steps, or DayIsSpent for what those cost.
    """
    async with queue_at_hand():
        record = await store.record(order.job)
        if isinstance(order, Choose):
            check_choice(order, record)
            recipe = waiting_choice(order, record.recipe)
        else:
            recipe = obeyed(order, record.recipe, record.job.done)
        check_length(recipe, settings)
        cost = await estimate(store, recipe, record.job.done)
        nonce = secrets.token_hex(8)  # a question that is sent again must not turn it twice
        if isinstance(order, Choose):
            nonce = f"{order.by.id}:{order.pick}"  # nor must a choice that is pressed twice
        outcome, *facts = await store.run(
            "turn",
            [
                order.job,
                order.model_dump_json(),
                recipe.model_dump_json(),
                round(cost * 1000),
                record.job.owner.id,
                nonce,
            ],
        )
        if outcome == b"day":
            limit = await _seconds_a_day(store, order.job, int(facts[0]) - 1)
            raise DayIsSpent(int(facts[1]) / 1000, limit)
    return outcome in (b"turned", b"ordered")


async def _seconds_a_day(store: JobStore, job: str, scope: int) -> float:
    raw = await store.redis.hget(keys.record(job), "scopes")  # type: ignore[misc]
    scopes: list[dict[str, Any]] = json.loads(raw or b"[]")
    return float(scopes[scope].get("day_ms", 0)) / 1000 if scope < len(scopes) else 0.0
