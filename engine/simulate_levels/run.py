"""Run one tenant's month through the real assess job: both lanes, late logs, a real store."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from bedrock_meter.domain.levels.flag import ENFORCE
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.plan import DEFAULT_PLAN, Budget, Plan
from bedrock_meter.domain.levels.spend import SlotUse, Spend
from bedrock_meter.domain.pricing.money import atto_of
from bedrock_meter.domain.time.hours import Hour, hour_of_slot, slot_of
from bedrock_meter.domain.time.period import day_at, month_at
from bedrock_meter.jobs.assess_tenant import FULL, LIVE, assess_tenant
from bedrock_meter.local.levels import MemoryLevels
from engine.simulate_levels.month import MINUTE, Month, at_minute

SLOT = 5
HOURLY_AT = 7  # Minutes past the hour at which the full run comes by.
MICRO = Decimal("0.000001")


@dataclass
class Changes:
    """How a tenant's level moved: (minute of the month, level, signal that held it)."""

    month: Month
    steps: list[tuple[int, Level, str]] = field(default_factory=list)
    assessments: int = 0

    def first(self, level: Level, since: int = 0) -> int | None:
        """Return the first minute, from `since` on, at which the level was at least this."""
        current = Level.GREEN
        for minute, new, _ in self.steps:
            if minute > since and current >= level:
                return since
            current = new
            if minute >= since and current >= level:
                return minute
        return since if current >= level else None


class _Ledger:
    """What the meter knows so far: slots that arrived, and totals by hour, day and month."""

    def __init__(self, month: Month) -> None:
        self._start = month.start
        self.slots: dict[int, SlotUse] = {}
        self.hours: dict[Hour, int] = {}
        self.days: dict[int, int] = {}
        self.total = 0

    def arrive(self, slot: int, use: SlotUse) -> None:
        self.slots[slot] = use
        hour = hour_of_slot(use.slot)
        self.hours[hour] = self.hours.get(hour, 0) + use.cost
        self.days[slot // 288] = self.days.get(slot // 288, 0) + use.cost
        self.total += use.cost

    def costs(self, tenant: str, first: Hour, until: Hour) -> Mapping[Hour, int]:
        return {hour: cost for hour, cost in self.hours.items() if first <= hour < until}

    def spend(self, tenant: str, minute: int, now: datetime) -> Spend:
        known = (minute - 1) // SLOT  # Slots before this one had at least a minute to arrive.
        latest = [self.slots.get(slot) for slot in range(known - 12, known)]
        return Spend(
            tenant=tenant,
            day=self.days.get(minute // 1440, 0),
            month=self.total,
            day_period=day_at(now, "UTC"),
            month_period=month_at(now, "UTC"),
            slots=tuple([use for use in latest if use and (use.cost or use.requests)]),
            data_up_to=self._start + known * SLOT * MINUTE,
            as_of=now,
        )


def run(month: Month, seed: int) -> Changes:
    """Assess whenever a log object arrives (live lane) and every hour (full lane)."""
    rng = random.Random(f"{seed}/{month.tenant}/delays")
    ledger, store, changes = _Ledger(month), MemoryLevels(), Changes(month)
    plan, uses = plan_of(month), _uses(month)
    arrivals: dict[int, list[int]] = {}
    for slot in range(len(uses)):
        arrivals.setdefault((slot + 1) * SLOT + rng.randint(1, 12), []).append(slot)
    for minute in range(len(month.cost)):
        arrived = [slot for slot in arrivals.get(minute, ()) if uses[slot].requests]
        for slot in arrived:
            ledger.arrive(slot, uses[slot])
        full = minute % 60 == HOURLY_AT
        if arrived or full:
            _assess(month, plan, minute, FULL if full else LIVE, ledger, store, changes)
    return changes


def plan_of(month: Month) -> Plan:
    """Return the default plan with the tenant's budgets; no rates, nothing tuned to the tenant."""
    return replace(DEFAULT_PLAN, month=_budget(month.budget_month), day=_budget(month.budget_day))


def _assess(
    month: Month,
    plan: Plan,
    minute: int,
    lane: str,
    ledger: _Ledger,
    store: MemoryLevels,
    changes: Changes,
) -> None:
    now = at_minute(month, minute)
    found = assess_tenant(
        month.tenant,
        spend=lambda: ledger.spend(month.tenant, minute, now),
        plan=plan,
        now=now,
        store=store,
        lane=lane,
        mode=ENFORCE,
        past=ledger,
    )
    changes.assessments += 1
    if found.level is not found.before:
        state = store.stored_state(month.tenant).state
        cause = state.cause.signal if state and state.cause else ""
        changes.steps.append((minute, found.level, cause))


def _uses(month: Month) -> list[SlotUse]:
    uses = []
    for first in range(0, len(month.cost), SLOT):
        cost = sum(month.cost[first : first + SLOT])
        requests = sum(month.requests[first : first + SLOT]) if month.requests else cost > 0
        tokens = sum(month.tokens[first : first + SLOT]) if month.tokens else 0
        slot = slot_of(at_minute(month, first))
        uses.append(SlotUse(slot, int(requests), 0, int(tokens), _atto(cost)))
    return uses


def _atto(dollars: float) -> int:
    return atto_of(Decimal(dollars).quantize(MICRO))


def _budget(dollars: float | None) -> Budget:
    return Budget() if dollars is None else Budget(cost=_atto(dollars))
