"""Closing: evidence becomes closed and published hours, days and months. Needs pyarrow."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from bedrock_meter.columns.derive import derived_in_columns
from bedrock_meter.compose.functions import load, stores_by
from bedrock_meter.compose.settings import CloseSettings
from bedrock_meter.compose.valuing import closing_valuation
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.time.hours import Day, Hour
from bedrock_meter.domain.totals.top import Ranked
from bedrock_meter.jobs.close_day import ClosedDay, DayStores
from bedrock_meter.jobs.close_day import close_day as close_and_publish
from bedrock_meter.jobs.close_hour import close_hour
from bedrock_meter.ports import Remaining

load(
    "dynamodb_decisions", "dynamodb_hours", "dynamodb_usage", "s3_closings",
    "s3_evidence", "s3_policies", "s3_rollups",
)  # fmt: skip
load("profiles", room="compose")

_SIDE_BY_SIDE = 16


def close_day() -> Callable[..., ClosedDay]:
    """Join `close_day`; call it with a day, its due hours, `hold`, now and the time remaining."""
    stores = stores_by(CloseSettings.from_environment())
    of_days = stores.of(DayStores)
    close = partial(
        close_hour, **of_days._asdict(), rollups=stores.rollups, derive=derived_in_columns
    )

    def job(
        *, day: Day, hours: Iterable[Hour], hold: Hour, now: datetime, remaining: Remaining
    ) -> ClosedDay:
        return close_and_publish(
            day,
            hours,
            hold,
            remaining=remaining,
            close=partial(close, now=now, valuation_for=closing_valuation(stores, now)),
            stores=of_days,
            each=side_by_side,
        )

    return job


def side_by_side(work: Callable[[Tenant], Ranked], tenants: Iterable[Tenant]) -> Iterable[Ranked]:
    """Do something for many tenants at once: most of the time each waits for the network."""
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as workers:
        return list(workers.map(work, tenants))
