"""Commands by name: a module is imported when its command is used, not to list it in the help.

The help is plain text: the tables of `rich` alone would take as long to load as the rest.
"""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group_from_info
from typer.models import TyperInfo

from bedrock_meter.cli.writable import writable_output


class Commands(UserDict[str, Any]):
    """Commands by name; until a command is asked for, its help is in its place."""

    def __getitem__(self, name: str) -> Any:
        if isinstance(self.data[name], str):
            self.data[name] = _made(name)
        return self.data[name]


def group_of(helps: Mapping[str, str]) -> type[TyperGroup]:
    """Make the class of a group of commands, given by name with one line of help each.

    A command is the function of its name in the module `cli.<name>`, or the `app` there.
    """

    class LazyGroup(TyperGroup):
        """A group whose help needs none of its commands."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands = Commands(helps)

        def main(self, *args: Any, **settings: Any) -> Any:
            with writable_output():
                return super().main(*args, **settings)

        def invoke(self, ctx: Any) -> Any:
            with writable_output():  # Here, too: Typer would not let a closed pipe out of `main`.
                return super().invoke(ctx)

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            with formatter.section("Commands"):
                formatter.write_dl(list(helps.items()))

    return LazyGroup


def _made(name: str) -> Any:
    module = import_module(f"bedrock_meter.cli.{name}")
    if group := getattr(module, "app", None):
        command: Any = get_group_from_info(
            TyperInfo(group),
            pretty_exceptions_short=True,
            rich_markup_mode=None,
            suggest_commands=True,
        )
    else:
        alone = typer.Typer(rich_markup_mode=None, add_completion=False)
        alone.command(name)(getattr(module, name))
        command = get_command(alone)
    command.name = name
    return command
