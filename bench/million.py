"""What a million calls a day cost in a month, item by item; all but the log objects themselves.

To what a stack costs without calls (`bench.idle`) it adds what `bench.units` counted of an hour:
units, S3 requests, messages, and the work of each function.
"""

from collections.abc import Mapping
from typing import Any

from bench import idle
from bench import list_prices as usd
from bench.idle import Item
from bench.invocations import Work
from bench.units import BY_OBJECT, CALLS, Units

CALLS_A_MONTH = 1_000_000 * usd.DAYS_A_MONTH
MODELS = 20
"""Models that Bedrock is asked about every hour."""
BODY_SECONDS = 37e-6
"""To inflate and decode a call of 14 KB (docs/performance.md); those of `bench.units` are small."""
LOGGED_KB = 1.2
"""An invocation of Ingest or FoldSlot logs: start 0.2, report 0.5, at most one line of ours 0.5."""
KEY_KEPT = 12
"""DynamoDB asks for the key of a table so many times an hour for each role that uses it."""
DAILY_AUDIT = Work(1, processor=6, waiting=8)
"""41,667 calls of 14 KB at 0.13 ms, and two GETs for each of 119 objects (docs/cost.md)."""
HOURLY_CHECK = Work(0, processor=0.5, waiting=0.5)
"""CheckCompleteness also reads the Parquet of an hour (assumed)."""


def account(document: dict[str, Any], found: Units) -> list[Item]:
    """Return the bill of a million calls a day, in log objects of the size that was measured."""
    quiet = [item for item in idle.account(document) if item.what != idle.REQUESTED]
    return [
        Item("without a call", 0, "", idle.total(quiet)),
        *_units(found),
        *_functions(document, work_a_month(found)),
        *_beside(document, found),
    ]


def _units(found: Units) -> list[Item]:
    thousands = CALLS_A_MONTH / 1000
    counted = (
        ("DynamoDB writes", found.wru, "units", usd.WRITE_UNIT),
        ("DynamoDB reads", found.rru, "units", usd.READ_UNIT),
        ("S3 PUT and list", found.s3_puts, "requests", usd.PUT),
        ("S3 GET", found.s3_gets, "requests", usd.GET),
    )
    return [
        Item(what, count * thousands, of, count * thousands * price)
        for what, count, of, price in counted
    ]


def work_a_month(found: Units) -> Mapping[str, Work]:
    """Return what each function does in a month, beyond what it does without calls."""
    hours = CALLS_A_MONTH / CALLS
    work = {
        function: done.times(hours if function in BY_OBJECT else usd.HOURS_A_MONTH)
        for function, done in found.work.items()
    }
    bodies = Work(processor=CALLS_A_MONTH * BODY_SECONDS)
    return work | {
        "Ingest": work["Ingest"].plus(bodies),
        "CheckCompleteness": HOURLY_CHECK.times(usd.HOURS_A_MONTH),
        "AuditHour": DAILY_AUDIT.times(usd.DAYS_A_MONTH),
    }


def _functions(document: dict[str, Any], work: Mapping[str, Work]) -> list[Item]:
    items = []
    for function, done in work.items():
        memory = idle.memory_gb(document, function)
        items.append(Item(function, done.gb_seconds(memory), "GB-seconds", done.dollars(memory)))
    return items


def _beside(document: dict[str, Any], found: Units) -> list[Item]:
    hours = CALLS_A_MONTH / CALLS
    objects = CALLS_A_MONTH / found.size
    messages = 3 * (objects + found.sent * hours)  # sent, received, deleted
    invoked = hours * sum(found.work[function].count for function in BY_OBJECT)
    logged = invoked * LOGGED_KB / 1e6
    asked = (MODELS - 1) * usd.HOURS_A_MONTH
    tables = sum(idle.tables_of(document, function) for function in BY_OBJECT)
    keys = tables * KEY_KEPT * usd.HOURS_A_MONTH
    return [
        Item("queues: messages", messages, "requests", messages * usd.QUEUE_REQUEST),
        Item("function logs", logged, "GB", logged * usd.LOGGED_GB),
        Item("Bedrock's own counts", asked, "metrics", asked * usd.METRIC_ASKED),
        Item("key of the tables", keys, "requests", keys * usd.KEY_REQUEST),
    ]
