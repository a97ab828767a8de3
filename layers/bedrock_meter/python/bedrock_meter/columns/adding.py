"""Adding up: sums by attribution and price, and of these every tenant's total."""

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from bedrock_meter.columns.arrays import int64
from bedrock_meter.columns.attributing import Attributed
from bedrock_meter.columns.calls import Calls
from bedrock_meter.columns.pricing import Priced
from bedrock_meter.domain.totals.rollup import ClosedCall
from bedrock_meter.domain.totals.tally import AlikeCalls, Sum
from bedrock_meter.domain.totals.total import Total

_GROUPS_AT_ONCE = 64 * 1024


def totals_of(calls: Calls, owned: Attributed, prices: Priced) -> Mapping[str | None, Total]:
    """Add the calls up, tenant by tenant; exact."""
    sums: dict[str | None, Sum] = {}
    for alike in _alike(calls, owned, prices):
        _sum_for(alike.attribution.tenant, sums).add_alike(alike)
    for place, charge in prices.alone.items():
        attribution = owned.attributions[owned.number[place].as_py()]
        row = calls.row(place)
        call = ClosedCall("", calls.gathered.evidence_of(row), attribution, charge)
        _sum_for(attribution.tenant, sums).add(call)
    return {tenant: held.total() for tenant, held in sums.items()}


def _sum_for(tenant: str | None, sums: dict[str | None, Sum]) -> Sum:
    held = sums.get(tenant)
    if held is None:
        held = sums[tenant] = Sum()
    return held


def _alike(calls: Calls, owned: Attributed, prices: Priced) -> Iterator[AlikeCalls]:
    """Sum up the calls that were attributed and priced alike."""
    table, kinds = _summed(calls, owned, prices)
    for batch in table.to_batches(max_chunksize=_GROUPS_AT_ONCE):
        columns = [batch.column(name).to_pylist() for name in ("who", "price", "who_count")]
        times = [batch.column(name).to_pylist() for name in ("timed_sum", "latency_sum")]
        sums = [batch.column(f"{kind}_sum").to_pylist() for kind in kinds]
        quantities = zip(*sums, strict=True) if sums else iter(lambda: (), None)
        for who, price_number, number, timed, latency, each in zip(
            *columns, *times, quantities, strict=False
        ):
            price = prices.prices[price_number]
            used = dict(zip(kinds, each, strict=True))
            atto, listed = price.atto or {}, price.list_atto or {}
            yield AlikeCalls(
                number=number,
                attribution=owned.attributions[who],
                model_id=price.what.model_id,
                status=price.status,
                failed=price.what.error_code is not None,
                cost=sum(used[kind] * rate for kind, rate in atto.items()),
                list_cost=sum(used[kind] * rate for kind, rate in listed.items()),
                usage={kind: used[kind] for kind in price.charged},
                unpriced={kind: used[kind] for kind in price.unpriced},
                timed=timed,
                latency_ms=latency - timed,
            )


def _summed(calls: Calls, owned: Attributed, prices: Priced) -> tuple[pa.Table, list[str]]:
    latency = calls.kept(int64(calls.gathered.latency_ms))
    quantities = calls.quantities() | prices.charged
    table = pa.table(
        {
            "who": owned.number,
            "price": prices.number,
            "latency": latency,
            "timed": pc.greater(latency, 0).cast(pa.int64()),
            **quantities,
        }
    )
    if prices.alone:
        alone = pc.is_in(
            pa.array(range(len(calls)), pa.int64()),
            value_set=pa.array(list(prices.alone), pa.int64()),
        )
        table = table.filter(pc.invert(alone))
    summed = [(name, "sum") for name in ("latency", "timed", *quantities)]
    groups = table.group_by(["who", "price"], use_threads=False)
    return groups.aggregate([("who", "count"), *summed]), list(quantities)
