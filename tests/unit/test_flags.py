"""Flags: what follows from a level, how they end, and how they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bedrock_meter.domain.levels.flag import ENFORCE, OBSERVE, ends_of, flag_for, jitter, numbered
from bedrock_meter.domain.levels.flag_document import document_of, flag_of
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.level_state import state_for
from bedrock_meter.domain.levels.plan import Limits, Response
from tests.level_builders import HOUR, MINUTE, NOON, a_plan, a_reading

GREEN, YELLOW, ORANGE, RED = Level
QUARTER = 15 * MINUTE


def state_of(*readings, at=NOON, previous=None):
    return state_for(previous, readings, dwell=HOUR, data_up_to=at, now=at, may_lower=True)


def flag_of_state(state, plan=None, now=NOON, mode=ENFORCE):
    return flag_for("acme", state, plan or a_plan(), now, mode)


def walk(flag):
    while flag:
        yield flag
        flag = flag.then


def test_a_budget_that_is_used_up_blocks_until_its_period_ends():
    flag = flag_of_state(state_of(a_reading(RED, lasts=12 * HOUR)))

    assert (flag.action, flag.expires_at, flag.then) == ("block", NOON + 12 * HOUR, None)
    assert flag.reason == "day_cost is red"


def test_a_rate_blocks_briefly_then_slows_then_ends_by_itself():
    flag = flag_of_state(state_of(a_reading(RED, lasts=QUARTER, fades=True)))

    assert [(one.action, one.expires_at - NOON) for one in walk(flag)] == [
        ("block", QUARTER),
        ("slow", 2 * HOUR),
        ("notice", 3 * HOUR),
    ]
    assert flag.then.reason == "on the way down from: day_cost is red"
    assert flag.in_force(NOON + 3 * HOUR) is None


def test_the_steps_of_a_flag_meet_those_of_its_level():
    reading = a_reading(RED, lasts=QUARTER, fades=True)
    state = state_of(reading)
    first = flag_of_state(state)
    for minutes in range(5, 200, 5):
        at = NOON + minutes * MINUTE
        # The slot stays in the window for half an hour, longer than its reason holds.
        state = state_of(*([reading] if minutes < 30 else []), at=at, previous=state)
        now = flag_of_state(state, now=at)
        then = first.in_force(at)
        assert (now.action, now.expires_at) == (
            (then.action, then.expires_at) if then else ("none", now.expires_at)
        )


def test_a_milder_reason_that_lasts_longer_follows_a_short_one():
    flag = flag_of_state(
        state_of(
            a_reading(RED, lasts=QUARTER, fades=True),
            a_reading(ORANGE, signal="month_cost", lasts=100 * HOUR),
        )
    )

    assert [(one.action, one.expires_at - NOON) for one in walk(flag)] == [
        ("block", QUARTER),
        ("slow", 100 * HOUR),
    ]
    assert flag.then.reason == "month_cost is orange"


def test_green_has_no_effect():
    flag = flag_of_state(state_of())

    assert (flag.level, flag.action, flag.in_force(NOON)) == (GREEN, "none", None)


def test_a_level_whose_period_ended_holds_nothing_back_while_it_waits():
    state = state_of(a_reading(RED, lasts=10 * MINUTE))
    later = NOON + 20 * MINUTE

    flag = flag_of_state(state_of(at=later, previous=state), now=later)

    assert (flag.level, flag.action) == (RED, "none")


def test_responses_come_from_the_plan():
    plan = a_plan(
        responses={RED: Response("slow", Limits(5, None), deny=("anthropic.claude-opus-*",))}
    )

    flag = flag_of_state(state_of(a_reading(RED)), plan)

    assert (flag.action, flag.limits, flag.deny) == (
        "slow",
        Limits(5, None),
        ("anthropic.claude-opus-*",),
    )


def test_not_all_come_back_at_once():
    waits = {jitter(f"tenant-{number}") for number in range(200)}

    assert len(waits) > 40
    assert max(waits) < MINUTE
    assert jitter("acme") == jitter("acme")


def test_a_flag_says_what_it_does_until_when():
    flag = flag_of_state(state_of(a_reading(RED, lasts=QUARTER, fades=True)))

    assert ends_of(flag)[:2] == [
        "block until 2026-11-18T12:15:00Z",
        "slow until 2026-11-18T14:00:00Z",
    ]


def test_the_document_is_the_contract():
    plan = a_plan(responses={ORANGE: Response("slow", Limits(30, 20_000), ("a.b-*",))})
    flag = numbered(flag_of_state(state_of(a_reading(ORANGE)), plan, mode=OBSERVE), 17)

    document = document_of(flag)

    assert document == {
        "tenant": "acme",
        "version": 17,
        "level": "orange",
        "action": "slow",
        "limits": {"requests_per_minute": 30, "tokens_per_minute": 20_000},
        "models": {"deny": ["a.b-*"]},
        "reason": "day_cost is orange",
        "since": "2026-11-18T12:00:00Z",
        "expires_at": "2026-11-19T00:00:00Z",
        "resume_at": document["resume_at"],
        "stale_rule": "open",
        "source": "assess",
        "mode": "observe",
    }
    assert flag_of(document) == flag


READINGS = some.lists(
    some.builds(
        a_reading,
        some.sampled_from(Level),
        holds=some.sampled_from(Level),
        lasts=some.timedeltas(max_value=40 * 24 * HOUR, min_value=-HOUR),
        fades=some.booleans(),
    ),
    max_size=5,
)


@given(READINGS, some.integers(0, 600))
def test_every_flag_ends_and_only_gets_milder(readings, minutes):
    now = NOON + minutes * MINUTE
    flag = flag_of_state(state_of(*readings), now=now)
    steps = list(walk(flag))

    assert len(steps) <= 3
    assert [one.level for one in steps] == sorted({one.level for one in steps}, reverse=True)
    assert [one.expires_at for one in steps] == sorted({one.expires_at for one in steps})
    assert flag.in_force(NOON + 41 * 24 * HOUR) is None
    assert flag_of(document_of(flag)) == flag


@pytest.mark.parametrize("level", Level)
def test_a_flag_is_never_stricter_than_its_level(level):
    flag = flag_of_state(state_of(a_reading(level)))

    assert flag.level <= level
