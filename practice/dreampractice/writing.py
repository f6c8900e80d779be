"""Making and changing messages from what the bot or a person sends."""

from __future__ import annotations

import io
import mimetypes
import re
import time
import warnings
from typing import Any

from PIL import Image, UnidentifiedImageError

from dreampractice import checks, errors
from dreampractice.body import Body, Upload
from dreampractice.core import Core
from dreampractice.messages import EPHEMERAL, LOADING, SUPPRESS_EMBEDS, Attachment, Message
from dreampractice.permissions import Permission
from dreampractice.world import Channel, User

Json = dict[str, Any]
MENTION = re.compile(r"<@!?(\d+)>")
ROLE_MENTION = re.compile(r"<@&(\d+)>")
SETTABLE_FLAGS = EPHEMERAL | SUPPRESS_EMBEDS | 1 << 12


def keep_file(core: Core, upload: Upload, channel: Channel, ephemeral: bool, about: Json) -> Attachment:
    """Store an upload where the CDN serves it; pictures get their size."""
    file_id = core.world.ids.next()
    asked = about.get("filename") or upload.filename
    filename = re.sub(r"[^\w.\-]", "_", asked) or "file"
    kind = mimetypes.guess_type(filename)[0] or upload.content_type or "application/octet-stream"
    width, height = _size(upload.content) if kind.startswith("image/") else (None, None)
    folder = "ephemeral-attachments" if ephemeral else "attachments"
    file = Attachment(
        file_id,
        filename,
        upload.content,
        kind,
        f"/cdn/{folder}/{channel.id}/{file_id}/{filename}",
        width,
        height,
        about.get("description"),
        ephemeral,
    )
    core.files[file.path] = file
    return file


