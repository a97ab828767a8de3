"""Plans: the listing is the truth, hours come by day, and `data up to` never runs ahead."""

from datetime import timedelta
from itertools import islice

from bedrock_meter.domain.records.log_object import log_object_of
from bedrock_meter.domain.time.hours import Hour, hours_between
from bedrock_meter.jobs import plan_hours
from bedrock_meter.jobs.sweep_logs import LogStores, sweep_logs
from tests.builders import NINE, a_key, a_log_object, an_evidence, at
from tests.jobs.world import PLENTY, World

TEN = Hour("2026-11-21T10")


def test_the_first_plan_begins_at_the_oldest_charges() -> None:
    world = World()
    world.ingest("one", an_evidence(time="07:30:00"))

    plan = world.plan("10:20")

    hours = (Hour("2026-11-21T07"), Hour("2026-11-21T08"), NINE)
    assert plan.days == (("2026-11-21", hours),)
    assert world.hours.progress().data_up_to == hours[0]


def test_a_plan_without_any_logs_begins_now() -> None:
    world = World()

    assert world.plan("10:20").days == ()
    assert world.hours.progress().data_up_to == TEN


def test_an_hour_is_closed_from_the_end_of_its_grace_on() -> None:
    world = World()
    world.ingest("one", an_evidence())

    assert world.plan("10:19").days == ()
    assert world.plan("10:20").days  # the minute at which the hourly run starts


def test_an_object_that_no_event_announced_is_queued_and_holds_data_up_to_back() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.logs.objects[a_key("forgotten", "10")] = b"delivered"

    plan = world.plan("11:20")

    assert [item.key for item in world.queue.announced] == [a_key("forgotten", "10")]
    assert (plan.hold, plan.outstanding) == (NINE, 1)
    world.run("11:20")
    assert world.hours.progress().data_up_to == NINE

    world.ingest("forgotten", an_evidence("r-2"), log_object=a_log_object("forgotten", "10"))
    world.run("11:20")
    assert world.hours.progress().data_up_to == Hour("2026-11-21T11")


def test_side_objects_are_never_waited_for() -> None:
    world = World()
    folder = a_key().rsplit("/", 1)[0]
    for key in (f"{folder}/data/r_input.json.gz", "amazon-bedrock-logs-permission-check"):
        world.logs.objects[key] = b"x"
    world.logs.objects[a_key("empty")] = b""

    assert world.plan("10:20").outstanding == 0


def test_only_so_many_days_are_planned_at_once(monkeypatch) -> None:
    monkeypatch.setattr(plan_hours, "MOST_DAYS", 2)
    world = World()
    for day in (17, 18, 19):
        world.hours.ask(Hour(f"2026-11-{day}T04"))

    plan = world.plan("10:20")

    assert [day for day, _ in plan.days] == ["2026-11-17", "2026-11-18"]
    assert plan.more


def test_charges_that_arrive_while_metering_begins_are_asked_for() -> None:
    world = World()
    world.ingest("one", an_evidence())
    begin_at, early = world.hours.begin_at, Hour("2026-11-20T03")

    def meanwhile(hour: Hour) -> Hour:
        old = an_evidence("r-9")._replace(at="2026-11-20T03:30:00Z")
        world.ingest("two", old, is_live=False)
        return begin_at(hour)

    world.hours.begin_at = meanwhile

    assert world.plan("10:20").days == (("2026-11-20", (early,)), ("2026-11-21", (NINE,)))


def deliver(world: World, first: str, hours: int) -> list[str]:
    """Let one log object an hour be delivered that nobody meters."""
    keys = []
    for hour in islice(hours_between(Hour(first), Hour("2027-01-01T00")), hours):
        day = hour[:10].replace("-", "/")
        key = a_key("x", hour[11:]).replace("2026/11/21", day)
        keys.append(key.replace("20261121T", hour[:10].replace("-", "") + "T"))
        world.logs.objects[keys[-1]] = b"delivered"
    return keys


def test_an_outage_of_sixty_hours_leaves_no_log_object_behind() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run("10:20")
    keys = deliver(world, "2026-11-21T11", 60)

    world.run("2026-11-24T00:20")

    assert sorted(item.key for item in world.queue.announced) == sorted(keys)
    assert world.hours.progress().data_up_to == TEN

    for key in keys:
        world.ingest(key, log_object=log_object_of("logs", key))
    world.run("2026-11-24T01:20")
    assert world.hours.progress().data_up_to == Hour("2026-11-24T01")
    assert world.waits.waiting() == []


