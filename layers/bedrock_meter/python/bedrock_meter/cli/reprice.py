"""`bedrock-meter reprice`: what closed hours cost by another price book."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bedrock_meter import prices
from bedrock_meter.cli.books import book_at
from bedrock_meter.cli.options import From, Json, To, on_stack
from bedrock_meter.cli.output import print_json, refuse, say
from bedrock_meter.cli.periods import days_between, range_of
from bedrock_meter.cli.stack import Stack
from bedrock_meter.cli.terminal import quoted
from bedrock_meter.compose import valuing
from bedrock_meter.domain.policy.decisions import BOOK, Decision
from bedrock_meter.domain.pricing.money import plain, usd_of
from bedrock_meter.domain.records.tenant import shown_tenant
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs.reprice_hours import Repriced, repriced_hours


@on_stack
def reprice(
    first: From,
    last: To,
    stack: Stack,
    book: Annotated[
        str | None,
        typer.Option(help="`shipped` or an overlay file; the stack's current book when left out."),
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Only this tenant; all when left out.")] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Put the book in force for these hours.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what closed hours would cost by a price book; --apply puts it in force for them.

    The hours are then closed again, and every difference is kept as a correction with the old and
    the new value.
    """
    begin, past = range_of(first, last)
    stack.refuse_if_sealed("--from", begin)
    _refuse_if_absent(stack, tenant, begin, past)
    shelf = stack.stores.shelf
    chosen = book_at(book) if book else prices.layered(shelf.overlay())
    sums: dict[str | None, tuple[int, int]] = {}
    for change in repriced_hours(
        begin,
        past,
        book=chosen,
        tenant=tenant,
        evidence=stack.stores.evidence,
        valuation_for=valuing.closing_valuation(stack.stores, datetime.now(UTC)),
    ):
        if json:
            print_json(_shown(change))
        before, after = sums.get(change.tenant, (0, 0))
        sums[change.tenant] = before + change.before, after + change.after
    for name, (before, after) in sums.items() if not json else ():
        typer.echo(
            f"{shown_tenant(name)}: {_usd(before)} -> {_usd(after)} ({_usd(after - before, '+')})"
        )
    say(f"{len(sums)} tenants differ by book {chosen.id}")
    if apply:
        shelf.put_book(chosen)
        asked = stack.decide(Decision(BOOK, chosen.id, begin, past, tenant, datetime.now(UTC)))
        say(f"book {chosen.id} is in force; {len(asked)} hours are closed again by the next run")
    elif sums:
        say("nothing was written; add --apply to put the book in force for these hours")


def _refuse_if_absent(stack: Stack, tenant: str | None, begin: Hour, past: Hour) -> None:
    """End the command when a tenant is named that has no closed call: it may be misspelled."""
    if tenant is None:
        return
    usage = stack.stores.usage
    if not any(usage.day(tenant, day) for day in days_between(begin, past)):
        refuse(f"--tenant {quoted(tenant)}: has no closed call in these hours; check the spelling")


def _shown(change: Repriced) -> dict[str, object]:
    return {
        "hour": change.hour,
        "tenant": change.tenant,
        "before_usd": _usd(change.before),
        "after_usd": _usd(change.after),
    }


def _usd(atto: int, sign: str = "") -> str:
    return (sign if atto > 0 else "") + plain(usd_of(atto))
