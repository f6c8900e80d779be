"""REST: registering the application's commands, globally and for the guild."""

from __future__ import annotations

from dreampractice import errors
from dreampractice.rest import NOTHING, Call, Endpoint, Reply


def _scope(call: Call) -> str | None:
    if call.params["application_id"] != call.core.world.application_id:
        raise errors.Refusal(403, 20012, "You are not authorized to perform this action on this application")
    return call.params.get("guild_id")


async def get_all(call: Call) -> Reply:
    """All commands of a scope."""
    return Reply(list(call.core.commands.scope(_scope(call)).values()))


async def get(call: Call) -> Reply:
    """One command."""
    return Reply(call.core.commands.get(_scope(call), call.params["command_id"]))


async def overwrite(call: Call) -> Reply:
    """Replace all commands of a scope."""
    return Reply(call.core.commands.overwrite(_scope(call), call.body.data or []))


async def create(call: Call) -> Reply:
    """Create a command, or replace the one of its name."""
    command, new = call.core.commands.put(_scope(call), call.body.json)
    return Reply(command, 201 if new else 200)


async def edit(call: Call) -> Reply:
    """Change a command."""
    return Reply(call.core.commands.edit(_scope(call), call.params["command_id"], call.body.json))


async def delete(call: Call) -> Reply:
    """Remove a command."""
    call.core.commands.delete(_scope(call), call.params["command_id"])
    return NOTHING


ENDPOINTS = [
    endpoint
    for root in (
        "/applications/{application_id}/commands",
        "/applications/{application_id}/guilds/{guild_id}/commands",
    )
    for endpoint in (
        Endpoint("GET", root, get_all, "commands"),
        Endpoint("PUT", root, overwrite, "commands"),
        Endpoint("POST", root, create, "commands"),
        Endpoint("GET", root + "/{command_id}", get, "commands"),
        Endpoint("PATCH", root + "/{command_id}", edit, "commands"),
        Endpoint("DELETE", root + "/{command_id}", delete, "commands"),
    )
]