def test_what_waits_is_announced_once_in_six_hours_however_many_plans_look() -> None:
    world = World()
    keys = deliver(world, "2026-11-21T08", 1)
    world.ingest("one", an_evidence())

    for hour in range(10, 16):
        world.plan(f"{hour}:20")
    assert [item.key for item in world.queue.announced] == keys

    world.plan("16:20")
    assert [item.key for item in world.queue.announced] == keys * 2


def test_an_object_whose_event_may_still_be_on_its_way_holds_but_is_not_announced() -> None:
    world = World()
    world.ingest("one", an_evidence())
    key = a_key("young", "10", "10:14:00")
    world.logs.objects[key] = b"delivered"

    plan = world.plan("10:20")

    assert (plan.outstanding, plan.announced) == (1, 0)
    assert world.queue.announced == []


def test_a_sweep_without_time_goes_on_where_it_stopped(monkeypatch) -> None:
    world = World()
    world.ingest("one", an_evidence(time="00:30:00"))
    world.plan("2026-11-21T02:20")
    deliver(world, "2026-11-21T03", 100)
    listed, delivered = [], world.logs.delivered

    def count(hour: Hour):
        listed.append(hour)
        return delivered(hour)

    monkeypatch.setattr(world.logs, "delivered", count)
    stores = LogStores(world.logs, world.manifests, world.live, world.waits, world.queue)
    rounds = 0
    while len(world.waits.objects) < 100:
        listed.clear()
        sweep_logs(
            Hour("2026-11-21T00"),
            now=at("2026-11-25T10:20"),
            left=lambda: timedelta(minutes=5 if len(listed) < 30 else 0),
            stores=stores,
        )
        rounds += 1

    assert rounds <= 6


def test_a_folder_that_shows_nothing_new_is_listed_but_not_looked_up(monkeypatch) -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.plan("10:20")
    asked: list[str] = []
    undone = world.live.undone

    def count(object_ids):
        object_ids = list(object_ids)
        asked.extend(object_ids)
        return undone(object_ids)

    monkeypatch.setattr(world.live, "undone", count)
    world.plan("11:20")

    assert asked == []


def test_copies_that_have_ended_are_made_anew_from_manifests() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.live.copies.clear()

    plan = world.plan("10:20")

    assert plan.outstanding == 0
    assert a_log_object("one").object_id in world.live.copies


def test_days_that_cannot_be_closed_keep_no_other_day_waiting(monkeypatch) -> None:
    monkeypatch.setattr(plan_hours, "MOST_DAYS", 2)
    world = World()
    for day in (17, 18, 19):
        hour = Hour(f"2026-11-{day}T04")
        world.hours.ask(hour)
        if day < 19:
            world.hours.mark(hour, at(f"{day - 10:02d}:00"))  # begun, and never published

    plan = world.plan("10:20")

    assert [day for day, _ in plan.days] == ["2026-11-19", "2026-11-17"]


def test_a_plan_without_time_to_look_at_a_folder_again_passes_nothing_that_may_be_in_it() -> None:
    world = World()
    world.ingest("first", an_evidence())
    world.logs.objects[a_key("held", "10")] = b"delivered"
    world.run("11:20")
    world.run("12:20")
    world.logs.objects[a_key("late", "11", "11:01:00")] = b"delivered"
    world.ingest("held", an_evidence("r-2", "10:05:00"), log_object=a_log_object("held", "10"))
    moments = iter([PLENTY] * 3)

    plan = world.plan("13:20", left=lambda: next(moments, timedelta()))
    for day, due in plan.days:
        world.close_day(day, due, "13:20", hold=plan.hold)

    assert world.hours.progress().data_up_to <= TEN


def test_an_object_that_comes_late_is_found_though_another_of_its_hour_was_deleted() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run("10:20")
    del world.logs.objects[a_key("one")]
    world.logs.objects[a_key("late")] = b"delivered"

    world.plan("11:20")

    assert [item.key for item in world.queue.announced] == [a_key("late")]


def test_a_folder_is_not_passed_while_there_was_no_time_to_announce_what_is_missing() -> None:
    world = World()
    world.plan("10:20")
    world.logs.objects[a_key("forgotten", "10")] = b"delivered"
    moments = iter([PLENTY] * 2)

    plan = world.plan("2026-11-23T11:20", left=lambda: next(moments, timedelta()))

    assert (plan.outstanding, plan.announced) == (1, 0)
    assert (world.waits.swept().until or "") <= TEN
