"""A month from a CSV file with tenant, minute, cost, tokens, requests and budgets."""

import csv
from array import array
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.simulate_levels.month import START, Month

MONTH_NAMES = ("budget_month", "month_budget", "monthly_budget", "budget_month_usd", "budget")
DAY_NAMES = ("budget_day", "day_budget", "daily_budget", "budget_day_usd")


class BadSeries(ValueError):
    """The file cannot be read as a series; the message has the line, and what would be right."""


def series_in(path: Path) -> Iterator[Month]:
    """Read the tenants of a file. `minute` counts from 0, or is a time with its zone.

    Budgets are in columns `budget_month` and `budget_day` (dollars, empty: none), or together in
    one column `budgets` such as `month=250;day=20` or `250`. A tenant's last budgets count.
    """
    rows: dict[str, list[tuple[int | datetime, float, float, float]]] = {}
    budgets: dict[str, tuple[float | None, float | None]] = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = {"tenant", "minute", "cost"} - set(reader.fieldnames or ())
        if missing:
            raise BadSeries(f"{path}: no column {', '.join(sorted(missing))}")
        for line, row in enumerate(reader, 2):
            try:
                use = _minute(row["minute"]), *(float(row.get(name) or 0) for name in USES)
                found = _budgets(row)
            except ValueError as problem:
                raise BadSeries(f"{path}, line {line}: {problem}") from None
            rows.setdefault(row["tenant"], []).append(use)
            if found != (None, None):
                budgets[row["tenant"]] = found
    for tenant, uses in rows.items():
        yield _month(tenant, uses, *budgets.get(tenant, (None, None)))


USES = ("cost", "tokens", "requests")


def _minute(text: str) -> int | datetime:
    if text.strip().isdigit():
        return int(text)
    at = datetime.fromisoformat(text.strip())
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _budgets(row: Mapping[str, str]) -> tuple[float | None, float | None]:
    month, day = _first(row, MONTH_NAMES), _first(row, DAY_NAMES)
    together = (row.get("budgets") or "").replace(",", ";").replace(":", "=")
    for part in filter(None, together.split(";")):
        name, _, amount = part.rpartition("=")
        if "day" in name or "dai" in name:
            day = float(amount)
        else:
            month = float(amount)
    return month, day


def _first(row: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    return next((float(row[name]) for name in names if row.get(name)), None)


def _month(
    tenant: str,
    uses: list[tuple[int | datetime, float, float, float]],
    budget_month: float | None,
    budget_day: float | None,
) -> Month:
    start = min((at for at, *_ in uses if isinstance(at, datetime)), default=START)
    start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    minutes = [
        at if isinstance(at, int) else (at - start) // timedelta(minutes=1) for at, *_ in uses
    ]
    length = -(-(max(minutes) + 1) // 1440) * 1440
    columns = [array("d", bytes(8 * length)) for _ in range(3)]
    for minute, (_, *numbers) in zip(minutes, uses, strict=True):
        for column, number in zip(columns, numbers, strict=True):
            column[minute] += number
    cost, tokens, requests = columns
    return Month(tenant, "", cost, budget_month, budget_day, tokens, requests, start=start)
