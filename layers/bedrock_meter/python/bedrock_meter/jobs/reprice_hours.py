"""Reprice: what closed hours would cost by another price book; a decision makes it so."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.records.merge import Merged
from bedrock_meter.domain.records.tenant import Tenant, in_order
from bedrock_meter.domain.time.hours import Hour, hours_between
from bedrock_meter.domain.totals.total import EMPTY, Total
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.derive_calls import files_of, merged_calls, tallied, valued_calls
from bedrock_meter.ports import EvidenceStore


class Repriced(NamedTuple):
    """One tenant's hour at the book in force and at the other one; attodollars."""

    hour: Hour
    tenant: Tenant
    before: int
    after: int


def repriced_hours(
    first: Hour,
    past: Hour,
    *,
    book: PriceBook,
    tenant: Tenant,
    evidence: EvidenceStore,
    valuation_for: Callable[[Hour], Valuation],
) -> Iterator[Repriced]:
    """Return every tenant's hour that costs otherwise by a book; nothing is written.

    `tenant` None stands for all. To put the book in force, decide for it (`jobs/decide`): the hours
    are closed again, and the same differences become corrections.
    """
    for hour in hours_between(first, past):
        files = files_of(hour, evidence)
        if not files.own:
            continue
        merged = merged_calls(hour, files, evidence)
        valuation = valuation_for(hour)
        before = _totals(merged, valuation)
        after = _totals(merged, valuation.at_book(book))
        for name in in_order({*before, *after}):
            if tenant not in (None, name):
                continue
            old, new = before.get(name, EMPTY).cost, after.get(name, EMPTY).cost
            if old != new:
                yield Repriced(hour, name, old, new)


def _totals(merged: Merged, valuation: Valuation) -> dict[Tenant, Total]:
    return dict(tallied(valued_calls(merged, valuation), valuation.policy))
