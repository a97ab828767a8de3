"""The command line: `bedrock-meter`, one module per command."""

from __future__ import annotations

from typing import Annotated

import typer

from bedrock_meter.cli.lazily import CommandEntry, group_of
from bedrock_meter.version import RELEASE

CLI = "bedrock_meter.cli"
# In the order of the help.
COMMANDS = {
    "demo": CommandEntry(
        f"{CLI}.demo", "demo", "Run the whole stack on this machine, and prove it."
    ),
    "rate": CommandEntry(f"{CLI}.rate", "rate", "Price every record of log files, or sum them up."),
    "quote": CommandEntry(f"{CLI}.quote", "quote", "What a call would cost, and why."),
    "prices": CommandEntry(
        f"{CLI}.prices", "app", "The price book: list, explain, compare, import."
    ),
    "tenants": CommandEntry(
        f"{CLI}.tenants", "app", "The policy file: discover, check, put in force."
    ),
    "flags": CommandEntry(
        f"{CLI}.flags", "app", "Flags: list, explain, override; stop all throttling."
    ),
    "quarantine": CommandEntry(f"{CLI}.quarantine", "app", "Records that could not be metered."),
    "objects": CommandEntry(f"{CLI}.objects", "app", "Log objects that are not metered (yet)."),
    "replay": CommandEntry(f"{CLI}.replay", "replay", "Meter delivered logs again, or back-fill."),
    "reprice": CommandEntry(
        f"{CLI}.reprice", "reprice", "What hours would cost by another price book."
    ),
    "rebuild": CommandEntry(
        f"{CLI}.rebuild", "rebuild", "Compare closed totals with their evidence."
    ),
    "audit": CommandEntry(
        f"{CLI}.audit", "audit", "Compare closed totals with the logs themselves."
    ),
    "seal": CommandEntry(f"{CLI}.seal", "seal", "Make old hours final."),
    "doctor": CommandEntry(f"{CLI}.doctor", "doctor", "Check prerequisites and print fixes."),
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


if __name__ == "__main__":
    app()
