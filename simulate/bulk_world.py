"""A whole meter in virtual time: the shipped jobs, the machine, stores for months of hours."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

from bedrock_meter import prices
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.waiting import Swept
from bedrock_meter.domain.time.hours import Day, Hour, hour_after, hour_of, hours_between, part_at
from bedrock_meter.domain.totals.top import Ranked
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs import close_day as closing
from bedrock_meter.jobs import plan_hours as planning
from bedrock_meter.jobs.close_hour import close_hour
from bedrock_meter.jobs.derive_calls import derived_by_rows
from bedrock_meter.jobs.ingest import IngestStores
from bedrock_meter.jobs.set_aside import set_aside
from bedrock_meter.jobs.sum_up import Each
from bedrock_meter.jobs.sweep_logs import LogStores
from bedrock_meter.local.hours import MemoryHourTable
from simulate import costs
from simulate.bulk_stores import (
    USAGE_COSTS,
    BulkClosings,
    BulkEvidence,
    BulkLive,
    BulkManifests,
    BulkQueue,
    BulkRollups,
    BulkUsage,
    BulkWaits,
    TimedStore,
)
from simulate.hourly_machine import HourlyMachine
from simulate.intake import Intake
from simulate.virtual_time import Cost, VirtualTime

BEGUN = datetime(2026, 11, 1, tzinfo=UTC)
GRACE = timedelta(minutes=20)
HOUR_SECONDS = 3_600.0
_EDGE = 4
"""A quarter of an hour's log objects have their calls in an edge of it, each."""
_DECISIONS = Cost("dynamodb", 2, 2 * costs.GET_CPU)


class BulkWorld:
    """Stores, intake and machine; `objects` are the log objects that every hour brings.

    `days` full days were closed before time begins.
    """

    def __init__(
        self,
        objects: int,
        days: int,
        *,
        lost_percent: int = 0,
        deaths_percent: int = 0,
        request_seconds: float = costs.REQUEST_SECONDS,
    ) -> None:
        self.time = VirtualTime(BEGUN, request_seconds)
        self.objects = objects
        self.first = hour_after(hour_of(BEGUN), -24 * days)
        self.hours = MemoryHourTable()
        self.evidence = BulkEvidence(self.time)
        self.usage, self.rollups = BulkUsage(self.time), BulkRollups()
        self.closings = BulkClosings()
        self.live, self.waits = BulkLive(self.time), BulkWaits(self.time)
        self.manifests = BulkManifests(self.live)
        self.intake = Intake(
            self.time,
            self.hours,
            self.evidence,
            self.live,
            objects_an_hour=objects,
            lost_percent=lost_percent,
        )
        self.machine = HourlyMachine(
            self.time, self._plan, self._close_day, deaths_percent=deaths_percent
        )
        self._join()
        self._close_the_past()

    def begin(self) -> None:
        """Begin to deliver objects and to run the machine."""
        self.intake.begin()
        self.machine.begin()

    def run_for(self, hours: float) -> None:
        """Let so many hours pass."""
        self.time.run(self.time.seconds + hours * HOUR_SECONDS)

    def set_aside(self, log_object: LogObject) -> None:
        """Set a log object aside, as an operator does."""
        stores = IngestStores(
            self.manifests, self.evidence, None, self.hours, self.live, self.waits
        )  # no quarantine: nothing of it was ever read
        set_aside(log_object, "cannot be read", now=self.time.now(), stores=stores)

    def _join(self) -> None:
        """Put the costs on the stores."""
        time = self.time
        self._hours = TimedStore(self.hours, costs.HOURS, time)
        self._stores = closing.DayStores(
            self.evidence,
            TimedStore(self.closings, costs.CLOSINGS, time),
            self._hours,
            TimedStore(self.usage, USAGE_COSTS, time),
        )
        self._rollups = TimedStore(self.rollups, costs.ROLLUPS, time)
        self._logs = LogStores(
            TimedStore(self.intake.logs, costs.LOGS, time),
            TimedStore(self.manifests, costs.MANIFESTS, time),
            self.live,
            TimedStore(self.waits, costs.WAITS, time),
            BulkQueue(time, self.intake.announce),
        )
        self._valuation = Valuation(DEFAULT_POLICY, prices.shipped())

    def _close_the_past(self) -> None:
        """Have the shipped jobs close the days before, while time does not pass."""
        now = hour_of(BEGUN)
        for hour in hours_between(self.first, now):
            for minute, objects in self._spread():
                self.evidence.add(part_at(hour, minute), objects)
        self.waits.sweep_to(Swept(now, now, {}))
        done = self.time.start(self._plan_and_close)
        while not done.is_over:
            self.time.run(0)
        if done.error:
            raise done.error

    def _spread(self) -> Iterable[tuple[int, int]]:
        edge = self.objects // _EDGE
        return ((0, edge), (30, self.objects - 2 * edge), (59, edge))

    def _plan_and_close(self) -> None:
        later = BEGUN + GRACE
        more = True
        while more:
            plan = self._plan(later)
            for day, hours in plan.days:
                self._close_day(day, hours, plan.hold, later)
            more = plan.more

    def _plan(self, now: datetime) -> planning.HourPlan:
        return planning.plan_hours(
            now=now,
            grace=GRACE,
            keep_open=None,
            remaining=self.time.remaining,
            evidence=self.evidence,
            hours=self._hours,
            stores=self._logs,
        )

    def _close_day(
        self, day: Day, hours: Iterable[Hour], hold: Hour, now: datetime
    ) -> closing.ClosedDay:
        close = partial(
            close_hour,
            now=now,
            **self._stores._asdict(),
            rollups=self._rollups,
            valuation_for=self._valuation_for,
            derive=derived_by_rows,
        )
        each: Each = self._side_by_side
        return closing.close_day(
            day,
            hours,
            hold,
            remaining=self.time.remaining,
            close=close,
            stores=self._stores,
            each=each,
        )

    def _valuation_for(self, _hour: Hour) -> Valuation:
        self.time.pay(_DECISIONS)
        return self._valuation

    def _side_by_side(self, work: object, tenants: Iterable[str | None]) -> list[Ranked]:
        with self.time.many_at_once(costs.SUMMED):
            return [work(tenant) for tenant in tenants]  # type: ignore[operator]
