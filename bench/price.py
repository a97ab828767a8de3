"""How long pricing takes: one record whose key was seen, and loading the book in a cold process.

    .venv/bin/python bench/price.py

A record is priced like this: id to model, rate card from the book, band, exact amount, status. The
figure is CPU time, the median over repeats of the mean of many records: a busy machine shows less.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from bedrock_meter import prices
from bedrock_meter.domain.pricing.charge import charge_for
from bedrock_meter.domain.pricing.model import model_of

AT = datetime(2026, 11, 15, 12, tzinfo=UTC)
REPEATS, RECORDS = 31, 20_000
CALLS = [
    ("us.anthropic.claude-opus-5-5", "us-east-1", {"input_tokens": 1200, "output_tokens": 250}),
    (
        "global.anthropic.claude-haiku-5-5",
        "eu-west-1",
        {
            "input_tokens": 1200,
            "cache_read_tokens": 50_000,
            "cache_write_5m_tokens": 3000,
            "cache_write_1h_tokens": 10_000,
            "output_tokens": 2500,
        },
    ),
    ("amazon.nova-pro-v1:0", "us-east-1", {"input_tokens": 900, "output_tokens": 80}),
    ("eu.anthropic.claude-sonnet-4-6", "eu-west-1", {"input_tokens": 9, "output_tokens": 8}),
    ("amazon.titan-embed-text-v2:0", "us-east-1", {"input_tokens": 512}),
]
LOAD = "from bedrock_meter import prices; prices.shipped()"
COLD = f"""
import time, json
import {", ".join(["boto3", "dataclasses", "decimal", "pathlib", "re"])}
start = time.process_time(); {LOAD}
print((time.process_time() - start) * 1e3)
"""


def microseconds(price: Callable[[], object]) -> float:
    """The CPU time of one record, median over repeats."""
    price()
    taken = []
    for _ in range(REPEATS):
        start = time.process_time_ns()
        for _ in range(RECORDS):
            price()
        taken.append((time.process_time_ns() - start) / RECORDS / 1e3)
    return median(taken)


def charging(model_id: str, region: str, usage: dict[str, int]) -> Callable[[], object]:
    """The whole charge of a record."""
    book = prices.shipped()

    def price() -> object:
        model = model_of(model_id)
        return charge_for(usage, book=book, model=model, region=region, tier="standard", at=AT)

    return price


def amount_only(model_id: str, region: str, usage: dict[str, int]) -> Callable[[], object]:
    """What ingest does for the live slot totals: rate card, band and amount."""
    book = prices.shipped()

    def price() -> object:
        rate_card = book.rate_card_for(model_of(model_id), region, "standard", AT)
        return rate_card.cost_of(usage, rate_card.band_for(usage))

    return price


def cold_milliseconds() -> float:
    """Loading the book in a process of its own, boto3 already imported; median of 9."""
    run = [sys.executable, "-c", COLD]
    times = [subprocess.run(run, capture_output=True, check=True, text=True) for _ in range(9)]
    return median(float(one.stdout) for one in times)


def main() -> None:
    evidence = [microseconds(charging(*call)) for call in CALLS]
    amounts = [microseconds(amount_only(*call)) for call in CALLS]
    for (model_id, _, usage), charge, amount in zip(CALLS, evidence, amounts, strict=True):
        kinds = f"{len(usage)} kinds"
        print(f"{model_id:40}{kinds:>8}  charge {charge:5.2f} µs  amount {amount:5.2f} µs")
    figures = {
        "charge_us_median": round(median(evidence), 2),
        "amount_us_median": round(median(amounts), 2),
        "book_load_cold_ms": round(cold_milliseconds(), 1),
        "rates": len(prices.shipped_rows()),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
