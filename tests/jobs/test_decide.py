"""Deciding: written down once, and every closed hour it reaches is asked for, if need be later."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from bedrock_meter.domain.policy.decisions import BOOK, POLICY, Decision
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs.decide import decide
from bedrock_meter.jobs.put_book_in_force import put_book_in_force
from bedrock_meter.local.decisions import MemoryDecisions
from bedrock_meter.local.hours import MemoryHourTable
from bedrock_meter.local.objects import MemoryEvidenceStore
from tests.jobs.world import BOOK as PRICES

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOURS = [Hour(f"2026-11-21T{n:02d}") for n in range(5, 9)]


class Died(Exception):
    """A worker is gone."""


class Hours(MemoryHourTable):
    """Closed hours; asking fails after so many."""

    most: int | None = None
    asked = 0

    def ask(self, hour: Hour) -> None:
        if self.asked == self.most:
            raise Died
        self.asked += 1
        super().ask(hour)


class Deciding:
    """A log of decisions, and hours that were closed from evidence."""

    def __init__(self, closed: list[Hour]) -> None:
        self.log, self.evidence, self.hours = MemoryDecisions(), MemoryEvidenceStore(), Hours()
        for hour in HOURS:
            self.evidence.put(hour, "object", 1, BytesIO(b""))
        for hour in closed:
            self.hours.finish(self.hours.mark(hour, NOW))

    @property
    def how(self) -> dict[str, Any]:
        return {"decisions": self.log, "evidence": self.evidence, "hours": self.hours}

    def put_in_force(self) -> None:
        put_book_in_force(PRICES, datetime(2026, 11, 21, 5, tzinfo=UTC), now=NOW, **self.how)


def a_decision(
    since: str | None = None, until: str | None = None, name: str = "p1", kind: str = POLICY
) -> Decision:
    return Decision(kind, name, since and Hour(since), until and Hour(until), None, NOW)


def decided(decision: Decision, closed: list[Hour]) -> tuple[tuple[Hour, ...], list[Hour]]:
    world = Deciding(closed)
    asked = decide(decision, **world.how)
    assert world.log.decisions(POLICY) == (decision,)
    return asked, world.hours.due()


def test_closed_hours_in_reach_become_due_again():
    asked, due = decided(a_decision(HOURS[1], HOURS[3]), closed=HOURS)

    assert list(asked) == due == HOURS[1:3]


def test_hours_that_no_close_has_begun_on_need_not_be_asked_for():
    assert decided(a_decision(), closed=HOURS[:1]) == ((HOURS[0],), [HOURS[0]])


def test_a_decision_about_the_future_asks_for_nothing():
    assert decided(a_decision("2026-12-01T00"), closed=HOURS) == ((), [])


@pytest.mark.parametrize("reached", range(len(HOURS)))
def test_a_book_whose_decision_died_half_way_reaches_all_its_hours_when_tried_again(
    reached: int,
) -> None:
    world = Deciding(HOURS)
    world.hours.most = reached
    with pytest.raises(Died):
        world.put_in_force()
    world.hours.most = None

    world.put_in_force()

    assert world.hours.due() == HOURS
    assert len(world.log.decisions(BOOK)) == 1


def test_a_book_that_is_in_force_asks_for_no_hour_a_second_time() -> None:
    world = Deciding(HOURS)
    world.put_in_force()
    assert world.hours.asked == len(HOURS)

    world.put_in_force()

    assert world.hours.asked == len(HOURS)


def test_a_policy_whose_decision_died_half_way_is_finished_by_the_next_one() -> None:
    world = Deciding(HOURS)
    world.hours.most = 1
    with pytest.raises(Died):
        decide(a_decision(), **world.how)  # holds for all hours
    world.hours.most = None

    asked = decide(a_decision(HOURS[3], name="p2"), **world.how)  # holds from now on

    assert list(asked) == world.hours.due() == HOURS


def test_another_kind_of_decision_is_left_to_itself() -> None:
    world = Deciding(HOURS)
    world.hours.most = 0
    with pytest.raises(Died):
        world.put_in_force()
    world.hours.most = None

    assert decide(a_decision(HOURS[3]), **world.how) == (HOURS[3],)
    assert world.hours.due() == [HOURS[3]]
