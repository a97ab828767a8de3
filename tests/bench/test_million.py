"""The bill of a million calls a day: what is counted once, and what memory costs."""

from typing import Any

import pytest

from bench import idle, million
from bench.capacity import Capacity
from bench.invocations import WHOLE_PROCESSOR_GB, Invocations, Work
from bench.units import CALLS, CLOSE, FOLD, INGEST, Units
from engine import template

AN_HOUR = {
    "Ingest": Work(119, processor=4, waiting=23),
    "FoldSlot": Work(240, processor=27, waiting=47),
    "CloseDay": Work(1, processor=4, waiting=9),
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return template.read(idle.ROOT / "template.yaml")


def units(**instead: Any) -> Units:
    given: dict[str, Any] = {
        "size": 350,
        "calls": CALLS,
        "written": {INGEST: 12.0, FOLD: 196.0, CLOSE: 20.0},
        "read": {INGEST: 19.0, FOLD: 415.0, CLOSE: 65.0},
        "s3_puts": 9.2,
        "s3_gets": 8.7,
        "work": AN_HOUR,
        "sent": 120.0,
    }
    return Units(**given | instead)


def bill(document: dict[str, Any], found: Units) -> dict[str, float]:
    return {item.what: item.usd for item in million.account(document, found)}


def test_what_waits_costs_by_memory_and_what_computes_does_not() -> None:
    waiting, computing = Work(waiting=1), Work(processor=1)

    assert waiting.gb_seconds(0.5) * 2 == waiting.gb_seconds(1)
    assert computing.gb_seconds(0.5) == pytest.approx(computing.gb_seconds(WHOLE_PROCESSOR_GB))
    # Beyond a whole processor nothing is quicker.
    assert computing.gb_seconds(2 * WHOLE_PROCESSOR_GB) == 2 * WHOLE_PROCESSOR_GB


def test_the_bill_holds_that_of_a_stack_without_calls_once(document: dict[str, Any]) -> None:
    quiet = {item.what: item.usd for item in idle.account(document)}
    found = bill(document, units())

    # Requests of the hourly run are among those that were counted.
    assert found["without a call"] == pytest.approx(sum(quiet.values()) - quiet[idle.REQUESTED])


@pytest.mark.parametrize(
    ("more", "item"),
    [
        ({"written": {INGEST: 24.0, FOLD: 392.0, CLOSE: 40.0}}, "DynamoDB writes"),
        ({"read": {INGEST: 38.0, FOLD: 830.0, CLOSE: 130.0}}, "DynamoDB reads"),
        ({"s3_puts": 18.4}, "S3 PUT and list"),
        ({"s3_gets": 17.4}, "S3 GET"),
        ({"work": AN_HOUR | {"FoldSlot": AN_HOUR["FoldSlot"].times(2)}}, "FoldSlot"),
    ],
)
def test_twice_of_what_was_counted_costs_twice(
    document: dict[str, Any], more: dict[str, Any], item: str
) -> None:
    assert bill(document, units(**more))[item] == pytest.approx(2 * bill(document, units())[item])


def test_smaller_log_objects_cost_more_messages(document: dict[str, Any]) -> None:
    queues = "queues: messages"

    assert bill(document, units(size=35))[queues] > bill(document, units())[queues]


def test_invocations_are_counted_with_what_they_asked_for() -> None:
    capacity = Capacity()
    invocations = Invocations(capacity)

    def job(*, times: int) -> Any:
        for number in range(times):
            capacity.requests["s3"] += 1
            yield number

    watched = invocations.watched("Ingest", job)

    assert watched(times=2) == [0, 1]
    watched(times=3)
    work = invocations.work["Ingest"]
    assert (work.count, work.waiting) == (2, pytest.approx(5 * 0.030))
    assert work.processor >= 0
