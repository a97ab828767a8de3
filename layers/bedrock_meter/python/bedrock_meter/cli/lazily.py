"""Commands by name: a module is imported when its command is used, not to list it in the help.

The help is plain text: the tables of `rich` alone would take as long to load as the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group_from_info
from typer.models import TyperInfo

from bedrock_meter.cli.writable import writable_output


class CommandEntry(NamedTuple):
    """Where a command is: a module, and in it a function or (`app`) several commands."""

    module: str
    name: str
    help: str


class Commands(MutableMapping[str, Any]):
    """Commands by name, made when asked for."""

    def __init__(self, entries: dict[str, CommandEntry]) -> None:
        self.entries = entries
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _made(name, self.entries[name])
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self.entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def group_of(entries: dict[str, CommandEntry]) -> type[TyperGroup]:
    """Make the class of a group that holds these commands."""

    class LazyGroup(TyperGroup):
        """A group whose help needs none of its commands."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands = Commands(entries)

        def main(self, *args: Any, **settings: Any) -> Any:
            with writable_output():
                return super().main(*args, **settings)

        def invoke(self, ctx: Any) -> Any:
            with writable_output():  # Here, too: Typer would not let a closed pipe out of `main`.
                return super().invoke(ctx)

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            with formatter.section("Commands"):
                formatter.write_dl([(name, entry.help) for name, entry in entries.items()])

    return LazyGroup


def _made(name: str, entry: CommandEntry) -> Any:
    found = getattr(import_module(entry.module), entry.name)
    if isinstance(found, typer.Typer):
        command: Any = get_group_from_info(
            TyperInfo(found),
            pretty_exceptions_short=True,
            rich_markup_mode=None,
            suggest_commands=True,
        )
    else:
        alone = typer.Typer(rich_markup_mode=None, add_completion=False)
        alone.command(name)(found)
        command = get_command(alone)
    command.name = name
    return command
