"""One tenant's month: what it really used, minute by minute, and what it has agreed."""

from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 6, 1, tzinfo=UTC)  # A Monday; June has 30 days.
DAYS = 30
MINUTES = DAYS * 1440
MINUTE = timedelta(minutes=1)


@dataclass
class Month:
    """`cost` in dollars a minute. `runaway_from` is the minute it began, None for the others."""

    tenant: str
    kind: str
    cost: array  # type: ignore[type-arg]
    budget_month: float | None
    budget_day: float | None = None
    tokens: array = field(default_factory=lambda: array("d"))  # type: ignore[type-arg]
    requests: array = field(default_factory=lambda: array("d"))  # type: ignore[type-arg]
    runaway_from: int | None = None
    start: datetime = START


def at_minute(month: Month, minute: int) -> datetime:
    """Return the moment of a minute of the month."""
    return month.start + minute * MINUTE
