"""Drawing an hour to audit: any with calls whose logs are still there, in few tries."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.audit import CannotAudit
from bedrock_meter.jobs import draw_audit
from bedrock_meter.jobs.draw_audit import MOST_DRAWS
from tests.builders import a_log_object, a_record
from tests.jobs.auditing import AuditedWorld


def hour(text: str) -> Hour:
    return Hour(f"2026-11-21T{text}")


def a_world(*hours: str) -> AuditedWorld:
    """One call in each of these hours of the day."""
    world = AuditedWorld()
    for each in hours:
        world.deliver(f"at {each}", a_record(f"r-{each}", f"{each}:30:00"), hour=each)
    world.run("22:20")
    return world


class Chooser:
    """Notes what it could choose from, and takes the last."""

    def __init__(self) -> None:
        self.offered: list[list[Hour]] = []

    def __call__(self, hours: Sequence[Hour]) -> Hour:
        self.offered.append(list(hours))
        return hours[-1]


def test_any_hour_with_calls_may_be_drawn_but_the_very_first() -> None:
    choose = Chooser()

    audit = a_world("07", "08", "10", "12").drawn(choose)

    assert (audit.hour, audit.differences()) == (hour("12"), 0)
    assert choose.offered == [[hour("08"), hour("10"), hour("12")]]


def without_evidence(world: AuditedWorld, *hours: str) -> AuditedWorld:
    """As if the ingest had never written it, or somebody had deleted it."""
    world.evidence.kept = {
        key: value
        for key, value in world.evidence.kept.items()
        if not key[0].startswith(tuple(map(hour, hours)))
    }
    return world


def test_an_hour_all_of_whose_evidence_is_gone_is_drawn_and_compared_with_its_logs() -> None:
    choose = Chooser()

    audit = without_evidence(a_world("07", "08", "10", "12"), "12").drawn(choose)

    assert choose.offered == [[hour("08"), hour("10"), hour("12")]]
    assert (audit.hour, audit.calls, audit.differences()) == (hour("12"), 1, 0)


def test_hours_that_lost_all_evidence_are_drawn_unless_they_are_final_or_their_logs_end() -> None:
    choose = Chooser()
    world = without_evidence(a_world("07", "08", "10", "12", "14"), "08", "10", "12")
    world.hours.seal(hour("10"))

    world.drawn(choose, now="2026-11-23T08:40", kept=timedelta(days=3, hours=22))

    assert choose.offered == [[hour("12"), hour("14")]]


def test_the_closings_of_so_many_hours_without_evidence_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(draw_audit, "MOST_LOOKED_AT", 10)  # 21 to 12
    choose = Chooser()

    without_evidence(a_world("06", "07", "10", "12"), "10", "12").drawn(choose)

    assert choose.offered == [[hour("07"), hour("12")]]


def test_hours_after_data_up_to_are_not_drawn() -> None:
    choose = Chooser()
    world = a_world("07", "08", "10", "12")
    world.hours.state = world.hours.state._replace(data_up_to=hour("10"))

    world.drawn(choose)

    assert choose.offered == [[hour("08")]]


def test_hours_that_are_final_are_not_drawn() -> None:
    choose = Chooser()
    world = a_world("07", "08", "10", "12")
    world.hours.seal(hour("10"))

    world.drawn(choose)

    assert choose.offered == [[hour("10"), hour("12")]]


def test_hours_whose_logs_or_those_of_the_hour_before_may_end_soon_are_not_drawn() -> None:
    choose = Chooser()
    world = a_world("07", "08", "10", "12")

    # Two days and 22 hours before: logs of nine o'clock and later are two days from their end.
    world.drawn(choose, now="2026-11-23T07:40", kept=timedelta(days=3, hours=22))

    assert choose.offered == [[hour("12")]]


def test_an_hour_that_cannot_be_compared_gives_way_to_another() -> None:
    choose = Chooser()
    world = a_world("07", "08", "10", "12")
    world.hours.ask(hour("12"))
    del world.logs.objects[a_log_object("at 10", "10", "10:59:59").key]

    assert world.drawn(choose).hour == hour("08")
    assert [offered[-1] for offered in choose.offered] == [hour("12"), hour("10"), hour("08")]


def test_an_hour_without_calls_proves_little_and_is_passed_over() -> None:
    world = a_world("07", "08", "10", "12")
    one = a_log_object("at 12", "12", "12:59:59")
    content = world.logs.objects[one.key].decode()
    # A newer release rejects its only record.
    world.ingest("at 12", log_object=one, version=2, content=content)
    world.run("22:25")

    assert world.drawn(Chooser()).hour == hour("10")


def test_twenty_hours_are_tried_at_most() -> None:
    choose = Chooser()
    world = a_world(*(f"{number:02}" for number in range(22)))
    world.logs.objects.clear()

    with pytest.raises(CannotAudit, match=r"^no hour could be audited: .*is gone: s3://logs/AWS"):
        world.drawn(choose)

    assert len(choose.offered) == MOST_DRAWS


def test_no_hour_is_begun_that_there_is_no_time_for() -> None:
    choose = Chooser()

    with pytest.raises(CannotAudit, match=r"^no hour could be audited: there is no time left"):
        a_world("07", "08").drawn(choose, remaining=lambda: timedelta(minutes=7))

    assert choose.offered == []


@pytest.mark.parametrize("hours", [(), ("07",)])
def test_without_any_hour_to_draw_it_says_so(hours: tuple[str, ...]) -> None:
    with pytest.raises(CannotAudit, match="no hour is published whose log objects are still there"):
        a_world(*hours).drawn()


def test_a_meter_that_never_planned_has_no_hour_to_draw() -> None:
    with pytest.raises(CannotAudit, match="no hour is published"):
        AuditedWorld().drawn()
