"""The hourly state machine with the real functions: failures, long plans, lost events."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from bedrock_meter.jobs.plan_hours import MOST_DAYS
from engine.waiting import until
from tests.builders import a_record
from tests.e2e.listening import heard, listen_to_topic
from tests.e2e.meter import DAY, PATIENCE, Meter, a_key, at

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(600)]

GOOD_DAY, LOSING_DAY, BROKEN_DAY = "2031-11-15", "2031-11-16", "2031-11-17"
DAYS = [GOOD_DAY, LOSING_DAY, BROKEN_DAY]
CALL = Decimal("0.0015")


def the_hour(day: str) -> str:
    """The hour of a day that has calls."""
    return f"{day}T09"


def a_call_on(day: str, minute: int) -> dict[str, Any]:
    """A call of tenant `steady`: 1,000 tokens to Haiku, 100 back."""
    return a_record(
        f"steady-{day}-{minute}",
        timestamp=at(f"09:{minute:02d}:00", day),
        requestMetadata={"tenantId": "steady"},
    )


def requests_on(meter: Meter, day: str) -> int:
    """Calls of the closed hour of a day."""
    return int(meter.usage("steady", f"H#{the_hour(day)}").get("requests", 0))


@pytest.fixture(scope="module")
def failed(meter: Meter) -> dict[str, Any]:
    """A run in which one day has lost evidence, one has a broken file, and one is good.

    Afterwards both are repaired, and still due.
    """
    alarms = listen_to_topic(meter, "AlarmTopicArn", "rollup-alarms")
    first = {day: meter.put(a_key("09", day=day), a_call_on(day, 1)) for day in DAYS}
    meter.await_metered(*first.values())
    meter.close()
    late = {day: meter.put(a_key("09", day=day), a_call_on(day, 2)) for day in DAYS}
    meter.await_metered(*late.values())
    lost = f"evidence/{the_hour(LOSING_DAY)}/0/00/{meter.object_id(first[LOSING_DAY])}"
    broken = f"evidence/{the_hour(BROKEN_DAY)}/0/00/{meter.object_id(late[BROKEN_DAY])}"
    s3, bucket = meter.client("s3"), meter.output("DataBucketName")
    kept = {key: s3.get_object(Bucket=bucket, Key=key) for key in (lost, broken)}
    bodies = {key: answer["Body"].read() for key, answer in kept.items()}
    s3.delete_object(Bucket=bucket, Key=lost)
    s3.put_object(Bucket=bucket, Key=broken, Body=b"no evidence at all")
    ended = meter.run_machine()
    undone = until(lambda: _undone(meter, alarms), seconds=PATIENCE)
    requests = {day: requests_on(meter, day) for day in DAYS}
    for key in (lost, broken):
        metadata = kept[key]["Metadata"]
        s3.put_object(Bucket=bucket, Key=key, Body=bodies[key], Metadata=metadata)
    return ended | {"undone": undone, "requests": requests}


def _undone(meter: Meter, alarms: str) -> list[str]:
    """What the state machine told the operator; alarms may speak of the same at the same time."""
    told = (message for message in heard(meter, alarms) if "hourly rollup" in message["Subject"])
    return [message["Message"] for message in told]


def test_a_day_that_fails_stops_no_other(failed: dict[str, Any]) -> None:
    assert failed["requests"] == {GOOD_DAY: 2, LOSING_DAY: 1, BROKEN_DAY: 1}


def test_a_run_that_left_days_open_has_failed_and_says_which_and_why(
    failed: dict[str, Any],
) -> None:
    (message,) = failed["undone"]

    assert (failed["status"], failed["error"]) == ("FAILED", "WorkLeftUndone")
    lines = dict(line.rsplit(": ", 1) for line in message.splitlines() if "not be closed" in line)
    assert (
        {
            step: hours.removeprefix(
                f"{step[12:22]}T08, "
            )  # which has the same edge, if it was due
            for step, hours in lines.items()
        }
        == {f"- Close day {day}: could not be closed": the_hour(day) for day in DAYS[1:]}
    )
    assert GOOD_DAY not in message


def test_what_was_left_open_is_closed_by_the_next_run(meter: Meter, failed: dict[str, Any]) -> None:
    meter.close()

    assert {day: requests_on(meter, day) for day in DAYS} == dict.fromkeys(DAYS, 2)


def test_more_days_than_one_plan_holds_are_closed_by_a_second_run(meter: Meter) -> None:
    hours = [f"2031-0{4 + n // 28}-{1 + n % 28:02d}T05" for n in range(MOST_DAYS + 2)]
    for hour in hours:
        asked = {"pk": f"{hour}#0", "epoch": 1, "dirty": 1, "due": "due"}
        meter.table("Hours").put_item(Item=asked)
    before = _executions(meter)

    ended = meter.close()
    for execution in _executions(meter) - before:
        assert meter.await_end(execution)["status"] == "SUCCEEDED"

    assert ended == {"published": MOST_DAYS, "more": True}
    assert until(lambda: not _due(meter, hours), seconds=PATIENCE), _due(meter, hours)
    assert len(_executions(meter) - before) == 2


def _executions(meter: Meter) -> set[str]:
    states, machine = meter.client("stepfunctions"), meter.output("HourlyRollupArn")
    found = states.list_executions(stateMachineArn=machine)["executions"]
    return {execution["executionArn"] for execution in found}


def _due(meter: Meter, hours: list[str]) -> list[str]:
    return [hour for hour in hours if "due" in meter.item("Hours", pk=f"{hour}#0")]


@pytest.fixture
def deaf(meter: Meter) -> Iterator[Meter]:
    """A meter whose events are lost."""
    events, rule = meter.client("events"), meter.stack.resources["LogObjectCreated"]
    events.disable_rule(Name=rule)
    yield meter
    events.enable_rule(Name=rule)


def test_an_object_whose_event_was_lost_is_found_metered_and_closed(deaf: Meter) -> None:
    nine = f"{DAY}T09"
    lost = deaf.put(
        a_key("10", "20:00"),
        a_record("swept", timestamp=at("09:58:00"), requestMetadata={"tenantId": "swept"}),
    )

    found = _plan_of_a_run(deaf)
    deaf.await_metered(lost)
    second = _plan_of_a_run(deaf)

    assert (found["outstanding"], found["hold"]) == (1, nine)
    closed = deaf.usage("swept", f"H#{nine}")
    assert (closed["requests"], closed["cost_usd"]) == (1, CALL)
    assert second["outstanding"] == 0


def _plan_of_a_run(meter: Meter) -> dict[str, Any]:
    """Run the state machine, and give what its plan said; log lines may come a little later."""
    before = len(_plans(meter))
    meter.close()
    assert until(lambda: len(_plans(meter)) > before, seconds=PATIENCE)
    return _plans(meter)[-1]


def _plans(meter: Meter) -> list[dict[str, Any]]:
    return [line for line in meter.function_log() if line.get("message") == "hours planned"]


def test_with_nothing_to_close_a_run_ends_well(meter: Meter) -> None:
    meter.close()

    ended = meter.run_machine()

    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == {"published": 0, "more": False}
