"""The application's commands as it registered them."""

from __future__ import annotations

import time
from typing import Any

from dreampractice import checks, errors
from dreampractice.permissions import Permission
from dreampractice.rules import Rules
from dreampractice.world import World

Json = dict[str, Any]
CHAT, USER_MENU, MESSAGE_MENU = 1, 2, 3
SUBCOMMAND, GROUP = 1, 2
DAY = 86_400.0


class Commands:
    """Global commands and the guild's own. Each is Discord's command object."""

    def __init__(self, world: World, rules: Rules) -> None:
        self._world = world
        self._rules = rules
        self._scopes: dict[str | None, dict[str, Json]] = {None: {}, world.guild_id: {}}
        self._created: list[float] = []

    def scope(self, guild_id: str | None) -> dict[str, Json]:
        """The commands of a guild (or, with None, the global ones) by id."""
        try:
            return self._scopes[guild_id]
        except KeyError:
            raise errors.missing_access() from None

    def get(self, guild_id: str | None, command_id: str) -> Json:
        """One command."""
        try:
            return self.scope(guild_id)[command_id]
        except KeyError:
            raise errors.unknown("application command") from None

    def overwrite(self, guild_id: str | None, rows: list[Json]) -> list[Json]:
        """Replace all commands of a scope; those whose name stays keep their id."""
        if len(rows) > 100:
            raise errors.Refusal(400, 30032, "Maximum number of application commands reached (100)")
        for n, row in enumerate(rows):
            checks.command(row, f"{n}.")
        names = [(row.get("type", CHAT), row["name"]) for row in rows]
        for n, name in enumerate(names):
            if name in names[:n]:
                raise errors.invalid(
                    str(n),
                    "APPLICATION_COMMANDS_DUPLICATE_NAME",
                    "Application command names must be unique",
                )
        scope = self.scope(guild_id)
        old = {(row["type"], row["name"]): row for row in scope.values()}
        fresh = [self._make(row, guild_id, old.get(name)) for row, name in zip(rows, names, strict=True)]
        scope.clear()
        scope.update({row["id"]: row for row in fresh})
        self._world.feed.tell("commands")
        return fresh

    def put(self, guild_id: str | None, row: Json) -> tuple[Json, bool]:
        """Create a command, or replace the one of that name. Says whether it is new."""
        checks.command(row)
        key = (row.get("type", CHAT), row["name"])
        scope = self.scope(guild_id)
        old = next((each for each in scope.values() if (each["type"], each["name"]) == key), None)
        made = self._make(row, guild_id, old)
        scope[made["id"]] = made
        self._world.feed.tell("commands")
        return made, old is None

    def edit(self, guild_id: str | None, command_id: str, changes: Json) -> Json:
        """Change a command."""
        old = self.get(guild_id, command_id)
        made = self._make(old | changes, guild_id, old)
        self.scope(guild_id)[command_id] = made
        self._world.feed.tell("commands")
        return made

    def delete(self, guild_id: str | None, command_id: str) -> None:
        """Remove a command."""
        self.get(guild_id, command_id)
        del self.scope(guild_id)[command_id]
        self._world.feed.tell("commands")

    def offered(self, bits: Permission) -> list[Json]:
        """The commands a member with these permissions is offered; the guild's own come first."""
        if not bits & Permission.use_application_commands:
            return []
        found: dict[tuple[int, str], Json] = {}
        for guild_id in (self._world.guild_id, None):
            for row in self.scope(guild_id).values():
                found.setdefault((row["type"], row["name"]), row)
        return [row for row in found.values() if _may(row, bits)]

    def _make(self, row: Json, guild_id: str | None, old: Json | None) -> Json:
        if old is None:
            self._count()
        made: Json = {
            "id": old["id"] if old else self._world.ids.next(),
            "application_id": self._world.application_id,
            "version": self._world.ids.next(),
            "type": row.get("type") or CHAT,
            "name": row["name"],
            "name_localizations": row.get("name_localizations"),
            "description": row.get("description") or "",
            "description_localizations": row.get("description_localizations"),
            "default_member_permissions": _text(row.get("default_member_permissions")),
            "nsfw": bool(row.get("nsfw")),
            "integration_types": row.get("integration_types") or [0],
            "contexts": row.get("contexts"),
        }
        if guild_id is None:
            made["dm_permission"] = row.get("dm_permission", True)
        else:
            made["guild_id"] = guild_id
        if row.get("options"):
            made["options"] = [_option(option) for option in row["options"]]
        return made

    def _count(self) -> None:
        now = time.time()
        self._created = [at for at in self._created if at > now - DAY]
        if len(self._created) >= self._rules.command_creates_per_day:
            raise errors.Refusal(
                429,
                30034,
                "Max number of daily application command creates has been reached (200)",
                retry_after=round(self._created[0] + DAY - now, 3),
            )
        self._created.append(now)


def _may(row: Json, bits: Permission) -> bool:
    needed = row["default_member_permissions"]
    if needed is None or bits & Permission.administrator:
        return True
    return int(needed) != 0 and int(needed) & int(bits) == int(needed)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _option(option: Json) -> Json:
    kept = {key: value for key, value in option.items() if value is not None}
    if kept.get("options"):
        kept["options"] = [_option(inner) for inner in kept["options"]]
    if not kept.get("choices"):
        kept.pop("choices", None)
    return kept
