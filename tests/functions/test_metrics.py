"""Metrics cost for every hour in which they are written: by default those that alarms read."""

import warnings
from datetime import UTC, datetime
from typing import Any

import pytest

from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs.ingest import IngestReport
from bedrock_meter.jobs.plan_hours import HourPlan
from bedrock_meter.observability import READ_BY_ALARMS, USUAL, Metric, count, gauge, metrics
from functions.ingest import app as ingest
from functions.plan_hours import app as plan_hours
from tests.functions.conftest import Job, metrics_in, sqs

ANNOUNCED = '{"bucket": "logs", "key": "AWSLogs/1/BedrockModelInvocationLogs/x/a_1.json.gz"}'


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return the metrics written since the last time."""

    def take() -> dict[str, float]:
        metrics.flush_metrics()
        return metrics_in(capsys.readouterr().out)

    return take


@pytest.fixture(params=["alarms", None])
def by_default(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param is None:
        monkeypatch.delenv("METRICS")
    else:
        monkeypatch.setenv("METRICS", request.param)


@pytest.mark.usefixtures("by_default")
def test_every_metric_that_an_alarm_reads_is_written_by_default_and_no_other(written: Any) -> None:
    for metric in Metric:
        count(metric, 200)
    counted = written()
    for metric in Metric:
        gauge(metric, 200)

    assert set(counted) == set(written()) == READ_BY_ALARMS


def test_full_writes_every_metric_as_usual_as_it_may_be(written: Any) -> None:
    for metric in Metric:
        gauge(metric, 0)

    assert set(written()) == set(Metric)


@pytest.mark.parametrize("metric", USUAL)
@pytest.mark.usefixtures("by_default")
def test_a_value_far_from_its_alarm_is_not_written(written: Any, metric: Metric) -> None:
    gauge(metric, USUAL[metric])
    as_usual = written()
    gauge(metric, USUAL[metric] + 1)

    assert as_usual == {}
    assert written() == {metric: USUAL[metric] + 1}


@pytest.mark.usefixtures("by_default")
def test_an_invocation_that_no_alarm_has_to_know_of_writes_no_metric_and_warns_of_nothing(
    monkeypatch: pytest.MonkeyPatch, called: Any
) -> None:
    monkeypatch.setattr(ingest, "job", lambda: Job(IngestReport("o", 3, {}, ())))

    with warnings.catch_warnings(record=True) as warned:
        _, found = called(ingest, sqs(ANNOUNCED))

    assert found == {}
    assert warned == []


@pytest.mark.usefixtures("by_default")
def test_a_plan_of_an_idle_stack_writes_no_metric(
    monkeypatch: pytest.MonkeyPatch, called: Any
) -> None:
    now = datetime.now(UTC)
    latest = Hour(f"{now:%Y-%m-%dT%H}")
    monkeypatch.setattr(
        plan_hours, "job", lambda: Job(HourPlan((), False, latest, 0, 0, 0, latest))
    )

    assert called(plan_hours, {})[1] == {}
