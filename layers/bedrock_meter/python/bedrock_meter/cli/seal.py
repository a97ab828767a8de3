"""`bedrock-meter seal`: make old hours final."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bedrock_meter.cli.options import on_stack
from bedrock_meter.cli.output import refuse
from bedrock_meter.cli.periods import first_hour
from bedrock_meter.cli.stack import Stack
from bedrock_meter.domain.records.waiting import hold_for
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.hour_row import HourRow
from bedrock_meter.ports import HourTable


@on_stack
def seal(
    before: Annotated[str, typer.Option(help="First hour, day or month (UTC) that stays open.")],
    stack: Stack,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; this cannot be undone.")] = False,
    as_published: Annotated[
        bool,
        typer.Option("--as-published", help="Include hours that wait for a close, as they are."),
    ] = False,
) -> None:
    """Make all hours before a time final: no replay, new price or new policy changes them again.

    They take no more calls from now on; a later hourly run makes them final. The parameter
    SealDays does the same day by day. An hour whose evidence is lost can never be closed again:
    --as-published makes it final with the totals it has.
    """
    hour = first_hour("--before", before)
    hours = stack.stores.hours
    progress = hours.progress()
    if progress.data_up_to is None or hour > progress.data_up_to:
        reached = progress.data_up_to or "nothing yet"
        refuse(f"--before: {hour} is not closed yet; totals are published up to {reached}")
    due = _due_as_published(stack, hours, hour, as_published)
    if hour <= (bound := max(progress.sealed or "", progress.sealing or "")):
        typer.echo(f"hours before {bound} are final already, or about to be")
    elif not apply:
        typer.echo(
            f"hours before {hour} would become final, which cannot be undone; add --apply to do it"
        )
    else:
        for row in due:
            if not hours.keep_published(row):
                refuse(f"{row.hour} is being closed, or was asked for again; try again later")
        hours.begin_sealing(hour, datetime.now(UTC))
        typer.echo(f"hours before {hour} take no more calls; the next hourly runs make them final")


def _due_as_published(
    stack: Stack, hours: HourTable, before: Hour, as_published: bool
) -> list[HourRow]:
    """Return the hours that wait for a close; refuse them unless they may stay as they are."""
    waits = [one.log_object.delivered for one in stack.stores.waits.waiting() if one.holds]
    hold = hold_for(waits)
    if hold and hold < before:
        refuse(
            f"log objects wait to be metered that may touch hours from {hold} on; "
            "`objects waiting` names them"
        )
    progress = hours.progress()
    due = [each for each in hours.due() if each < before and not progress.is_sealed(each)]
    if due and not as_published:
        refuse(
            f"{len(due)} of these hours wait for a close, the first {due[0]}; where evidence is "
            "lost, --as-published makes them final as they are"
        )
    rows = hours.rows(due)
    if unpublished := [each for each in due if not rows[each].published]:
        refuse(f"{len(unpublished)} of these hours were never closed, the first {unpublished[0]}")
    return list(rows.values())
