"""The gateway: HELLO, IDENTIFY, heartbeats, events, and RESUME with what was missed."""

from __future__ import annotations

import asyncio
import importlib
import json
import secrets
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from dreampractice import events, shapes
from dreampractice.core import Core
from dreampractice.feed import Change

Json = dict[str, Any]
ROAD = 0.02
"""Seconds that an answer to a heartbeat takes, as over a short road."""
DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 8, 9, 10, 11
UNKNOWN_ERROR, DECODE_ERROR, NOT_AUTHENTICATED, BAD_TOKEN, ALREADY, BAD_INTENTS = (
    4000,
    4002,
    4003,
    4004,
    4005,
    4014,
)


class Wire:
    """One connection, with the compression the client asked for."""

    def __init__(self, socket: web.WebSocketResponse, compression: str | None) -> None:
        self.socket = socket
        self._squeeze = _compressor(compression)
        self._queue: asyncio.Queue[Json | None] = asyncio.Queue()

    def send(self, payload: Json) -> None:
        """Send a payload after those before it."""
        self._queue.put_nowait(payload)

    async def pump(self) -> None:
        """Write what was queued, in order, until the connection ends."""
        while (payload := await self._queue.get()) is not None:
            text = json.dumps(payload)
            try:
                if self._squeeze is None:
                    await self.socket.send_str(text)
                else:
                    await self.socket.send_bytes(self._squeeze(text.encode()))
            except ConnectionError:
                return

    def stop(self) -> None:
        """Let `pump` end once all is written."""
        self._queue.put_nowait(None)


def _compressor(name: str | None) -> Callable[[bytes], bytes] | None:
    if name == "zlib-stream":
        stream = zlib.compressobj()
        return lambda data: stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
    if name == "zstd-stream":
        chunks = importlib.import_module("zstandard").ZstdCompressor().compressobj()
        block = 1  # flush what is there, keep the frame open
        return lambda data: bytes(chunks.compress(data) + chunks.flush(block))
    return None


@dataclass(eq=False)
class Session:
    """What a client resumes: its place in the stream of events."""

    intents: int
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    seq: int = 0
    sent: deque[Json] = field(default_factory=deque)
    wire: Wire | None = None


