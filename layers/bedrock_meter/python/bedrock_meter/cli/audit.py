"""`bedrock-meter audit`: compare published hours with what their log objects say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Annotated

import typer

from bedrock_meter.cli.options import Json, on_stack
from bedrock_meter.cli.output import BAD_INPUT, print_json, refuse, say
from bedrock_meter.cli.periods import one_day, one_hour
from bedrock_meter.cli.progress import progress
from bedrock_meter.cli.stack import Stack
from bedrock_meter.cli.terminal import MOST_OF_A_KEY, on_one_line, quoted
from bedrock_meter.domain.time.hours import Hour, hours_of
from bedrock_meter.domain.totals.audit import (
    ALL_TENANTS,
    Audit,
    CannotAudit,
    ObjectDifference,
    TenantDifference,
)

DIFFERS = 1
_AS_LONG_AS_IT_TAKES = timedelta(days=1)

type AuditOne = Callable[[Hour], Audit]


@on_stack
def audit(
    stack: Stack,
    hour: Annotated[
        str | None, typer.Argument(metavar="HOUR", help="Such as 2026-11-21T05 (UTC).")
    ] = None,
    day: Annotated[str | None, typer.Option("--day", help="Every hour of a day instead.")] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Read all log objects, however many; no sample.")
    ] = False,
    json: Json = False,
) -> None:
    """Read the log objects of closed hours again, and compare what they say with UsageTable.

    Unlike `rebuild`, it does not rely on evidence. Nothing is written. Exit code 0 when nothing
    differs, 1 when something does, 2 when an hour could not be compared, or for bad input.
    """
    if (hour is None) == (day is None):
        refuse("name the hour to audit, such as 2026-11-21T05, or --day")
    hours = hours_of(one_day("--day", day)) if day else (one_hour("HOUR", hour or ""),)
    one = _audit_of(stack, whole)
    differences = refused = 0
    for each in hours:
        found = _audited(one, each, json)
        differences += found.differences() if found else 0
        refused += found is None
    if day and not json:
        typer.echo(f"{differences} differences in {len(hours) - refused} hours of {day}")
    raise typer.Exit(DIFFERS if differences else BAD_INPUT if refused else 0)


def _audit_of(stack: Stack, whole: bool) -> AuditOne:
    from bedrock_meter.compose import valuing
    from bedrock_meter.compose.auditing import plain_reader
    from bedrock_meter.jobs.audit_hour import AuditStores, audit_hour
    from bedrock_meter.jobs.reread_objects import BOUNDS, NO_BOUNDS

    return partial(
        audit_hour,
        stores=stack.stores.of(AuditStores),
        reader=plain_reader(NO_BOUNDS if whole else BOUNDS),
        valuation_for=valuing.remembered_valuation(stack.stores),
        remaining=lambda: _AS_LONG_AS_IT_TAKES,
    )


def _audited(one: AuditOne, hour: Hour, json: bool) -> Audit | None:
    """Audit an hour and print what was found; None when it cannot be compared."""
    from botocore.exceptions import ClientError

    try:
        with progress(f"reading the log of {hour}"):
            found = one(hour)
    except CannotAudit as reason:
        say(str(reason))
        return None
    except ClientError as error:
        refuse(f"{error}; an audit reads log objects: take a role that may, or invoke AuditHour")
    if json:
        print_json(found.document())
        return found
    for line in _lines(found):
        typer.echo(line)
    for remark in _remarks(found):
        say(f"{hour}: {remark}")
    return found


def _lines(found: Audit) -> Iterator[str]:
    for tenant in found.tenants:
        yield from (f"{found.hour} {line}" for line in _of_tenant(tenant))
    yield from (f"{found.hour} {_of_object(one)}" for one in found.objects)
    count = found.differences()
    differences = f"{count or 'no'} difference{'' if count == 1 else 's'}"
    read = f"{found.calls} calls of {found.read} log objects read again"
    if found.is_sample():
        said = f"{found.compared} log objects, a sample of {found.found}"
    else:
        said = f"the sums of all {found.compared} tenants" if found.only_sums else ""
        said = said or f"{found.compared} tenants"
    yield f"{found.hour}: {differences} in {said}; {read}"


def _of_tenant(difference: TenantDifference) -> Iterator[str]:
    name = difference.tenant
    shown = "(unattributed)" if name is None else name if name == ALL_TENANTS else quoted(name)
    for figure in difference.figures():
        document = figure.document()
        published, recomputed = document["published"], document["recomputed"]
        yield f"{shown}: {document['figure']} published {published}, by the log {recomputed}"


def _of_object(difference: ObjectDifference) -> str:
    counts = f"{difference.logged} records, {difference.kept} in its evidence"
    name = on_one_line(difference.object_id, MOST_OF_A_KEY)
    return f"{name}: {difference.reason}; {counts}, {difference.differing} differ"


def _remarks(found: Audit) -> Iterator[str]:
    counted = {
        "log objects wait to be metered": len(found.outstanding),
        "log objects were given up by an operator and are not metered": len(found.aside),
        "log objects hold other bytes than were metered": len(found.changed),
        "log objects were metered by an older release": found.older,
        "requests are also in another hour, too far away to be the same call": found.apart or 0,
        "totals or log objects were left out for lack of time": found.left_out,
    }
    yield from (f"{count} {what}" for what, count in counted.items() if count)
    if found.only_sums:
        yield "a tenant was erased: only requests, errors and usage of all together are compared"
