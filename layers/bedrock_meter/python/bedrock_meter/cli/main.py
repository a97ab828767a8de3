"""The command line: `bedrock-meter`, one module per command."""

from __future__ import annotations

from typing import Annotated

import typer

from bedrock_meter.cli.lazily import group_of
from bedrock_meter.version import RELEASE

# In the order of the help; one module each.
COMMANDS = {
    "demo": "Run the whole stack on this machine, and prove its totals.",
    "rate": "Price every record of log files, or sum them up.",
    "quote": "Quote what a call would cost, and why.",
    "prices": "The price book: list, explain, compare, add, import.",
    "tenants": "The policy file: discover, check, compare, put in force.",
    "flags": "Flags: list, explain, override; stop all throttling.",
    "quarantine": "Records that could not be metered.",
    "objects": "Log objects that are not metered (yet).",
    "replay": "Meter delivered logs again, or back-fill old ones.",
    "reprice": "Show what hours would cost by another price book.",
    "rebuild": "Compare closed totals with their evidence.",
    "audit": "Compare closed totals with the logs themselves.",
    "seal": "Make old hours final.",
    "doctor": "Check prerequisites, and print how to fix them.",
}

app = typer.Typer(
    name="bedrock-meter",
    cls=group_of(COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the release.")] = False,
) -> None:
    """Per-tenant metering of Amazon Bedrock, read from its own invocation logs."""
    if version:
        typer.echo(f"bedrock-meter {RELEASE}")
        raise typer.Exit


if __name__ == "__main__":
    app()
