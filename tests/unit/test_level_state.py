"""The level machine: up at once, down one step at a time after margin and dwell, never flapping."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bedrock_meter.domain.levels.level import Level, Thresholds, level_named
from bedrock_meter.domain.levels.level_state import state_for
from tests.level_builders import HOUR, MINUTE, NOON, a_reading

GREEN, YELLOW, ORANGE, RED = Level
LEVELS = some.sampled_from(Level)


def threshold(previous, *readings, at=NOON, may_lower=True, dwell=HOUR):
    return state_for(previous, readings, dwell=dwell, data_up_to=at, now=at, may_lower=may_lower)


@pytest.mark.parametrize(
    ("value", "reached", "held"),
    [
        (0, GREEN, GREEN),
        (44, GREEN, GREEN),
        (45, GREEN, YELLOW),
        (49, GREEN, YELLOW),
        (50, YELLOW, YELLOW),
        (71, YELLOW, YELLOW),
        (72, YELLOW, ORANGE),
        (80, ORANGE, ORANGE),
        (90, ORANGE, RED),
        (100, RED, RED),
        (10**30, RED, RED),
    ],
)
def test_a_level_is_reached_at_its_threshold_and_held_down_to_the_margin(value, reached, held):
    thresholds = Thresholds(50, 80, 100)

    assert (thresholds.reached(value), thresholds.held(value, 10)) == (reached, held)


def test_a_level_without_threshold_is_never_reached():
    assert Thresholds(None, 80, None).reached(10**9) is ORANGE
    assert Thresholds().reached(10**9) is GREEN


def test_words_are_levels_and_other_words_are_not():
    assert level_named("orange") is ORANGE
    with pytest.raises(ValueError, match="'pink' is not a level"):
        level_named("pink")


def test_the_highest_signal_wins_at_once():
    state = threshold(None, a_reading(YELLOW), a_reading(RED, signal="cost_5m"), a_reading(ORANGE))

    assert state.level is RED
    assert state.cause.signal == "cost_5m"


def test_it_goes_down_one_level_at_a_time_each_after_a_dwell():
    state = threshold(None, a_reading(RED))
    seen = []
    for minutes in range(0, 241, 10):
        state = threshold(state, at=NOON + minutes * MINUTE)
        seen.append(state.level)

    assert seen == [RED] * 6 + [ORANGE] * 6 + [YELLOW] * 6 + [GREEN] * 7


def test_a_value_within_the_margin_holds_the_level():
    state = threshold(None, a_reading(ORANGE))

    for hours in range(1, 10):
        at = NOON + hours * HOUR
        state = threshold(state, a_reading(YELLOW, holds=ORANGE, at=at), at=at)

    assert (state.level, state.since) == (ORANGE, NOON)


def test_the_dwell_counts_from_the_last_moment_the_level_was_held():
    state = threshold(None, a_reading(ORANGE))
    later = NOON + 50 * MINUTE
    state = threshold(state, a_reading(ORANGE, at=later), at=later)

    assert threshold(state, at=NOON + 109 * MINUTE).level is ORANGE
    assert threshold(state, at=NOON + 110 * MINUTE).level is YELLOW


def test_a_late_assessment_dates_the_step_to_when_it_was_due():
    state = threshold(None, a_reading(RED))

    state = threshold(state, at=NOON + 5 * HOUR)

    assert (state.level, state.since) == (ORANGE, NOON + HOUR)
    assert threshold(state, at=NOON + 5 * HOUR).level is YELLOW


def test_the_live_lane_only_raises():
    state = threshold(None, a_reading(YELLOW))

    raised = threshold(state, a_reading(RED), may_lower=False)

    assert raised.level is RED
    assert threshold(raised, at=NOON + 99 * HOUR, may_lower=False).level is RED


def test_a_state_explains_itself():
    state = threshold(None, a_reading(ORANGE))
    assert state.explanation() == (
        "orange since 2026-11-18T12:00:00Z: day_cost is orange; falls to yellow 60 minutes after"
        " the day's cost is below 80 % (now 90 %)"
    )

    waiting = threshold(state, at=NOON + MINUTE)
    assert waiting.explanation().endswith(
        "no signal holds it any more; falls to yellow at 2026-11-18T13:00:00Z"
    )
    assert threshold(None).explanation() == "green: no signal reaches a level"


def test_an_old_assessment_is_stale():
    state = threshold(None)

    assert not state.stale(NOON + 2 * HOUR)
    assert state.stale(NOON + 2 * HOUR + MINUTE)


@given(some.lists(LEVELS, min_size=1, max_size=6), some.data())
def test_a_level_never_falls_as_any_signal_rises(levels, data):
    at = data.draw(some.integers(0, len(levels) - 1))
    higher = levels.copy()
    higher[at] = data.draw(some.sampled_from([one for one in Level if one >= levels[at]]))
    previous = threshold(None, a_reading(data.draw(LEVELS)), at=NOON - 2 * HOUR)

    before = threshold(previous, *map(a_reading, levels))
    after = threshold(previous, *map(a_reading, higher))

    assert after.level >= before.level


@given(
    some.lists(some.tuples(some.integers(1, 120), some.integers(0, 1100)), min_size=1, max_size=60)
)
def test_every_step_down_is_one_level_and_waits_for_its_dwell(walk):
    thresholds, state, at, entered = Thresholds(500, 800, 1000), None, NOON, NOON
    for minutes, value in walk:
        at += minutes * MINUTE
        reading = a_reading(thresholds.reached(value), holds=thresholds.held(value, 10), at=at)
        new = threshold(state, reading, at=at)
        if state and new.level < state.level:
            assert new.level == state.level - 1
            assert new.since - entered >= HOUR
            assert thresholds.held(value, 10) < state.level
        if state is None or new.level != state.level:
            entered = new.since
        state = new


@given(some.lists(some.integers(960, 1040), min_size=300, max_size=300))
def test_a_signal_that_hovers_around_a_threshold_changes_the_level_once(values):
    thresholds, state, changes = Thresholds(None, None, 1000), None, 0
    for number, value in enumerate(values):
        at = NOON + number * 5 * MINUTE
        reading = a_reading(thresholds.reached(value), holds=thresholds.held(value, 10), at=at)
        new = threshold(state, reading, at=at)
        changes += state is not None and new.level != state.level
        state = new

    assert changes <= 1


@given(some.lists(some.integers(0, 2000), min_size=288, max_size=288))
def test_no_signal_however_wild_makes_a_level_fall_more_often_than_once_per_dwell(values):
    thresholds, state, falls = Thresholds(500, 800, 1000), None, 0
    for number, value in enumerate(values):
        at = NOON + number * 5 * MINUTE
        reading = a_reading(thresholds.reached(value), holds=thresholds.held(value, 10), at=at)
        new = threshold(state, reading, at=at)
        falls += state is not None and new.level < state.level
        state = new

    assert falls <= 24


def test_assessing_the_same_moment_again_changes_nothing():
    state = threshold(None, a_reading(RED))

    assert threshold(state, a_reading(RED)) == state
    assert threshold(threshold(state, at=NOON + HOUR), at=NOON + HOUR).level is ORANGE


def test_a_plan_with_a_shorter_dwell_counts_at_once():
    state = threshold(None, a_reading(RED))

    assert threshold(state, at=NOON + timedelta(minutes=10), dwell=10 * MINUTE).level is ORANGE


def test_a_margin_holds_only_what_its_own_signal_raised():
    day, month = a_reading(ORANGE), a_reading(YELLOW, holds=ORANGE, signal="month_cost")
    state = threshold(None, day, month)

    for minutes in (30, 60, 90):
        at = NOON + minutes * MINUTE
        state = threshold(state, a_reading(YELLOW, holds=ORANGE, signal="month_cost", at=at), at=at)

    assert (state.level, state.since) == (YELLOW, NOON + HOUR)
    assert "month_cost" in state.explanation()


def test_a_margin_holds_what_its_own_signal_reached_below_the_level_of_another():
    raised = threshold(None, a_reading(RED), a_reading(ORANGE, signal="month_cost"))
    within = a_reading(YELLOW, holds=ORANGE, signal="month_cost")

    states = [raised]
    for hours in range(1, 6):
        states.append(threshold(states[-1], within, at=NOON + hours * HOUR))

    assert [state.level for state in states] == [RED, *[ORANGE] * 5]


def test_a_reading_that_may_hold_less_names_the_threshold_of_what_it_holds():
    limits = Thresholds(500, 550, 600)
    first = a_reading(ORANGE, limits=limits)
    now = a_reading(YELLOW, holds=RED, limits=limits)

    (reading,) = threshold(threshold(None, first), now).readings

    assert (reading.holds, reading.limit) == (ORANGE, 550)


def test_a_reading_within_a_margin_that_was_never_crossed_holds_nothing():
    assert threshold(None, a_reading(GREEN, holds=YELLOW)).readings == ()


def test_what_raised_the_level_holds_it_again_after_a_dip():
    state = threshold(None, a_reading(YELLOW))
    state = threshold(state, at=NOON + MINUTE)
    at = NOON + HOUR

    assert threshold(state, a_reading(GREEN, holds=YELLOW, at=at), at=at).level is YELLOW
