"""Sums in the making: the calls of one tenant to one model, at one price, in one slot."""

from collections.abc import Iterable, Iterator, Mapping

from bedrock_meter.domain.contract import Contract
from bedrock_meter.domain.hours import Slot, start_of
from bedrock_meter.domain.model import ModelRef
from bedrock_meter.domain.partial import PartialRow
from bedrock_meter.domain.sheet import Sheet
from bedrock_meter.domain.usage import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_1H_TOKENS,
    CACHE_WRITE_5M_TOKENS,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
)
from bedrock_meter.domain.valuation import Valuation

PLAIN_KINDS = (
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    CACHE_READ_TOKENS,
    CACHE_WRITE_5M_TOKENS,
    CACHE_WRITE_1H_TOKENS,
)
_NOTHING: frozenset[str] = frozenset()


class Priced:
    """What decides a price beside tenant and time: model, Region, service tier, context band."""

    __slots__ = ("band", "model", "region", "tier")

    def __init__(self, model: ModelRef, region: str, tier: str, band: int) -> None:
        self.model = model
        self.region = region
        self.tier = tier
        self.band = band


class Rates:
    """The rates of one price for one contract; `missing` are plain kinds that have none.

    `lacks` tells it for each plain kind, None when there is nothing to tell.

    Tokens that a commitment covers lack nothing: they cost nothing by the call.
    """

    __slots__ = ("_band", "_is_covered", "_sheet", "atto", "lacks", "lacks_all", "missing")

    def __init__(self, sheet: Sheet, priced: Priced) -> None:
        self._sheet = sheet
        self._band = priced.band
        self._is_covered = priced.model.commitment
        self.missing = self.without_rate(PLAIN_KINDS)
        self.lacks = tuple(kind in self.missing for kind in PLAIN_KINDS) if self.missing else None
        self.lacks_all = self.lacks is not None and all(self.lacks)
        terms = [sheet.term_for(kind, priced.band) for kind in PLAIN_KINDS]
        # Attodollars for one of each plain kind.
        self.atto = tuple(term.atto if term else 0 for term in terms)

    def without_rate(self, kinds: Iterable[str]) -> frozenset[str]:
        """Name the kinds that have no rate."""
        if self._is_covered:
            return _NOTHING
        return frozenset(kind for kind in kinds if self._sheet.term_for(kind, self._band) is None)

    def cost_of(self, usage: dict[str, int]) -> tuple[int, dict[str, int]]:
        """Price summed usage: attodollars, and the quantities of what has no rate."""
        cost, unpriced = self._sheet.cost_of(usage, self._band)
        return cost, {} if self._is_covered else unpriced


class Row:
    """Requests, failed calls, unpriced calls, and quantities.

    The kinds that nearly every call has stand by themselves.
    """

    __slots__ = (
        "cache_read", "errors", "input", "others", "output", "rates", "requests", "unpriced",
        "write_1h", "write_5m",
    )  # fmt: skip

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self.requests = self.errors = self.unpriced = 0
        self.input = self.output = self.cache_read = self.write_5m = self.write_1h = 0
        self.others: dict[str, int] | None = None

    def add(self, usage: Mapping[str, int]) -> None:
        """Add the quantities of one call of any kind."""
        others = self.others = self.others or {}
        for kind, quantity in usage.items():
            others[kind] = others.get(kind, 0) + quantity
        self.unpriced += bool(self.rates.without_rate(usage))

    def plain_without_rate(self) -> dict[str, int]:
        """Give the quantities of the plain kinds that have no rate."""
        plain = (self.input, self.output, self.cache_read, self.write_5m, self.write_1h)
        missing = self.rates.missing
        return {kind: n for kind, n in _without_zeros(plain).items() if kind in missing}


class SlotRows:
    """The rows of one 5-minute slot, each at the rates in force when the slot begins.

    A rate that changes in the middle of a slot is the business of closing, which prices every call
    by its own time; the live total follows with the next slot.
    """

    def __init__(self, slot: Slot, valuation: Valuation) -> None:
        self.rows: dict[tuple[str | None, Priced], Row] = {}
        self._at = start_of(slot)
        self._valuation = valuation
        self._rates: dict[tuple[Priced, int], tuple[Rates, Contract | None]] = {}

    def begin(self, tenant: str | None, priced: Priced) -> Row:
        """Begin the row of a tenant at a price."""
        contract = self._valuation.contract_of(tenant)
        known = self._rates.get((priced, id(contract)))
        if known is None:
            sheet = self._valuation.sheet_for(
                priced.model, priced.region, priced.tier, self._at, tenant
            )
            # The contract is kept beside the rates, or its id might come to mean another.
            known = self._rates[priced, id(contract)] = (Rates(sheet, priced), contract)
        row = self.rows[tenant, priced] = Row(known[0])
        return row

    def finished(self) -> Iterator[PartialRow]:
        """Price the sums, which is exact because prices are linear, and merge them by model."""
        by_model: dict[tuple[str | None, str], list[Row]] = {}
        texts: dict[Priced, str] = {}
        for (tenant, priced), row in self.rows.items():
            text = texts.setdefault(priced, priced.model.text)
            by_model.setdefault((tenant, text), []).append(row)
        for tenant, model in sorted(by_model, key=lambda key: (key[0] or "", key[1])):
            yield _merged(tenant, model, by_model[tenant, model])


def _merged(tenant: str | None, model: str, rows: list[Row]) -> PartialRow:
    requests = errors = unpriced_requests = cost = 0
    fresh = out = read = write_5m = write_1h = 0
    others: dict[str, int] = {}
    unpriced: dict[str, int] = {}
    for row in rows:
        per = row.rates.atto
        cost += row.input * per[0] + row.output * per[1] + row.cache_read * per[2]
        cost += row.write_5m * per[3] + row.write_1h * per[4]
        requests += row.requests
        errors += row.errors
        unpriced_requests += row.unpriced
        fresh += row.input
        out += row.output
        read += row.cache_read
        write_5m += row.write_5m
        write_1h += row.write_1h
        if row.rates.missing:
            _add_to(unpriced, row.plain_without_rate())
        if row.others:
            more, without_rate = row.rates.cost_of(row.others)
            _add_to(others, row.others)
            _add_to(unpriced, without_rate)
            cost += more
    usage = _without_zeros((fresh, out, read, write_5m, write_1h))
    _add_to(usage, others)
    return PartialRow(tenant, model, requests, errors, usage, cost, unpriced_requests, unpriced)


def _without_zeros(plain: tuple[int, ...]) -> dict[str, int]:
    return {kind: n for kind, n in zip(PLAIN_KINDS, plain, strict=True) if n}


def _add_to(sums: dict[str, int], more: Mapping[str, int]) -> None:
    for kind, quantity in more.items():
        sums[kind] = sums.get(kind, 0) + quantity
