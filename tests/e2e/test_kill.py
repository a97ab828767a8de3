"""A function killed half-way loses nothing and counts nothing twice, wherever the kill falls."""

import io
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from bedrock_meter.domain.time.hours import Hour
from engine.waiting import until
from tests.builders import a_record
from tests.e2e.killing import kill, kill_after, seconds_of
from tests.e2e.meter import PATIENCE, Meter, a_key, at
from tests.oracle import Expected, expected
from tests.oracle.rates import PriceRows

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(600)]

YESTERDAY = "2031-11-20"
HOURS = [f"{YESTERDAY}T{hour}" for hour in ("08", "09", "10")]
OPEN = HOURS[-1]
TENANTS = ["kill-a", "kill-b", "kill-c"]
KILLS, HALF_WAY, MOST_KILLS = 12, 4, 60
SOONER_OR_LATER = {"nothing": 1.15, "half": 1.0, "everything": 0.85}
"""How the aim moves, so that kills fall around the writes however quick the machine is just now."""
SEED = 20_311_120


def a_busy_object(number: int) -> tuple[Any, ...]:
    """Calls in many slots of three hours, so that there are many writes to die between."""
    calls = [
        a_record(
            f"k-{number}-{hour}-{minute}",
            timestamp=at(f"{hour[11:]}:{minute:02d}:30", YESTERDAY),
            requestMetadata={"tenantId": TENANTS[(number + minute) % len(TENANTS)]},
        )
        for hour in HOURS
        for minute in range(0, 60, 5)
    ]
    return (*calls, b"a line that is no record")


def an_event(meter: Meter, key: str) -> dict[str, Any]:
    """What the queue hands to the ingest."""
    record = {"messageId": key, "body": meter.announcement(key), "eventSource": "aws:sqs"}
    return {"Records": [record]}


@pytest.fixture(scope="module")
def undisturbed(meter: Meter) -> Iterator[Meter]:
    """A meter that hears of uploads only from these tests, and has published the first hours."""
    events, rule = meter.client("events"), meter.stack.resources["LogObjectCreated"]
    events.disable_rule(Name=rule)
    meter.stack.invoke(
        "Ingest", an_event(meter, meter.put(a_key("10", day=YESTERDAY), *a_busy_object(0)))
    )
    meter.close_hours(YESTERDAY, HOURS[:-1])
    yield meter
    events.enable_rule(Name=rule)


def written(meter: Meter, key: str) -> str:
    """Where the writes of a log object stand: the first is its manifest, the last a copy of it."""
    if not meter.manifest(key):
        return "nothing"
    return "everything" if meter.row(key) else "half"


def test_an_ingest_killed_at_a_dozen_moments_ends_with_the_right_totals(undisturbed: Meter) -> None:
    meter, rng, found = undisturbed, Random(SEED), Counter[str]()
    first = meter.put(a_key("10", day=YESTERDAY), *a_busy_object(1))
    aim = min(seconds_of(meter, "Ingest", an_event(meter, first)) for _ in range(3))

    while found.total() < KILLS or (found["half"] < HALF_WAY and found.total() < MOST_KILLS):
        key = meter.put(a_key("10", day=YESTERDAY), *a_busy_object(2 + found.total()))
        kill_after(meter, "Ingest", an_event(meter, key), rng.uniform(aim / 2, aim))
        state = written(meter, key)
        found[state] += 1
        aim *= SOONER_OR_LATER[state]
        meter.stack.invoke("Ingest", an_event(meter, key))  # the queue delivers it again
        assert written(meter, key) == "everything"
    _live_is_what_the_oracle_says(meter)
    meter.close_hours(YESTERDAY, HOURS)

    print(f"killed: {dict(found)}")
    assert found["half"] >= HALF_WAY
    _closed_is_what_the_oracle_says(meter)


def test_what_the_queue_delivered_to_a_killed_ingest_it_delivers_again(undisturbed: Meter) -> None:
    meter, sqs = undisturbed, undisturbed.client("sqs")
    queue, function = meter.output("IngestQueueUrl"), meter.stack.resources["Ingest"]
    # Half an hour in production; nothing else of the queue is changed.
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "2"})

    for number in range(100, 105):
        key = meter.put(a_key("10", day=YESTERDAY), *a_busy_object(number))
        meter.announce(key)
        assert until(lambda key=key: meter.manifest(key), seconds=PATIENCE)
        kill(meter.engine.worker_pids(function))
        if was_half := written(meter, key) == "half":
            break
        meter.stack.invoke("Ingest", an_event(meter, key))

    assert was_half, "no kill fell between the first and the last write"
    meter.await_metered(key)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1800"})
    meter.close_hours(YESTERDAY, HOURS)
    _closed_is_what_the_oracle_says(meter)


