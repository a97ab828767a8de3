"""A reader sees every hour once, whatever a close writes between two of its reads."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.levels.spend import Spend
from bedrock_meter.domain.time.hours import Hour, text_of
from bedrock_meter.domain.time.period import day_at, month_at
from bedrock_meter.jobs.read_spend import LiveUses, Reach, reach_at, read_spend
from tests.builders import an_evidence, at
from tests.jobs.world import World

CALL = 1_500_000 * 10**9
WRITES = {
    "hours": {"mark", "finish", "ask", "advance", "begin_at"},
    "usage": {"put_hours", "put_day", "put_month", "put_top"},
    "closings": {"put", "put_corrections"},
}


def spend_in(world: Any, now: str = "11:30", zone: str = "UTC") -> Spend:
    reach = reach_at(at(now), hours=world.hours, live=world.live)
    return read_spend(
        "acme",
        now=at(now),
        reach=reach,
        day=day_at(at(now), zone),
        month=month_at(at(now), zone),
        usage=world.usage,
        live=LiveUses(world.live),
    )


class Recorder:
    """Stands in front of a store and keeps a copy of the world after each of its writes."""

    def __init__(self, world: World, name: str, copies: list[dict[str, Any]]) -> None:
        self._store = getattr(world, name)
        self._name = name
        self._take = lambda: copies.append(
            {one: deepcopy(_plain(getattr(world, one))) for one in ("hours", "usage", "live")}
        )

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name not in WRITES[self._name]:
            return found

        def recorded(*args: Any, **kwargs: Any) -> Any:
            answer = found(*args, **kwargs)
            self._take()
            return answer

        return recorded


def _plain(store: Any) -> Any:
    return store._store if isinstance(store, Recorder) else store


class Moving:
    """A store that is another copy of the world at each call, as the schedule says."""

    def __init__(self, name: str, schedule: "Schedule") -> None:
        self._name, self._schedule = name, schedule

    def __getattr__(self, name: str) -> Any:
        return getattr(self._schedule.next()[self._name], name)


class Schedule:
    """Which copy of the world the n-th read sees; the last one from then on."""

    def __init__(self, copies: list[dict[str, Any]], moments: list[int]) -> None:
        self._copies, self._moments, self.reads = copies, moments, 0

    def next(self) -> dict[str, Any]:
        moment = self._moments[min(self.reads, len(self._moments) - 1)]
        self.reads += 1
        return self._copies[moment]

    def world(self) -> Any:
        stores = {name: Moving(name, self) for name in ("hours", "usage", "live")}
        return type("Moved", (), stores)


def a_day_of_closes() -> list[dict[str, Any]]:
    """The copies of a world in which two hours are published while a third is open."""
    world = World()
    world.ingest("a", an_evidence("r-1", time="08:20:00"))
    world.ingest("b", an_evidence("r-2", time="09:10:00"))
    world.ingest("c", an_evidence("r-3", time="10:10:00"), an_evidence("r-4", time="11:10:00"))
    world.fold("11:15")
    copies: list[dict[str, Any]] = []
    for name in WRITES:
        setattr(world, name, Recorder(world, name, copies))
    world.run("09:25")
    world.run("10:25")
    world.run("11:25")
    return copies


COPIES = a_day_of_closes()


def test_a_reader_at_any_moment_sees_every_call_once() -> None:
    for moment in range(len(COPIES)):
        spend = spend_in(Schedule(COPIES, [moment]).world())

        assert (spend.day, spend.month, spend.requests_day) == (4 * CALL, 4 * CALL, 4), moment


def test_a_close_between_any_two_reads_moves_no_call_twice() -> None:
    reads = _reads()
    for first, second in combinations_with_replacement(range(len(COPIES)), 2):
        for switch in range(1, reads):
            moments = [first] * switch + [second]
            spend = spend_in(Schedule(COPIES, moments).world())

            assert (spend.day, spend.month) == (4 * CALL, 4 * CALL), (first, second, switch)


@given(st.lists(st.integers(0, len(COPIES) - 1), min_size=1, max_size=16))
def test_a_slow_reader_among_quick_closes_sees_every_call_once(moments: list[int]) -> None:
    spend = spend_in(Schedule(COPIES, sorted(moments)).world())

    assert (spend.day, spend.month) == (4 * CALL, 4 * CALL)


@given(st.lists(st.integers(0, len(COPIES) - 1), min_size=1, max_size=16))
def test_a_day_that_cuts_an_hour_sees_its_part_of_it_once(moments: list[int]) -> None:
    # The day begins at 08:15, the call of that hour came at 08:20.
    spend = spend_in(Schedule(COPIES, sorted(moments)).world(), zone="-08:15")

    assert (spend.day, spend.requests_day) == (4 * CALL, 4)


def _reads() -> int:
    schedule = Schedule(COPIES, [0])
    spend_in(schedule.world())
    return schedule.reads


def test_a_budget_day_elsewhere_begins_at_its_own_midnight() -> None:
    world = World()
    for name, time in (("a", "2026-11-20T22:59:59"), ("b", "2026-11-20T23:00:00")):
        world.ingest(name, an_evidence(name)._replace(at=f"{time}Z"))
    world.run("11:25")

    assert spend_in(world, zone="Europe/Berlin").day == CALL
    assert spend_in(world).day == 0
    assert spend_in(world).month == 2 * CALL


@pytest.mark.parametrize("zone", ["+05:30", "Asia/Kathmandu", "-03:30", "+00:15"])
def test_a_budget_day_that_begins_within_an_hour_counts_that_hour_by_its_slots(zone: str) -> None:
    world = World()
    start = day_at(at("11:30"), zone).start
    moments = [start + timedelta(minutes=minutes) for minutes in (-60, -2, 0, 12, 50)]
    for number, moment in enumerate(moments):
        world.ingest(f"o-{number}", an_evidence(f"r-{number}")._replace(at=text_of(moment)))
    world.fold("11:15")
    live = spend_in(world, zone=zone)
    world.run("11:25")
    closed = spend_in(world, zone=zone)

    assert (live.day, live.requests_day) == (3 * CALL, 3)
    assert (closed.day, closed.requests_day) == (3 * CALL, 3)


def test_a_cut_hour_without_slots_belongs_to_the_day_that_holds_its_start() -> None:
    world = World()
    for name, time in (("a", "2026-11-20T18:45:00"), ("b", "2026-11-20T19:00:00")):
        world.ingest(name, an_evidence(name)._replace(at=f"{time}Z"))
    world.run("11:25")

    assert spend_in(world, zone="+05:30").day == CALL


def test_slot_totals_count_though_the_live_page_is_older() -> None:
    world = World()
    world.ingest("a", an_evidence("r-1", time="11:10:00"))
    world.fold("11:15")
    world.ingest("b", an_evidence("r-2", time="11:12:00"))
    world.fold("11:16", live_hour_every=timedelta(hours=1))

    assert world.usage.pages["2026-11-21T11", 0].uses["acme"].cost == CALL
    assert spend_in(world).day == 2 * CALL
    assert [use.requests for use in spend_in(world).slots] == [2]


def test_slot_totals_of_an_hour_are_read_once_for_all_tenants() -> None:
    world, reads = World(), []
    world.ingest("a", an_evidence("r-1", time="11:10:00"))
    world.fold("11:15")
    source: Any = SimpleNamespace(
        slot_totals_of=lambda hour: reads.append(hour) or world.live.slot_totals_of(hour)
    )
    live, hour = LiveUses(source), Hour("2026-11-21T11")

    assert [live.slots_of(name, hour) != {} for name in ("acme", "other", "acme")] == [1, 0, 1]
    assert reads == [hour]

    live.take({hour: []})
    assert live.slots_of("acme", hour) == {}


def test_the_latest_slots_end_where_calls_are_known_to() -> None:
    world = World()
    world.ingest(
        "a",
        an_evidence("r-1", time="10:14:00"),
        an_evidence("r-2", time="10:16:00"),
        an_evidence("r-3", time="11:12:00"),
    )
    world.fold("11:20")

    spend = spend_in(world)

    assert spend.data_up_to == at("11:15")
    assert [use.slot[11:] for use in spend.slots] == ["10:15", "11:10"]


def test_before_the_first_plan_live_hours_are_all_there_is() -> None:
    world = World()
    world.ingest("a", an_evidence(time="11:10:00"))
    world.fold("11:20")

    reach = reach_at(at("11:30"), hours=world.hours, live=world.live)

    assert reach == Reach("2026-11-20T11", reach.open, datetime(2026, 11, 21, 11, 15, tzinfo=UTC))
    assert spend_in(world).day == CALL
