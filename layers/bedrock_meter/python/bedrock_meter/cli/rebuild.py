"""`bedrock-meter rebuild`: compare closed totals with what they follow from."""

from __future__ import annotations

from typing import Annotated

import typer

from bedrock_meter.cli import stores
from bedrock_meter.cli.options import on_stack
from bedrock_meter.cli.output import print_json, say
from bedrock_meter.cli.periods import days_between, range_of
from bedrock_meter.cli.stack import Stack
from bedrock_meter.cli.terminal import quoted
from bedrock_meter.domain.money import plain, usd_of
from bedrock_meter.jobs.rebuild_totals import Difference, rebuild_totals
from bedrock_meter.jobs.rebuild_totals import repair as ask_again

DIFFERS = 1


@on_stack
def rebuild(
    first: Annotated[str, typer.Option("--from", help="First day or month (UTC).")],
    last: Annotated[str, typer.Option("--to", help="Last day or month, included.")],
    stack: Stack,
    repair: Annotated[
        bool, typer.Option("--repair", help="Have wrong hours closed again; leaves corrections.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object per difference.")] = False,
) -> None:
    """Derive closed totals anew from evidence and decisions, and compare them with UsageTable.

    Exit code 0 when nothing differs, 1 when something does, 2 for bad input.
    """
    begin, past = range_of(first, last)
    hours = stores.hours_of(stack)
    rebuilt = rebuild_totals(
        days_between(begin, past),
        hours=hours,
        evidence=stores.evidence_of(stack),
        closings=stores.closings_of(stack),
        usage=stores.usage_of(stack),
        valuation_for=stores.closing_valuation_of(stack),
    )
    for difference in rebuilt.differences:
        print_json(_shown(difference)) if json else typer.echo(_line(difference))
    if rebuilt.waiting:
        say(f"{len(rebuilt.waiting)} hours wait for a close and were not compared")
    if rebuilt.gone:
        say(f"{len(rebuilt.gone)} hours are final and were not compared")
    typer.echo(f"{len(rebuilt.differences)} differences in {rebuilt.compared} totals", err=json)
    if rebuilt.differences and repair:
        asked = ask_again(rebuilt, hours)
        say(f"{len(asked)} hours will be closed again by the next run of the state machine")
    raise typer.Exit(DIFFERS if rebuilt.differences else 0)


def _shown(difference: Difference) -> dict[str, object]:
    return {
        "period": difference.period,
        "tenant": difference.tenant,
        "stored_usd": plain(usd_of(difference.stored.cost)),
        "derived_usd": plain(usd_of(difference.derived.cost)),
        "direction": difference.direction(),
    }


def _line(difference: Difference) -> str:
    shown = _shown(difference)
    name = "(unattributed)" if difference.tenant is None else quoted(difference.tenant)
    stored, derived = shown["stored_usd"], shown["derived_usd"]
    return f"{shown['period']} {name}: stored {stored}, derived {derived}: {shown['direction']}"
