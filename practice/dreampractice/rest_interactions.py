"""REST: answering interactions, and following up with their token. No Authorization: the token is the key."""

from __future__ import annotations

from typing import Any

from dreampractice import checks, errors, shapes, writing
from dreampractice.body import Body
from dreampractice.interactions import (
    AUTOCOMPLETE,
    CHOICES,
    COMMAND,
    COMPONENT,
    DEFER,
    DEFER_UPDATE,
    MESSAGE,
    MODAL,
    MODAL_SUBMIT,
    UPDATE,
    Interaction,
)
from dreampractice.messages import CHAT_COMMAND, CONTEXT_COMMAND, DEFAULT, EPHEMERAL, REPLY, Message
from dreampractice.permissions import Permission
from dreampractice.rest import NOTHING, Call, Endpoint, Reply
from dreampractice.rest_messages import count_old_edit

Json = dict[str, Any]

ANSWERS = {
    COMMAND: (MESSAGE, DEFER, MODAL),
    COMPONENT: (MESSAGE, DEFER, DEFER_UPDATE, UPDATE, MODAL),
    AUTOCOMPLETE: (CHOICES,),
    MODAL_SUBMIT: (MESSAGE, DEFER, DEFER_UPDATE, UPDATE),
}


async def answer(call: Call) -> Reply:
    """The one answer to an interaction."""
    one = call.core.interactions.to_answer(call.params["interaction_id"], call.params["token"])
    kind = call.body.json.get("type")
    data = call.body.json.get("data") or {}
    if kind not in ANSWERS[one.kind] or (kind in (UPDATE, DEFER_UPDATE) and one.message is None):
        allowed = ", ".join(str(each) for each in ANSWERS[one.kind])
        raise errors.invalid("type", "BASE_TYPE_CHOICES", f"Value must be one of ({allowed}).")
    resource = _apply(call, one, kind, Body(call.body.content_type, data, call.body.files))
    call.core.interactions.answered(one, kind)
    if call.query.get("with_response", "").lower() not in ("1", "true"):
        return NOTHING
    body: Json = {"interaction": _describe(one)}
    if kind in (MESSAGE, UPDATE) and resource is not None:
        shape = shapes.message(resource, call.core.world, call.core.base)
        body["resource"] = {"type": kind, "message": shape}
    return Reply(body)


def _apply(call: Call, one: Interaction, kind: int, body: Body) -> Message | None:
    if kind == CHOICES:
        checks.choices(body.json)
        one.choices = body.json.get("choices") or []
    elif kind == MODAL:
        checks.modal(body.json)
        one.modal = body.json
    elif kind in (MESSAGE, DEFER):
        one.original = _post(call, one, body, loading=kind == DEFER)
        return one.original
    else:
        one.original = one.message
        if kind == UPDATE and one.message is not None:
            _may_post(call, one, body)
            return writing.revise(call.core, one.message, body)
    return None


def _may_post(call: Call, one: Interaction, body: Body) -> None:
    """Files and embeds need the bot's permission in the place; the words do not."""
    have = call.core.world.permissions(call.core.world.bot, one.channel)
    if body.files and not have & Permission.attach_files:
        raise errors.missing_permissions()
    if body.json.get("embeds") and not have & Permission.embed_links:
        raise errors.missing_permissions()


def _post(call: Call, one: Interaction, body: Body, loading: bool = False, followup: bool = False) -> Message:
    _may_post(call, one, body)
    hidden = bool(int(body.json.get("flags") or 0) & EPHEMERAL)
    kind, reference = DEFAULT, None
    if followup:
        kind, reference = REPLY, one.original
    elif one.kind == COMMAND:
        kind = CHAT_COMMAND if one.data.get("type", 1) == 1 else CONTEXT_COMMAND
    elif one.message is not None:
        kind, reference = REPLY, one.message
    return writing.compose(
        call.core,
        one.channel,
        call.core.world.bot,
        body,
        kind=kind,
        only_for=one.member.user if hidden else None,
        webhook=True,
        interaction=_metadata(call, one, one.original if followup else None),
        reference=reference,
        loading=loading,
    )


def _metadata(call: Call, one: Interaction, original: Message | None = None) -> Json:
    shape: Json = {
        "id": one.id,
        "type": one.kind,
        "user": shapes.user(one.member.user),
        "authorizing_integration_owners": {"0": call.core.world.guild_id},
    }
    if one.kind == COMMAND:
        shape["name"] = _command_name(one.data)
    if one.kind == COMPONENT and one.message is not None:
        shape["interacted_message_id"] = one.message.id
    if one.source is not None:
        shape["triggering_interaction_metadata"] = _metadata(call, one.source)
    if original is not None:
        shape["original_response_message_id"] = original.id
    return shape


def _command_name(data: Json) -> str:
    names = [data["name"]]
    options = data.get("options") or []
    while options and options[0]["type"] in (1, 2):
        names.append(options[0]["name"])
        options = options[0].get("options") or []
    return " ".join(names)


def _describe(one: Interaction) -> Json:
    shape: Json = {"id": one.id, "type": one.kind}
    if one.original is not None:
        shape |= {
            "response_message_id": one.original.id,
            "response_message_loading": one.original.thinking,
            "response_message_ephemeral": one.original.ephemeral,
        }
    return shape


def _find(call: Call) -> tuple[Interaction, Message]:
    one = call.core.interactions.by_token(call.params["webhook_id"], call.params["token"])
    wanted = call.params["message_id"]
    message = one.original if wanted == "@original" else one.channel.messages.get(wanted)
    if message is None or message.deleted:
        raise errors.unknown("Message")
    if message is not one.original and (message.interaction or {}).get("id") != one.id:
        raise errors.unknown("Message")
    return one, message


async def read(call: Call) -> Reply:
    """A message that the token made."""
    _, message = _find(call)
    return Reply(shapes.message(message, call.core.world, call.core.base))


async def edit(call: Call) -> Reply:
    """Edit a message that the token made."""
    one, message = _find(call)
    _may_post(call, one, call.body)
    count_old_edit(call, message)
    writing.revise(call.core, message, call.body)
    return Reply(shapes.message(message, call.core.world, call.core.base))


async def delete(call: Call) -> Reply:
    """Delete a message that the token made."""
    _, message = _find(call)
    writing.erase(call.core, message)
    return NOTHING


async def follow_up(call: Call) -> Reply:
    """Another message. The first one after a deferral takes the place of "is thinking"."""
    one = call.core.interactions.by_token(call.params["webhook_id"], call.params["token"])
    if (
        one.answer == DEFER
        and one.original is not None
        and one.original.thinking
        and not one.original.deleted
    ):
        _may_post(call, one, call.body)
        message = writing.revise(call.core, one.original, call.body)
    else:
        message = _post(call, one, call.body, followup=True)
    return Reply(shapes.message(message, call.core.world, call.core.base))


_HOOK = "/webhooks/{webhook_id}/{token}"
_ONE = _HOOK + "/messages/{message_id}"

ENDPOINTS = [
    Endpoint("POST", "/interactions/{interaction_id}/{token}/callback", answer, None, secret=False),
    Endpoint("POST", _HOOK, follow_up, "webhook", secret=False),
    Endpoint("GET", _ONE, read, "webhook", secret=False),
    Endpoint("PATCH", _ONE, edit, "webhook", secret=False),
    Endpoint("DELETE", _ONE, delete, "webhook", secret=False),
]
