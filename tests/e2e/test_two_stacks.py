"""Two stacks beside each other in one Region and account: neither is in the other's way."""

from typing import Any

import pytest

from tests.builders import a_record
from tests.e2e.meter import a_key, at, deployed

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


def test_two_stacks_meter_the_same_log_and_share_nothing_else(engine: Any) -> None:
    first = deployed(engine, "bedrock-meter")
    second = deployed(engine, "bedrock-meter-dev", LogBucketName=first.output("LogBucketName"))

    key = first.put(a_key("10", "29:00"), a_record("both-1", timestamp=at("10:20:00")))

    for meter in (first, second):
        meter.await_metered(key)
    theirs = [set(meter.stack.resources.values()) for meter in (first, second)]
    assert theirs[0] & theirs[1] == set()
    schedules = engine.client("scheduler").list_schedules()["Schedules"]
    for meter in (first, second):
        named = [one["Name"] for one in schedules if one["Name"].startswith(f"{meter.stack.name}-")]
        assert len(set(named) & set(meter.stack.resources.values())) == 4
