"""`bedrock-meter tenants erase`: replace a tenant's id by a pseudonym."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from bedrock_meter.cli.options import on_stack
from bedrock_meter.cli.output import print_line, refuse, say
from bedrock_meter.cli.stack import Stack
from bedrock_meter.compose import valuing
from bedrock_meter.domain.time.hours import start_of
from bedrock_meter.domain.totals.erasure import PREFIX, CannotErase
from bedrock_meter.jobs.erase_tenant import ErasableHours, Erased, erase_tenant, find_tenant
from bedrock_meter.logs.spool import evidence_file

VERSION_DAYS = 30
"""How long replaced versions stay in the data bucket (its lifecycle rule)."""
REFRESH_DAYS, DEAD_LETTER_DAYS = 1, 14
"""How long queues keep notes about tenants whose live totals are behind."""
BACKUP_DAYS = 35
"""How far point-in-time recovery of a table reaches back."""


@on_stack
def erase(
    tenant: Annotated[
        str, typer.Argument(metavar="ID", help="The tenant's id, as totals show it.")
    ],
    stack: Stack,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; otherwise only show what would change.")
    ] = False,
    everywhere: Annotated[
        bool,
        typer.Option(
            "--everywhere", help="Search all evidence, not only that of the tenant's hours."
        ),
    ] = False,
) -> None:
    """Replace a tenant's id by a pseudonym, in evidence and all that follows from it.

    Calls and costs stay, under a name that identifies nobody; no total changes. What still holds
    the id afterwards, and until when, is printed.
    """
    names, hours = stack.stores.tenant_names, stack.stores.hours
    found = find_tenant(tenant, names=names, hours=hours)
    if not (found.hours or found.unclosed or everywhere):
        refuse(
            f"{tenant!r} has no total; is it spelled as totals show it? "
            "--everywhere also finds an id that never had one"
        )
    _print_found(tenant, found)
    if not apply:
        say("nothing was written; add --apply to replace it by a pseudonym")
        return
    try:
        erased = erase_tenant(
            tenant,
            proposed=PREFIX + secrets.token_hex(8),
            everywhere=everywhere,
            now=datetime.now(UTC),
            names=names,
            hours=hours,
            evidence=stack.stores.evidence,
            manifests=stack.stores.manifests,
            live=stack.stores.live,
            decisions=stack.stores.decisions,
            policies=stack.stores.policies,
            valuation_for=valuing.closing_valuation(stack.stores, datetime.now(UTC)),
            write=evidence_file,
        )
    except CannotErase as problem:
        refuse(f"{problem}; run the hourly state machine, then try again")
    typer.echo(f"its name is {erased.pseudonym} from now on")
    typer.echo("what still holds the id:")
    for line in (*_left(stack, found), *_traces(erased)):
        print_line(f"- {line}")
    if again := find_tenant(tenant, names=names, hours=hours).hours:
        refuse(f"{len(again)} hours were closed meanwhile and name it; erase it once more")


def _print_found(tenant: str, found: ErasableHours) -> None:
    span = f", {found.hours[0]} to {found.hours[-1]}" if found.hours else ""
    print_line(f"{tenant!r}: {len(found.hours)} closed hours{span}")
    if found.unclosed:
        say(f"{len(found.unclosed)} hours are not closed yet, the first {found.unclosed[0]}")


def _left(stack: Stack, found: ErasableHours) -> Iterator[str]:
    bucket, given = stack.output("LogBucketName"), stack.parameter("LogBucketName")
    end = "as its owner decides" if given else _until(stack, "LogObjectDays", found)
    yield f"log objects in {bucket}: {end}; a replay of them brings the id back"
    yield f"live partials and slot totals: {_until(stack, 'PartialDays', found)}"
    progress = stack.stores.hours.progress()
    final = sum(map(progress.is_sealed, found.hours))
    open_hours = len(found.hours) - final
    yield f"Parquet of {open_hours} hours: until the next run of the state machine"
    if final:
        yield f"Parquet of {final} final hours: {_until(stack, 'RollupDays', found)}"
    yield f"replaced versions in the data bucket: for {VERSION_DAYS} days from now"
    yield f"recovery points of the tables: for {BACKUP_DAYS} days from now"
    notes = f"in its queue for {REFRESH_DAYS} day, those that failed for {DEAD_LETTER_DAYS} days"
    yield f"notes of the live lane: {notes}"
    log_days = stack.parameter("FunctionLogDays")
    yield f"functions' logs, where one failed while it assessed the tenant: for {log_days} days"
    yield "your policy file, tags of inference profiles, notices already sent: yours to change"
    yield "evidence and Parquet: roles, sessions and other metadata of its calls, as they were"


def _traces(erased: Erased) -> Iterator[str]:
    """Return what may lead to the tenant, too, and was not changed."""
    if erased.of_others:
        yield f"evidence of other tenants: {erased.of_others} calls that hold the same word"
    for place in erased.left:
        yield f"the policy in force: {place}"


def _until(stack: Stack, parameter: str, found: ErasableHours) -> str:
    days = int(stack.parameter(parameter) or 0)
    if not (days and found.hours):
        return f"as {parameter} says"
    last = start_of(found.hours[-1]) + timedelta(days=days + 1)
    return f"until {last:%Y-%m-%d} ({days} days after they were written)"