class Gateway:
    """All sessions of the bot."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.sessions: dict[str, Session] = {}
        self.connected = asyncio.Event()
        """Set while a session is live."""
        self._stop = core.world.feed.listen(self._told)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from HELLO to its end."""
        socket = web.WebSocketResponse(max_msg_size=4096, compress=False, timeout=1.0)
        await socket.prepare(request)
        wire = Wire(socket, request.query.get("compress"))
        pump = asyncio.create_task(wire.pump())
        wire.send({"op": HELLO, "d": {"heartbeat_interval": int(self.core.rules.heartbeat * 1000)}})
        session: Session | None = None
        try:
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT:
                    break
                session = await self._receive(wire, json.loads(frame.data), session)
        except ValueError:
            await socket.close(code=DECODE_ERROR, message=b"Error while decoding payload.")
        finally:
            if session is not None and session.wire is wire:
                session.wire = None
                if socket.close_code in (1000, 1001):  # a goodbye: there will be no resuming
                    self.sessions.pop(session.id, None)
                if all(each.wire is None for each in self.sessions.values()):
                    self.connected.clear()
            wire.stop()
            pump.cancel()
        return socket

    async def _receive(self, wire: Wire, payload: Json, session: Session | None) -> Session | None:
        op, data = payload.get("op"), payload.get("d")
        if op == HEARTBEAT:
            # discord.py notes the time after sending: an instant answer would look an interval late
            asyncio.get_running_loop().call_later(ROAD, wire.send, {"op": ACK})
        elif op == IDENTIFY and data:
            if session is not None:
                await wire.socket.close(code=ALREADY, message=b"Already authenticated.")
                return session
            return await self._identify(wire, data)
        elif op == RESUME and data:
            return await self._resume(wire, data)
        elif session is None:
            await wire.socket.close(code=NOT_AUTHENTICATED, message=b"Not authenticated.")
        elif op == MEMBERS and data:
            self._members(session, data)
        return session

    async def _identify(self, wire: Wire, data: Json) -> Session | None:
        if data.get("token") != self.core.token:
            await wire.socket.close(code=BAD_TOKEN, message=b"Authentication failed.")
            return None
        intents = int(data.get("intents", 0))
        granted = sum(events.Intent[name] for name in self.core.rules.intents)
        if intents & events.PRIVILEGED & ~granted:
            await wire.socket.close(code=BAD_INTENTS, message=b"Disallowed intent(s).")
            return None
        session = Session(intents, wire=wire)
        self.sessions[session.id] = session
        world = self.core.world
        self._dispatch(
            session,
            "READY",
            {
                "v": 10,
                "user": shapes.own_user(world),
                "guilds": [{"id": world.guild_id, "unavailable": True}],
                "session_id": session.id,
                "resume_gateway_url": self.core.base.replace("http", "ws", 1) + "/gateway",
                "application": {"id": world.application_id, "flags": 0, "flags_new": "0"},
            },
        )
        self._dispatch(session, "GUILD_CREATE", events.guild_create(self.core, intents))
        self.connected.set()
        return session

    async def _resume(self, wire: Wire, data: Json) -> Session | None:
        if data.get("token") != self.core.token:
            await wire.socket.close(code=BAD_TOKEN, message=b"Authentication failed.")
            return None
        session = self.sessions.get(data.get("session_id", ""))
        seq = int(data.get("seq") or 0)
        if session is None or (session.sent and seq < session.sent[0]["s"] - 1):
            wire.send({"op": INVALID, "d": False})
            return None
        session.wire = wire
        for payload in session.sent:
            if payload["s"] > seq:
                wire.send(payload)
        self._dispatch(session, "RESUMED", {})
        self.connected.set()
        return session

    def _members(self, session: Session, data: Json) -> None:
        world = self.core.world
        wanted = data.get("user_ids") or []
        wanted = {wanted} if isinstance(wanted, str) else {str(one) for one in wanted}
        query, limit = data.get("query"), int(data.get("limit") or 0)
        found = [
            member
            for member in world.members.values()
            if (member.user.id in wanted if wanted else member.user.name.startswith(query or ""))
        ]
        found = found[: limit or None]
        chunk: Json = {
            "guild_id": world.guild_id,
            "members": [shapes.member(member) for member in found],
            "chunk_index": 0,
            "chunk_count": 1,
        }
        if "nonce" in data:
            chunk["nonce"] = data["nonce"]
        self._dispatch(session, "GUILD_MEMBERS_CHUNK", chunk)

    def _told(self, change: Change) -> None:
        for session in self.sessions.values():
            for name, data in events.of(self.core, change, session.intents):
                self._dispatch(session, name, data)

    def _dispatch(self, session: Session, name: str, data: Json) -> None:
        session.seq += 1
        payload: Json = {"op": DISPATCH, "t": name, "s": session.seq, "d": data}
        self.core.dispatched.append((name, data))
        session.sent.append(payload)
        while len(session.sent) > self.core.rules.resume_window:
            session.sent.popleft()
        if session.wire is not None:
            session.wire.send(payload)

    async def drop(self, resumable: bool = True) -> None:
        """Break every connection, as a network does. Not resumable: the sessions are forgotten too."""
        live = [session.wire for session in self.sessions.values() if session.wire is not None]
        for session in self.sessions.values():
            session.wire = None
        if not resumable:
            self.sessions.clear()
        self.connected.clear()
        for wire in live:
            await wire.socket.close(code=UNKNOWN_ERROR, message=b"Dropped.")

    def ask_to_reconnect(self) -> None:
        """Tell every client to reconnect and resume (op 7)."""
        for session in self.sessions.values():
            if session.wire is not None:
                session.wire.send({"op": RECONNECT, "d": None})

    async def close(self) -> None:
        """End all connections."""
        self._stop()
        await self.drop(resumable=False)