def _size(content: bytes) -> tuple[int | None, int | None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # only the header is read
            with Image.open(io.BytesIO(content)) as picture:
                return picture.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return None, None


def compose(
    core: Core,
    channel: Channel,
    author: User,
    body: Body,
    *,
    kind: int = 0,
    only_for: User | None = None,
    webhook: bool = False,
    interaction: Json | None = None,
    reference: Message | None = None,
    loading: bool = False,
) -> Message:
    """A new message, told to everyone who sees it."""
    data = body.json
    checks.message(data, core.rules.content_limit)
    flags = int(data.get("flags") or 0) & SETTABLE_FLAGS
    flags = (flags & ~EPHEMERAL) | (EPHEMERAL if only_for else 0) | (LOADING if loading else 0)
    message = Message(core.world.ids.next(), channel, author, time.time(), kind, flags=flags)
    message.only_for = only_for
    message.webhook_id = core.world.application_id if webhook else None
    message.interaction = interaction
    message.reference = reference
    message.nonce = data.get("nonce")
    _write(core, message, data)
    _attach(core, message, body)
    if not loading and not (message.content or message.embeds or message.attachments or message.components):
        raise errors.empty_message()
    channel.messages[message.id] = message
    message.keep_version(message.created)
    core.world.feed.tell("created", message)
    return message


def revise(core: Core, message: Message, body: Body) -> Message:
    """Change a message: only the keys that are there; `attachments` keeps exactly what it lists."""
    checks.message(body.json, core.rules.content_limit)
    was_loading, before = message.thinking, vars(message).copy()
    try:
        _write(core, message, body.json)
        _attach(core, message, body)
        if not (message.content or message.embeds or message.attachments or message.components):
            raise errors.empty_message()
    except errors.Refusal:
        vars(message).update(before)
        raise
    now = time.time()
    if was_loading:
        message.flags &= ~LOADING
    else:
        message.edited = now
    message.keep_version(now)
    core.world.feed.tell("updated", message)
    return message


def erase(core: Core, message: Message) -> None:
    """Delete a message."""
    message.channel.messages.pop(message.id, None)
    message.deleted = True
    core.world.feed.tell("deleted", message)


def _write(core: Core, message: Message, data: Json) -> None:
    if "content" in data:
        message.content = (data["content"] or "").strip()
    if "embeds" in data:
        message.embeds = [_embed(embed) for embed in data["embeds"] or []]
    if "components" in data:
        message.components = _numbered(data["components"] or [])
    if "flags" in data and data["flags"] is not None:
        kept = message.flags & (EPHEMERAL | LOADING)
        message.flags = kept | (int(data["flags"]) & SETTABLE_FLAGS & ~EPHEMERAL)
    _mention(core, message, data.get("allowed_mentions"))


def _mention(core: Core, message: Message, allowed: Json | None) -> None:
    """Whom a message pings. Without `allowed_mentions` everyone named, as Discord does."""
    world = core.world
    everyone: Json = {"parse": ["users", "roles", "everyone"], "replied_user": True}
    rules = everyone if allowed is None else allowed
    parse = rules.get("parse") or []
    users, roles = ([str(one) for one in rules.get(name) or []] for name in ("users", "roles"))
    named = [who for who in MENTION.findall(message.content) if who in world.members]
    message.mentions = [
        world.members[who].user for who in dict.fromkeys(named) if "users" in parse or who in users
    ]
    if message.reference is not None and rules.get("replied_user"):
        author = message.reference.author
        if author not in message.mentions and author is not message.author:
            message.mentions.append(author)
    named_roles = [role for role in ROLE_MENTION.findall(message.content) if role in world.roles]
    message.mention_roles = [role for role in dict.fromkeys(named_roles) if "roles" in parse or role in roles]
    loud = "@everyone" in message.content or "@here" in message.content
    may = bool(world.permissions(message.author, message.channel) & Permission.mention_everyone)
    message.mention_everyone = loud and may and "everyone" in parse


def _attach(core: Core, message: Message, body: Body) -> None:
    listed = body.json.get("attachments")
    about: dict[str, Json] = {str(row.get("id")): row for row in listed or []}
    if listed is not None:
        message.attachments = [file for file in message.attachments if file.id in about]
    for number, upload in body.files.items():
        row = about.get(number, {})
        new = keep_file(core, upload, message.channel, message.only_for is not None, row)
        message.attachments = [*message.attachments, new]
    if len(message.attachments) > 10:
        raise errors.invalid("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    if "embeds" in body.json:
        message.embeds = [_linked(core, message, embed) for embed in message.embeds]


def _linked(core: Core, message: Message, embed: Json) -> Json:
    """`attachment://name` becomes the file's address."""
    files = {file.filename: file for file in message.attachments}
    linked = dict(embed)
    for key in ("image", "thumbnail"):
        url = (embed.get(key) or {}).get("url", "")
        file = files.get(url.removeprefix("attachment://")) if url.startswith("attachment://") else None
        if file is not None:
            address = core.base + file.path
            linked[key] = {"url": address, "proxy_url": address, "flags": 0}
            if file.width is not None and file.height is not None:
                linked[key] |= {"width": file.width, "height": file.height}
    return linked


def _embed(embed: Json) -> Json:
    kept = {key: value for key, value in embed.items() if value is not None}
    kept["type"] = "rich"
    if "fields" in kept:
        kept["fields"] = [{"inline": False} | row for row in kept["fields"]]
    return kept


def _numbered(rows: list[Json]) -> list[Json]:
    """Components with the ids Discord gives to those that bring none."""
    count = 0

    def walk(part: Json) -> Json:
        nonlocal count
        count += 1
        made = {key: value for key, value in part.items() if value is not None}
        made["id"] = part.get("id") or count
        if isinstance(made.get("emoji"), dict):
            made["emoji"] = {key: value for key, value in made["emoji"].items() if value is not None}
        if part.get("type") in (3, 5, 6, 7, 8):
            made = {"min_values": 1, "max_values": 1} | made
        if "components" in made:
            made["components"] = [walk(inner) for inner in made["components"]]
        return made

    return [walk(row) for row in rows]
