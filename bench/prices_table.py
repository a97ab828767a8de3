"""Rates for the peers: one row per model id and Region, in attodollars per token.

Made from the reviewed price rows by the oracle's reader, not by the meter's. A kind without a
rate costs the peers nothing, as it costs a total nothing.
"""

import csv
import gzip
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from tests.oracle.rates import PriceRows, model_of

KINDS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)
COLUMNS = (
    *("model", "region", "threshold"),
    *("i", "o", "cr", "c5", "c1"),
    *("hi", "ho", "hcr", "hc5", "hc1"),
)
ATTO = 10**18
FAR = 10**12
"""A context threshold that no call reaches: models without bands."""

Table = dict[tuple[str, str], tuple[int, ...]]


def table_for(paths: Iterable[Path]) -> Table:
    """Make the table of every model and Region that the files name."""
    rows = PriceRows()
    seen: dict[tuple[str, str], datetime] = {}
    for path in paths:
        with gzip.open(path, "rb") as file:
            for line in file:
                record = json.loads(line)
                key = (record["modelId"], record["region"])
                seen.setdefault(key, datetime.fromisoformat(record["timestamp"]))
    return {key: _row(rows, *key, at) for key, at in sorted(seen.items())}


def write(table: Table, path: Path) -> None:
    """Write the table as CSV, for peers that are processes of their own."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows((*key, *numbers) for key, numbers in table.items())


def _row(rows: PriceRows, logged: str, region: str, at: datetime) -> tuple[int, ...]:
    model = model_of(logged, {})
    threshold = rows.threshold(model) or FAR
    low = [_atto(rows, logged, region, at, kind, 0) for kind in KINDS]
    high = [_atto(rows, logged, region, at, kind, threshold + 1) for kind in KINDS]
    return threshold, *low, *high


def _atto(rows: PriceRows, logged: str, region: str, at: datetime, kind: str, context: int) -> int:
    usd = rows.rate(model_of(logged, {}), kind, region, "standard", context, at)
    return int(usd * ATTO) if usd is not None else 0
