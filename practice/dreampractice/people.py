"""What people do and see. The page acts through this, and so do tests: same person, same rules."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dreampractice import shapes, writing
from dreampractice.asked import Asked, Modal, submission
from dreampractice.body import Body
from dreampractice.commands import CHAT, MESSAGE_MENU
from dreampractice.core import Core
from dreampractice.errors import Refusal
from dreampractice.feed import Change
from dreampractice.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Interaction
from dreampractice.messages import BUTTON, LINK, REPLY, Message
from dreampractice.options import CannotSend, Filling, as_upload
from dreampractice.permissions import Permission
from dreampractice.world import LOCALES, Channel, Member, User

Json = dict[str, Any]


class Person:
    """A member at the page, or in a test."""

    def __init__(self, core: Core, member: Member) -> None:
        self.core = core
        self.member = member

    def __repr__(self) -> str:
        return f"<Person {self.name}>"

    @property
    def name(self) -> str:
        """The account's name."""
        return self.user.name

    @property
    def user(self) -> User:
        """The account."""
        return self.member.user

    # --- seeing

    def channels(self) -> list[Channel]:
        """The channels this person sees."""
        every = self.core.world.channels.values()
        return [c for c in every if self.may(Permission.view_channel, c)]

    def may(self, needs: Permission, channel: Channel) -> bool:
        """Whether the person has permissions in a channel."""
        return self.core.world.permissions(self.user, channel) & needs == needs

    def sees(self, channel: str = "art") -> list[Message]:
        """The messages of a channel as this person sees them, their own ephemeral ones included.
        "dm" is the conversation with the bot."""
        place = self._channel(channel)
        if not self.may(Permission.view_channel, place):
            return []
        return [message for message in place.messages.values() if message.seen_by(self.user)]

    def commands(self, channel: str = "art") -> list[Json]:
        """The commands this person is offered in a channel."""
        place = self._channel(channel)
        return self.core.commands.offered(self.core.world.permissions(self.user, place))

    def speaks(self, locale: str) -> None:
        """Set the language of this person's client."""
        if locale not in LOCALES:
            raise CannotSend(f"Discord has no language {locale}")
        self.user.locale = locale
        self.core.world.feed.tell("member", data={"member": self.member})

    async def wait_for(
        self, wanted: Callable[[Message], object], timeout: float = 10.0, channel: str | None = None
    ) -> Message:
        """The first message that is as wanted: one that stands already (the newest first), or the first
        that becomes so. Every version of every message is looked at; deleted ones have `deleted` set."""
        place = self._channel(channel) if channel is not None else None

        def fits(message: Message | None) -> Message | None:
            if message is None or (place is not None and message.channel is not place):
                return None
            if not message.seen_by(self.user) or not self.may(Permission.view_channel, message.channel):
                return None
            return message if wanted(message) else None

        for seen in [place] if place else self.channels():
            for message in reversed(seen.messages.values()):
                if fits(message):
                    return message
        try:
            return await self.core.world.feed.wait(lambda change: fits(change.message), timeout)
        except TimeoutError:
            seen_so_far = self._summary(place)
            raise TimeoutError(f"{self.name} waited {timeout} s and saw only:\n{seen_so_far}") from None

    def _summary(self, place: Channel | None) -> str:
        rows = [
            f"  #{channel.name} {m.author.display}: {m.text[:200]!r} {[f.filename for f in m.attachments]}"
            f" {[b.label for b in m.buttons]}{' (thinking)' if m.thinking else ''}"
            for channel in ([place] if place else self.channels())
            for m in list(channel.messages.values())[-5:]
            if m.seen_by(self.user)
        ]
        return "\n".join(rows) or "  nothing"

    # --- commands

    async def slash(
        self,
        command: str,
        /,
        channel: str = "art",
        options: Mapping[str, object] | None = None,
        **named: object,
    ) -> Asked:
        """Use a slash command ("imagine", "queue pause"); files as bytes or Path, people by name.
        Returns when the bot gave its first answer, or did not in time (`.failed`)."""
        one = self.begin_slash(command, channel, {**(options or {}), **named})
        return await self._settled(one)

    def begin_slash(self, command: str, channel: str, values: Mapping[str, object]) -> Interaction:
        """Send a slash command without waiting."""
        place, row, path = self._command(command, channel)
        filling = Filling(self.core, place)
        return self._act(COMMAND, place, filling.data(row, path, values))

    async def autocomplete(
        self, command: str, /, option: str, typed: str, channel: str = "art", **others: object
    ) -> list[Json]:
        """The choices ({"name", "value"}) the bot offers while the person types an option."""
        one = self.begin_autocomplete(command, channel, option, typed, others)
        await one.settled.wait()
        if one.failure:
            raise CannotSend("Loading options failed")
        return one.choices

    def begin_autocomplete(
        self, command: str, channel: str, option: str, typed: str, others: Mapping[str, object]
    ) -> Interaction:
        """Ask for choices without waiting."""
        place, row, path = self._command(command, channel)
        filling = Filling(self.core, place)
        data = filling.data(row, path, {**others, option: typed}, focused=option)
        return self._act(AUTOCOMPLETE, place, data)

    async def use(self, message: Message, command: str) -> Asked:
        """Use a command of a message's Apps menu."""
        return await self._settled(self.begin_use(message, command))

    def begin_use(self, message: Message, command: str) -> Interaction:
        """Use it without waiting."""
        rows = self.core.commands.offered(self.core.world.permissions(self.user, message.channel))
        row = next((r for r in rows if r["type"] == MESSAGE_MENU and r["name"] == command), None)
        if row is None:
            raise CannotSend(f"there is no {command} in the Apps menu")
        shape = shapes.message(message, self.core.world, self.core.base)
        data = {
            "id": row["id"],
            "name": row["name"],
            "type": MESSAGE_MENU,
            "target_id": message.id,
            "resolved": {"messages": {message.id: shape}},
        }
        return self._act(COMMAND, message.channel, data)

    # --- buttons, menus, dialogs

    async def press(self, message: Message, which: str) -> Asked:
        """Press a button, named by custom_id or label."""
        return await self._settled(self.begin_press(message, which))

    def begin_press(self, message: Message, which: str) -> Interaction:
        """Press without waiting."""
        part = self._part(message, which)
        if part["type"] != BUTTON or part["style"] == LINK:
            raise CannotSend(f"{which} is no button that calls the bot")
        data = {"component_type": BUTTON, "custom_id": part["custom_id"], "id": part["id"]}
        return self._act(COMPONENT, message.channel, data, message)

    async def choose(self, message: Message, which: str, *values: str) -> Asked:
        """Choose in a menu, named by custom_id or placeholder, by the values or labels of its options."""
        return await self._settled(self.begin_choose(message, which, values))

    def begin_choose(self, message: Message, which: str, values: Sequence[str]) -> Interaction:
        """Choose without waiting."""
        part = self._part(message, which)
        if part["type"] != 3:
            raise CannotSend(f"{which} is no menu of texts")
        known = {name: row["value"] for row in part["options"] for name in (row["label"], row["value"])}
        if not set(values) <= set(known) or not part["min_values"] <= len(values) <= part["max_values"]:
            raise CannotSend(f"{which} cannot be set to {', '.join(values)}")
        data = {
            "component_type": 3,
            "custom_id": part["custom_id"],
            "id": part["id"],
            "values": [known[value] for value in values],
        }
        return self._act(COMPONENT, message.channel, data, message)

    async def fill(self, modal: Modal, values: Mapping[str, object] | None = None, **named: object) -> Asked:
        """Fill in a dialog (fields by custom_id or label) and send it."""
        return await self._settled(self.begin_fill(modal, {**(values or {}), **named}))

    def begin_fill(self, modal: Modal, values: Mapping[str, object]) -> Interaction:
        """Send a dialog without waiting."""
        source = modal.interaction
        data = submission(modal, dict(values))
        return self._act(MODAL_SUBMIT, source.channel, data, source.message, source)

    # --- messages

    async def say(
        self,
        channel: str,
        text: str = "",
        files: Sequence[object] = (),
        reply_to: Message | None = None,
    ) -> Message:
        """Post a message."""
        place = self._channel(channel)
        self._need(Permission.send_messages, place)
        if files:
            self._need(Permission.attach_files, place)
        uploads = {str(n): as_upload(file) for n, file in enumerate(files)}
        body = Body("multipart/form-data", {"content": text}, uploads)
        kind = REPLY if reply_to else 0
        try:
            return writing.compose(self.core, place, self.user, body, kind=kind, reference=reply_to)
        except Refusal as refused:
            raise CannotSend(refused.message) from refused

    async def rewrite(self, message: Message, text: str) -> Message:
        """Edit a message of one's own."""
        if message.author is not self.user:
            raise CannotSend("only the author can edit a message")
        return writing.revise(self.core, message, Body("application/json", {"content": text}))

    async def delete(self, message: Message) -> None:
        """Delete one's own message, or anybody's with Manage Messages; dismiss an ephemeral one."""
        if message.author is not self.user and message.only_for is not self.user:
            self._need(Permission.manage_messages, message.channel)
        writing.erase(self.core, message)

    async def react(self, message: Message, emoji: str, add: bool = True) -> None:
        """Add a reaction, or take it back."""
        self._need(Permission.add_reactions, message.channel)
        self.core.react(message, emoji, self.user, add)

    def types(self, channel: str) -> None:
        """Start typing."""
        data = {"channel": self._channel(channel), "user": self.user, "at": int(time.time())}
        self.core.world.feed.tell("typing", data=data)

    # --- within

    def _act(
        self,
        kind: int,
        place: Channel,
        data: Json,
        message: Message | None = None,
        source: Interaction | None = None,
    ) -> Interaction:
        return self.core.interactions.begin(kind, self.member, place, data, message, source)

    async def _settled(self, one: Interaction) -> Asked:
        await one.settled.wait()
        return Asked(one)

    def _channel(self, name: str) -> Channel:
        if name == "dm":
            return self.core.world.direct(self.user)
        try:
            return self.core.world.channel(name)
        except Refusal as refused:
            raise CannotSend(f"{refused.message}: {name}") from None

    def _need(self, needs: Permission, channel: Channel) -> None:
        if not self.may(needs | Permission.view_channel, channel):
            raise CannotSend(f"{self.name} may not do that in #{channel.name}")

    def _command(self, name: str, channel: str) -> tuple[Channel, Json, list[str]]:
        place = self._channel(channel)
        self._need(Permission.use_application_commands, place)
        root, *path = name.lstrip("/").split()
        rows = [row for row in self.commands(channel) if row["type"] == CHAT]
        for row in rows:
            if row["name"] == root:
                return place, row, path
        offered = ", ".join("/" + row["name"] for row in rows) or "no commands"
        raise CannotSend(f"{self.name} is not offered /{root} in #{place.name}; there is {offered}")

    def _part(self, message: Message, which: str) -> Json:
        if message.deleted or not message.seen_by(self.user):
            raise CannotSend("that message is not there")
        self._need(Permission.view_channel, message.channel)
        for part in message.parts:
            emoji = (part.get("emoji") or {}).get("name")
            names = (part.get("custom_id"), part.get("label"), part.get("placeholder"), emoji)
            if which in names:
                if part.get("disabled"):
                    raise CannotSend(f"{which} is disabled")
                return part
        there = ", ".join(repr(button.label) for button in message.buttons) or "nothing to press"
        raise CannotSend(f"the message has no {which!r}; it has {there}")


__all__ = ["Asked", "CannotSend", "Change", "Modal", "Person"]
