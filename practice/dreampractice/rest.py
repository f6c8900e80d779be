"""The REST side: who asks, is there room in the bucket, then the endpoint; refusals become Discord's JSON."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from dreampractice import body, errors
from dreampractice.core import Core, Exchange

PREFIX = "/api/v10"


@dataclass(frozen=True)
class Call:
    """A request that came this far."""

    core: Core
    params: dict[str, str]
    query: dict[str, str]
    body: body.Body


@dataclass(frozen=True)
class Reply:
    """What goes back. `data` None means no body."""

    data: Any = None
    status: int = 200


NOTHING = Reply(None, 204)
Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True)
class Endpoint:
    """One operation. `limit` names its rate limit; `secret` is false where the address holds a token."""

    method: str
    path: str
    handler: Handler
    limit: str | None = "read"
    secret: bool = True


MAJOR = ("channel_id", "guild_id", "webhook_id", "token")


def routes(core: Core, endpoints: Iterable[Endpoint]) -> list[web.RouteDef]:
    """aiohttp routes for the endpoints, and a 404 for everything else."""
    rows = [web.route(end.method, PREFIX + end.path, _serve(core, end)) for end in endpoints]
    lost = Endpoint("*", "/{rest:.*}", _not_found, None, secret=False)
    return [*rows, web.route("*", PREFIX + lost.path, _serve(core, lost))]


async def _not_found(call: Call) -> Reply:
    raise errors.Refusal(404, 0, "404: Not Found")


def _serve(core: Core, end: Endpoint) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        headers: dict[str, str] = {"Via": "1.1 practice"}
        read = body.Body()
        try:
            if end.secret and request.headers.get("Authorization") != f"Bot {core.token}":
                raise errors.unauthorized()
            refusal = _limit(core, end, request, headers)
            if refusal is not None:
                raise refusal
            read = await body.read(request, core.rules.file_limit)
            reply = await end.handler(Call(core, dict(request.match_info), dict(request.query), read))
        except errors.Refusal as refused:
            reply = Reply(refused.body(), refused.status)
            _count(core, refused, headers)
        _record(core, request, read, reply, headers)
        return _response(reply, headers)

    return serve


def _limit(core: Core, end: Endpoint, request: web.Request, headers: dict[str, str]) -> errors.Refusal | None:
    if end.limit is None:
        return None
    major = "/".join(request.match_info[name] for name in MAJOR if name in request.match_info)
    verdict = core.limits.take(end.limit, major, counts_globally=end.secret)
    headers.update(verdict.headers)
    if verdict.passed:
        return None
    return errors.Refusal(
        429,
        0,
        "You are being rate limited.",
        retry_after=verdict.retry_after,
        **{"global": verdict.everywhere},
    )


def _count(core: Core, refused: errors.Refusal, headers: dict[str, str]) -> None:
    if refused.status in (401, 403, 429):
        core.limits.invalid += 1
    if refused.status == 429 and "Retry-After" not in headers:
        headers["Retry-After"] = str(max(1, round(refused.more["retry_after"])))


def _record(core: Core, request: web.Request, read: body.Body, reply: Reply, headers: dict[str, str]) -> None:
    core.traffic.append(
        Exchange(
            request.method,
            request.rel_url.raw_path.removeprefix(PREFIX),
            dict(request.query),
            dict(request.headers),
            read.content_type,
            read.data,
            tuple(f"files[{number}]" for number in read.files),
            reply.status,
            headers,
            reply.data,
        )
    )


def _response(reply: Reply, headers: dict[str, str]) -> web.Response:
    if reply.data is None:
        return web.Response(status=reply.status, headers=headers)
    # discord.py reads JSON only when the header is exactly this, without a charset
    headers = headers | {"Content-Type": "application/json"}
    return web.Response(status=reply.status, body=json.dumps(reply.data).encode(), headers=headers)
