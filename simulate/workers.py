"""The jobs on the stores of a world: what each Lambda function runs."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bedrock_meter.columns.derive import derived_in_columns
from bedrock_meter.domain.time.hours import Day, Hour, Slot
from bedrock_meter.domain.totals.live import DeferredRefresh
from bedrock_meter.jobs import close_day as days
from bedrock_meter.jobs import close_hour as hours
from bedrock_meter.jobs import decide as decisions
from bedrock_meter.jobs import fold_slot as folding
from bedrock_meter.jobs import ingest as intake
from bedrock_meter.jobs import plan_hours as planning
from bedrock_meter.jobs import set_aside as giving_up
from bedrock_meter.jobs.sum_up import Each
from bedrock_meter.jobs.sweep_logs import LogStores
from bedrock_meter.jobs.value_calls import closing_valuation
from bedrock_meter.ports import Remaining
from simulate import eraser
from simulate.catalogue import KNOWN_POLICIES, decision_of, price_book
from simulate.readings import reader_of
from simulate.scenario import DecisionPlan
from simulate.world import World

GRACE = timedelta(minutes=20)
LIVE_HOUR_EVERY = timedelta(seconds=60)
PAGES = 2
"""So many live pages an hour has here, however few tenants call."""
PLENTY = timedelta(minutes=15)

type OnRead = Callable[[bytes], None]


def plenty() -> timedelta:
    """Return more time than any worker needs."""
    return PLENTY


class Workers:
    """The workers of a world. Each method returns the work of one invocation.

    `each` does something for many tenants, in any order.
    """

    def __init__(self, world: World, each: Each = map) -> None:
        self._world = world
        self._ports = world.ports
        self._each = each

    def ingest(
        self, key: str, is_live: bool, version: int, now: datetime, seen: OnRead = lambda _: None
    ) -> Callable[[], Any]:
        """Return what meters a log object; `seen` gets the bytes it read."""
        return lambda: intake.ingest(
            self._world.log_object(key),
            now=now,
            is_live=is_live,
            version=version,
            logs=self._ports["logs"],
            read=reader_of(version, self._ports, seen),
            stores=intake.IngestStores(**self._some(*intake.IngestStores._fields)),
        )

    def set_aside(self, key: str, now: datetime) -> Callable[[], None]:
        """Return an operator's work of giving a log object up."""
        stores = intake.IngestStores(**self._some(*intake.IngestStores._fields))
        log_object = self._world.log_object(key)
        return lambda: giving_up.set_aside(log_object, "cannot be read", now=now, stores=stores)

    def fold(self, moved: Iterable[tuple[Slot, str]], now: datetime) -> Callable[[], Any]:
        moved = [folding.MovedSlot(slot, object_id) for slot, object_id in moved]
        return lambda: folding.fold_slot(
            moved, self._given(now), self._folding(), live_hour_every=LIVE_HOUR_EVERY
        )

    def refresh(self, deferred: DeferredRefresh, now: datetime) -> Callable[[], Any]:
        return lambda: folding.refresh_live_hours(deferred, self._given(now), self._folding())

    def _given(self, now: datetime) -> folding.FoldContext:
        return folding.FoldContext(
            now, frozenset(), lambda *_: None, plenty, lambda _: PAGES, few=0
        )

    def _folding(self) -> folding.FoldStores:
        return folding.FoldStores(**self._some(*folding.FoldStores._fields))

    def plan(
        self, now: datetime, left: Remaining = plenty, keep_open: timedelta | None = None
    ) -> Callable[[], planning.HourPlan]:
        return lambda: planning.plan_hours(
            now=now,
            grace=GRACE,
            keep_open=keep_open,
            remaining=left,
            stores=LogStores(**self._some(*LogStores._fields)),
            **self._some("evidence", "hours"),
        )

    def close_hour(self, now: datetime) -> Callable[[Hour], hours.ClosedHour | None]:
        """Return what closes one hour of a day."""
        value = partial(
            closing_valuation,
            now=now,
            books=price_book,
            source=self._ports["bedrock"],
            facts=self._ports["facts"],
            **self._some("decisions", "policies"),
        )
        return partial(
            hours.close_hour,
            now=now,
            valuation_for=value,
            derive=derived_in_columns,
            **self._some("hours", "evidence", "closings", "usage", "rollups"),
        )

    def close_day(
        self,
        day: Day,
        due: Iterable[Hour],
        hold: Hour,
        now: datetime,
        remaining: Remaining = plenty,
    ) -> Callable[[], days.ClosedDay]:
        """Return what closes due hours of a day, and publishes them."""
        return lambda: days.close_day(
            day,
            due,
            hold,
            remaining=remaining,
            close=self.close_hour(now),
            stores=days.DayStores(**self._some(*days.DayStores._fields)),
            each=self._each,
        )

    def decide(self, decided: DecisionPlan) -> Callable[[], Any]:
        """Return an operator's work of deciding on a policy or a book."""
        decision = decision_of(decided)

        def work() -> Any:
            if not decided.is_book:
                self._ports["policies"].put(KNOWN_POLICIES[decided.number])
            return decisions.decide(decision, **self._some("decisions", "evidence", "hours"))

        return work

    def erase(self, tenant: str, now: datetime) -> Callable[[], str]:
        """Return an operator's work of erasing a tenant."""
        return lambda: eraser.erase(tenant, self._ports, now)

    def _some(self, *names: str) -> dict[str, Any]:
        return {name: self._ports[name] for name in names}
