"""`bedrock-meter doctor`: is this account ready, and does the stack meter what it should?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bedrock_meter.cli.aws_errors import aws_line
from bedrock_meter.cli.options import EndpointUrl, Profile, Region
from bedrock_meter.cli.output import print_json, refuse, tell
from bedrock_meter.cli.stack import Stack

SILENT = 1
"""The exit code when calls would go unmetered without anybody noticing."""


def doctor(
    stack_name: Annotated[
        str,
        typer.Option("--stack-name", envvar="BEDROCK_METER_STACK", help="The stack, if deployed."),
    ] = "",
    region: Region = None,
    profile: Profile = None,
    log_bucket: Annotated[
        str, typer.Option(help="A bucket that logs are to go to; without --stack-name.")
    ] = "",
    log_prefix: Annotated[str, typer.Option(help="What stands before AWSLogs/ in its keys.")] = "",
    endpoint_url: EndpointUrl = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per finding.")] = False,
) -> None:
    """Check the prerequisites of metering, and print the command that fixes each problem.

    Everything is only looked at, nothing is changed. Without --stack-name: is logging on, where
    to, may Bedrock write there, are new log objects announced, how many functions may run at once?
    With it: does the stack read that place, may it, and how far has it come? Ends with 1 when
    metering would be silent.
    """
    # The AWS SDK is imported when it is needed: other commands share this process's start.
    from botocore.exceptions import BotoCoreError, ClientError

    from bedrock_meter.cli.checks import Severity, place_of
    from bedrock_meter.cli.examination import examine

    silent = 0
    try:
        stack = Stack(stack_name, region, profile, endpoint_url)
        planned = place_of(log_bucket, log_prefix) if log_bucket else None
        for finding in examine(stack, datetime.now(UTC), planned):
            silent += finding.severity is Severity.SILENT
            if as_json:
                print_json(finding._asdict())
            else:
                tell(f"{finding.severity:8}{finding.check:20}{finding.text}")
                tell(f"{'':8}mend it: {finding.fix}") if finding.fix else None
    except (BotoCoreError, ClientError) as error:
        refuse(aws_line(error))
    if not as_json:
        typer.echo(_verdict(silent))
    if silent:
        raise typer.Exit(SILENT)


def _verdict(silent: int) -> str:
    if silent:
        return f"\nMetering would be silent: mend what is marked so ({silent})."
    return "\nCalls of this account and Region are metered, or will be once a stack is deployed."
