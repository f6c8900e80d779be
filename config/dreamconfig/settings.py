"""Settings, one class per process, built in `main` and passed down: the worker never holds the bot's token.

Every field is read from the environment (or `.env`) as DREAM_<NAME>.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="DREAM_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        use_attribute_docstrings=True,
        frozen=True,
    )


class QueueSettings(_Settings):
    """What everybody needs who talks to the queue."""

    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    """Address of Redis or Valkey; rediss:// for TLS, with user and password where ACLs are set."""
    max_waiting: Annotated[int, Field(ge=1)] = 500
    """Jobs that may wait in all; more are refused."""
    max_waiting_per_member: Annotated[int, Field(ge=1)] = 10
    """Jobs of one member that may wait."""
    max_pixels: Annotated[int, Field(ge=256)] = 1024 * 1024
    """Largest picture, width × height."""
    max_steps: Annotated[int, Field(ge=1)] = 2000
    """Most steps of one job."""
    critic: str = "pocket"
    """The critic that judges where a prompt names none, by its name in the catalogue; workers load it at
    start."""
    expire_hours: Annotated[float, Field(gt=0)] = 24.0
    """A job that waited this long ends as expired."""
    keep_hours: Annotated[float, Field(gt=0)] = 72.0
    """How long records and pictures stay in Redis after a job's end. Discord keeps the message."""
    models: str = ""
    """Folder of fetched and added models; empty: `aliendreams` among torch's downloads. The bot reads nothing
    there but the names of a community's own models."""


class BotSettings(QueueSettings):
    """The Discord bot."""

    discord_token: SecretStr = SecretStr("")
    """The bot's token, from the developer portal."""
    guild: int | None = None
    """Register commands in this server only (at once, good for trying); None: everywhere."""
    rights: Path | None = None
    """File of what members, roles, channels and servers may take of the queue (`dreamconfig.rights`, see
    docs/OPERATIONS.md); None: the same for all."""
    discord_url: str | None = None
    """Address of a stand-in for Discord; None: discord.com."""


class WorkerSettings(QueueSettings):
    """A render worker."""

    worker_name: str = ""
    """How this worker is called in status lines; empty: host name and process id."""
    backends: str = ""
    """Backends this worker offers, separated by commas; empty: all it can."""
    device: str = "auto"
    """Where to paint: auto, cpu, cuda, cuda:1, mps."""
    precision: Literal["auto", "plain", "float32", "mixed", "bfloat16"] = "auto"
    """Numbers that networks paint in. auto: bfloat16 where it is fast, else float32; mixed: critics in
    bfloat16, painters in float32; plain: float32 by the plain modules, what the others are held against."""
    max_sessions: Annotated[int, Field(ge=0)] = 0
    """Jobs painted at once; 0: one on a CPU, four on a GPU."""
    frame_seconds: Annotated[float, Field(gt=0)] = 1.0
    """Least time between two progress frames."""
    collections: Path | None = None
    """Folder of collections of pictures that members may paint by, see docs/COLLECTIONS.md; None: none."""
    state_megabytes: Annotated[float, Field(ge=0)] = 16.0
    """Largest state of a finished painting that is kept (as long as its picture), so that it can be made
    longer; 0 keeps none."""
    job_timeout: Annotated[float, Field(gt=0)] = 3600.0
    """Seconds after which a job that is still being painted fails."""
    download: bool = False
    """Whether a worker may fetch a model of the catalogue by itself when a job needs it."""
    non_commercial: bool = False
    """Whether fetched or added models may be used that are not licensed for commercial use."""
    memory_gb: Annotated[float, Field(ge=0)] = 0.0
    """Gigabytes that models and paintings may take together, by estimate; 0: what is free on the device."""
