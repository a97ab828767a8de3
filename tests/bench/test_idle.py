"""The bill of a stack without calls is counted from the template, and kept small."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bedrock_meter.domain.time.hours import Day, Hour
from bedrock_meter.domain.totals.findings import Findings
from bedrock_meter.domain.totals.workload import Fill
from bedrock_meter.jobs.check_completeness import Completeness
from bedrock_meter.jobs.close_day import ClosedDay
from bedrock_meter.jobs.deliver_notices import Delivery
from bedrock_meter.jobs.plan_hours import HourPlan
from bedrock_meter.observability import READ_BY_ALARMS, USUAL, Metric
from bench import idle, quiet_hour
from bench import list_prices as usd
from bench.units import noon_before
from engine import template
from functions.assess_tenants import app as assess_tenants
from functions.audit_hour import app as audit_hour
from functions.check_completeness import app as check_completeness
from functions.close_day import app as close_day
from functions.deliver_notices import app as deliver_notices
from functions.plan_hours import app as plan_hours
from functions.refresh_prices import app as refresh_prices
from tests.functions.conftest import CONTEXT, Job, metrics_in

ROOT = Path(__file__).parents[2]
COST = (ROOT / "docs" / "cost.md").read_text()
MOST = 6.00
"""Dollars a month that a stack without calls may cost."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return template.read(ROOT / "template.yaml")


def quiet_runs() -> dict[str, tuple[Any, dict[str, Any], Any]]:
    """Every function of an idle stack: its module, its event, and what its job finds."""
    hour = Hour(f"{datetime.now(UTC):%Y-%m-%dT%H}")
    day = Day(hour[:10])
    plan = HourPlan(((day, (hour,)),), False, hour, 0, 0, 1, hour)
    closed = ClosedDay((hour,), (), {}, Findings(fill=Fill(seconds=1)))
    audited = AuditFound()
    event = {"day": day, "hours": [hour], "hold": hour}
    return {
        "PlanHours": (plan_hours, {}, plan),
        "CloseDay": (close_day, event, closed),
        "AssessTenants": (assess_tenants, {"bucket": 0, "of": 8}, lambda **_: iter(())),
        "DeliverNotices": (deliver_notices, {}, Delivery(sent=0, taken=0, unsent=())),
        "CheckCompleteness": (check_completeness, {}, Completeness((hour,), (), None)),
        "AuditHour": (audit_hour, {}, audited),
        "RefreshPrices": (refresh_prices, {}, PricesFound()),
    }


class AuditFound:
    """An audited hour without differences."""

    apart = 0
    tenants = ()

    def differences(self) -> int:
        return 0

    def document(self, most: int) -> dict[str, Any]:
        return {}


class PricesFound:
    """A book that is as AWS publishes it."""

    held = 0
    unparsed = unread = ()

    def _asdict(self) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize("setting", ["full", "alarms"])
@pytest.mark.parametrize("function", quiet_runs())
def test_an_idle_function_writes_the_metrics_that_are_billed(
    function: str,
    setting: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from bedrock_meter.observability import metrics

    monkeypatch.setattr(metrics.provider, "namespace", "BedrockMeter")
    monkeypatch.setattr(metrics.provider, "service", "stack")
    monkeypatch.setenv("METRICS", setting)
    app, event, found = quiet_runs()[function]
    monkeypatch.setattr(app, "job", lambda: Job(found))

    app.handler(event, CONTEXT)

    billed = set(idle.WRITTEN.get(function, ())) - (
        idle.ONLY_FULL if setting == "alarms" else set()
    )
    assert set(metrics_in(capsys.readouterr().out)) == billed


def test_every_function_with_a_schedule_is_billed(document: dict[str, Any]) -> None:
    runs = idle.runs_a_month(document)

    # The others run when a log object arrives, or when the stack is made.
    asleep = {"Ingest", "FoldSlot", "SwitchOnLogging"}
    assert set(runs) - {"HourlyRollup"} == {*document_functions(document)} - asleep
    assert set(quiet_runs()) == set(runs) - {"HourlyRollup"}


def document_functions(document: dict[str, Any]) -> dict[str, Any]:
    return template.of_type(document, "AWS::Serverless::Function")


def test_an_alarm_on_a_calculation_pays_for_each_metric_in_it(document: dict[str, Any]) -> None:
    watched = idle.alarmed_metrics(document)

    assert watched["ClockAlarm"] == 1
    assert watched["AuditSilentAlarm"] == 2
    assert watched["RollupFailedAlarm"] == watched["CompletenessSilentAlarm"] == 3


def test_every_queue_that_is_read_is_polled_day_and_night(document: dict[str, Any]) -> None:
    assert idle.polled_queues(document) == ["LogObject", "ReplayedLogObject", "Refresh"]
    assert idle.POLLS == 657_000


def test_an_hourly_run_pays_for_its_start_its_end_and_every_state_between() -> None:
    # Plan, close, assess, deliver, two questions, done: seven, and one for each item of the maps.
    assert idle.transitions({"Close days": 1, "Assess tenants": 8}) == 7 + 1 + 8 + 2


def test_the_buckets_that_are_billed_are_those_of_the_machine() -> None:
    assessing = json.loads(idle.MACHINE.read_text())["States"]["Assess tenants"]

    assert len(assessing["Items"]) == idle.ASSESSED_IN


def test_a_stack_without_calls_costs_little(document: dict[str, Any]) -> None:
    assert idle.total(idle.account(document)) <= MOST


def test_the_page_says_what_is_counted(document: dict[str, Any]) -> None:
    items = idle.account(document)
    full = idle.total(idle.account(document, "full"))

    stated = dict(re.findall(r"^\| ([^|]+?) \| [^|]+ \| ([0-9.]+) \|$", COST, re.M))
    for item in items:
        assert stated.get(item.what) == f"{item.usd:.2f}", item
    assert stated["**dollars a month**"] == f"{idle.total(items):.2f}"
    assert stated["with `Metrics=full`"] == f"{full:.2f}"


def test_the_parameter_states_the_price_of_all_metrics(document: dict[str, Any]) -> None:
    alarms, full = (idle.total(idle.account(document, one)) for one in ("alarms", "full"))
    month = usd.METRIC_HOUR * usd.HOURS_A_MONTH
    busy = (len(Metric) - len(READ_BY_ALARMS) + len(USUAL)) * month

    stated = document["Parameters"]["Metrics"]["Description"]
    assert f"{full - alarms:.2f} (idle) to {busy:.2f} dollars" in stated


@pytest.mark.engine
@pytest.mark.slow
def test_an_hourly_run_without_calls_asks_for_as_much_as_is_billed() -> None:
    scheduled = noon_before(datetime.now(UTC)) + timedelta(minutes=20)

    counted = quiet_hour.measure(scheduled, idle.ASSESSED_IN)

    assert all(real <= billed for real, billed in zip(counted, idle.REQUESTS, strict=True))


def test_the_price_of_a_snapshot_is_stated_as_it_is_counted(document: dict[str, Any]) -> None:
    month = usd.SNAPSHOT_GB_SECOND * 3600 * usd.HOURS_A_MONTH
    dollars = month * idle.memory_gb(document, "Ingest")

    page = (ROOT / "docs" / "performance.md").read_text()
    assert f"keeping one snapshot costs {dollars:.2f} dollars" in re.sub(r"\s+", " ", page)
    assert f"{usd.RESTORED_GB:.5f}" in page
