"""What every call of a store costs: requests of 20 ms each, and processor time as measured.

Processor times are those of `python -m bench.requests` and `python -m bench.peaks hour` on one x86
core, rounded up; a function has the share of a core that its memory buys. How many requests a call
makes is what the adapters in `aws/` make of it.
"""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any

from simulate.virtual_time import Cost

REQUEST_SECONDS = 0.020
WHOLE_CORE_MB = 1_769
"""Lambda gives one whole processor per 1,769 MB; Python uses one at most."""

LISTED, LOOKED_UP, READ_ROWS, WRITTEN, SENT = 1_000, 100, 2_500, 25, 10
"""What one request lists, looks up, reads of the wait list, writes, announces."""
WRITERS = 8
"""Totals that are put side by side."""
SUMMED = 16
"""Tenants that are summed up side by side; files that are fetched side by side."""

GET_CPU = PUT_CPU = 0.0022
FILE_CPU = 0.0020
LIST_CPU = 0.145 / LISTED
LOOK_UP_CPU = 0.0093 / LOOKED_UP
ROW_CPU = (0.0374 + 0.0100) / 1_000
WRITE_CPU = 0.0055 / WRITTEN
SEND_CPU = 0.0019 / SENT
CALL_CPU = 0.000010
SUM_CPU = 0.0302 / 6
"""Seconds: for a get, a put, an evidence file, a key listed, an object looked up, a row of the wait
list read (and seen by the sweep) and written, an announcement, a call closed, a request of the six
that sum up a tenant."""

type CostOf = Callable[[Sequence[Any], Any], Cost]
"""The cost of one call, from its arguments and its answer."""


def one(kind: str) -> CostOf:
    """Return the cost of a call that is one request."""
    cost = Cost(kind, 1, GET_CPU)
    return lambda _args, _answer: cost


def pages(kind: str, number: int, size: int, cpu: float, least: int = 1) -> Cost:
    """Return the cost of `number` items, `size` of which fit into one request."""
    return Cost(kind, max(least, ceil(number / size)), number * cpu)


HOURS: dict[str, CostOf] = {
    **{name: one("dynamodb") for name in ("row", "ask", "mark", "progress", "begin_at")},
    **{name: one("dynamodb") for name in ("note_published", "seal", "leave", "begin_sealing")},
    "rows": lambda _, rows: pages("dynamodb", len(rows), LOOKED_UP, LOOK_UP_CPU, 0),
    "finish": lambda _, done: Cost("dynamodb", 1 if done else 2, GET_CPU),
    "due": lambda _, hours: pages("dynamodb", len(hours), READ_ROWS, ROW_CPU),
    "advance": lambda _args, _: Cost("dynamodb", 2, 2 * GET_CPU),
}
CLOSINGS: dict[str, CostOf] = {
    "put": one("s3"),
    "read": one("s3"),
    "newest": lambda _, found: Cost("s3", 2 if found else 1, 2 * GET_CPU),
    "retire": lambda _args, _: Cost("s3", 3, 3 * GET_CPU),
    "put_corrections": one("s3"),
}
ROLLUPS: dict[str, CostOf] = {"put": one("s3")}
USAGE: dict[str, CostOf] = {
    **{name: lambda _args, _: Cost("dynamodb", 1, SUM_CPU) for name in ("hours_in", "days_in")},
    **{name: lambda _args, _: Cost("dynamodb", 1, SUM_CPU) for name in ("day", "month")},
    **{name: lambda _args, _: Cost("dynamodb", 1, SUM_CPU) for name in ("put_day", "put_month")},
    "put_top": lambda _args, _: Cost("dynamodb", 2, 2 * GET_CPU),
}
LOGS: dict[str, CostOf] = {
    # One account and one Region: two listings lead to the folder of the hour.
    "delivered": lambda _, found: Cost(
        "s3", 2 + max(1, ceil(len(found) / LISTED)), 2 * GET_CPU + len(found) * LIST_CPU
    ),
}
MANIFESTS: dict[str, CostOf] = {"read": one("s3"), "put": one("s3")}
LIVE: dict[str, CostOf] = {"copy_of": one("dynamodb"), "keep_copy": one("dynamodb")}
WAITS: dict[str, CostOf] = {
    "waiting": lambda _, rows: Cost("dynamodb", 8 + len(rows) // READ_ROWS, len(rows) * ROW_CPU),
    "swept": one("dynamodb"),
    "sweep_to": one("dynamodb"),
}
