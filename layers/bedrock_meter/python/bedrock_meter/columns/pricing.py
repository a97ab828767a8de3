"""Pricing: each distinct price is looked up once; what a call costs is its quantities times it.

A price is that of calls that agree in all but their quantities: tariff, model, Region, tier, kinds,
stretch of time, context band. The first of them is priced by the rules of `domain/`, which say
what a unit of each kind costs and how certain that is; for the others that holds as well. Calls of
which that cannot be said are priced by those rules one by one.
"""

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from bedrock_meter.columns.arrays import codes32, first_places, joined, places
from bedrock_meter.columns.attributing import Attributed, model_for
from bedrock_meter.columns.calls import Calls
from bedrock_meter.columns.gather import MOST_QUANTITY, What
from bedrock_meter.domain.pricing.charge import Charge
from bedrock_meter.domain.pricing.contract import BadContract
from bedrock_meter.domain.pricing.input_count import GROSS, NET
from bedrock_meter.domain.pricing.rate_card import HIGH, LOW, RateCard
from bedrock_meter.domain.records.usage import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_1H_TOKENS,
    CACHE_WRITE_5M_TOKENS,
    CACHE_WRITE_30M_TOKENS,
    INPUT_TOKENS,
)
from bedrock_meter.domain.totals.valuation import Valuation

_CACHED = (
    CACHE_READ_TOKENS, CACHE_WRITE_5M_TOKENS, CACHE_WRITE_30M_TOKENS, CACHE_WRITE_1H_TOKENS,
)  # fmt: skip
_MOST_ATTO = 10**18
"""Quantities of 13 digits times such rates have room in 128 bits."""


class Price(NamedTuple):
    """What is the same for all calls of a price.

    `unpriced` are kinds without a rate, `atto` what a unit of each other kind costs, and
    `list_atto` at list, of those that list has a rate for. `is_whole`: nothing else was used.
    `charged` are the kinds that count as used.
    """

    what: What
    status: str
    reason: str | None
    assumptions: tuple[str, ...]
    book: str
    contract: str | None
    rates: str
    is_whole: bool
    charged: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()
    atto: Mapping[str, int] | None = None
    list_atto: Mapping[str, int] | None = None


class Priced(NamedTuple):
    """A number for each call into `prices`; `alone` are calls priced one by one, by place.

    `charged` are columns of quantities that are charged otherwise than logged.
    """

    number: pa.Array
    prices: list[Price]
    alone: dict[int, Charge]
    charged: dict[str, pa.Array]


class _Group(NamedTuple):
    """Calls that share a rate card; with more tokens than `threshold` they are in the high band.

    `meaning` is what their input count means where that is not as documented. `is_coarse`: a rate
    is too large for arithmetic in columns.
    """

    threshold: int | None = None
    meaning: str | None = None
    is_coarse: bool = False


def priced(calls: Calls, owned: Attributed, valuation: Valuation) -> Priced:
    """Price the calls."""
    return _Pricing(calls, owned, valuation).done()


