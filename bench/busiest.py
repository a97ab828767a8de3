"""What each function is made for: the real jobs with as much to do as there may be.

31 days of 200 tenants; one hour of a million calls and 20,000 tenants. Each needs a process of its
own, in which nothing else took memory before.
"""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bedrock_meter.domain.time.hours import (
    Hour,
    hour_after,
    hours_of,
    month_of,
    neighbours,
    start_of,
    text_of,
)
from bedrock_meter.local.hours import MemoryHourTable
from bench.large_hours import MODELS, write_hour
from bench.place import FunctionPlace

TENANTS, MANY_TENANTS, MANY_CALLS = 200, 20_000, 1_000_000
CALLS_IN_OBJECT = 100_000
OUTSTANDING, DELIVERED = 180_000, 3_000
"""Log objects that wait after 60 hours, at so many an hour."""
HOUR = Hour("2026-10-15T09")
NOW = datetime(2026, 11, 1, 0, 20, tzinfo=UTC)
PLENTY = timedelta(minutes=15)


def ingest(place: FunctionPlace) -> None:
    """Meter a log object of 100,000 calls of 20,000 tenants."""
    from bedrock_meter.compose import intake
    from functions.ingest import app  # noqa: F401 - what the function loads

    place.furnish()
    place.publish_until(HOUR)
    file = place.s3.path("logs", _key(HOUR, 1))
    report = intake.ingest()(bucket="logs", key=_key(HOUR, 1), is_live=True, now=NOW)
    assert file.exists()
    assert report.records == CALLS_IN_OBJECT, report


def prepare_ingest(place: FunctionPlace) -> None:
    """Write the log object that `ingest` reads."""
    file = place.s3.path("logs", _key(HOUR, 1))
    file.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(file, "wt", compresslevel=1) as lines:
        lines.writelines(_record(number) + "\n" for number in range(CALLS_IN_OBJECT))


def _record(number: int) -> str:
    record = {
        "timestamp": text_of(start_of(HOUR) + number * timedelta(hours=1) / CALLS_IN_OBJECT),
        "accountId": "111122223333",
        "region": "us-east-1",
        "requestId": f"{number:032x}",
        "operation": "Converse",
        "modelId": MODELS[number % len(MODELS)],
        "input": {"inputTokenCount": 1 + number % 9_000},
        "output": {"outputTokenCount": number % 900},
        "requestMetadata": {"tenantId": f"tenant-{number % MANY_TENANTS:05d}"},
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
    }
    return json.dumps(record, separators=(",", ":"))


def plan_hours(place: FunctionPlace) -> None:
    """Plan after 60 hours without ingest, with a month of 31 days asked for again."""
    from bedrock_meter.compose import planning
    from bedrock_meter.domain.records.log_object import log_object_of
    from bedrock_meter.domain.records.waiting import Swept, Waiting
    from functions.plan_hours import app  # noqa: F401 - what the function loads

    place.furnish()
    stores = planning.plan_hours()
    place.publish_until(hour_after(Hour("2026-11-01T00"), -60))
    for hour in _month():
        place.hours.ask(hour)
        place.hours.finish(place.hours.mark(hour, start_of(hour)))
        place.hours.ask(hour)
    keys = (_key(hour, n) for hour in _last_hours(60) for n in range(DELIVERED))
    waits = place.stores.waits
    waits.wait(Waiting("logs", key, NOW - timedelta(hours=7)) for key in keys)
    waits.sweep_to(Swept(Hour("2026-10-30T00"), Hour("2026-10-31T23"), {}))
    place.s3.get_paginator = lambda _: _LogListing()  # type: ignore[method-assign,assignment]
    assert log_object_of("logs", _key(HOUR, 1)).delivered == HOUR
    plan = stores(now=NOW, remaining=lambda: timedelta(minutes=5))
    assert plan.outstanding >= OUTSTANDING, plan.outstanding
    assert plan.waiting == 31 * 24, plan.waiting


class _LogListing:
    """The listing of a log bucket with so many objects in each of the last hours."""

    def paginate(self, *, Bucket: str, Prefix: str, Delimiter: str = "") -> Iterator[Any]:
        if Bucket == "data":
            yield {}
        elif Prefix.endswith("AWSLogs/"):
            yield {"CommonPrefixes": [{"Prefix": Prefix + "111122223333/"}]}
        elif Prefix.endswith("Logs/"):
            yield {"CommonPrefixes": [{"Prefix": Prefix + "us-east-1/"}]}
        else:
            hour = Hour(Prefix[-14:-1].replace("/", "-", 2).replace("/", "T"))
            for first in range(0, DELIVERED, 1_000):
                keys = (_key(hour, first + n) for n in range(1_000))
                yield {"Contents": [{"Key": key, "Size": 9} for key in keys]}


