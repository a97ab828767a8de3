"""Signal inputs: one tenant's spend, plan and past at one moment, prepared for all signals."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bedrock_meter.domain.levels.baseline import Baseline
from bedrock_meter.domain.levels.plan import Plan
from bedrock_meter.domain.levels.spend import SlotUse, Spend
from bedrock_meter.domain.time.hours import ONE_HOUR
from bedrock_meter.domain.time.period import Period

HALF_HOUR = timedelta(minutes=30)
OLDEST = timedelta(hours=2)
"""Slots that ended longer ago than this do not count, whatever `data_up_to` is."""
MINUTE = timedelta(minutes=1)
SLOTS, MOST_OF_AN_HOUR = 12, 8


@dataclass(frozen=True, slots=True)
class SignalInputs:
    """Costs in attodollars, with tokens that have no rate at the plan's `assume_rate`.

    `day` and `month` are the budget periods of the spend, None when they are over. `last_hour` and
    `last_half` are the slots that ended in the hour and the half hour before `data_up_to`, if that
    is recent. `hour_cost` is what that hour cost, `sustained` the hourly pace that two thirds of it
    reached, `burst` the pace of the hour or of its second half, whichever is higher. `usual` is
    what an hour at this time of the week usually costs at most, `ever` what such hours have never
    exceeded; None while too little is known.
    """

    spend: Spend
    plan: Plan
    baseline: Baseline | None
    now: datetime
    day: Period | None
    month: Period | None
    day_cost: int
    month_cost: int
    last_hour: tuple[SlotUse, ...]
    last_half: tuple[SlotUse, ...]
    hour_cost: int
    sustained: int
    burst: int
    usual: int | None
    ever: int | None

    def cost_of(self, use: SlotUse) -> int:
        """Return the cost of a slot for levels."""
        return use.cost + (self.plan.assume_rate or 0) * use.unpriced_tokens


def inputs_for(spend: Spend, plan: Plan, baseline: Baseline | None, now: datetime) -> SignalInputs:
    """Prepare what the signals share; a period that is over at `now` is left out."""
    day, month = spend.day_period, spend.month_period
    rate = plan.assume_rate or 0
    unpriced_month = max(spend.unpriced_tokens_month, spend.unpriced_tokens_day)
    oldest, latest = now - OLDEST, now + HALF_HOUR
    hour_ago = max(spend.data_up_to - ONE_HOUR, oldest)
    half_ago = max(spend.data_up_to - HALF_HOUR, oldest)
    ended = [(use.end, use) for use in spend.slots]
    last_hour = [use for end, use in ended if hour_ago < end <= latest]
    last_half = [use for end, use in ended if half_ago < end <= latest]
    costs = [use.cost + rate * use.unpriced_tokens for use in last_hour]
    half = [use.cost + rate * use.unpriced_tokens for use in last_half]
    return SignalInputs(
        spend=spend,
        plan=plan,
        baseline=baseline,
        now=now,
        day=day if day.holds(now) else None,
        month=month if month.holds(now) else None,
        day_cost=spend.day + rate * spend.unpriced_tokens_day,
        month_cost=spend.month + rate * unpriced_month,
        last_hour=tuple(last_hour),
        last_half=tuple(last_half),
        hour_cost=sum(costs),
        sustained=_sustained(costs),
        burst=max(sum(costs), 2 * sum(half)),
        usual=baseline.usual_at(spend.data_up_to - MINUTE) if baseline else None,
        ever=baseline.ever_at(spend.data_up_to - MINUTE) if baseline else None,
    )


def _sustained(costs: list[int]) -> int:
    """Return twelve times what eight of an hour's twelve slots reached; missing slots are 0."""
    return SLOTS * sorted(costs)[-MOST_OF_AN_HOUR] if len(costs) >= MOST_OF_AN_HOUR else 0
