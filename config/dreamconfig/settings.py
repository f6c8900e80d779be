"""Settings, one class per process, built in `main` and passed down: the worker never holds the bot's token.

Every field is read from the environment (or `.env`) as DREAM_<NAME>.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
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
    redis_ca: str = ""
    """Certificate (PEM) of who signed Redis' own, for rediss://; empty: whoever the system trusts."""
    redis_cert: str = ""
    """Our own certificate (PEM), where Redis asks clients for one; empty: none."""
    redis_key: str = ""
    """The key of our own certificate (PEM); empty: it is in the same file."""
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
    """A job that waited this long ends as expired; a pause or a moderator's hold does not count."""
    keep_hours: Annotated[float, Field(gt=0)] = 72.0
    """How long records and pictures are kept after a job's end. Discord keeps the message."""
    log: Literal["text", "json"] = "text"
    """How log lines of bot and worker are written: for people, or one JSON object each."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Port at which this process tells /metrics (Prometheus) and /health; 0: none."""
    metrics_host: str = "127.0.0.1"
    """Address that it listens at; 0.0.0.0 for every one."""
    album: str = ""
    """Where pictures and checkpoints lie; empty: in Redis. A folder's path or any URL that fsspec knows
    (`file:///mnt/album`, `s3://bucket/album` with s3fs installed), the same for bot and workers."""
    concepts: Path | None = None
    """File of what pictures are looked through for before they are shown, the same for bot and workers
    (`dreamconfig.concepts`, see docs/PICTURE_CHECK.md); None: nothing."""
    models: str = ""
    """Folder of fetched and added models; empty: `aliendreams` among torch's downloads. The bot reads nothing
    there but the names of a community's own models."""

    @field_validator("redis_url")
    @classmethod
    def _is_an_address(cls, url: SecretStr) -> SecretStr:
        try:
            parts = urlsplit(url.get_secret_value())
            known = parts.scheme in ("redis", "rediss", "unix") and (parts.port or 1) > 0
        except ValueError:
            known = False
        if not known:
            raise ValueError("an address of Redis looks like redis://user:password@host:6379/0")
        return url


class BotSettings(QueueSettings):
    """The Discord bot."""

    discord_token: SecretStr = SecretStr("")
    """The bot's token, from the developer portal."""
    guild: int | None = None
    """Register commands in this server only (at once, good for trying); None: everywhere."""
    rights: Path | None = None
    """File of what members, roles, channels and servers may take of the queue (`dreamconfig.rights`, see
    docs/OPERATIONS.md); None: the same for all."""
    word_rules: Path | None = None
    """File of words, phrases and regular expressions that nobody may ask for (docs/OPERATIONS.md); None: only
    what moderators add by `/mod words`."""
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
    """Jobs painted at once; 0: one on a CPU, on a GPU as many as its memory allows, 16 at most."""
    frame_seconds: Annotated[float, Field(gt=0)] = 1.0
    """Least time between two progress frames."""
    collections: Path | None = None
    """Folder of collections of pictures that members may paint by, see docs/COLLECTIONS.md; None: none."""
    state_megabytes: Annotated[float, Field(ge=0)] = 16.0
    """Largest state of a painting that is kept: of a finished one (as long as its picture), so that it can
    be made longer, and of one on its way; 0 keeps none."""
    checkpoint_seconds: Annotated[float, Field(ge=0)] = 5.0
    """Seconds of painting after which a job is saved, so that another worker can go on from there; 0: never.
    Never more than `state_megabytes` a job."""
    job_timeout: Annotated[float, Field(gt=0)] = 3600.0
    """Seconds after which a job that is still being painted fails."""
    step_timeout: Annotated[float, Field(gt=0)] = 300.0
    """Seconds after which a step that does not end counts as hung: the worker's process ends (status 70), and
    others take its jobs. Loading models may take six times as long."""
    drain_seconds: Annotated[float, Field(ge=0)] = 0.0
    """Seconds that a worker which was asked to go (SIGTERM) paints on before it hands its jobs over."""
    download: bool = False
    """Whether a worker may fetch a model of the catalogue by itself when a job needs it."""
    non_commercial: bool = False
    """Whether fetched or added models may be used that are not licensed for commercial use."""
    memory_gb: Annotated[float, Field(ge=0)] = 0.0
    """Gigabytes that models and paintings may take together, by estimate; 0: what is free on the device."""

    @property
    def name(self) -> str:
        """How this worker is called."""
        return self.worker_name or f"{socket.gethostname()}-{os.getpid()}"
