"""A charge: one invocation priced, with the rate of every line and the reason for what has none.

    priced                 every kind has a rate; or nothing was used
    partial_unpriced       some kinds have none
    unpriced               no kind has one, or nothing says what was used
    unresolved_model       an opaque id that could not be resolved
    covered_by_commitment  provisioned or imported: paid by time, not by call
    failed_call            an error was logged: counted, no usage
    rejected               cannot be metered; never made here
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from bedrock_meter.domain.contract import EVERY_MODEL, Contract
from bedrock_meter.domain.model import ModelRef
from bedrock_meter.domain.money import plain, usd_of
from bedrock_meter.domain.price_book import NO_RATE_FOR_KIND, PriceBook
from bedrock_meter.domain.sheet import LOW, Sheet, Term, charged_lines
from bedrock_meter.domain.usage import Usage, kind_of

PRICED = "priced"
PARTIAL_UNPRICED = "partial_unpriced"
UNPRICED = "unpriced"
UNRESOLVED_MODEL = "unresolved_model"
COVERED_BY_COMMITMENT = "covered_by_commitment"
FAILED_CALL = "failed_call"
REJECTED = "rejected"

USAGE_NOT_LOGGED = "usage_not_logged"
NO_USAGE = "no_usage"
CONTEXT_BAND_BASE = "context_band_base"


class ChargeLine(NamedTuple):
    """One kind of usage priced; `rate_usd` is dollars for `per` units, `amount` attodollars."""

    kind: str
    quantity: int
    rate_usd: str
    per: int
    rate_id: str
    amount: int

    @property
    def amount_usd(self) -> str:
        """The amount in dollars, plain notation."""
        return plain(usd_of(self.amount))


class Charge(NamedTuple):
    """One invocation priced. Amounts are attodollars; `amount` is None unless `priced`.

    `priced` is the sum of the lines, always. `list_priced` is the same at list: it differs only
    under a contract, whose id is `contract`; None when the contract prices what list does not.
    """

    status: str
    amount: int | None
    priced: int
    lines: tuple[ChargeLine, ...]
    assumptions: tuple[str, ...]
    reason: str | None
    book: str
    unpriced: Usage = {}  # noqa: RUF012 - never written to
    list_priced: int | None = None
    contract: str | None = None


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
) -> Charge:
    """Price one invocation at the rates in force when it was made. Exact; nothing is rounded.

    `counts` tells an empty usage apart: "zero" and "blocked" mean nothing was used, "absent" that
    nobody knows. With `aggregate` the usage is that of several calls, which no context band fits.
    """
    assumed = tuple(assumptions)
    if error_code is not None:
        return Charge(FAILED_CALL, None, 0, (), assumed, error_code, book.id)
    sheet = book.sheet_for(model, region, tier, at)
    if contract is not None:
        contract = contract if _covers(contract, book, model, at) else None
        sheet = contract.sheet_for(sheet) if contract else sheet
    band = LOW if aggregate else sheet.band_for(usage)
    if aggregate and sheet.threshold is not None:
        assumed = (*assumed, CONTEXT_BAND_BASE)
    lines, unpriced = charged_lines(sheet, usage, band)
    if model.commitment:
        unpriced = {}
    elif not lines and not unpriced:
        return _unused(book.id, model, counts, assumed)
    status, reason = _verdict(model, sheet, lines, unpriced, band)
    return _charge(status, reason, lines, unpriced, assumed, book.id, contract)


def _covers(contract: Contract, book: PriceBook, model: ModelRef, at: datetime) -> bool:
    """A contract for every model says nothing about a model that nobody knows."""
    known = contract.match != EVERY_MODEL or bool(book.rates_of(model.key))
    return known and contract.holds(model.key, at)


def _charge(
    status: str,
    reason: str | None,
    lines: list[tuple[str, int, Term]],
    unpriced: Usage,
    assumed: tuple[str, ...],
    book: str,
    contract: Contract | None,
) -> Charge:
    charged = []
    priced = 0
    for key, quantity, (atto, usd, per, rate_id, noted, _) in lines:
        amount = quantity * atto
        priced += amount
        charged.append(ChargeLine(kind_of(key), quantity, usd, per, rate_id, amount))
        if noted:
            assumed = tuple(dict.fromkeys((*assumed, *noted)))
    return Charge(
        status,
        priced if status == PRICED else None,
        priced,
        tuple(charged),
        assumed,
        reason,
        book,
        unpriced,
        _at_list(lines) if contract else priced,
        contract.id if contract else None,
    )


def _unused(book: str, model: ModelRef, counts: str, assumed: tuple[str, ...]) -> Charge:
    if counts != "absent":
        return Charge(PRICED, 0, 0, (), (*assumed, NO_USAGE), None, book)
    if not model.resolved:
        return Charge(UNRESOLVED_MODEL, None, 0, (), assumed, _why_unresolved(model), book)
    return Charge(UNPRICED, None, 0, (), assumed, USAGE_NOT_LOGGED, book)


def _verdict(
    model: ModelRef,
    sheet: Sheet,
    lines: list[tuple[str, int, Term]],
    unpriced: Usage,
    band: int,
) -> tuple[str, str | None]:
    if model.commitment:
        return COVERED_BY_COMMITMENT, None
    if not unpriced:
        return PRICED, None
    if not model.resolved:
        return UNRESOLVED_MODEL, _why_unresolved(model)
    reasons = [sheet.reason_for(key, band) for key in unpriced]
    reason = next((one for one in reasons if one != NO_RATE_FOR_KIND), NO_RATE_FOR_KIND)
    return (PARTIAL_UNPRICED if lines else UNPRICED), reason


def _at_list(lines: list[tuple[str, int, Term]]) -> int | None:
    listed = [term.list_atto for _, _, term in lines]
    if any(atto is None for atto in listed):
        return None
    return sum(quantity * (term.list_atto or 0) for _, quantity, term in lines)


@lru_cache(maxsize=256)
def _why_unresolved(model: ModelRef) -> str:
    return "opaque_model_id" if "." not in model.key.partition(":")[0] else "unknown_scope_prefix"
