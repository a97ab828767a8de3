"""The rows of a rollup from columns: sorted, priced and laid down some at a time."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bedrock_meter.columns.arrays import codes32, int32, int64
from bedrock_meter.columns.attributing import Attributed
from bedrock_meter.columns.calls import Calls
from bedrock_meter.columns.gather import What
from bedrock_meter.columns.pricing import Price, Priced
from bedrock_meter.columns.schema import (
    DIMENSIONS,
    MONEY,
    SCHEMA,
    TEXT,
    TOKEN_KINDS,
    json_or_none,
    money_of,
    other_usage,
)
from bedrock_meter.domain.totals.rollup import ClosedCall
from bedrock_meter.domain.totals.valuation import Valuation

_FEW = 1_000
"""Values that may all stand in the dictionary of a batch, used there or not."""
_QUANTITY = pa.decimal128(19, 0)  # What a cast of 64 bits asks for.
_RATE = pa.decimal128(18, 0)
_AMOUNT = pa.decimal128(32, 0)
_WHOLE_AMOUNT = pa.decimal128(38, 0)


class CallTable:
    """The calls of a closed hour; iterated, they come one by one as the row code values them."""

    def __init__(
        self, calls: Calls, owned: Attributed, prices: Priced, valuation: Valuation
    ) -> None:
        self._calls = calls
        self._owned = owned
        self._prices = prices
        self._valuation = valuation

    def __len__(self) -> int:
        return len(self._calls)

    def __repr__(self) -> str:
        return f"<{len(self)} calls>"

    def __iter__(self) -> Iterator[ClosedCall]:
        gathered = self._calls.gathered
        for place in range(len(self)):
            row = self._calls.row(place)
            evidence = gathered.evidence_of(row)
            object_id = gathered.objects.values[gathered.object[row]]
            yield ClosedCall(object_id, evidence, *self._valuation.of(evidence))

    def batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        """Return the rows of the rollup, sorted, so many at a time."""
        laid = _Laying(self._calls, self._owned, self._prices)
        order = laid.order()
        for first in range(0, len(order), rows):
            yield laid.batch(order.slice(first, rows))


class _Laying:
    """Everything that batches are made of: what differs by call, by caller and by price."""

    def __init__(self, calls: Calls, owned: Attributed, prices: Priced) -> None:
        self._calls = calls
        self._owned = owned
        self._prices = prices
        self._gathered = calls.gathered
        self._quantities = {
            kind: int64(numbers) for kind, numbers in calls.gathered.quantities.items()
        }
        self._ids = pa.LargeStringArray.from_buffers(
            len(calls.gathered.id_ends),
            pa.py_buffer(b"\0" * 8 + calls.gathered.id_ends.tobytes()),
            pa.py_buffer(calls.gathered.ids),
        )
        self._dimensions = pa.array(
            [list(one.dimensions.items()) for one in owned.attributions], DIMENSIONS
        )
        self._rates = self._rates_of(lambda price: price.atto)
        self._list_rates = self._rates_of(lambda price: price.list_atto)
        self._is_list_other = any(one.list_atto != one.atto for one in prices.prices)
        self._alone = pa.array(list(prices.alone), pa.int64())
        charges = prices.alone.values()
        self._alone_priced = money_of([charge.priced for charge in charges])
        self._alone_listed = money_of([charge.list_priced() for charge in charges])

    def order(self) -> pa.Array:
        """Return the places of the calls by tenant, then time, then where they were logged."""
        tenants = [one.tenant or "" for one in self._owned.attributions]
        gathered, calls = self._gathered, self._calls
        columns = {
            "tenant": _ranks(tenants).take(self._owned.number),
            "at": calls.at,
            "object": _ranks(gathered.objects.values).take(calls.kept(int32(gathered.object))),
            "line": calls.kept(int64(gathered.line)),
        }
        return pc.sort_indices(pa.table(columns), [(name, "ascending") for name in columns])

    def batch(self, places: pa.Array) -> pa.RecordBatch:
        """Lay down the calls at these places."""
        rows = places if self._calls.rows is None else self._calls.rows.take(places)
        who, price = self._owned.number.take(places), self._prices.number.take(places)
        columns = {
            **self._by_call(rows),
            **self._by_caller(who),
            **self._by_price(price),
            **self._texts(rows, price),
            **self._money(places, rows, price),
        }
        return pa.RecordBatch.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)

    def _by_call(self, rows: pa.Array) -> dict[str, pa.Array]:
        gathered = self._gathered
        nothing = pa.array([0], pa.int64()).take(pc.multiply(rows, 0))
        tokens = {
            kind: self._quantities[kind].take(rows) if kind in self._quantities else nothing
            for kind in TOKEN_KINDS
        }
        return {
            "at": int64(gathered.at).take(rows).cast(SCHEMA.field("at").type),
            "request_id": self._ids.take(rows).cast(TEXT),
            "principal": _named(gathered.principals.values, int32(gathered.principal).take(rows)),
            "object_id": _named(gathered.objects.values, int32(gathered.object).take(rows)),
            "line": int64(gathered.line).take(rows),
            "latency_ms": _maybe(int64(gathered.latency_ms).take(rows)),
            "first_byte_ms": _maybe(int64(gathered.first_byte_ms).take(rows)),
            **tokens,
        }

    def _by_caller(self, who: pa.Array) -> dict[str, pa.Array]:
        found = self._owned.attributions
        return {
            "tenant": _named([one.tenant for one in found], who),
            "rule": _named([one.rule for one in found], who),
            "trust": _named([one.trust for one in found], who),
            "conflict": pa.array([one.conflict for one in found], pa.bool_()).take(who),
            "dimensions": self._dimensions.take(who),
        }

    def _by_price(self, price: pa.Array) -> dict[str, pa.Array]:
        prices = self._prices.prices
        whats = [one.what for one in prices]
        return {
            "status": _named([one.status for one in prices], price),
            "contract": _named([one.contract for one in prices], price),
            "rates": _named([one.rates for one in prices], price),
            "book": _named([one.book for one in prices], price),
            "assumptions": _named([" ".join(one.assumptions) for one in prices], price),
            "reason": _named([one.reason for one in prices], price),
            "account": _named([what.account for what in whats], price),
            "region": _named([what.region for what in whats], price),
            "operation": _named([what.operation for what in whats], price),
            "model_id": _named([what.model_id for what in whats], price),
            "tier": _named([what.tier for what in whats], price),
            "error_code": _named([what.error_code for what in whats], price),
        }

    def _texts(self, rows: pa.Array, price: pa.Array) -> dict[str, pa.Array]:
        """Write as JSON what few calls have: other kinds, and quantities without a rate."""
        prices, gathered = self._prices.prices, self._gathered
        others = [_has_others(one.what) for one in prices]
        lacking = [bool(one.unpriced) for one in prices]
        alone = self._prices.alone

        def usage(row: int, _: Price) -> str | None:
            return other_usage(gathered.usage_of(row))

        def unpriced(row: int, one: Price) -> str | None:
            used = gathered.usage_of(row)
            return json_or_none({kind: used[kind] for kind in one.unpriced})

        found = {
            "usage": self._written(others, usage, rows, price),
            "unpriced": self._written(lacking, unpriced, rows, price),
        }
        if alone:
            found["unpriced"] = self._with_alone(found["unpriced"], rows)
        return {name: column.dictionary_encode() for name, column in found.items()}

    def _written(
        self,
        wanted: Sequence[bool],
        write: Callable[[int, Price], str | None],
        rows: pa.Array,
        price: pa.Array,
    ) -> pa.Array:
        texts = pa.nulls(len(rows), TEXT)
        if not any(wanted):
            return texts
        mask = pa.array(wanted, pa.bool_()).take(price)
        numbers = zip(rows.filter(mask).to_pylist(), price.filter(mask).to_pylist(), strict=True)
        written = [write(row, self._prices.prices[number]) for row, number in numbers]
        return pc.replace_with_mask(texts, mask, pa.array(written, TEXT))

    def _with_alone(self, texts: pa.Array, rows: pa.Array) -> pa.Array:
        charges = {self._calls.row(place): one for place, one in self._prices.alone.items()}
        mask = pc.is_in(rows, value_set=pa.array(list(charges), pa.int64()))
        written = [json_or_none(charges[row].unpriced) for row in rows.filter(mask).to_pylist()]
        return pc.replace_with_mask(texts, mask, pa.array(written, TEXT))

    def _money(self, places: pa.Array, rows: pa.Array, price: pa.Array) -> dict[str, pa.Array]:
        prices = self._prices.prices
        used = {
            kind: column.take(rows)
            for kind, column in self._quantities.items()
            if kind in self._rates
        } | {kind: column.take(places) for kind, column in self._prices.charged.items()}
        cost = _amounts(self._rates, used, price)
        listed = _amounts(self._list_rates, used, price) if self._is_list_other else cost
        if self._is_list_other:
            known = pa.array([_is_listed(one) for one in prices], pa.bool_()).take(price)
            listed = pc.if_else(known, listed, pa.scalar(None, MONEY))
        if len(self._alone):
            at = pc.index_in(places.cast(pa.int64()), value_set=self._alone)
            is_alone = pc.is_valid(at)
            cost = pc.if_else(is_alone, self._alone_priced.take(at), cost)
            listed = pc.if_else(is_alone, self._alone_listed.take(at), listed)
        is_whole = pa.array([one.is_whole for one in prices], pa.bool_()).take(price)
        amount = pc.if_else(is_whole, cost, pa.scalar(None, MONEY))
        return {"amount_usd": amount, "priced_usd": cost, "list_usd": listed}

    def _rates_of(self, read: Callable[[Price], Any]) -> dict[str, pa.Array]:
        """Return a column of attodollars a unit for each kind that any price has a rate for."""
        known = [read(one) or {} for one in self._prices.prices]
        kinds = dict.fromkeys(kind for one in known for kind in one)
        return {kind: _whole_numbers([one.get(kind, 0) for one in known]) for kind in kinds}


def _amounts(
    rates: dict[str, pa.Array], quantities: dict[str, pa.Array], price: pa.Array
) -> pa.Array:
    """Multiply and add in 128 bits; whole attodollars, so nothing is ever rounded."""
    total: pa.Array | None = None
    for kind, rate in rates.items():
        if kind in quantities:
            product = pc.multiply(quantities[kind].cast(_QUANTITY), rate.take(price))
            amount = product.cast(_AMOUNT, safe=False)
            total = amount if total is None else pc.add(total, amount).cast(_AMOUNT)
    if total is None:
        return money_of([0] * len(price))
    whole = total.cast(_WHOLE_AMOUNT)
    return pa.Array.from_buffers(MONEY, len(whole), whole.buffers(), offset=whole.offset)


def _named(values: Sequence[str | None], codes: pa.Array) -> pa.Array:
    """Return a column of names by their codes."""
    names = pa.array(values, TEXT)
    if len(values) > _FEW:
        return names.take(codes).dictionary_encode()
    different = names.dictionary_encode()
    return pa.DictionaryArray.from_arrays(different.indices.take(codes), different.dictionary)


def _maybe(numbers: pa.Array) -> pa.Array:
    """Take the one off that was added; 0 is nothing."""
    return pc.if_else(pc.equal(numbers, 0), pa.scalar(None, pa.int64()), pc.subtract(numbers, 1))


def _ranks(values: Sequence[str]) -> pa.Array:
    """Return for each value its place among them when they are sorted."""
    ranks = {value: rank for rank, value in enumerate(sorted(set(values)))}
    return codes32([ranks[value] for value in values])


def _whole_numbers(values: Sequence[int]) -> pa.Array:
    return pa.array(values, pa.int64()).cast(_QUANTITY).cast(_RATE)


def _is_listed(price: Price) -> bool:
    """Return whether list has a rate for everything that has one."""
    return (price.list_atto or {}).keys() == (price.atto or {}).keys()


def _has_others(what: What) -> bool:
    return not set(TOKEN_KINDS).issuperset(what.kinds)
