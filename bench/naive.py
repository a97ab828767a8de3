"""The handler one writes first: unpack the whole object, json, Decimal, one update per record.

The arguments of the update are built, as any handler must; nothing is sent.
"""

import gzip
import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.prices_table import ATTO, Table

Sums = dict[str, list[int]]
UPDATE = "ADD calls :n, input_tokens :i, output_tokens :o, cost_usd :c"


def naive(paths: Iterable[Path], table: Table) -> Sums:
    """Meter files; sums by `tenant|model|hour`: calls, five kinds, cost in attodollars."""
    rates = {key: _in_dollars(numbers) for key, numbers in table.items()}
    sums: dict[str, list[Any]] = {}
    for path in paths:
        text = gzip.decompress(path.read_bytes()).decode()
        for line in text.splitlines():
            if line.strip():
                _add(sums, json.loads(line), rates)
    return {key: [*row[:6], int(row[6] * ATTO)] for key, row in sums.items()}


def _in_dollars(numbers: tuple[int, ...]) -> tuple[int, list[Decimal], list[Decimal]]:
    dollars = [Decimal(number) / ATTO for number in numbers[1:]]
    return numbers[0], dollars[:5], dollars[5:]


def _add(sums: dict[str, list[Any]], record: dict[str, Any], rates: dict[Any, Any]) -> None:
    counts = _counts(record)
    threshold, low, high = rates[record["modelId"], record["region"]]
    prices = high if counts[0] + sum(counts[2:]) > threshold else low
    cost = Decimal(0)
    for count, rate in zip(counts, prices, strict=True):
        cost += Decimal(str(count)) * rate
    tenant = (record.get("requestMetadata") or {}).get("TenantID")
    tenant = tenant or record["identity"]["arn"].split("/")[1]
    key = f"{tenant}|{record['modelId']}|{record['timestamp'][:13]}"
    _update(tenant, record["timestamp"], counts, cost)
    row = sums.setdefault(key, [0] * 6 + [Decimal(0)])
    for place, number in enumerate((1, *counts, cost)):
        row[place] += number


def _counts(record: dict[str, Any]) -> tuple[int, int, int, int, int]:
    asked, answered = record.get("input") or {}, record.get("output") or {}
    written = asked.get("cacheWriteInputTokenCount") or 0
    long = _long_lived(answered.get("outputBodyJson")) if written else 0
    return (
        asked.get("inputTokenCount") or 0,
        answered.get("outputTokenCount") or 0,
        asked.get("cacheReadInputTokenCount") or 0,
        written - long,
        long,
    )


def _long_lived(body: Any) -> int:
    if isinstance(body, list):
        body = next((chunk["message"] for chunk in body if "message" in chunk), None)
    usage = (body or {}).get("usage") or {}
    if usage.get("cacheDetails"):
        return sum(part["inputTokens"] for part in usage["cacheDetails"] if part["ttl"] == "1h")
    return int((usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens") or 0)


def _update(tenant: str, at: str, counts: tuple[int, ...], cost: Decimal) -> dict[str, Any]:
    return {
        "Key": {"pk": f"TENANT#{tenant}", "sk": f"HOUR#{at[:13]}"},
        "UpdateExpression": UPDATE,
        "ExpressionAttributeValues": {
            ":n": Decimal(1),
            ":i": Decimal(str(counts[0])),
            ":o": Decimal(str(counts[1])),
            ":c": cost,
        },
    }