def test_a_close_killed_half_way_is_overtaken_by_the_next(undisturbed: Meter) -> None:
    meter, rng, killed_half_way = undisturbed, Random(SEED), 0
    closing = {"day": YESTERDAY, "hours": HOURS, "hold": HOURS[0]}
    meter.close_hours(YESTERDAY, HOURS)
    before = _published(meter)
    late = meter.put(a_key("10", day=YESTERDAY), *a_busy_object(200))
    meter.stack.invoke("Ingest", an_event(meter, late))
    duration = seconds_of(meter, "CloseDay", closing)

    for _ in range(MOST_KILLS):
        _ask_for_all(meter)
        started, ended = _epochs(meter), _publications(meter)
        kill_after(meter, "CloseDay", closing, rng.uniform(0, duration))
        begun, done = _epochs(meter) != started, _publications(meter) != ended
        killed_half_way += begun and not done
        if killed_half_way == HALF_WAY:
            break
        if done:  # the machine has become quicker: aim earlier
            duration *= 0.8
        elif not begun:
            duration *= 1.25
        meter.stack.invoke("CloseDay", closing | {"hours": []})  # warms the next one up
    _ask_for_all(meter)
    meter.close_hours(YESTERDAY, HOURS)

    assert killed_half_way == HALF_WAY
    _closed_is_what_the_oracle_says(meter)
    for hour, epoch in before.items():
        rows = _corrections_since(meter, hour, epoch)
        assert {row["tenant"] for row in rows} == {f"T#{tenant}" for tenant in TENANTS}
        assert sum(row["new_requests"] - row["old_requests"] for row in rows) == 12


def _ask_for_all(meter: Meter) -> None:
    """A close takes only hours that are due."""
    table = meter.stores.hours
    for hour in HOURS:
        table.ask(Hour(hour))


def _closed_is_what_the_oracle_says(meter: Meter) -> None:
    right = _assessed(meter).closed
    for tenant in TENANTS:
        for hour in HOURS:
            total, closed = right[tenant, hour], meter.usage(tenant, f"H#{hour}")
            assert (closed["requests"], closed["cost_usd"]) == (total.requests, total.cost_usd)


def _live_is_what_the_oracle_says(meter: Meter) -> None:
    """Compare the hour that nobody has closed yet; the others are not live any more."""
    right = _assessed(meter).live
    for tenant in TENANTS:
        total = right[tenant, OPEN]
        assert meter.await_live(tenant, OPEN, total.requests)["cost_usd"] == total.cost_usd


def _assessed(meter: Meter) -> Expected:
    ours = {key: body for key, body in meter.uploads.items() if "/2031/11/20/" in key}
    return expected(ours, copies={}, tags={}, policy={}, rows=PriceRows())


def _row_of(meter: Meter, hour: str) -> dict[str, Any]:
    return meter.item("Hours", pk=f"{hour}#0")


def _epochs(meter: Meter) -> list[Any]:
    """The first write of a close is the epoch of its first hour."""
    return [_row_of(meter, hour).get("epoch") for hour in HOURS]


def _published(meter: Meter) -> dict[str, int]:
    return {hour: int(_row_of(meter, hour)["published"]) for hour in HOURS}


def _publications(meter: Meter) -> list[Any]:
    """The last write of a close publishes its last hour."""
    return [_row_of(meter, hour).get("published") for hour in HOURS]


def _corrections_since(meter: Meter, hour: str, epoch: int) -> list[dict[str, Any]]:
    """The corrections that lead from one publication of an hour to the latest, however many.

    A close that was killed before it published is no step between them.
    """
    rows: list[dict[str, Any]] = []
    at_epoch = _published(meter)[hour]
    while at_epoch != epoch:
        key = f"corrections/{hour}/0/{at_epoch}.parquet"
        body = io.BytesIO(meter.objects(key)[key])
        rows += pq.read_table(body).to_pylist()
        at_epoch = int(pq.read_metadata(body).metadata[b"old_epoch"])
    return rows
