"""Rows: what one caller used at one set of rates, and what it costs.

Prices are linear in the quantities, so a sum is priced once and exactly.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from bedrock_meter.domain.pricing.model import ModelRef
from bedrock_meter.domain.pricing.rate_card import RateCard
from bedrock_meter.domain.records.tenant import Tenant
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


class PlainTokens(Struct, gc=False):
    """A number for each of the `PLAIN_KINDS`, in that order: the kinds that nearly every call has.

    (A Struct because it is made in a fraction of the time that any other class takes.)
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    write_5m: int = 0
    write_1h: int = 0

    def add(self, more: "PlainTokens") -> None:
        """Add the quantities of another."""
        self.input += more.input
        self.output += more.output
        self.cache_read += more.cache_read
        self.write_5m += more.write_5m
        self.write_1h += more.write_1h

    def usage(self) -> dict[str, int]:
        """Return the numbers by kind, zeros left out."""
        usage = {}
        if self.input:
            usage[INPUT_TOKENS] = self.input
        if self.output:
            usage[OUTPUT_TOKENS] = self.output
        if self.cache_read:
            usage[CACHE_READ_TOKENS] = self.cache_read
        if self.write_5m:
            usage[CACHE_WRITE_5M_TOKENS] = self.write_5m
        if self.write_1h:
            usage[CACHE_WRITE_1H_TOKENS] = self.write_1h
        return usage

    def cost_at(self, atto: "PlainTokens") -> int:
        """Return what they cost at so many attodollars for one of each."""
        cost = self.input * atto.input + self.output * atto.output
        cost += self.cache_read * atto.cache_read
        if self.write_5m or self.write_1h:
            cost += self.write_5m * atto.write_5m + self.write_1h * atto.write_1h
        return cost


class Rates:
    """The rates of one model, Region, tier, band and tariff.

    `atto` are attodollars for one of each plain kind; `lacks` holds the kinds that have no rate.
    Tokens that a commitment covers lack nothing: they cost nothing by the call.
    """

    __slots__ = ("_band", "_is_covered", "_rate_card", "_tariff", "atto", "lacks")

    def __init__(self, rate_card: RateCard, band: int, model: ModelRef, tariff: Tariff) -> None:
        self._rate_card = rate_card
        self._band = band
        self._is_covered = model.commitment
        self._tariff = tariff  # kept, or its id might come to mean another
        self.atto, lacks = _plain_rates(rate_card, band)
        self.lacks = _NOTHING if model.commitment else lacks

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


@lru_cache(maxsize=1024)
def _plain_rates(rate_card: RateCard, band: int) -> tuple[PlainTokens, frozenset[str]]:
    """Return what one of each plain kind costs, and which kinds have no rate.

    Remembered from log object to log object: rate cards stay the same, and small objects have more
    slots and models than rows for each.
    """
    found = {kind: rate_card.term_for(kind, band) for kind in PLAIN_KINDS}
    atto = PlainTokens(*(term.atto if term else 0 for term in found.values()))
    return atto, frozenset(kind for kind, term in found.items() if term is None)


class Row(PlainTokens, kw_only=True, gc=False):
    """Requests, failed calls, unpriced calls, and quantities of one caller."""

    tenant: Tenant
    rates: Rates
    lacks: frozenset[str]
    requests: int = 0
    errors: int = 0
    unpriced: int = 0
    others: dict[str, int] | None = None

    def add_any(self, usage: Mapping[str, int], *, is_whole: bool) -> None:
        """Add the quantities of one call of any kind; `is_whole` unless more may have been used."""
        others = self.others = self.others or {}
        for kind, quantity in usage.items():
            others[kind] = others.get(kind, 0) + quantity
        self.unpriced += not is_whole or bool(self.rates.without_rate(usage))


def totals_of(rows: Sequence[Row], model: str) -> Iterator[PartialRow]:
    """Price rows of one model and add them up by tenant, in the order of the rows."""
    if len({row.tenant for row in rows}) == len(rows):
        for row in rows:
            yield (
                _total_of([row], model) if row.others or row.unpriced else _plain_total(row, model)
            )
        return
    by_tenant: dict[Tenant, list[Row]] = {}
    for row in rows:
        by_tenant.setdefault(row.tenant, []).append(row)
    for alike in by_tenant.values():
        yield _total_of(alike, model)


def _plain_total(row: Row, model: str) -> PartialRow:
    """Price a row that is a total by itself, as nearly all are."""
    atto, fresh, out, read = row.rates.atto, row.input, row.output, row.cache_read
    if not fresh or not out or read or row.write_5m or row.write_1h:
        cost, usage = row.cost_at(atto), row.usage()
    else:
        cost = fresh * atto.input + out * atto.output
        usage = {INPUT_TOKENS: fresh, OUTPUT_TOKENS: out}
    return PartialRow(row.tenant, model, row.requests, row.errors, usage, cost, 0, {})


def _total_of(rows: Sequence[Row], model: str) -> PartialRow:
    """Price rows of one tenant and model, each at its own rates, and add them up."""
    first = rows[0]
    cost, plain = 0, PlainTokens()
    others: dict[str, int] = {}
    unpriced: dict[str, int] = {}
    for row in rows:
        cost += row.cost_at(row.rates.atto)
        plain.add(row)
        if row.others:
            priced, without_rate = row.rates.cost_of(row.others)
            cost += priced
            _add_to(others, row.others)
            _add_to(unpriced, without_rate)
        if row.unpriced:
            _add_to(unpriced, {kind: n for kind, n in row.usage().items() if kind in row.lacks})
    usage = plain.usage()
    _add_to(usage, others)
    return PartialRow(
        first.tenant,
        model,
        sum(row.requests for row in rows),
        sum(row.errors for row in rows),
        usage,
        cost,
        sum(row.unpriced for row in rows),
        unpriced,
    )


def _add_to(sums: dict[str, int], more: Mapping[str, int]) -> None:
    for kind, quantity in more.items():
        sums[kind] = sums.get(kind, 0) + quantity
