"""A reader among writers: whatever it gets contains every hour once.

The values that an hour may have: one that a close found (not older than what was published when
the reading began), or, if it was not published then, one that the live lane showed meanwhile. Never
both, never neither.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bedrock_meter.domain.levels.spend import Spend
from bedrock_meter.domain.time.hours import Hour, day_of, hour_of, month_of
from bedrock_meter.domain.time.period import day_at, month_at
from bedrock_meter.jobs import read_spend as reading
from simulate.event_loop import EventLoop
from simulate.sums import NOTHING, UsageSum


def spend_of(tenant: str, now: datetime, ports: Mapping[str, Any]) -> Spend:
    """Return what a tenant spent, read as the jobs that assess tenants do."""
    reach = reading.reach_at(now, hours=ports["hours"], live=ports["live"])
    return reading.read_spend(
        tenant,
        now=now,
        reach=reach,
        day=day_at(now, "UTC"),
        month=month_at(now, "UTC"),
        usage=ports["usage"],
        live=reading.LiveUses(ports["live"]),
    )


def day_sum(spend: Spend) -> UsageSum:
    """Return what was spent in the day."""
    return UsageSum(spend.requests_day, spend.tokens_day, spend.day)


class SpendReader:
    """One reading of a tenant's spend."""

    def __init__(self, history: EventLoop, tenant: str, now: datetime) -> None:
        self._tenant = tenant
        self._invariants = history.invariants
        self._ports = history.world.ports
        self._raw = history.world.raw
        self._now = now
        self._begun = self._ended = 0
        self._reached: Hour | None = None
        self._spend: Any = None

    def work(self) -> None:
        """Read, and note the calls before and after."""
        self._begun = self._invariants.now
        self._reached = self._raw["hours"].state.data_up_to
        self._spend = spend_of(self._tenant, self._now, self._ports)
        self._ended = self._invariants.now

    def assessed(self) -> list[str]:
        """Return what is wrong with the answer."""
        spend, last = self._spend, hour_of(self._now)
        day = day_sum(spend)
        month = UsageSum(spend.requests_month, spend.tokens_month, spend.month)
        wrong = []
        if day not in (may := self._possible(lambda hour: day_of(hour) == day_of(last))):
            wrong.append(self._violation("day", day, may))
        if month not in (may := self._possible(lambda hour: month_of(hour) == month_of(last))):
            wrong.append(self._violation("month", month, may))
        return wrong

    def _violation(self, period: str, got: UsageSum, may: set[UsageSum]) -> str:
        return f"a reader of {self._tenant} got {got} for its {period}; right were {may}"

    def _possible(self, is_inside: Any) -> set[UsageSum]:
        """Return every sum that takes each hour of a period once."""
        names = {*self._invariants.closings, *self._invariants.slots}
        sums = {NOTHING}
        for hour in sorted(names):
            if is_inside(hour):
                values = self._values(Hour(hour))
                sums = {one.plus(value) for one in sums for value in values}
        return sums

    def _values(self, hour: Hour) -> set[UsageSum]:
        known = self._invariants.published[hour]
        published = [epoch for step, epoch in known if step <= self._begun]
        least = published[-1] if published else 0
        closed = {
            sums.get(self._tenant, NOTHING)
            for step, epoch, sums in self._invariants.closings[hour]
            if step <= self._ended and epoch >= least
        }
        announced = {epoch for _, epoch, _ in self._invariants.closings[hour]}
        late = [epoch for step, epoch in known if step <= self._ended and epoch >= least]
        if any(epoch not in announced for epoch in late):
            closed.add(NOTHING)  # an hour found empty is not announced
        if published:
            return closed
        first = self._reached or hour_of(self._now - timedelta(hours=24))
        if not first <= hour <= hour_of(self._now):
            return closed | {NOTHING}
        return closed | self._shown(hour)

    def _shown(self, hour: Hour) -> set[UsageSum]:
        """Return what slot totals showed of the hour during the reading, in any mixture."""
        sums = {NOTHING}
        for (tenant, _), seen in self._invariants.slots[hour].items():
            if tenant == self._tenant:
                before = [one for step, one in seen if step <= self._begun]
                during = {one for step, one in seen if self._begun < step <= self._ended}
                values = during | {before[-1] if before else NOTHING}
                sums = {one.plus(value) for one in sums for value in values}
        return sums
