"""Rows: what one caller used at one set of rates, and what it costs.

Prices are linear in the quantities, so a sum is priced once and exactly.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from bedrock_meter.domain.pricing.model import ModelRef
from bedrock_meter.domain.pricing.rate_card import RateCard
from bedrock_meter.domain.records.usage import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_1H_TOKENS,
    CACHE_WRITE_5M_TOKENS,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
)
from bedrock_meter.domain.totals.partial import PartialRow
from bedrock_meter.domain.totals.valuation import Tariff

PLAIN_KINDS = (
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    CACHE_READ_TOKENS,
    CACHE_WRITE_5M_TOKENS,
    CACHE_WRITE_1H_TOKENS,
)
_NOTHING: frozenset[str] = frozenset()


class Rates:
    """The rates of one model, Region, tier, band and tariff.

    `atto` are attodollars for one of each plain kind; `lacks` tells which of them have no rate,
    nothing when all have. Tokens that a commitment covers lack nothing: they cost nothing by the
    call.
    """

    __slots__ = ("_band", "_is_covered", "_rate_card", "_tariff", "atto", "lacks")

    def __init__(self, rate_card: RateCard, band: int, model: ModelRef, tariff: Tariff) -> None:
        self._rate_card = rate_card
        self._band = band
        self._is_covered = model.commitment
        self._tariff = tariff  # kept, or its id might come to mean another
        found = [rate_card.term_for(kind, band) for kind in PLAIN_KINDS]
        self.atto = tuple(term.atto if term else 0 for term in found)
        self.lacks: tuple[bool, ...] = ()
        if None in found and not model.commitment:
            self.lacks = tuple(term is None for term in found)

    def without_rate(self, kinds: Iterable[str]) -> frozenset[str]:
        """Return the kinds that have no rate."""
        if self._is_covered:
            return _NOTHING
        return frozenset(
            kind for kind in kinds if self._rate_card.term_for(kind, self._band) is None
        )

    def cost_of(self, usage: dict[str, int]) -> tuple[int, dict[str, int]]:
        """Price summed usage: attodollars, and the quantities of what has no rate."""
        cost, unpriced = self._rate_card.cost_of(usage, self._band)
        return cost, {} if self._is_covered else unpriced


class Row(Struct, gc=False):
    """Requests, failed calls, unpriced calls, and quantities of one caller.

    The kinds that nearly every call has stand by themselves. (A Struct because it is made in a
    fraction of the time that any other class takes.)
    """

    tenant: str | None
    rates: Rates
    lacks: tuple[bool, ...]
    requests: int = 0
    errors: int = 0
    unpriced: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    write_5m: int = 0
    write_1h: int = 0
    others: dict[str, int] | None = None

    def add(self, usage: Mapping[str, int], *, is_whole: bool) -> None:
        """Add the quantities of one call of any kind; `is_whole` unless more may have been used."""
        others = self.others = self.others or {}
        for kind, quantity in usage.items():
            others[kind] = others.get(kind, 0) + quantity
        self.unpriced += not is_whole or bool(self.rates.without_rate(usage))


def total_of(rows: Sequence[Row], model: str) -> PartialRow:
    """Price rows of one tenant and model, each at its own rates, and add them up."""
    first = rows[0]
    if len(rows) == 1 and not first.others and not first.unpriced:
        return _plain_total(first, model)
    requests = errors = unpriced_requests = cost = 0
    fresh = out = read = write_5m = write_1h = 0
    others: dict[str, int] = {}
    unpriced: dict[str, int] = {}
    for row in rows:
        atto = row.rates.atto
        cost += row.input * atto[0] + row.output * atto[1] + row.cache_read * atto[2]
        requests += row.requests
        errors += row.errors
        fresh += row.input
        out += row.output
        read += row.cache_read
        if row.write_5m or row.write_1h:
            cost += row.write_5m * atto[3] + row.write_1h * atto[4]
            write_5m += row.write_5m
            write_1h += row.write_1h
        if row.others:
            cost += _price_others(row, others, unpriced)
        if row.unpriced:
            unpriced_requests += row.unpriced
            _note_unpriced(row, unpriced)
    usage = _without_zeros(fresh, out, read, write_5m, write_1h)
    _add_to(usage, others)
    return PartialRow(row.tenant, model, requests, errors, usage, cost, unpriced_requests, unpriced)


def _plain_total(row: Row, model: str) -> PartialRow:
    """Do the same for a row like nearly all: alone, with plain kinds that have a rate."""
    atto = row.rates.atto
    cost = row.input * atto[0] + row.output * atto[1] + row.cache_read * atto[2]
    if row.write_5m or row.write_1h:
        cost += row.write_5m * atto[3] + row.write_1h * atto[4]
    usage = _without_zeros(row.input, row.output, row.cache_read, row.write_5m, row.write_1h)
    return PartialRow(row.tenant, model, row.requests, row.errors, usage, cost, 0, {})


def _price_others(row: Row, others: dict[str, int], unpriced: dict[str, int]) -> int:
    assert row.others
    cost, without_rate = row.rates.cost_of(row.others)
    _add_to(others, row.others)
    _add_to(unpriced, without_rate)
    return cost


def _note_unpriced(row: Row, unpriced: dict[str, int]) -> None:
    """Add the plain quantities of a row that have no rate."""
    plain = (row.input, row.output, row.cache_read, row.write_5m, row.write_1h)
    for kind, quantity, lacks in zip(PLAIN_KINDS, plain, row.rates.lacks, strict=False):
        if lacks and quantity:
            unpriced[kind] = unpriced.get(kind, 0) + quantity


def _without_zeros(fresh: int, out: int, read: int, write_5m: int, write_1h: int) -> dict[str, int]:
    usage = {}
    if fresh:
        usage[INPUT_TOKENS] = fresh
    if out:
        usage[OUTPUT_TOKENS] = out
    if read:
        usage[CACHE_READ_TOKENS] = read
    if write_5m:
        usage[CACHE_WRITE_5M_TOKENS] = write_5m
    if write_1h:
        usage[CACHE_WRITE_1H_TOKENS] = write_1h
    return usage


def _add_to(sums: dict[str, int], more: Mapping[str, int]) -> None:
    for kind, quantity in more.items():
        sums[kind] = sums.get(kind, 0) + quantity
