"""The chat page's server side: its files, its uploads, and one socket per person who looks at it."""

from __future__ import annotations

import asyncio
import json
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web

from dreampractice import shapes
from dreampractice.body import Upload
from dreampractice.core import Core
from dreampractice.errors import Refusal
from dreampractice.feed import Change
from dreampractice.interactions import Interaction
from dreampractice.messages import Message
from dreampractice.options import CannotSend
from dreampractice.page_actions import Actions
from dreampractice.people import Person
from dreampractice.permissions import Permission
from dreampractice.world import DIRECT, LOCALES, Channel

Json = dict[str, Any]
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
EVENTS = {"created": "MESSAGE_CREATE", "updated": "MESSAGE_UPDATE", "reaction": "MESSAGE_UPDATE"}


class Page:
    """The page at /."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.uploads: dict[str, Upload] = {}
        self._open: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        """What the page needs."""
        return [
            web.get("/", self._file),
            web.get("/page/{name:[a-z_]+\\.(?:js|css|svg)}", self._file),
            web.post("/page/upload", self._upload),
            web.get("/page/socket", self._socket),
        ]

    async def close(self) -> None:
        """Say goodbye to everyone."""
        for socket in list(self._open):
            await socket.close(code=1001)

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        file = files("dreampractice").joinpath("page", name)
        if not file.is_file():
            raise web.HTTPNotFound
        headers = {
            "Content-Security-Policy": POLICY,
            "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        kind = KINDS[name[name.rindex(".") :]]
        return web.Response(body=file.read_bytes(), content_type=kind, charset="utf-8", headers=headers)

    async def _upload(self, request: web.Request) -> web.Response:
        _same_origin(request)
        content = await request.read()
        if len(content) > self.core.rules.file_limit:
            return web.json_response({"words": "Your files are too powerful"}, status=413)
        number = self.core.world.ids.next()
        name = request.query.get("name", "file")
        self.uploads[number] = Upload(name, content, request.content_type)
        return web.json_response({"upload": number})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        _same_origin(request)
        name = request.query.get("as", "")
        people = [member for member in self.core.world.members.values() if not member.user.bot]
        member = next((one for one in people if one.user.name == name), None)
        person = Person(self.core, member or people[0])
        socket = web.WebSocketResponse(max_msg_size=1 << 20, heartbeat=30.0, timeout=1.0)
        await socket.prepare(request)
        self._open.add(socket)
        viewer = Viewer(self, person)
        pump = asyncio.create_task(viewer.pump(socket))
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await viewer.receive(json.loads(frame.data))
        finally:
            viewer.stop()
            pump.cancel()
            self._open.discard(socket)
        return socket


def _relative(shape: Json, base: str) -> Json:
    """The same with the CDN's addresses as the browser reaches them, under whatever name it came here."""
    near: Json = json.loads(json.dumps(shape).replace(f'"{base}/cdn/', '"/cdn/'))
    return near


def localised(row: Json, locale: str) -> Json:
    """A command or option as a client of this language describes it. Names stay: they are what is sent."""
    shape = dict(row)
    shape["description"] = (row.get("description_localizations") or {}).get(locale) or row.get("description")
    if row.get("options"):
        shape["options"] = [localised(option, locale) for option in row["options"]]
    return shape


