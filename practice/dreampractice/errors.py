"""Discord's refusals: an HTTP status, Discord's own code, and its words."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A request that Discord turns down."""

    def __init__(self, status: int, code: int, message: str, **more: Any) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.more = more

    def body(self) -> dict[str, Any]:
        """The JSON Discord sends with it."""
        return {"message": self.message, "code": self.code, **self.more}


def unauthorized() -> Refusal:
    """The bot's token is wrong or missing."""
    return Refusal(401, 0, "401: Unauthorized")


def unknown(what: str) -> Refusal:
    """No such thing. `what` is one of Discord's nouns: Channel, Guild, Message, …"""
    codes = {
        "Application": 10002, "Channel": 10003, "Guild": 10004, "Member": 10007, "Message": 10008,
        "Role": 10011, "User": 10013, "Emoji": 10014, "Webhook": 10015, "interaction": 10062,
        "application command": 10063,
    }  # fmt: skip
    return Refusal(404, codes[what], f"Unknown {what}")


def missing_access() -> Refusal:
    """The bot cannot see the channel."""
    return Refusal(403, 50001, "Missing Access")


def missing_permissions() -> Refusal:
    """The bot may not do this here."""
    return Refusal(403, 50013, "Missing Permissions")


def not_the_author() -> Refusal:
    """Only the author may edit a message."""
    return Refusal(403, 50005, "Cannot edit a message authored by another user")


def empty_message() -> Refusal:
    """Nothing to post."""
    return Refusal(400, 50006, "Cannot send an empty message")


def already_acknowledged() -> Refusal:
    """The interaction had its one answer."""
    return Refusal(400, 40060, "Interaction has already been acknowledged.")


def dead_token() -> Refusal:
    """The interaction's 15 minutes are over."""
    return Refusal(401, 50027, "Invalid Webhook Token")


def too_large() -> Refusal:
    """A file above the limit."""
    return Refusal(413, 40005, "Request entity too large")


def invalid(path: str, code: str, message: str) -> Refusal:
    """A malformed body (50035), with Discord's error tree: `embeds.0.title` at fault, and why."""
    tree: dict[str, Any] = {"_errors": [{"code": code, "message": message}]}
    for key in reversed(path.split(".")):
        tree = {key: tree}
    return Refusal(400, 50035, "Invalid Form Body", errors=tree)
