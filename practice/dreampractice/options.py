"""What Discord's own client does with a command before anything is sent: check and convert the options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dreampractice import shapes, writing
from dreampractice.body import Upload
from dreampractice.core import Core
from dreampractice.errors import Refusal
from dreampractice.world import Channel, Member

Json = dict[str, Any]
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, FILE = 3, 4, 5, 6, 7, 8, 9, 10, 11


class CannotSend(Exception):
    """What a person tried is stopped by Discord's client, with the words it shows."""


def as_upload(value: object) -> Upload:
    """A file from bytes, a path, or as it is."""
    if isinstance(value, Upload):
        return value
    if isinstance(value, Path):
        return Upload(value.name, value.read_bytes())
    if isinstance(value, bytes):
        return Upload("image.png" if value[1:4] == b"PNG" else "file", value)
    raise CannotSend("This option needs a file")


def descend(command: Json, path: list[str]) -> list[Json]:
    """The options of a command, or of the subcommand that `path` names."""
    options: list[Json] = command.get("options") or []
    for name in path:
        found = [row for row in options if row["type"] in (1, 2) and row["name"] == name]
        if not found:
            raise CannotSend(f"/{command['name']} has no subcommand {name}")
        options = found[0].get("options") or []
    if any(row["type"] in (1, 2) for row in options):
        raise CannotSend(f"/{command['name']} needs one of its subcommands")
    return options


class Filling:
    """One filling-in of a command's options."""

    def __init__(self, core: Core, channel: Channel) -> None:
        self._core = core
        self._channel = channel
        self.resolved: dict[str, dict[str, Json]] = {}

    def data(
        self, command: Json, path: list[str], values: Mapping[str, object], focused: str | None = None
    ) -> Json:
        """The `data` of an interaction. `focused` names the option being typed, for autocomplete."""
        known = descend(command, path)
        extra = set(values) - {row["name"] for row in known}
        if extra:
            raise CannotSend(f"/{command['name']} has no option {', '.join(sorted(extra))}")
        options: list[Json] = []
        for row in known:
            name = row["name"]
            if values.get(name) is None:
                if row.get("required") and focused is None:
                    raise CannotSend(f"This option is required: {name}")
                continue
            if name == focused:
                options.append({"name": name, "type": row["type"], "value": values[name], "focused": True})
            else:
                options.append({"name": name, "type": row["type"], "value": self._value(row, values[name])})
        for depth, name in reversed(list(enumerate(path))):
            kind = 2 if depth < len(path) - 1 else 1
            options = [{"name": name, "type": kind, "options": options}]
        data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
        if options or focused is not None:
            data["options"] = options
        if self.resolved:
            data["resolved"] = self.resolved
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return data

    def _value(self, row: Json, value: object) -> object:
        kind = row["type"]
        if kind == FILE:
            return self._file(value)
        if kind in (USER, MENTIONABLE):
            return self._user(value)
        if kind == ROLE:
            role = _find(self._core.world.role, str(value).lstrip("@"))
            self.resolved.setdefault("roles", {})[role.id] = shapes.role(role)
            return role.id
        if kind == CHANNEL:
            channel = _find(self._core.world.channel, str(value))
            shape = shapes.channel(self._core.world, channel)
            bits = self._core.world.permissions(self._core.world.bot, channel)
            self.resolved.setdefault("channels", {})[channel.id] = shape | {"permissions": str(int(bits))}
            return channel.id
        return _plain(row, value)

    def _user(self, value: object) -> str:
        member: Member = _find(self._core.world.member, str(getattr(value, "name", value)).lstrip("@"))
        shape = shapes.member(member)
        del shape["user"]
        bits = self._core.world.permissions(member.user, self._channel)
        self.resolved.setdefault("users", {})[member.user.id] = shapes.user(member.user)
        self.resolved.setdefault("members", {})[member.user.id] = shape | {"permissions": str(int(bits))}
        return member.user.id

    def _file(self, value: object) -> str:
        file = writing.keep_file(self._core, as_upload(value), self._channel, ephemeral=True, about={})
        self.resolved.setdefault("attachments", {})[file.id] = shapes.attachment(file, self._core.base)
        return file.id


def _find(look: Any, name: str) -> Any:
    try:
        return look(name)
    except Refusal as refused:
        raise CannotSend(f"{refused.message}: {name}") from None


def _plain(row: Json, value: object) -> object:
    """A text, number or truth value within its option's bounds."""
    name, kind = row["name"], row["type"]
    if row.get("choices"):
        picked = [c["value"] for c in row["choices"] if value in (c["value"], c["name"])]
        if not picked:
            raise CannotSend(f"{name}: choose one of {', '.join(c['name'] for c in row['choices'])}")
        return picked[0]
    if kind == BOOLEAN:
        return _truth(name, value)
    if kind in (INTEGER, NUMBER):
        return _number(row, value)
    text = str(value)
    if len(text) < row.get("min_length", 0):
        raise CannotSend(f"{name}: at least {row['min_length']} characters")
    if len(text) > row.get("max_length", 6000):
        raise CannotSend(f"{name}: at most {row.get('max_length', 6000)} characters")
    return text


def _truth(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise CannotSend(f"{name}: True or False")


def _number(row: Json, value: object) -> int | float:
    whole = row["type"] == INTEGER
    try:
        number = int(str(value)) if whole else float(str(value))
    except ValueError:
        raise CannotSend(f"{row['name']}: {'a whole number' if whole else 'a number'}") from None
    low, high = row.get("min_value"), row.get("max_value")
    if low is not None and number < low:
        raise CannotSend(f"{row['name']}: at least {low}")
    if high is not None and number > high:
        raise CannotSend(f"{row['name']}: at most {high}")
    return number
