"""`bedrock-meter seal`: make old hours final."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bedrock_meter.cli import stores
from bedrock_meter.cli.output import refuse
from bedrock_meter.cli.periods import first_hour
from bedrock_meter.cli.stack import EndpointUrl, Profile, Region, Stack, StackName


def seal(
    before: Annotated[
        str, typer.Option(help="First hour, day or month (UTC) that stays open; all before end.")
    ],
    stack_name: StackName,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; it cannot be taken back.")] = False,
    region: Region = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
) -> None:
    """Make all hours before a time final: no replay, new price or new policy changes them again.

    The parameter SealDays does the same as days go by.
    """
    hour = first_hour("--before", before)
    stack = Stack(stack_name, region, profile, endpoint_url)
    hours = stores.hours_of(stack)
    progress = hours.progress()
    if progress.data_up_to is None or hour > progress.data_up_to:
        reached = progress.data_up_to or "nothing yet"
        refuse(f"--before: {hour} is not closed yet; totals are published up to {reached}")
    if waiting := [due for due in hours.due() if due < hour and not progress.is_sealed(due)]:
        refuse(f"{len(waiting)} of these hours wait for a close, the first {waiting[0]}")
    if hour <= max(progress.sealed or "", progress.sealing or ""):
        typer.echo(
            f"hours before {progress.sealing or progress.sealed} are final already, or about to be"
        )
    elif not apply:
        typer.echo(f"hours before {hour} would be final, for ever; add --apply to make them so")
    else:
        hours.begin_sealing(hour, datetime.now(UTC))
        typer.echo(f"hours before {hour} take no more calls; the next hourly runs make them final")
