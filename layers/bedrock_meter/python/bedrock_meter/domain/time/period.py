"""Budget periods: the day and the month of a plan, in the plan's own time zone."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.time.time_zone import zone_of


class Period(NamedTuple):
    """A range of time; its start is inside, its end is not. Both in UTC."""

    name: str
    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        """Return whether a moment falls into the period."""
        return self.start <= at < self.end


def day_at(at: datetime, time_zone: str) -> Period:
    """Return the budget day that holds a moment; 23 or 25 hours long when the clocks change."""
    local = at.astimezone(zone_of(time_zone))
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return Period("day", _utc(start), _utc(start + timedelta(days=1)))


def month_at(at: datetime, time_zone: str) -> Period:
    """Return the budget month that holds a moment."""
    local = at.astimezone(zone_of(time_zone))
    start = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    later = (start + timedelta(days=32)).replace(day=1)
    return Period("month", _utc(start), _utc(later))


def _utc(local: datetime) -> datetime:
    # Adding days to a local time keeps the wall clock; fold 0 is the first of two equal times.
    return local.replace(fold=0).astimezone(UTC)
