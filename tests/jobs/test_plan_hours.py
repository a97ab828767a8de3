"""Plans: the listing is the truth, hours come by day, and `data up to` never runs ahead."""

from bedrock_meter.domain.hours import Hour
from bedrock_meter.jobs import plan_hours
from tests.builders import NINE, a_key, a_log_object, an_evidence
from tests.jobs.world import World

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


def test_an_hour_within_its_grace_is_not_closed_yet() -> None:
    world = World()
    world.ingest("one", an_evidence())

    assert world.plan("10:19").days == ()


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
