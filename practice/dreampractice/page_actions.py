"""What the page asks for, done as that person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from dreampractice.asked import Asked
from dreampractice.body import Upload
from dreampractice.errors import Refusal
from dreampractice.interactions import Interaction
from dreampractice.messages import Message
from dreampractice.options import CannotSend
from dreampractice.people import Person

Json = dict[str, Any]
Action = Callable[[Json], Awaitable[Interaction | None]]


class Actions:
    """One method per thing a person does; those that call the bot return the interaction."""

    def __init__(self, person: Person, uploads: dict[str, Upload]) -> None:
        self.person = person
        self._uploads = uploads
        self._dialogs: dict[str, Interaction] = {}
        self._known: dict[str, Action] = {
            "slash": self.slash,
            "autocomplete": self.autocomplete,
            "use": self.use,
            "press": self.press,
            "choose": self.choose,
            "fill": self.fill,
            "say": self.say,
            "rewrite": self.rewrite,
            "delete": self.delete,
            "react": self.react,
            "type": self.type,
            "speak": self.speak,
        }

    async def do(self, asked: Json) -> Interaction | None:
        """Do what `asked["do"]` names."""
        action = self._known.get(str(asked.get("do")))
        if action is None:
            raise CannotSend("The page asked for something unknown")
        begun = await action(asked)
        if begun is not None:
            self._dialogs[begun.id] = begun
        return begun

    async def slash(self, asked: Json) -> Interaction:
        """Use a command."""
        values = self._values(asked)
        return self.person.begin_slash(asked["command"], asked["channel_id"], values)

    async def autocomplete(self, asked: Json) -> Interaction:
        """Ask for an option's choices."""
        return self.person.begin_autocomplete(
            asked["command"], asked["channel_id"], asked["option"], asked["typed"], self._values(asked)
        )

    async def use(self, asked: Json) -> Interaction:
        """Use a command of the Apps menu."""
        return self.person.begin_use(self._message(asked), asked["command"])

    async def press(self, asked: Json) -> Interaction:
        """Press a button."""
        return self.person.begin_press(self._message(asked), asked["custom_id"])

    async def choose(self, asked: Json) -> Interaction:
        """Choose in a menu."""
        return self.person.begin_choose(self._message(asked), asked["custom_id"], asked["values"])

    async def fill(self, asked: Json) -> Interaction:
        """Send a dialog."""
        source = self._dialogs.get(asked["interaction_id"])
        modal = Asked(source).modal if source is not None else None
        if modal is None:
            raise CannotSend("That dialog is gone")
        return self.person.begin_fill(modal, asked["values"])

    async def say(self, asked: Json) -> None:
        """Post a message."""
        files = [self._uploads[number] for number in asked.get("uploads", [])]
        reply_to = None
        if asked.get("reply_to"):
            reply_to = self._message(asked | {"message_id": asked["reply_to"]})
        await self.person.say(asked["channel_id"], asked["text"], files, reply_to)

    async def rewrite(self, asked: Json) -> None:
        """Edit one's own message."""
        await self.person.rewrite(self._message(asked), asked["text"])

    async def delete(self, asked: Json) -> None:
        """Delete or dismiss a message."""
        await self.person.delete(self._message(asked))

    async def react(self, asked: Json) -> None:
        """Add a reaction, or take it back."""
        await self.person.react(self._message(asked), asked["emoji"], asked["add"])

    async def type(self, asked: Json) -> None:
        """Start typing."""
        self.person.types(asked["channel_id"])

    async def speak(self, asked: Json) -> None:
        """Set one's client to another language."""
        self.person.speaks(str(asked["locale"]))

    def _message(self, asked: Json) -> Message:
        for message in self.person.sees(asked["channel_id"]):
            if message.id == asked["message_id"]:
                return message
        raise Refusal(404, 10008, "Unknown Message")

    def _values(self, asked: Json) -> dict[str, object]:
        """Option values; files arrive as the numbers of uploads."""
        values: dict[str, object] = {}
        for name, value in asked.get("options", {}).items():
            is_file = isinstance(value, dict) and "upload" in value
            values[name] = self._uploads[value["upload"]] if is_file else value
        return values
