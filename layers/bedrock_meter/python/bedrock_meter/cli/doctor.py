"""`bedrock-meter doctor`: is this account ready, and does the stack meter what it should?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bedrock_meter.cli.options import Json, on_stack
from bedrock_meter.cli.output import print_json, print_line
from bedrock_meter.cli.stack import UNNAMED, Stack

SILENT = 1
"""The exit code when calls would go unmetered unnoticed."""


@on_stack
def doctor(
    stack: Stack = UNNAMED,
    log_bucket: Annotated[
        str, typer.Option(help="The bucket that logs are to go to; without --stack-name.")
    ] = "",
    log_prefix: Annotated[
        str, typer.Option(help="What its keys begin with, before AWSLogs/.")
    ] = "",
    json: Json = False,
) -> None:
    """Check the prerequisites of metering, and print the command that fixes each problem.

    Nothing is changed. Without --stack-name: is logging on, and where to; may Bedrock write there;
    are new log objects announced; how many functions may run at once? With it: does the stack read
    that place, may it, and how far has it come? Exit code 1 when calls would go unmetered
    unnoticed.
    """
    from bedrock_meter.cli.checks import Severity, place_of
    from bedrock_meter.cli.examination import examine

    silent = 0
    planned = place_of(log_bucket, log_prefix) if log_bucket else None
    for finding in examine(stack, datetime.now(UTC), planned):
        silent += finding.severity is Severity.SILENT
        if json:
            print_json(finding._asdict())
        else:
            print_line(f"{finding.severity:8}{finding.check:20}{finding.text}")
            print_line(f"{'':8}fix: {finding.fix}") if finding.fix else None
    bad = f"Calls would go unmetered unnoticed: fix what is marked silent ({silent})."
    good = "Calls of this account and Region are metered, or will be once a stack is deployed."
    if not json:
        typer.echo(f"\n{bad if silent else good}")
    if silent:
        raise typer.Exit(SILENT)
