"""One worker, one day: what it did is published, what it did not reach stays due."""

import gzip
from datetime import timedelta

import pytest

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.time.hours import Day, Hour, Month, Part
from bedrock_meter.jobs import close_day as closing
from tests.builders import an_evidence
from tests.jobs.world import World

DAY, MONTH = Day("2026-11-21"), Month("2026-11")
HOURS = [Hour(f"{DAY}T{hour:02d}") for hour in range(4, 10)]
MINUTE = timedelta(minutes=1)


class Clock:
    """A worker's life: every close costs so much of it."""

    def __init__(self, whole: timedelta) -> None:
        self.left = whole

    def remaining(self) -> timedelta:
        return self.left


def a_world_of_hours() -> World:
    world = World()
    for hour in HOURS:
        world.ingest(hour[11:], an_evidence(hour, time=f"{hour[11:]}:30:00"))
    world.plan("10:20")
    return world


def slow(world: World, clock: Clock, each: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every close of an hour take so long."""
    close = world.close_hour

    def close_slowly(hour: Hour, now: str = "10:20"):
        clock.left -= each
        return close(hour, now)

    monkeypatch.setattr(world, "close_hour", close_slowly)


def test_a_worker_publishes_what_fits_and_leaves_the_rest_due(monkeypatch) -> None:
    world, clock = a_world_of_hours(), Clock(5 * MINUTE)
    slow(world, clock, 2 * MINUTE, monkeypatch)

    closed = world.close_day(DAY, HOURS, remaining=clock.remaining)

    assert closed.published == tuple(HOURS[:2])
    assert closed.left == tuple(HOURS[2:])
    assert world.hours.progress().data_up_to == HOURS[2]
    assert all(world.hours.row(hour).is_due() for hour in closed.left)


def test_an_hour_whose_evidence_a_newer_release_wrote_stays_open_until_that_runs_again() -> None:
    world, hour = a_world_of_hours(), HOURS[1]
    kept = world.evidence.kept
    (key,) = (key for key in kept if key[0].startswith(hour))
    generation, body = kept[key]
    newer = gzip.decompress(body).replace(b'"schema_version":1', b'"schema_version":2')
    kept[key] = generation, gzip.compress(newer)

    closed = world.close_day(DAY, HOURS)

    assert closed.published == (HOURS[0], *HOURS[2:])
    assert "of schema version 2; this release reads version 1" in closed.failed[hour]
    kept[key] = generation, body
    assert world.close_day(DAY, HOURS).published == (hour,)


def test_the_next_worker_goes_on_until_all_hours_are_published(monkeypatch) -> None:
    world, runs = a_world_of_hours(), 0
    while due := [hour for hour in HOURS if world.hours.row(hour).is_due()]:
        clock = Clock(3 * MINUTE)
        with monkeypatch.context() as patch:
            slow(world, clock, 2 * MINUTE, patch)
            world.close_day(DAY, due, remaining=clock.remaining)
        runs += 1

    assert runs == len(HOURS)
    assert world.usage.day("acme", DAY).total.requests == len(HOURS)


def test_what_was_published_stays_when_the_worker_dies_in_a_later_hour(monkeypatch) -> None:
    world = a_world_of_hours()
    monkeypatch.setattr(closing, "GATHERED", timedelta())
    close, done = world.close_hour, []

    class Killed(BaseException):
        """The worker's time is over: nothing of it runs any more."""

    def dies_in_the_third(hour: Hour, now: str = "10:20"):
        done.append(hour)
        if len(done) == 3:
            raise Killed
        return close(hour, now)

    monkeypatch.setattr(world, "close_hour", dies_in_the_third)
    with pytest.raises(Killed):
        world.close_day(DAY, HOURS)

    assert [hour for hour in HOURS if world.hours.row(hour).published] == HOURS[:2]
    assert world.hours.progress().data_up_to == HOURS[2]


def test_an_hour_that_costs_every_worker_its_life_costs_no_other_hour_anything(monkeypatch) -> None:
    world, close = a_world_of_hours(), World.close_hour

    class Killed(BaseException):
        """The worker took more memory than it has."""

    def dies_of_one(self: World, hour: Hour, now: str = "10:20"):
        closed = close(self, hour, now)
        if hour == HOURS[3]:
            raise Killed
        return closed

    monkeypatch.setattr(World, "close_hour", dies_of_one)
    for now in ("11:20", "12:20"):
        [(day, due)] = world.plan(now).days
        with pytest.raises(Killed):
            world.close_day(day, due, now)

    published = [hour for hour in HOURS if world.hours.row(hour).published]
    assert published == [hour for hour in HOURS if hour != HOURS[3]]


def test_a_service_error_in_one_hour_costs_the_gathered_hours_nothing(monkeypatch) -> None:
    world = a_world_of_hours()
    close = world.close_hour

    def fails_late(hour: Hour, now: str = "10:20"):
        if hour == HOURS[3]:
            raise Contended("somebody was quicker")
        return close(hour, now)

    monkeypatch.setattr(world, "close_hour", fails_late)
    with pytest.raises(Contended):
        world.close_day(DAY, HOURS)

    assert [hour for hour in HOURS if world.hours.row(hour).published] == HOURS[:3]


def test_an_hour_that_looks_too_large_for_any_worker_comes_last(monkeypatch) -> None:
    world = a_world_of_hours()
    part = Part(f"{HOURS[0]}:15")
    listed = world.evidence.files

    def with_a_giant(period):
        return [
            file._replace(size=10**12) if file.part == part else file for file in listed(period)
        ]

    monkeypatch.setattr(world.evidence, "files", with_a_giant)
    closed = world.close_day(DAY, HOURS)

    assert closed.published == tuple(HOURS[1:])
    assert closed.left == (HOURS[0],)
    assert closed.findings.fill.bytes == 0


def test_an_hour_that_looks_too_large_is_tried_when_nothing_else_is_due() -> None:
    world = a_world_of_hours()

    closed = world.close_day(DAY, HOURS[:1], remaining=lambda: timedelta(seconds=1))

    assert closed.published == (HOURS[0],)


def test_two_workers_on_two_days_leave_a_month_that_holds_both() -> None:
    world = World()
    other = Day("2026-11-20")
    world.ingest("one", an_evidence("r-1"))
    world.ingest("two", an_evidence("r-2")._replace(at=f"{other}T09:05:00Z"))
    world.plan("10:20")
    put_month, beside = world.usage.put_month, []

    def meanwhile(tenant, month):
        if not beside:
            beside.append(other)
            world.close_day(other, [Hour(f"{other}T09")])
        return put_month(tenant, month)

    world.usage.put_month = meanwhile
    world.close_day(DAY, [Hour(f"{DAY}T09")])

    month = world.usage.month("acme", MONTH)
    assert month.total.requests == 2
    assert month.days == {day: world.usage.day("acme", day).version for day in (DAY, other)}


def test_a_plan_leaves_out_hours_that_somebody_is_closing_right_now() -> None:
    world = a_world_of_hours()
    world.close_hour(HOURS[0], "10:20")  # closed, and not published yet

    plan = world.plan("10:25")
    later = world.plan("10:40")

    assert HOURS[0] not in {hour for _, hours in plan.days for hour in hours}
    assert HOURS[0] in {hour for _, hours in later.days for hour in hours}


def test_an_hour_whose_close_gave_up_is_planned_again_at_once() -> None:
    world = a_world_of_hours()
    world.evidence.kept[Part(f"{HOURS[0]}:15"), "broken"] = (1, b"not gzip")
    world.close_day(DAY, HOURS[:1])

    assert HOURS[0] in world.plan("10:25").days[0][1]


def test_what_was_tried_in_vain_comes_after_what_was_not_tried() -> None:
    world = a_world_of_hours()
    world.close_hour(HOURS[0], "10:20")

    [(_, hours)] = world.plan("11:00").days

    assert hours == (*HOURS[1:], HOURS[0])


def test_a_closing_that_cannot_be_read_back_writes_no_total() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.plan("10:20")
    world.closings.put = lambda closing: None  # as if the store had lost it

    with pytest.raises(Contended, match="just written"):
        world.close_hour(Hour(f"{DAY}T09"))

    assert world.usage.hours == {}


def test_a_close_names_every_tenant_that_any_close_before_it_named() -> None:
    world = World()
    world.ingest("one", an_evidence(metadata={"tenantId": "acme", "team": "red"}))
    world.run()
    nine = Hour(f"{DAY}T09")
    for version, tenant in enumerate(("globex", "initech"), start=2):
        moved = an_evidence(metadata={"tenantId": tenant})
        world.ingest("one", moved, version=version)
        world.run("11:20")
        world.closings.expire_retired()

    closing = world.closings.newest(nine)

    assert {name: total.requests for name, total in closing.totals.items()} == {
        "acme": 0,
        "globex": 0,
        "initech": 1,
    }
    assert [epoch for hour, epoch in world.closings.closings if hour == nine] == [closing.epoch]
