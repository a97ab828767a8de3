"""The command line: `bedrock-meter`, one module per command."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from bedrock_meter.version import RELEASE

# In the order of the help. A module offers either `app`, a group of commands, or one function of
# its own name.
COMMANDS = (
    "demo",
    "rate",
    "quote",
    "prices",
    "tenants",
    "flags",
    "replay",
    "reprice",
    "rebuild",
    "quarantine",
    "doctor",
)

app = typer.Typer(
    name="bedrock-meter",
    help="Per-tenant metering of Amazon Bedrock, read from its own invocation logs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the release and end.")] = False,
) -> None:
    """Per-tenant metering of Amazon Bedrock, read from its own invocation logs."""
    if version:
        typer.echo(f"bedrock-meter {RELEASE}")
        raise typer.Exit


def _register(name: str) -> None:
    path = f"bedrock_meter.cli.{name}"
    if find_spec(path) is None:
        return
    module = import_module(path)
    if isinstance(group := getattr(module, "app", None), typer.Typer):
        app.add_typer(group, name=name)
    else:
        app.command(name)(getattr(module, name))


for _name in COMMANDS:
    _register(_name)