def _same_origin(request: web.Request) -> None:
    """Other sites open in the same browser have no business here."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise web.HTTPForbidden


class Viewer:
    """One person at one page: hears what they may see, does what they ask."""

    def __init__(self, page: Page, person: Person) -> None:
        self.core = page.core
        self.person = person
        self._actions = Actions(person, page.uploads)
        self._queue: asyncio.Queue[Json] = asyncio.Queue()
        self._nonces: dict[str, Any] = {}
        self.stop = self.core.world.feed.listen(self._told)
        self.tell("WORLD", self._world())
        for channel in person.channels():
            self.tell("MESSAGES", self._messages(channel))

    def tell(self, kind: str, data: Json) -> None:
        """Queue an event for the page."""
        self._queue.put_nowait({"t": kind, "d": data})

    async def pump(self, socket: web.WebSocketResponse) -> None:
        """Send what was queued."""
        while True:
            event = await self._queue.get()
            try:
                await socket.send_json(event)
            except ConnectionError:
                return

    async def receive(self, asked: Json) -> None:
        """Do what the page asks; say so when it cannot be done."""
        try:
            begun = await self._actions.do(asked)
        except (CannotSend, Refusal) as error:
            words = error.message if isinstance(error, Refusal) else str(error)
            self.tell("REFUSED", {"nonce": asked.get("nonce"), "words": words})
            return
        if begun is not None:
            self._nonces[begun.id] = asked.get("nonce")
            self.tell("INTERACTION", self._interaction(begun, "sent"))

    def _told(self, change: Change) -> None:
        if change.message is not None:
            self._told_message(change.kind, change.message)
        elif change.kind == "interaction":
            one: Interaction = change.data["interaction"]
            if one.id in self._nonces and change.data["state"] != "new":
                self.tell("INTERACTION", self._interaction(one, change.data["state"]))
        elif change.kind == "typing":
            channel: Channel = change.data["channel"]
            if self.person.may(Permission.view_channel, channel):
                user = shapes.user(change.data["user"])
                self.tell("TYPING_START", {"channel_id": channel.id, "user": user})
        else:
            self.tell("WORLD", self._world())

    def _told_message(self, kind: str, message: Message) -> None:
        if not message.seen_by(self.person.user):
            return
        if not self.person.may(Permission.view_channel, message.channel):
            return
        if kind == "deleted":
            self.tell("MESSAGE_DELETE", {"id": message.id, "channel_id": message.channel.id})
        else:
            self.tell(EVENTS[kind], self._message(message))

    def _message(self, message: Message) -> Json:
        me = self.person.user
        shape = _relative(shapes.message(message, self.core.world, self.core.base), self.core.base)
        shape["pings_you"] = (
            me in message.mentions
            or message.mention_everyone
            or any(role in message.mention_roles for role in self.person.member.roles)
        )
        for row in shape.get("reactions", []):
            row["me"] = me in message.reactions[row["emoji"]["name"]]
        return shape

    def _messages(self, channel: Channel) -> Json:
        rows = self.person.sees(channel.id)[-100:]
        return {"channel_id": channel.id, "messages": [self._message(row) for row in rows]}

    def _world(self) -> Json:
        world = self.core.world
        places, me = self.person.channels(), self.person.user
        return {
            "guild": world.guild_name,
            "you": shapes.user(me),
            "locale": me.locale,
            "locales": LOCALES,
            "bot": shapes.user(world.bot),
            "people": [
                shapes.user(member.user) | {"color": self._colour(member.roles), "roles": member.roles}
                for member in world.members.values()
            ],
            "roles": [shapes.role(role) for role in world.roles.values()],
            "channels": [
                shapes.channel(world, place)
                | {
                    "name": world.bot.display if place.kind == DIRECT else place.name,
                    "permissions": str(int(world.permissions(me, place))),
                    "commands": [localised(row, me.locale) for row in self.person.commands(place.id)],
                }
                for place in places
            ],
            "file_limit": self.core.rules.file_limit,
        }

    def _colour(self, roles: list[str]) -> int:
        coloured = [self.core.world.roles[role].color for role in roles]
        return next((colour for colour in reversed(coloured) if colour), 0)

    def _interaction(self, one: Interaction, state: str) -> Json:
        shape: Json = {
            "id": one.id,
            "nonce": self._nonces.get(one.id),
            "kind": one.kind,
            "state": state,
            "channel_id": one.channel.id,
            "message_id": one.message.id if one.message else None,
            "response_id": one.original.id if one.original else None,
            "words": one.failure,
            "choices": one.choices,
        }
        if state == "answered" and one.modal is not None:
            shape["modal"] = one.modal
        return shape
