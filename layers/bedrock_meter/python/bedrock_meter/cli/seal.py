"""`bedrock-meter seal`: make old hours final."""

from __future__ import annotations

from typing import Annotated

import typer

from bedrock_meter.cli import stores
from bedrock_meter.cli.options import on_stack
from bedrock_meter.cli.output import refuse
from bedrock_meter.cli.periods import first_hour
from bedrock_meter.cli.stack import Stack


@on_stack
def seal(
    before: Annotated[
        str, typer.Option(help="First hour, day or month (UTC) that stays open; all before end.")
    ],
    stack: Stack,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; it cannot be taken back.")] = False,
) -> None:
    """Make all hours before a time final: no replay, new price or new policy changes them again.

    The parameter SealDays does the same as days go by.
    """
    hour = first_hour("--before", before)
    hours = stores.hours_of(stack)
    progress = hours.progress()
    if progress.data_up_to is None or hour > progress.data_up_to:
        reached = progress.data_up_to or "nothing yet"
        refuse(f"--before: {hour} is not closed yet; totals are published up to {reached}")
    if waiting := [due for due in hours.due() if due < hour and not progress.is_sealed(due)]:
        refuse(f"{len(waiting)} of these hours wait for a close, the first {waiting[0]}")
    if progress.is_sealed(hour) or progress.sealed == hour:
        typer.echo(f"hours before {progress.sealed} are final already")
    elif not apply:
        typer.echo(f"hours before {hour} would be final, for ever; add --apply to make them so")
    else:
        hours.seal(hour)
        typer.echo(f"hours before {hour} are final")
