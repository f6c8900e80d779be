"""What members, roles, channels and servers may take of the queue: a community's own TOML file.

[everyone]
waiting = 10             # jobs of one member that may wait
running = 2              # that are painted at once; more wait
minutes_a_day = 60       # of painting, by estimate
steps = 500              # of one job
pixels = 262144          # of one picture, width x height

[roles.Boosters]         # by name or id; what is larger than everyone's counts
band = "boosters"        # their jobs go before everyone's
weight = 2               # twice the share
waiting = 20

[channels.art]           # all members together; by name or id
waiting = 100

[servers.123456789012345678]
minutes_a_day = 600

[moderators]
roles = ["Mods"]         # beside Manage Messages they need one of these, by name or id; none: that is enough
servers = ["1234567890"] # whose moderators hold what all servers share: halts, word rules, tricks; none: all
panel = "mod-queue"      # channel for the live panel and for pictures that wait for a decision
audit = "mod-log"        # channel where each of their deeds is told

[asking]
channels = ["art"]       # where may be asked, by name or id; none: everywhere
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails


class Bounds(BaseModel):
    """How much; None is no bound of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    waiting: Annotated[int, Field(ge=0)] | None = None
    """Jobs that may wait."""
    running: Annotated[int, Field(ge=1)] | None = None
    """Jobs that are painted at once."""
    minutes_a_day: Annotated[float, Field(ge=0)] | None = None
    """Estimated minutes of painting from midnight to midnight (UTC)."""
    steps: Annotated[int, Field(ge=1)] | None = None
    """Of one job."""
    pixels: Annotated[int, Field(ge=256)] | None = None
    """Of one picture, width × height."""


class RoleRights(Bounds):
    """What a role has beyond everyone."""

    band: Literal["boosters", "everyone"] = "everyone"
    weight: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Share of the painting while others wait as well, beside 1 for everyone."""


class Moderators(BaseModel):
    """Who holds the queue, and where they hear of it. Channels by name or id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    roles: tuple[str, ...] = ()
    """Names or ids of roles; one is needed beside the permission Manage Messages. None: that is enough."""
    servers: tuple[str, ...] = ()
    """Ids of servers. Their moderators alone hold what all servers share: what halts the queue and its order,
    word rules and the prompts they are tried on, tricks. None: those of every server that has the bot."""
    panel: str | None = None
    """Channel of the live panel, and of pictures that wait for a decision."""
    audit: str | None = None
    """Channel where each deed is told."""


class Asking(BaseModel):
    """Where pictures may be asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: tuple[str, ...] = ()
    """Names or ids, threads by their channel's; none: everywhere."""


class Rights(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    everyone: Bounds = Bounds()
    roles: dict[str, RoleRights] = Field(default_factory=dict)
    channels: dict[str, Bounds] = Field(default_factory=dict)
    servers: dict[str, Bounds] = Field(default_factory=dict)
    moderators: Moderators = Moderators()
    asking: Asking = Asking()


def read_rights(path: Path | None) -> Rights:
    """Read the file; no path is no bounds. Raises ValueError that says what is wrong with it."""
    if path is None:
        return Rights()
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        return Rights.model_validate(table)
    except OSError as error:
        raise ValueError(f"DREAM_RIGHTS: {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"DREAM_RIGHTS: {path} is no TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"DREAM_RIGHTS: {path}: {where}: {_why(first)}") from error


def _why(error: ErrorDetails) -> str:
    """What is wrong, in words; a name that is not known among those that are."""
    if error["type"] != "extra_forbidden":
        return error["msg"].partition(", unable to")[0]
    kinds: dict[str, type[BaseModel]] = {
        "everyone": Bounds,
        "roles": RoleRights,
        "channels": Bounds,
        "servers": Bounds,
        "moderators": Moderators,
        "asking": Asking,
    }
    *inside, name = error["loc"]
    kind: type[BaseModel] = kinds[str(inside[0])] if inside else Rights
    return f"there is no `{name}`; there are {', '.join(kind.model_fields)}"
