"""`bedrock-meter rebuild`: compare closed totals with what they are derived from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bedrock_meter.cli.options import From, Json, To, on_stack
from bedrock_meter.cli.output import print_json, say
from bedrock_meter.cli.periods import days_between, range_of
from bedrock_meter.cli.stack import Stack
from bedrock_meter.compose import valuing
from bedrock_meter.domain.pricing.money import plain, usd_of
from bedrock_meter.domain.records.tenant import shown_tenant
from bedrock_meter.jobs.rebuild_totals import Difference, Rebuilt, rebuild_totals
from bedrock_meter.jobs.repair_totals import Repaired, repair_totals

DIFFERS = 1


@on_stack
def rebuild(
    first: From,
    last: To,
    stack: Stack,
    repair: Annotated[
        bool, typer.Option("--repair", help="Have wrong hours closed again; write final ones back.")
    ] = False,
    json: Json = False,
) -> None:
    """Derive closed totals from evidence and decisions again, and compare them with UsageTable.

    Whole days are compared; final hours with what was published of them. Exit code 0 when nothing
    differs, 1 when something does or evidence is lost, 2 for bad input.
    """
    begin, past = range_of(first, last)
    hours, usage = stack.stores.hours, stack.stores.usage
    rebuilt = rebuild_totals(
        days_between(begin, past),
        hours=hours,
        evidence=stack.stores.evidence,
        closings=stack.stores.closings,
        usage=usage,
        valuation_for=valuing.closing_valuation(stack.stores, datetime.now(UTC)),
    )
    for difference in rebuilt.differences:
        print_json(_shown(difference)) if json else typer.echo(_line(difference))
    _say_what_was_left_out(rebuilt)
    typer.echo(f"{len(rebuilt.differences)} differences in {rebuilt.compared} totals", err=json)
    if rebuilt.differences and repair:
        _say_what_was_done(repair_totals(rebuilt, hours=hours, usage=usage))
    raise typer.Exit(0 if rebuilt.is_right() else DIFFERS)


def _say_what_was_left_out(rebuilt: Rebuilt) -> None:
    if not (rebuilt.compared or rebuilt.waiting or rebuilt.lost):
        say("nothing was compared: these days have no closed totals; check --from and --to")
    if rebuilt.waiting:
        say(f"{len(rebuilt.waiting)} hours wait for a close and were not compared")
    if rebuilt.final:
        say(f"{len(rebuilt.final)} hours are final and were compared with what was published")
    if rebuilt.lost:
        say(
            f"{len(rebuilt.lost)} hours lost evidence they were closed from, the first "
            f"{rebuilt.lost[0]}, and were not compared: see the runbook evidence-missing"
        )


def _say_what_was_done(repaired: Repaired) -> None:
    if repaired.written_back:
        say(f"{len(repaired.written_back)} final hours were written back as they were published")
    if repaired.summed:
        say(f"{len(repaired.summed)} days and months were summed up anew")
    if repaired.asked:
        say(f"{len(repaired.asked)} hours will be closed again by the next run")


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
    name = shown_tenant(difference.tenant)
    stored, derived = shown["stored_usd"], shown["derived_usd"]
    return f"{shown['period']} {name}: stored {stored}, derived {derived}: {shown['direction']}"
