"""Deciding: written down once, and every closed hour it reaches is asked for."""

from datetime import UTC, datetime
from io import BytesIO

from bedrock_meter.domain.decisions import POLICY, Decision
from bedrock_meter.domain.hours import Hour
from bedrock_meter.jobs.decide import decide
from bedrock_meter.local.decisions import MemoryDecisions
from bedrock_meter.local.hours import MemoryHourTable
from bedrock_meter.local.objects import MemoryEvidenceStore

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOURS = [Hour(f"2026-11-21T{n:02d}") for n in range(5, 9)]


def a_decision(since: str | None = None, until: str | None = None) -> Decision:
    return Decision(POLICY, "p1", since and Hour(since), until and Hour(until), None, NOW)


def decided(decision: Decision, closed: list[Hour]) -> tuple[tuple[Hour, ...], list[Hour]]:
    log, evidence, hours = MemoryDecisions(), MemoryEvidenceStore(), MemoryHourTable()
    for hour in HOURS:
        evidence.put(hour, "object", 1, BytesIO(b""))
    for hour in closed:
        hours.finish(hours.mark(hour, NOW))
    asked = decide(decision, decisions=log, evidence=evidence, hours=hours)
    assert log.decisions(POLICY) == (decision,)
    return asked, hours.due()


def test_closed_hours_in_reach_become_due_again():
    asked, due = decided(a_decision(HOURS[1], HOURS[3]), closed=HOURS)

    assert list(asked) == due == HOURS[1:3]


def test_hours_that_no_close_has_begun_on_need_not_be_asked_for():
    assert decided(a_decision(), closed=HOURS[:1]) == ((HOURS[0],), [HOURS[0]])


def test_a_decision_about_the_future_asks_for_nothing():
    assert decided(a_decision("2026-12-01T00"), closed=HOURS) == ((), [])
