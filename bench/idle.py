"""What a stack costs in a month without a call: every item counted from the template.

    python -m bench.idle

Counted are alarms, keys, pollers, schedules, the states an hourly run goes through, the metrics an
idle stack writes (tests/bench compares them with what the functions write) and the requests of the
hourly run, made on the embedded engine. Pollers, seconds and bytes of logs alone are assumptions.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from bedrock_meter.observability import READ_BY_ALARMS, USUAL, Metric
from bench import list_prices as usd
from bench import quiet_hour
from bench.quiet_hour import Requests
from engine import template

ROOT = Path(__file__).parents[1]
MACHINE = ROOT / "statemachines" / "hourly_rollup.asl.json"
FULL, ALARMS = "full", "alarms"

WRITTEN: Mapping[str, tuple[Metric, ...]] = {
    "PlanHours": (
        Metric.DATA_UP_TO_AGE_MINUTES,
        Metric.HOURS_WAITING,
        Metric.OBJECTS_OUTSTANDING,
    ),
    "CloseDay": (Metric.HOURS_PUBLISHED, Metric.HOUR_FILL_PERCENT),
    "AssessTenants": (Metric.LEVEL_CHANGES,),
    "AuditHour": (Metric.HOURS_AUDITED, Metric.AUDIT_DIFFERENCES),
    "RefreshPrices": (Metric.PRICE_DIFFERENCES,),
}
"""What each function writes in a run without work, under `full`."""
ONLY_FULL = frozenset(Metric) - READ_BY_ALARMS | USUAL.keys()
"""Metrics that are written under `full` alone as long as everything is as usual."""

POLLERS = 5
"""Readers of a queue with `MaximumConcurrency`: Lambda begins with five and does not go down to two
with that setting (Lambda Developer Guide, "Configuring scaling behavior for SQS")."""
POLLS = POLLERS * 3600 // 20 * usd.HOURS_A_MONTH
"""Empty answers a month; a long poll lasts 20 seconds."""
CLOSED_DAYS = 1
"""Items of the state `Close days`: an hour without calls is closed, too."""
ASSESSED_IN = 8
"""Items of the state `Assess tenants`."""
SECONDS: Mapping[str, int] = {"RefreshPrices": 60, "AuditHour": 10}
USUAL_SECONDS = 3
"""Billed for a run without work: always a cold start. To import and to join take 0.15 to 0.31 s of
a processor (measured), a dozen requests 0.4 s; the rest is for reading layers from disk."""
REQUESTS = Requests(written=5, read=81, s3_puts=12, s3_gets=9)
"""What an hourly run without calls asks for, as `bench.quiet_hour` counts it."""
REQUESTED = "DynamoDB and S3"
LOGGED_KB = 3
"""An invocation logs: its start, its report, a line of ours, and metrics."""


class Item(NamedTuple):
    """A line of the bill: how many of what, in dollars a month."""

    what: str
    count: float
    of: str
    usd: float


def account(document: dict[str, Any], metrics: str = ALARMS) -> list[Item]:
    """Return what a stack of this template costs in a month without a call."""
    runs = runs_a_month(document)
    return [
        _alarms(document),
        _keys(document),
        _metrics(runs, metrics),
        _queues(document),
        _machine(runs),
        _functions(document, runs),
        *_small(document, runs),
    ]


def total(items: list[Item]) -> float:
    """Return dollars a month."""
    return sum(item.usd for item in items)


def alarmed_metrics(document: dict[str, Any]) -> Mapping[str, int]:
    """Return how many metrics each alarm watches."""
    return {
        name: sum("MetricStat" in one for one in alarm["Properties"].get("Metrics", ())) or 1
        for name, alarm in template.of_type(document, "AWS::CloudWatch::Alarm").items()
    }


def _alarms(document: dict[str, Any]) -> Item:
    watched = alarmed_metrics(document)
    count = sum(watched.values())
    return Item(f"{len(watched)} alarms", count, "metrics watched", count * usd.ALARMED_METRIC)


def _keys(document: dict[str, Any]) -> Item:
    count = len(template.of_type(document, "AWS::KMS::Key"))
    return Item("key of the alarm topic", count, "keys", count * usd.KEY)


def metric_hours(runs: Mapping[str, float], metrics: str) -> dict[Metric, float]:
    """Return in how many hours of a month an idle stack writes each metric."""
    return {
        metric: runs[function]
        for function, written in WRITTEN.items()
        for metric in written
        if metrics == FULL or metric not in ONLY_FULL
    }


def _metrics(runs: Mapping[str, float], metrics: str) -> Item:
    # Eight runs of AssessTenants in one hour write the metric in one hour.
    hours = {
        metric: min(count, usd.HOURS_A_MONTH)
        for metric, count in metric_hours(runs, metrics).items()
    }
    count = sum(hours.values())
    return Item(f"{len(hours)} metrics of our own", count, "metric hours", count * usd.METRIC_HOUR)


def polled_queues(document: dict[str, Any]) -> list[str]:
    """Return the queues that functions read, by the id of the event."""
    functions = template.of_type(document, "AWS::Serverless::Function")
    events = [function["Properties"].get("Events", {}) for function in functions.values()]
    return [name for one in events for name, event in one.items() if event["Type"] == "SQS"]


def _queues(document: dict[str, Any]) -> Item:
    polled = polled_queues(document)
    count = len(polled) * POLLS
    return Item(f"pollers of {len(polled)} queues", count, "requests", count * usd.QUEUE_REQUEST)


def transitions(items: Mapping[str, int]) -> int:
    """Return what an hourly run goes through that does no work; Map states with so many items."""
    return _passed(json.loads(MACHINE.read_text()), items) + 2  # its start and its end


def _passed(machine: dict[str, Any], items: Mapping[str, int]) -> int:
    name, passed = machine["StartAt"], 0
    while name:
        state = machine["States"][name]
        passed += 1
        if state["Type"] == "Map":
            passed += items[name] * _passed(state["ItemProcessor"], items)
        name = state.get("Next") or state.get("Default")
    return passed


def _machine(runs: Mapping[str, float]) -> Item:
    count = (
        transitions({"Close days": CLOSED_DAYS, "Assess tenants": ASSESSED_IN})
        * runs["HourlyRollup"]
    )
    return Item("hourly state machine", count, "transitions", count * usd.TRANSITION)


def runs_a_month(document: dict[str, Any]) -> dict[str, float]:
    """Return how often an idle stack runs the machine and each function."""
    runs = {name: _times(expression) for name, expression in _schedules(document)}
    hourly = runs["HourlyRollup"]
    return runs | {
        "PlanHours": hourly,
        "CloseDay": hourly * CLOSED_DAYS,
        "AssessTenants": hourly * ASSESSED_IN,
        "DeliverNotices": hourly,
    }


def _schedules(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, resource in document["Resources"].items():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == "ScheduleV2":
                expression = event["Properties"]["ScheduleExpression"]
                yield name, expression if isinstance(expression, str) else expression["Fn::Sub"]


def _times(expression: str) -> float:
    hour = expression.removeprefix("cron(").split()[1]
    return usd.HOURS_A_MONTH if hour == "*" else usd.DAYS_A_MONTH


def memory_gb(document: dict[str, Any], function: str) -> float:
    """Return the memory of a function in gigabytes."""
    usual = document["Globals"]["Function"]["MemorySize"]
    return int(document["Resources"][function]["Properties"].get("MemorySize", usual)) / 1024


def _invoked(runs: Mapping[str, float]) -> dict[str, float]:
    return {name: count for name, count in runs.items() if name != "HourlyRollup"}


def _functions(document: dict[str, Any], runs: Mapping[str, float]) -> Item:
    seconds = sum(
        count * memory_gb(document, name) * SECONDS.get(name, USUAL_SECONDS)
        for name, count in _invoked(runs).items()
    )
    dollars = seconds * usd.GB_SECOND + sum(_invoked(runs).values()) * usd.INVOCATION
    return Item("functions, always cold", seconds, "GB-seconds", dollars)


def _small(document: dict[str, Any], runs: Mapping[str, float]) -> Iterator[Item]:
    invoked = _invoked(runs)
    yield _requests(runs)
    gb = sum(invoked.values()) * LOGGED_KB / 1e6
    yield Item("function logs", gb, "GB", gb * usd.LOGGED_GB)
    begun = sum(_times(expression) for _, expression in _schedules(document))
    yield Item("schedules", begun, "invocations", begun * usd.SCHEDULED)
    asked = runs["CheckCompleteness"]
    yield Item("Bedrock's own counts", asked, "requests", asked * usd.METRIC_ASKED)
    keys = sum(
        min(count, usd.HOURS_A_MONTH) * tables_of(document, name) for name, count in invoked.items()
    )
    yield Item("key of the tables (AWS managed)", keys, "requests", keys * usd.KEY_REQUEST)


def _requests(runs: Mapping[str, float]) -> Item:
    prices = (usd.WRITE_UNIT, usd.READ_UNIT, usd.PUT, usd.GET)
    dollars = sum(count * price for count, price in zip(REQUESTS, prices, strict=True))
    count = sum(REQUESTS) * runs["HourlyRollup"]
    return Item(REQUESTED, count, "units, requests", dollars * runs["HourlyRollup"])


def tables_of(document: dict[str, Any], function: str) -> int:
    """Return how many tables a function opens."""
    properties = document["Resources"][function]["Properties"]
    return sum(name.endswith("_TABLE") for name in properties["Environment"]["Variables"])


def main() -> None:
    """Print the bill of both values of the parameter `Metrics`, the requests counted anew."""
    document = template.read(ROOT / "template.yaml")
    for metrics in (ALARMS, FULL):
        print(f"Metrics={metrics}")
        items = account(document, metrics)
        for item in items:
            print(f"  {item.what:<32} {item.count:>11,.0f} {item.of:<16} {item.usd:>6.2f}")
        print(f"  {'dollars a month':<60} {total(items):>6.2f}")
    counted = quiet_hour.measure(datetime.now(UTC), ASSESSED_IN)
    print(json.dumps({"requests": counted._asdict(), "as_assumed": counted == REQUESTS}))


if __name__ == "__main__":
    main()
