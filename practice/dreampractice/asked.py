"""What comes back to a person who used a command, pressed a button or sent a dialog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dreampractice.interactions import Interaction
from dreampractice.messages import Message
from dreampractice.options import CannotSend

Json = dict[str, Any]
TEXT_INPUT, LABEL = 4, 18


@dataclass(frozen=True)
class Field:
    """One field of a dialog."""

    custom_id: str
    label: str
    part: Json
    """Discord's component: a text input or a menu."""
    row: Json

    @property
    def value(self) -> str:
        """What stands in it before the person types."""
        return str(self.part.get("value") or "")


@dataclass(frozen=True)
class Modal:
    """A dialog the bot opened."""

    title: str
    custom_id: str
    fields: list[Field]
    rows: list[Json]
    interaction: Interaction

    def field(self, name: str) -> Field:
        """A field by custom_id or label."""
        for field in self.fields:
            if name in (field.custom_id, field.label) or name == field.label.lower().replace(" ", "_"):
                return field
        names = ", ".join(field.custom_id for field in self.fields)
        raise CannotSend(f"the dialog has no field {name}; it has {names}")


@dataclass(frozen=True)
class Asked:
    """A person's action, after Discord heard the bot's first answer (or waited in vain)."""

    interaction: Interaction

    @property
    def reply(self) -> Message | None:
        """The message that answers: perhaps still "is thinking"."""
        return self.interaction.original

    @property
    def failed(self) -> str | None:
        """What the person reads when no answer came in time."""
        return self.interaction.failure

    @property
    def modal(self) -> Modal | None:
        """The dialog, when the answer was one."""
        data = self.interaction.modal
        if data is None:
            return None
        return Modal(
            data["title"], data["custom_id"], fields(data), data.get("components") or [], self.interaction
        )


def fields(data: Json) -> list[Field]:
    """The fields of a dialog, in both of Discord's layouts (rows, and labels around one part)."""
    found: list[Field] = []
    for row in data.get("components") or []:
        if row["type"] == LABEL:
            part = row["component"]
            found.append(Field(part["custom_id"], row["label"], part, row))
        else:
            found += [Field(p["custom_id"], p["label"], p, row) for p in row.get("components") or []]
    return found


def submission(modal: Modal, values: dict[str, object]) -> Json:
    """The `data` of a filled dialog; refuses what Discord's client would not send."""
    given = {modal.field(name).custom_id: value for name, value in values.items()}
    components: list[Json] = []
    for number, field in enumerate(modal.fields):
        part = field.part
        shape: Json = {"type": part["type"], "custom_id": field.custom_id}
        shape["id"] = part.get("id", 2 * number + 2)
        value = given.get(field.custom_id, field.value)
        if part["type"] == TEXT_INPUT:
            shape["value"] = _text(field, str(value))
        else:
            shape["values"] = [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)]
        outer = {"type": field.row["type"], "id": field.row.get("id", 2 * number + 1)}
        inner = {"component": shape} if field.row["type"] == LABEL else {"components": [shape]}
        components.append(outer | inner)
    return {"custom_id": modal.custom_id, "components": components}


def _text(field: Field, value: str) -> str:
    part = field.part
    if part.get("required", True) and not value:
        raise CannotSend(f"{field.label}: this field is required")
    if value and len(value) < (part.get("min_length") or 0):
        raise CannotSend(f"{field.label}: at least {part['min_length']} characters")
    if len(value) > (part.get("max_length") or 4000):
        raise CannotSend(f"{field.label}: at most {part.get('max_length') or 4000} characters")
    return value
