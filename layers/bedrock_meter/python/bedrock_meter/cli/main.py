"""The command line: `bedrock-meter`, one module per command."""

from __future__ import annotations

from typing import Annotated

import typer

from bedrock_meter.cli.lazily import Entry, group_of
from bedrock_meter.version import RELEASE

CLI = "bedrock_meter.cli"
# In the order of the help.
COMMANDS = {
    "demo": Entry(f"{CLI}.demo", "demo", "Run the whole stack on this machine, and prove it."),
    "rate": Entry(f"{CLI}.rate", "rate", "Price every record of log files, or sum them up."),
    "quote": Entry(f"{CLI}.quote", "quote", "What a call would cost, and why."),
    "prices": Entry(f"{CLI}.prices", "app", "The price book: list, explain, compare, import."),
    "tenants": Entry(f"{CLI}.tenants", "app", "The policy file: discover, check, put in force."),
    "flags": Entry(f"{CLI}.flags", "app", "Flags: list, explain, override; stop all throttling."),
    "quarantine": Entry(f"{CLI}.quarantine", "app", "Records that could not be metered."),
    "objects": Entry(f"{CLI}.objects", "app", "Log objects that are not metered (yet)."),
    "replay": Entry(f"{CLI}.replay", "replay", "Meter delivered logs again, or back-fill."),
    "reprice": Entry(f"{CLI}.reprice", "reprice", "What hours would cost by another price book."),
    "rebuild": Entry(f"{CLI}.rebuild", "rebuild", "Compare closed totals with their evidence."),
    "audit": Entry(f"{CLI}.audit", "audit", "Compare closed totals with the logs themselves."),
    "seal": Entry(f"{CLI}.seal", "seal", "Make old hours final."),
    "doctor": Entry(f"{CLI}.doctor", "doctor", "Check prerequisites and print fixes."),
}

app = typer.Typer(
    name="bedrock-meter",
    help="Per-tenant metering of Amazon Bedrock, read from its own invocation logs.",
    cls=group_of(COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the release and end.")] = False,
) -> None:
    """Per-tenant metering of Amazon Bedrock, read from its own invocation logs."""
    if version:
        typer.echo(f"bedrock-meter {RELEASE}")
        raise typer.Exit
