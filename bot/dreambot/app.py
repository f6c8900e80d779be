"""The bot: built from its settings, connected to Discord and to the queue, either of which may go away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from contextvars import copy_context
from typing import Any, cast

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands
from redis.asyncio import Redis

from dreambot import stand_in
from dreambot.buttons import JobButton, pressed
from dreambot.cogs import COGS, load
from dreambot.dialogs import answered
from dreambot.errors import answer
from dreambot.face import Face
from dreambot.members.forgetting import go_on
from dreambot.members.tastes import DreamTree
from dreambot.members.translator import CommandTranslator
from dreambot.menus import JobMenu
from dreambot.message import TOKEN_LIFE, JobMessage
from dreambot.metrics import counting
from dreambot.moderation import shared
from dreambot.moderation.lately import Lately
from dreambot.moderation.looked_at import LookedAt
from dreambot.no_voice import say_nothing_of_voice
from dreambot.pacing import GAP, Pace
from dreambot.replays import Replays
from dreambot.resume import resume
from dreambot.seen import seen
from dreambot.sync import sync_commands
from dreambot.uploads import Uploads
from dreambot.watch import Watch, Watches
from dreamconfig.catalogue import include
from dreamconfig.concepts import read_concepts
from dreamconfig.places import models_folder
from dreamconfig.rights import read_rights
from dreamconfig.settings import BotSettings
from dreamqueue.album import check_place
from dreamqueue.client import QueueClient
from dreamqueue.crowd import Crowd
from dreamqueue.errors import QueueAway
from dreamqueue.job import Job, Reply
from dreamqueue.prompt import Limits, Menu
from dreamqueue.rules import RuleStore, read_rules
from dreamqueue.store import HURRY, RedisAway
from dreamqueue.sweep import sweep
from dreamqueue.tricks import TrickShelf, TrickStore

log = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0
ANSWERED_AT_ONCE = 16

PORTAL = "https://discord.com/developers/applications"


class DreamBot(commands.Bot):
    """Knows the settings, the queue and the jobs it follows; what it does with them is in the cogs."""

    def __init__(
        self,
        settings: BotSettings,
        *,
        token_life: float = TOKEN_LIFE,
        gap: float = GAP,
        **options: Any,
    ) -> None:
        self.settings = settings
        self.limits = Limits.of(settings)
        self.rights = read_rights(settings.rights)
        self.concepts = read_concepts(settings.concepts)
        self._own_words = read_rules(settings.word_rules)
        self._words: RuleStore | None = None
        self.pace = Pace(gap)
        self.token_life = token_life
        self.watches = Watches()
        self.replays = Replays()
        self.lately = Lately()
        self.forgetting: set[str] = set()
        """Members whom this bot is forgetting."""
        self.shelf = TrickShelf()
        """The community's tricks, as they were a second ago."""
        self.crowd = Crowd(ANSWERED_AT_ONCE, in_line=10_000)
        self.opened = asyncio.Event()
        """Set once the queue is at hand, the commands are told and old jobs are followed on."""
        self._queue: QueueClient | None = None
        self._resumed = False
        self._opening: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()
        say_nothing_of_voice()
        super().__init__(
            command_prefix=commands.when_mentioned,
            tree_cls=DreamTree,
            help_command=None,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            http_trace=counting(self.pace.trace()),
            max_messages=None,
            chunk_guilds_at_startup=False,
            **options,
        )
        self.uploads = Uploads(self)
        self.tree.error(self._on_command_error)

    @property
    def queue(self) -> QueueClient:
        """The queue. Raises QueueAway until it was reached once; its calls do so whenever it is away."""
        if self._queue is None or not self._resumed:
            raise QueueAway
        return self._queue

    @property
    def menu(self) -> Menu:
        """What may be asked for by name, tricks among it."""
        return self.shelf.menu(self.settings.critic)

    @property
    def tricks(self) -> TrickStore:
        """Where the community's tricks are kept. Raises QueueAway as `queue` does."""
        return TrickStore(self.queue.redis)

    @property
    def word_rules(self) -> RuleStore:
        """What may not be asked for. Raises QueueAway as `queue` does."""
        if self._words is None:
            self._words = RuleStore(self.queue.redis, self._own_words)
        return self._words

    @property
    def redis(self) -> Redis | None:
        """The connection, if there was one yet."""
        return None if self._queue is None else self._queue.redis

    def follow(
        self,
        queue: QueueClient,
        job: Job,
        reply: Reply,
        interaction: discord.Interaction[Any] | None = None,
    ) -> None:
        """Show a job in a message until its end."""
        message = JobMessage(self, self.pace, reply, interaction, self.token_life)
        face = Face(queue, job, reply.language, LookedAt(self, reply))
        self.watches.begin(Watch(queue, self.pace, message, face))

    async def follow_again(self, queue: QueueClient, job: Job, reply: Reply) -> None:
        """Bring a job's message up to date, after whoever is at it still."""
        await self.watches.let_end(job.id)
        self.follow(queue, job, reply)

    def later(self, errand: Coroutine[Any, Any, None]) -> None:
        """Do something beside everything else; it ends with the bot at the latest."""
        unhurried = copy_context()
        unhurried.run(HURRY.set, lambda: None)
        task = asyncio.create_task(errand, name="errand", context=unhurried)
        self._errands.add(task)
        task.add_done_callback(self._errand_done)

    async def setup_hook(self) -> None:
        """After login, before the first event."""
        await self.tree.set_translator(CommandTranslator())
        for cog in COGS:
            await self.add_cog(load(cog)(self))
        self.add_dynamic_items(JobButton, JobMenu)
        self._opening = asyncio.create_task(self._open(), name="open the queue")

    async def on_ready(self) -> None:
        """Discord may send this many times."""
        log.info("here as %s, in %d servers", self.user, len(self.guilds))
        self._warn_of_shared()

    async def on_guild_join(self, _guild: discord.Guild) -> None:
        """Somebody has invited the bot."""
        self._warn_of_shared()

    async def on_interaction(self, interaction: discord.Interaction[DreamBot]) -> None:
        """Commands, and buttons of their message, find their way by themselves; dialogs go by their id."""
        if interaction.type is discord.InteractionType.component:
            await pressed(interaction)
        if interaction.type is discord.InteractionType.modal_submit:
            await answered(interaction)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Something failed in a handler of events."""
        log.exception("while handling %s", event_method)

    async def close(self) -> None:
        """Leave; jobs go on without the bot, and the next one follows them on."""
        if self._opening is not None:
            self._opening.cancel()
        for task in (self._sweeping, self._following, *self._errands):
            if task is not None:
                task.cancel()
        await self.watches.close()
        await super().close()
        if self._queue is not None:
            await self._queue.close()
            self._queue = None

    async def _open(self) -> None:
        wait, count = 0.2, 0
        while True:
            try:
                if self._queue is None:
                    self._queue = await QueueClient.connect(self.settings)
                if not self._resumed:  # before new jobs come in, so that none of them looks left behind
                    count = await resume(self, self._queue)
                    self._resumed = True
                await self._tell_commands(self._queue)
                break
            except QueueAway as away:
                log.warning("Redis does not answer, and /imagine says so (%s); trying again", away.__cause__)
            except Exception:
                log.exception("the queue cannot be opened; trying again")
            await asyncio.sleep(wait)
            wait = min(5.0, 2 * wait)
        tricks = TrickStore(self._queue.redis)
        with contextlib.suppress(QueueAway):
            await self.shelf.refresh(tricks)
        following = self.shelf.follow(tricks, self._queue.store)
        self._following = asyncio.create_task(following, name="follow tricks")
        self._sweeping = asyncio.create_task(self._sweep(self._queue), name="sweep")
        self.later(go_on(self))
        self.opened.set()
        log.info("the queue is at hand; following %d jobs from before", count)

    def _warn_of_shared(self) -> None:
        amiss = shared.warning(self.rights, len(self.guilds))
        if amiss is not None:
            log.warning("%s", amiss)

    def _errand_done(self, task: asyncio.Task[None]) -> None:
        self._errands.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("an errand was not done", exc_info=error)

    async def _sweep(self, queue: QueueClient) -> None:
        """So that jobs which waited too long end also while no worker is awake."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await sweep(queue)
                await queue.stars.keep_on()
            except (QueueAway, *RedisAway):
                log.warning("Redis is away; jobs that wait too long are looked for later")
            except Exception:
                log.exception("jobs that wait too long could not be looked for")

    async def _tell_commands(self, queue: QueueClient) -> None:
        application = cast(int, self.application_id)  # known since login
        try:
            await sync_commands(self.tree, queue.redis, application, self.settings.guild)
        except (discord.HTTPException, app_commands.AppCommandError, aiohttp.ClientError) as error:
            log.error("Discord does not take the commands, so /imagine may be missing: %s", error)

    async def _on_command_error(
        self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError
    ) -> None:
        await answer(interaction, error)


async def run_bot(settings: BotSettings, **options: Any) -> None:
    """Run the bot until it is cancelled. Ends the process with a sentence if the token does not work.

    `options` are those of DreamBot, for those who run it against a stand-in.
    """
    if settings.discord_url is not None:
        try:
            stand_in.point_discord_at(settings.discord_url)
        except ValueError as error:
            raise SystemExit(str(error)) from None
    try:
        include(models_folder(settings.models))
        read_rights(settings.rights)
        read_concepts(settings.concepts)
        read_rules(settings.word_rules)
        check_place(settings.album)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    token = settings.discord_token.get_secret_value().strip()
    if not token:
        raise SystemExit(f"DREAM_DISCORD_TOKEN is empty. Copy the bot's token from {PORTAL} (page Bot).")
    async with DreamBot(settings, **options) as bot, seen(bot):
        try:
            await bot.start(token)
        except discord.LoginFailure:
            raise SystemExit(
                f"Discord refuses DREAM_DISCORD_TOKEN. Copy the bot's token again from {PORTAL} (page Bot)."
            ) from None
