"""`InvocationCounts` on CloudWatch: the shape of what is asked, and of what comes back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from bedrock_meter.aws.cloudwatch_invocations import CloudWatchInvocations
from bedrock_meter.domain.time.hours import hour_after, hour_of, start_of
from tests.builders import HAIKU

FIRST = hour_after(hour_of(datetime.now(UTC)), -6)
HOURS = [FIRST, hour_after(FIRST), hour_after(FIRST, 2)]


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield boto3.client("cloudwatch", region_name="us-east-1")


def put(cloudwatch: Any, hour: str, model: str, count: int, **more: str) -> None:
    names = {"ModelId": model, **more}
    cloudwatch.put_metric_data(
        Namespace="AWS/Bedrock",
        MetricData=[
            {
                "MetricName": "Invocations",
                "Dimensions": [{"Name": name, "Value": value} for name, value in names.items()],
                "Timestamp": start_of(hour) + timedelta(minutes=59),
                "Value": count,
                "Unit": "Count",
            }
        ],
    )


def test_calls_come_by_hour_and_model_whole_and_in_the_right_hour(cloudwatch: Any) -> None:
    put(cloudwatch, HOURS[0], HAIKU, 3)
    put(cloudwatch, HOURS[0], HAIKU, 4)
    put(cloudwatch, HOURS[1], "x.y", 5)

    assert CloudWatchInvocations(cloudwatch).invocations(HOURS) == {
        HOURS[0]: {HAIKU: 7},
        HOURS[1]: {"x.y": 5},
        HOURS[2]: {},
    }


def test_hours_outside_are_left_out(cloudwatch: Any) -> None:
    put(cloudwatch, hour_after(FIRST, -1), HAIKU, 3)
    put(cloudwatch, hour_after(FIRST, 3), HAIKU, 3)

    assert not any(CloudWatchInvocations(cloudwatch).invocations(HOURS).values())
    assert CloudWatchInvocations(cloudwatch).invocations([]) == {}


def test_calls_counted_a_second_time_by_a_finer_dimension_are_counted_once(
    cloudwatch: Any,
) -> None:
    put(cloudwatch, FIRST, HAIKU, 3)
    put(cloudwatch, FIRST, HAIKU, 3, ServiceTier="priority")

    assert CloudWatchInvocations(cloudwatch).invocations(HOURS)[FIRST] == {HAIKU: 3}


def test_more_models_than_one_question_takes_are_asked_about_in_several(
    cloudwatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bedrock_meter.aws.cloudwatch_invocations._MOST_QUERIES", 2)
    for number in range(5):
        put(cloudwatch, FIRST, f"model-{number}", number + 1)

    found = CloudWatchInvocations(cloudwatch).invocations(HOURS)[FIRST]

    assert found == {f"model-{number}": number + 1 for number in range(5)}
