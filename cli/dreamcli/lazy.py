"""Commands that are imported when they are called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click
from pydantic import ValidationError
from pydantic_settings import SettingsError

from dreamcli.ill_formed import sentences


class IllFormed(click.ClickException):
    """Settings that cannot be used."""

    exit_code = 2


class LazyGroup(click.Group):
    """Loads a verb's module when it is needed, so that `bot` never imports torch.

    `verbs` are `"package.module:command"` by name.
    """

    def __init__(self, *given: Any, verbs: Mapping[str, str], **more: Any) -> None:
        super().__init__(*given, **more)
        self.verbs = verbs

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; settings that are ill formed are said and end the process with status 2."""
        try:
            return super().invoke(ctx)
        except (ValidationError, SettingsError) as error:
            if not (wrong := sentences(error)):
                raise
            raise IllFormed("\n".join(wrong)) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.verbs:
            return None
        module, name = self.verbs[cmd_name].split(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command
