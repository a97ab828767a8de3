"""Builders for tests of levels: only the numbers that matter show."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bedrock_meter.domain.levels.flag import ENFORCE
from bedrock_meter.domain.levels.level import Level, Thresholds
from bedrock_meter.domain.levels.level_state import state_for
from bedrock_meter.domain.levels.plan import DEFAULT_PLAN, Budget, Plan
from bedrock_meter.domain.levels.reading import Reading
from bedrock_meter.domain.levels.signals import readings_for
from bedrock_meter.domain.levels.spend import SlotUse, Spend
from bedrock_meter.domain.levels.stored_state import LevelChange, StoredState
from bedrock_meter.domain.pricing.money import atto_of
from bedrock_meter.domain.time.hours import slot_of
from bedrock_meter.domain.time.period import day_at, month_at
from bedrock_meter.jobs.assess_tenant import change_for

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # A Wednesday.
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def usd(text: str) -> int:
    return atto_of(Decimal(text))


def a_plan(**changes) -> Plan:
    return replace(DEFAULT_PLAN, **changes)


def a_budget(*, month: str | None = None, day: str | None = None, **changes) -> Plan:
    return a_plan(
        month=Budget(cost=usd(month) if month is not None else None),
        day=Budget(cost=usd(day) if day is not None else None),
        **changes,
    )


def a_spend(
    *,
    tenant: str = "acme",
    day: str = "0",
    month: str | None = None,
    slots: tuple[SlotUse, ...] = (),
    at: datetime = NOON,
    **changes,
) -> Spend:
    spend = Spend(
        tenant=tenant,
        day=usd(day),
        month=usd(month if month is not None else day),
        day_period=day_at(at, "UTC"),
        month_period=month_at(at, "UTC"),
        slots=slots,
        data_up_to=at,
        as_of=at,
    )
    return replace(spend, **changes)


def a_slot(minutes_before: int, *, cost: str = "0", at: datetime = NOON, **numbers) -> SlotUse:
    """The slot that ended so many minutes before `at`."""
    slot = slot_of(at - (minutes_before + 5) * MINUTE)
    return SlotUse(slot, **{"requests": 1, "cost": usd(cost), **numbers})


def a_reading(
    level: Level,
    *,
    holds: Level | None = None,
    signal: str = "day_cost",
    at: datetime = NOON,
    lasts: timedelta = 12 * HOUR,
    fades: bool = False,
    limits: Thresholds = Thresholds(),  # noqa: B008 - it never changes
) -> Reading:
    return Reading(
        signal=signal,
        level=level,
        holds=max(level, holds or level),
        value=900,
        limit=800,
        reason=f"{signal} is {level.word}",
        held_at=at,
        ends_at=at + lasts,
        fades=fades,
        limits=limits,
    )


def rates(yellow: str, orange: str, red: str) -> Thresholds:
    return Thresholds(usd(yellow), usd(orange), usd(red))


def a_change_of(stored_state: StoredState, spend: Spend, plan: Plan, now: datetime) -> LevelChange:
    """What a full run would write about a tenant."""
    state = state_for(
        stored_state.state,
        readings_for(spend, plan, stored_state.baseline, now),
        dwell=plan.dwell,
        data_up_to=spend.data_up_to,
        now=now,
        may_lower=True,
    )
    return change_for(stored_state, state, plan, now, ENFORCE)
