"""Assess tenants in both lanes: after a fold (upwards only), and all of them every hour."""

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.levels.plan import Plan
from bedrock_meter.domain.levels.signals import can_raise_at_once
from bedrock_meter.domain.levels.spend import Spend
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.records.tenant import POOLED
from bedrock_meter.domain.time.hours import Hour, hour_after, hour_of, hours_between
from bedrock_meter.domain.time.period import day_at, month_at
from bedrock_meter.domain.totals.live import SlotTotals, by_spend
from bedrock_meter.jobs.assess_tenant import FULL, LIVE, Assessment, NoticeQuota, assess_tenant
from bedrock_meter.jobs.close_hour import closing_of
from bedrock_meter.jobs.read_spend import LiveUses, Reach, reach_at, read_spend
from bedrock_meter.jobs.value_calls import policy_for
from bedrock_meter.ports import ClosingStore, HourTable, Remaining, SlotTotalsSource, UsageTable
from bedrock_meter.ports.decisions import DecisionLog, PolicyStore
from bedrock_meter.ports.levels import LevelStore, PastHours

_CLOSED_HOURS_SEEN = 3
"""A full run also assesses the tenants of so many of the latest published hours."""

FOR_ANSWERING = timedelta(seconds=30)
"""Assessing stops when so much time remains, so that the run ends properly."""

MOST_FAILED = 5
"""After so many tenants that could not be assessed a run ends."""


@dataclass(frozen=True)
class Assessor:
    """Everything assessing needs, for one run at one moment under one policy."""

    now: datetime
    policy: Policy
    reach: Reach
    usage: UsageTable
    live_uses: LiveUses
    store: LevelStore
    mode: str
    past: PastHours | None = None
    quota: NoticeQuota = field(default_factory=NoticeQuota)

    def live(
        self, tenant: str, slot_totals: Mapping[Hour, Sequence[SlotTotals]]
    ) -> Assessment | None:
        """Raise a tenant's level if its latest use requires it; None when no signal can."""
        plan = self.policy.plan_for(tenant)
        if not can_raise_at_once(plan):
            return None
        self.live_uses.take(slot_totals)
        return self._assess(tenant, plan, LIVE)

    def full(self, tenant: str) -> Assessment:
        """Assess a tenant by every signal."""
        return self._assess(tenant, self.policy.plan_for(tenant), FULL)

    def _assess(self, tenant: str, plan: Plan, lane: str) -> Assessment:
        def spend() -> Spend:
            return read_spend(
                tenant,
                now=self.now,
                reach=self.reach,
                day=day_at(self.now, plan.time_zone),
                month=month_at(self.now, plan.time_zone),
                usage=self.usage,
                live=self.live_uses,
            )

        return assess_tenant(
            tenant,
            spend=spend,
            plan=plan,
            now=self.now,
            store=self.store,
            lane=lane,
            mode=self.mode,
            past=self.past,
            may_notify=self.quota.allows,
        )


class AssessStores(NamedTuple):
    """What the full lane reads, and the levels that it writes."""

    decisions: DecisionLog
    policies: PolicyStore
    hours: HourTable
    live: SlotTotalsSource
    closings: ClosingStore
    usage: UsageTable
    past: PastHours
    levels: LevelStore


def tenants_to_assess(
    bucket: int,
    of: int,
    *,
    reach: Reach,
    listed: Collection[str],
    stores: AssessStores,
) -> list[str]:
    """Return this bucket's tenants: seen in open or lately closed hours, or not green.

    They come in the order of `by_spend`, those that are not green first: their flags may have to be
    prolonged or lowered. The cost is proportional to the active tenants; nothing is scanned.
    """
    used = [totals.tenants for hour in reach.open for totals in stores.live.slot_totals_of(hour)]
    for hour in _latest_published(reach):
        if published := stores.hours.row(hour).published:
            totals = closing_of(hour, published, stores.closings).totals
            used.append({tenant: total.use() for tenant, total in totals.items()})
    urgent = set(stores.levels.not_green())
    seen = urgent.union(*used)
    ours = {
        tenant
        for tenant in seen
        if tenant not in (None, POOLED) and zlib.crc32(tenant.encode()) % of == bucket
    }
    order = [tenant for tenant in by_spend(ours, used, listed) if tenant is not None]
    return sorted(order, key=lambda tenant: tenant not in urgent)


def _latest_published(reach: Reach) -> list[Hour]:
    """Return the latest published hours, also those after one that is not published yet."""
    first = hour_after(reach.closed, -_CLOSED_HOURS_SEEN)
    past = hour_after(max(reach.open, default=hour_after(reach.closed, -1)))
    still_open = set(reach.open)
    hours = [hour for hour in hours_between(first, past) if hour not in still_open]
    return hours[-_CLOSED_HOURS_SEEN:]


def assess_bucket(
    *, bucket: int, of: int, now: datetime, remaining: Remaining, mode: str, stores: AssessStores
) -> Iterator[Assessment]:
    """Assess the tenants of one bucket by every signal, as long as there is time.

    When one cannot be assessed, the others still are; its error is raised at the end. After
    `MOST_FAILED` failures the cause is not the tenants: the error is raised at once.
    """
    live = LiveUses(stores.live)
    stores = stores._replace(live=live)
    reach = reach_at(now, hours=stores.hours, live=live)
    policy = policy_for(hour_of(now), stores.decisions, stores.policies)
    assessor = Assessor(now, policy, reach, stores.usage, live, stores.levels, mode, stores.past)
    named = tenants_to_assess(bucket, of, reach=reach, listed=policy.tenants.keys(), stores=stores)
    failures: list[Exception] = []
    for tenant in named:
        if remaining() < FOR_ANSWERING or len(failures) == MOST_FAILED:
            break  # The largest are assessed; the next hour begins with them again.
        try:
            yield assessor.full(tenant)
        except Exception as problem:  # noqa: BLE001 - raised below
            failures.append(problem)
    if failures:
        raise failures[0]