class _Pricing:
    def __init__(self, calls: Calls, owned: Attributed, valuation: Valuation) -> None:
        self._calls = calls
        self._owned = owned
        self._valuation = valuation
        self._quantities = calls.quantities()
        self._prices: list[Price] = []
        self._known: dict[object, int] = {}
        self._cached = _sum(self._columns(*_CACHED), len(calls))
        self._input = _sum(self._columns(INPUT_TOKENS), len(calls))

    def done(self) -> Priced:
        groups = self._grouped()
        everywhere = places(len(groups))
        first = first_places(groups, everywhere)
        found = [self._group_at(first[code]) for code in range(len(first))]
        includes = self._includes(groups, found)
        gross = self._gross(groups, found, includes)
        key = joined(groups, includes, 2)
        key = joined(key, self._is_high(groups, found, includes), 2)
        alone = self._alone(groups, found, gross)
        together = pc.invert(alone)
        rest = first_places(key.filter(together), everywhere.filter(together))
        numbers = {code: self._number_of(self._price_at(place)) for code, place in rest.items()}
        charges = {place: self._charge_at(place) for place in pc.indices_nonzero(alone).to_pylist()}
        wide = max(pc.max(key).as_py() + 1, 1)
        number = codes32([numbers.get(code, 0) for code in range(wide)]).take(key)
        if charges:
            each = [self._number_of(self._price_alone(*one)) for one in charges.items()]
            number = pc.replace_with_mask(number, alone, codes32(each))
        return Priced(number, self._prices, charges, self._charged(gross))

    def _grouped(self) -> pa.Array:
        """Number the calls by what, tariff and stretch of time."""
        owned = self._owned
        tariff = codes32(owned.tariff_of).take(owned.number) if len(owned.tariffs) > 1 else None
        key = joined(self._calls.what, tariff, len(owned.tariffs))
        return joined(key, owned.segment, owned.segments).dictionary_encode().indices

    def _group_at(self, place: int) -> _Group:
        what, at = self._calls.what_at(place), self._calls.moment(place)
        model = model_for(what, at, self._valuation)
        meaning = self._valuation.book.input_count_of(model.key, what.operation, at)
        if what.error_code is not None:  # It costs nothing, but says what its count may mean.
            return _Group(meaning=meaning)
        tenant = self._owned.attributions[self._owned.number[place].as_py()].tenant
        card = self._valuation.rate_card_for(model, what.region, what.tier, at, tenant)
        return _Group(card.threshold, meaning, _is_coarse(card, what, meaning))

    def _includes(self, groups: pa.Array, found: list[_Group]) -> pa.Array | None:
        """Return for each call whether its input count holds cached tokens, or may."""
        meant = [group.meaning not in (None, NET) for group in found]
        if not any(meant):
            return None
        many = pc.and_(pc.greater(self._cached, 0), pc.greater_equal(self._input, self._cached))
        return pc.and_(pa.array(meant, pa.bool_()).take(groups), many)

    def _gross(
        self, groups: pa.Array, found: list[_Group], includes: pa.Array | None
    ) -> pa.Array | None:
        """Return for each call whether cached tokens are taken out of its input count."""
        gross = [group.meaning == GROSS for group in found]
        if includes is None or not any(gross):
            return None
        return pc.and_(includes, pa.array(gross, pa.bool_()).take(groups))

    def _charged(self, gross: pa.Array | None) -> dict[str, pa.Array]:
        if gross is None:
            return {}
        net = pc.subtract(self._input, self._cached)
        return {INPUT_TOKENS: pc.if_else(gross, net, self._input)}

    def _is_high(
        self, groups: pa.Array, found: list[_Group], includes: pa.Array | None
    ) -> pa.Array | None:
        """Return for each call whether its input is above the threshold of its rate card."""
        if all(group.threshold is None for group in found):
            return None
        thresholds = pa.array([group.threshold for group in found], pa.int64()).take(groups)
        context = pc.add(self._input, self._cached)
        if includes is not None:  # What is counted twice lifts no call into the high band.
            context = pc.if_else(includes, self._input, context)
        return pc.fill_null(pc.greater(context, thresholds), False)

    def _columns(self, *kinds: str) -> list[pa.Array]:
        return [self._quantities[kind] for kind in kinds if kind in self._quantities]

    def _alone(self, groups: pa.Array, found: list[_Group], gross: pa.Array | None) -> pa.Array:
        """Return which calls must be priced one by one.

        Those with a usage that the columns do not hold, or with a quantity of 0 under a kind that
        they name; with a rate beyond the columns' room; of whose input nothing is left.
        """
        whats = self._calls.gathered.whats.values
        named = codes32([len(what.kinds) for what in whats]).take(self._calls.what)
        present = [pc.greater(one, 0).cast(pa.int32()) for one in self._quantities.values()]
        alone = pc.not_equal(named, _sum(present, len(self._calls), pa.int32()))
        for column in self._quantities.values():
            if pc.max(column).as_py() > MOST_QUANTITY:
                alone = pc.or_(alone, pc.greater(column, MOST_QUANTITY))
        if any(group.is_coarse for group in found):
            coarse = pa.array([group.is_coarse for group in found], pa.bool_()).take(groups)
            alone = pc.or_(alone, coarse)
        if gross is not None:
            alone = pc.or_(alone, pc.and_(gross, pc.equal(self._input, self._cached)))
        return alone

    def _charge_at(self, place: int) -> Charge:
        """Price a call by the rules of `domain/`."""
        return self._valuation.of(self._calls.gathered.evidence_of(self._calls.row(place)))[1]

    def _price_at(self, place: int) -> Price:
        charge = self._charge_at(place)
        used = [key for key, quantity in charge.usage.items() if quantity]
        terms = {key: term for key in used if (term := charge.terms.get(key))}
        listed = {key: term.list_atto for key, term in terms.items() if term.list_atto is not None}
        return _price(charge, self._calls.what_at(place))._replace(
            charged=tuple(charge.usage),
            unpriced=tuple(charge.unpriced),
            atto={key: term.atto for key, term in terms.items()},
            list_atto=listed,
        )

    def _price_alone(self, place: int, charge: Charge) -> Price:
        return _price(charge, self._calls.what_at(place))

    def _number_of(self, price: Price) -> int:
        atto, listed = price.atto, price.list_atto
        key = price._replace(
            atto=None if atto is None else tuple(atto.items()),  # type: ignore[arg-type]
            list_atto=None if listed is None else tuple(listed.items()),  # type: ignore[arg-type]
        )
        number = self._known.setdefault(key, len(self._prices))
        if number == len(self._prices):
            self._prices.append(price)
        return number


def _is_coarse(card: RateCard, what: What, meaning: str | None) -> bool:
    """Return whether a rate is too large for columns, or a contract makes it too fine to be one.

    Both are left to the rules of `domain/`, which look at the rates of what was really used. So is
    an input that is charged otherwise than logged and has no rate.
    """
    try:
        terms = [card.term_for(kind, band) for kind in what.kinds for band in (LOW, HIGH)]
    except BadContract:
        return True
    if meaning == GROSS and None in terms:
        return True
    return any(term and max(term.atto, term.list_atto or 0) >= _MOST_ATTO for term in terms)


def _price(charge: Charge, what: What) -> Price:
    return Price(
        what,
        charge.status,
        charge.reason,
        charge.assumptions,
        charge.book,
        charge.contract,
        " ".join(line.term.rate_id for line in charge.lines()),
        charge.amount is not None,
    )


def _sum(columns: list[pa.Array], count: int, kind: pa.DataType | None = None) -> pa.Array:
    total = pa.nulls(count, kind or pa.int64()).fill_null(0) if not columns else columns[0]
    for column in columns[1:]:
        total = pc.add(total, column)
    return total
