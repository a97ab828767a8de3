"""A charge: one invocation priced, with the rate of every line and the reason for what has none.

priced                 every kind has a rate; or nothing was used
partial_unpriced       some kinds have none, or more was used than the record says
unpriced               no kind has one, or the record does not say what was used
unresolved_model       an opaque id that could not be resolved
covered_by_commitment  provisioned or imported: paid by time, not by call
failed_call            an error was logged: counted, no usage
rejected               cannot be metered; never made here
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from bedrock_meter.domain.pricing.contract import EVERY_MODEL, Contract
from bedrock_meter.domain.pricing.model import ModelRef
from bedrock_meter.domain.pricing.price_book import NO_RATE_FOR_KIND, PriceBook
from bedrock_meter.domain.pricing.rate_card import LOW, RateCard, Term
from bedrock_meter.domain.records.evidence import ABSENT
from bedrock_meter.domain.records.usage import Usage

PRICED = "priced"
PARTIAL_UNPRICED = "partial_unpriced"
UNPRICED = "unpriced"
UNRESOLVED_MODEL = "unresolved_model"
WITHOUT_RATE = (PARTIAL_UNPRICED, UNPRICED, UNRESOLVED_MODEL)
"""The statuses of calls whose cost is not known, or not whole."""
COVERED_BY_COMMITMENT = "covered_by_commitment"
FAILED_CALL = "failed_call"
REJECTED = "rejected"

USAGE_NOT_LOGGED = "usage_not_logged"
NO_USAGE = "no_usage"
CONTEXT_BAND_BASE = "context_band_base"

NOTHING: Mapping[str, int] = MappingProxyType({})


class ChargeLine(NamedTuple):
    """One kind of usage priced: how much of it, and what one unit costs and why."""

    quantity: int
    term: Term

    @property
    def amount(self) -> int:
        """The amount in attodollars."""
        return self.quantity * self.term.atto


class Charge(NamedTuple):
    """One invocation priced. Amounts are attodollars; `amount` is None unless `priced`.

    `priced` is the sum of the lines, always, and `unpriced` holds the quantities without a rate.
    `terms` are those of its context band, by usage key, and may hold more than were used.
    """

    status: str
    amount: int | None
    priced: int
    unpriced: Usage
    assumptions: tuple[str, ...]
    reason: str | None
    book: str
    contract: str | None = None
    usage: Usage = NOTHING
    terms: Mapping[str, Term] = MappingProxyType({})

    def lines(self) -> tuple[ChargeLine, ...]:
        """Make one line per kind that has a rate; most calls are priced without them."""
        return tuple(
            ChargeLine(quantity, term)
            for key, quantity in self.usage.items()
            if quantity and (term := self.terms.get(key))
        )

    @property
    def list_cost(self) -> int:
        """The sum at list of those lines that list has a rate for; without a contract, of all."""
        if self.contract is None:
            return self.priced
        return sum(line.quantity * (line.term.list_atto or 0) for line in self.lines())

    def list_priced(self) -> int | None:
        """Return the sum of the lines at list; None if only a contract has a price for one."""
        total = 0
        for line in self.lines():
            if line.term.list_atto is None:
                return None
            total += line.quantity * line.term.list_atto
        return total


def charge_for(
    usage: Usage,
    *,
    book: PriceBook,
    model: ModelRef,
    region: str,
    tier: str,
    at: datetime,
    contract: Contract | None = None,
    counts: str = "present",
    error_code: str | None = None,
    assumptions: Iterable[str] = (),
    aggregate: bool = False,
    context: int | None = None,
) -> Charge:
    """Price one invocation at the rates in force when it was made. Exact; nothing is rounded.

    `counts` explains an empty usage: "zero" and "blocked" mean that nothing was used, "absent" that
    not all, or nothing, is known. With `aggregate` the usage is that of several calls, which have
    no context band; `context` is the input that decides the band if it is not the usage's own.
    """
    assumed = tuple(assumptions)
    if error_code is not None:
        return Charge(FAILED_CALL, None, 0, NOTHING, assumed, error_code, book.id)
    rate_card = book.rate_card_for(model, region, tier, at)
    if contract is not None:
        contract = contract if covers(contract, book, model, at) else None
        rate_card = contract.rate_card_for(rate_card) if contract else rate_card
    if aggregate and rate_card.threshold is not None:
        assumed = (*assumed, CONTEXT_BAND_BASE)
    band = LOW if aggregate or rate_card.threshold is None else rate_card.band_for(usage, context)
    unpriced: Usage
    priced, unpriced = rate_card.cost_of(usage, band)
    status: str = PRICED
    reason: str | None = None
    if model.commitment:
        status, unpriced = COVERED_BY_COMMITMENT, NOTHING
    elif not unpriced and not priced and not any(usage.values()):
        return _unused(book.id, model, counts, assumed)
    elif unpriced or counts == ABSENT:
        status, reason = _verdict(model, rate_card, usage, unpriced, band)
    if rate_card.assumed[band]:
        assumed = _with_those_of(rate_card.assumed[band], usage, assumed)
    amount, under = (priced if status is PRICED else None), (contract.id if contract else None)
    terms = rate_card.terms[band]
    return Charge(status, amount, priced, unpriced, assumed, reason, book.id, under, usage, terms)


def covers(contract: Contract, book: PriceBook, model: ModelRef, at: datetime) -> bool:
    """Return whether a contract covers a model; one for every model covers those of the book."""
    known = contract.match != EVERY_MODEL or bool(book.rates_of(model.key))
    return known and contract.holds(model.key, at)


def _with_those_of(
    known: Mapping[str, tuple[str, ...]], usage: Usage, assumed: tuple[str, ...]
) -> tuple[str, ...]:
    """Add what the rates of the kinds that were used assume, each once."""
    noted: tuple[str, ...] = ()
    for key, quantity in usage.items():
        those = known.get(key)
        if quantity and those and those != noted:  # Mostly all kinds assume the same.
            noted = (*noted, *those)
    return tuple(dict.fromkeys((*assumed, *noted))) if assumed or len(noted) > 1 else noted


def _unused(book: str, model: ModelRef, counts: str, assumed: tuple[str, ...]) -> Charge:
    if counts != ABSENT:
        return Charge(PRICED, 0, 0, NOTHING, (*assumed, NO_USAGE), None, book)
    if not model.resolved:
        return Charge(UNRESOLVED_MODEL, None, 0, NOTHING, assumed, _why_unresolved(model), book)
    return Charge(UNPRICED, None, 0, NOTHING, assumed, USAGE_NOT_LOGGED, book)


def _verdict(
    model: ModelRef, rate_card: RateCard, usage: Usage, unpriced: Usage, band: int
) -> tuple[str, str]:
    if not model.resolved:
        return UNRESOLVED_MODEL, _why_unresolved(model)
    if not unpriced:  # What is there has a rate; what else was used is not in the record.
        return PARTIAL_UNPRICED, USAGE_NOT_LOGGED
    any_priced = any(quantity and key not in unpriced for key, quantity in usage.items())
    reasons = [rate_card.reason_for(key, band) for key in unpriced]
    reason = next((one for one in reasons if one != NO_RATE_FOR_KIND), NO_RATE_FOR_KIND)
    return (PARTIAL_UNPRICED if any_priced else UNPRICED), reason


@lru_cache(maxsize=256)
def _why_unresolved(model: ModelRef) -> str:
    return "opaque_model_id" if "." not in model.key.partition(":")[0] else "unknown_scope_prefix"