def close_month(place: FunctionPlace) -> None:
    """Close 31 days of 200 tenants once more, day by day, in one process as Lambda keeps one."""
    from bedrock_meter.compose import closing
    from bedrock_meter.domain.totals.total import EMPTY
    from bedrock_meter.ports import Closing
    from functions.close_day import app  # noqa: F401

    place.furnish()
    job = closing.close_day()
    place.publish_until(Hour("2026-11-01T00"))
    closings = place.stores.closings
    for hour in _month():
        write_hour(place.s3, hour, TENANTS, TENANTS, calls_per_object=50)
        place.hours.ask(hour)
        mark = place.hours.mark(hour, start_of(hour))
        place.hours.finish(mark)
        totals = {f"tenant-{number:05d}": EMPTY for number in range(TENANTS)}
        closings.put(Closing(hour, mark.epoch, totals, ()))
        place.hours.ask(hour)
    for day in sorted({hour[:10] for hour in _month()}):
        hours = hours_of(day)  # type: ignore[arg-type]
        closed = job(day=day, hours=hours, hold=hours[0], now=NOW, remaining=lambda: PLENTY)
        assert len(closed.published) == 24, closed


def close_large_hour(place: FunctionPlace) -> None:
    """Close an hour of a million calls and 20,000 tenants between two like it."""
    from bedrock_meter.compose import closing
    from functions.close_day import app  # noqa: F401

    place.furnish()
    place.publish_until(HOUR)
    job = closing.close_day()
    remaining = PLENTY
    closed = job(
        day=HOUR[:10], hours=[HOUR], hold=hour_after(HOUR), now=NOW, remaining=lambda: remaining
    )
    assert closed.published == (HOUR,), closed


def prepare_large_hour(place: FunctionPlace) -> None:
    """Write the evidence that `close_large_hour` reads, in a process of its own."""
    before, after = neighbours(HOUR)
    write_hour(place.s3, HOUR, MANY_CALLS, MANY_TENANTS)
    write_hour(place.s3, before, MANY_CALLS, MANY_TENANTS, parts=("45",))
    write_hour(place.s3, after, MANY_CALLS, MANY_TENANTS, parts=("00",))


def assess_tenants(place: FunctionPlace) -> None:
    """Assess 20,000 tenants after a month: all buckets, one after the other, in one process."""
    from bedrock_meter.compose import levels
    from bedrock_meter.domain.records.use import Use
    from bedrock_meter.domain.totals.live import SlotTotals
    from functions.assess_tenants import app  # noqa: F401

    place.furnish()
    names = [f"tenant-{number:05d}" for number in range(MANY_TENANTS)]
    last = Hour("2026-10-31T23")
    place.publish_until(hour_after(last))
    closings = place.stores.closings
    _close(last, names, closings, place.stores.usage, place.hours)
    live = place.stores.live
    for minute in range(0, 20, 5):
        slot = f"2026-11-01T00:{minute:02d}"
        uses = dict.fromkeys(names[:6_000], Use(10, 0, 9_000, 10**15, 0, 0))
        live.put_slot_totals(SlotTotals(slot, 1, uses))  # type: ignore[arg-type]
    job = levels.assess_tenants()
    assessed = sum(1 for _ in job(bucket=0, of=8, now=NOW, remaining=lambda: PLENTY))
    assert MANY_TENANTS // 9 < assessed < MANY_TENANTS // 7, assessed


def _close(last: Hour, names: list[str], closings: Any, usage: Any, hours: MemoryHourTable) -> None:
    """Let all these tenants have called in the last three hours, and in every hour of a month."""
    from bedrock_meter.ports import Closing
    from bench.requests import TOTAL

    for ago in range(3):
        hour = hour_after(last, -ago)
        mark = hours.mark(hour, NOW)
        hours.finish(mark)
        closings.put(Closing(hour, mark.epoch, dict.fromkeys(names, TOTAL), ()))
    for hour in _month():
        usage.put_hours(hour, 1, dict.fromkeys(names[:TENANTS], TOTAL))


def fold_slot(place: FunctionPlace) -> None:
    """Fold a slot of 20,000 tenants from 833 log objects."""
    from bedrock_meter.compose import live
    from bedrock_meter.domain.totals.partial import Partial, PartialRow
    from functions.fold_slot import app  # noqa: F401

    place.furnish()
    place.publish_until(HOUR)
    table = place.stores.live
    slot = f"{HOUR}:05"
    for number in range(833):
        rows = tuple(
            PartialRow(
                f"tenant-{(number * 24 + n) % MANY_TENANTS:05d}", "amazon.nova-lite-v1:0", 3, 0,
                {"input_tokens": 900, "output_tokens": 90}, 10**14, 0, {},
            )
            for n in range(120)
        )  # fmt: skip
        table.put_partial(Partial(f"object-{number:04d}", slot, 1, rows))  # type: ignore[arg-type]
    keys = [(f"S#{slot}#0", f"O#object-{number:04d}") for number in range(833)]
    at = start_of(HOUR) + timedelta(minutes=10)
    live.fold_slot()(keys=keys, now=at, remaining=lambda: timedelta(minutes=1))


def _month() -> Iterator[Hour]:
    hour = Hour("2026-10-01T00")
    while month_of(hour) == "2026-10":
        yield hour
        hour = hour_after(hour)


def _last_hours(number: int) -> Iterator[Hour]:
    yield from (hour_after(Hour("2026-11-01T00"), -ago) for ago in range(1, number + 1))


def _key(hour: Hour, number: int) -> str:
    place = hour.replace("-", "/").replace("T", "/")
    name = f"{hour.replace('-', '')}{number * 3_599 // DELIVERED // 60:02d}00Z_{number:016x}"
    return f"AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/{place}/{name}.json.gz"
