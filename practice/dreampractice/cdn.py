"""The CDN: attachments as they were sent, and the avatars Discord draws for those without one."""

from __future__ import annotations

import io

from aiohttp import web
from PIL import Image, ImageDraw

from dreampractice.core import Core

COLOURS = ["#5865f2", "#747f8d", "#3ba55c", "#faa61a", "#ed4245", "#eb459e"]
SAFE_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4", "text/plain")


def routes(core: Core) -> list[web.RouteDef]:
    """What the CDN serves."""

    async def attachment(request: web.Request) -> web.Response:
        file = core.files.get(request.path)
        if file is None:
            raise web.HTTPNotFound(text="This content is no longer available.")
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"}
        if file.content_type not in SAFE_INLINE:
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=file.content, content_type=file.content_type, headers=headers)

    async def avatar(request: web.Request) -> web.Response:
        picture = Image.new("RGB", (128, 128), COLOURS[int(request.match_info["number"]) % len(COLOURS)])
        ImageDraw.Draw(picture).ellipse((40, 24, 88, 72), fill="white")
        ImageDraw.Draw(picture).ellipse((24, 80, 104, 160), fill="white")
        into = io.BytesIO()
        picture.save(into, "PNG")
        return web.Response(body=into.getvalue(), content_type="image/png")

    return [
        web.get("/cdn/attachments/{channel}/{id}/{name}", attachment),
        web.get("/cdn/ephemeral-attachments/{channel}/{id}/{name}", attachment),
        web.get("/cdn/embed/avatars/{number:\\d+}.png", avatar),
    ]
