"""Signals: what each finds for a tenant, and when it finds nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bedrock_meter.domain.levels import signals
from bedrock_meter.domain.levels.baseline import baseline_for
from bedrock_meter.domain.levels.forecast import month_end_for, span
from bedrock_meter.domain.levels.level import Level, Thresholds
from bedrock_meter.domain.levels.plan import Budget
from bedrock_meter.domain.levels.reading import dollars, held, percent, reached, times
from bedrock_meter.domain.levels.signals import can_raise_at_once, readings_for
from bedrock_meter.domain.levels.spend import Spend
from bedrock_meter.domain.levels.way_down import way_down
from bedrock_meter.domain.time.days import days_for
from bedrock_meter.domain.time.hours import Day, hour_after, hour_of, start_of
from bedrock_meter.domain.time.period import day_at, month_at
from tests.level_builders import (
    HOUR,
    MINUTE,
    NOON,
    a_budget,
    a_plan,
    a_reading,
    a_slot,
    a_spend,
    rates,
    usd,
)

GREEN, YELLOW, ORANGE, RED = Level


def read(spend, plan, now=NOON, baseline=None):
    """The strongest reading of each signal; each says in words how it ends."""
    readings = sorted(readings_for(spend, plan, baseline, now), key=lambda one: one.level)
    assert not [one.signal for one in readings if way_down(one).startswith(one.signal)]
    return {one.signal: one for one in readings}


def level(spend, plan, now=NOON, baseline=None):
    return reached(readings_for(spend, plan, baseline, now))


@pytest.mark.parametrize(
    ("spent", "expected"),
    [
        ("49.999999999999999999", GREEN),
        ("50", YELLOW),
        ("79.999999999999999999", YELLOW),
        ("80", ORANGE),
        ("99.999999999999999999", ORANGE),
        ("100", RED),
        ("100000", RED),
    ],
)
def test_shares_of_a_budget_are_exact(spent, expected):
    plan = a_budget(day="100", forecast=False)

    assert level(a_spend(day=spent), plan) is expected


def test_a_share_names_its_numbers_and_ends_with_its_period():
    reading = read(a_spend(day="82.5"), a_budget(day="100"))["day_cost"]

    assert reading.reason == "82.5 % of the daily budget (82.50 USD of 100.00 USD)"
    assert reading.ends_at == datetime(2026, 11, 19, tzinfo=UTC)
    assert (reading.value, reading.limit) == (825, 800)


def test_budgets_can_be_tokens_and_requests():
    plan = a_plan(month=Budget(tokens=1000, requests=10))
    spend = a_spend(tokens_month=900, requests_month=10)

    assert read(spend, plan)["month_tokens"].level is ORANGE
    assert read(spend, plan)["month_requests"].reason == (
        "100 % of the monthly requests budget (10 of 10)"
    )


@pytest.mark.parametrize(
    ("day", "spent", "expected"),
    [
        (22, "80", ORANGE),  # 70 % of November is over
        (28, "80", YELLOW),  # 90 %
        (28, "89.9", YELLOW),
        (28, "90", ORANGE),
        (28, "100", RED),
    ],
)
def test_a_month_within_its_budget_is_not_orange_at_its_end(day, spent, expected):
    now, plan = datetime(2026, 11, day, tzinfo=UTC), a_budget(month="100")
    spend, past = a_spend(day="0", month=spent, at=now), a_past(lambda hour: "0.01", until=now)
    unknown = a_past(lambda hour: "0.01", days=6, until=now)

    assert level(spend, plan, now, past) is expected
    assert level(spend, plan, now, unknown) is max(expected, ORANGE)
    assert level(spend, replace(plan, forecast=False), now, past) is max(expected, ORANGE)


def test_without_a_budget_there_is_no_budget_signal():
    assert read(a_spend(day="1000000"), a_plan()) == {}


def test_a_period_that_is_over_raises_nothing():
    spend, plan = a_spend(day="100", month="100"), a_budget(day="100", month="100")

    tomorrow = datetime(2026, 11, 19, tzinfo=UTC)
    next_month = datetime(2026, 12, 1, tzinfo=UTC)

    assert set(read(spend, plan, tomorrow)) == {"month_cost"}
    assert read(spend, plan, next_month) == {}


def test_a_budget_day_is_the_day_of_the_plans_time_zone():
    berlin = day_at(NOON, "Europe/Berlin")
    spring = day_at(datetime(2026, 3, 29, 12, tzinfo=UTC), "Europe/Berlin")
    autumn = day_at(datetime(2026, 10, 25, 12, tzinfo=UTC), "Europe/Berlin")

    assert berlin.start == datetime(2026, 11, 17, 23, tzinfo=UTC)
    assert spring.end - spring.start == timedelta(hours=23)
    assert autumn.end - autumn.start == timedelta(hours=25)
    assert month_at(NOON, "+05:30").start == datetime(2026, 10, 31, 18, 30, tzinfo=UTC)


def test_tokens_without_a_rate_are_at_least_yellow():
    reading = read(a_spend(unpriced_tokens_day=7), a_plan())["unpriced"]

    assert reading.level is YELLOW
    assert "7 tokens of today have no rate" in reading.reason


def test_tokens_without_a_rate_count_at_the_assumed_one():
    plan = a_budget(day="100", assume_rate=usd("0.001"))

    assert level(a_spend(day="20", unpriced_tokens_day=80_000), plan) is RED


RATES = rates("1", "2", "3")


def test_the_worst_slot_counts():
    slots = (a_slot(20, cost="0.1"), a_slot(15, cost="2.5"), a_slot(10, cost="0.1"))
    reading = read(a_spend(slots=slots), a_plan(cost_5m=RATES))["cost_5m"]

    assert reading.level is ORANGE
    assert reading.reason == "2.50 USD in 5 minutes; orange from 2.00 USD in 5 minutes"


def test_a_rate_ends_fifteen_minutes_after_the_last_slot_over_its_own_limit():
    slots = (a_slot(20, cost="3"), a_slot(10, cost="1.5"))
    readings = readings_for(a_spend(slots=slots), a_plan(cost_5m=RATES), None, NOON)

    ends = {one.level: one.ends_at for one in readings}
    assert ends == {
        RED: NOON - 5 * MINUTE,
        ORANGE: NOON - 5 * MINUTE,
        YELLOW: NOON + 5 * MINUTE,
    }


def test_slots_that_ended_more_than_half_an_hour_before_the_data_do_not_count():
    plan = a_plan(cost_5m=RATES)

    assert level(a_spend(slots=(a_slot(25, cost="3"),)), plan) is RED
    assert level(a_spend(slots=(a_slot(30, cost="3"),)), plan) is GREEN


def test_old_data_that_arrives_today_raises_nothing():
    last_week = NOON - 7 * 24 * HOUR
    spend = a_spend(slots=(a_slot(0, cost="99", at=last_week),), data_up_to=last_week)

    assert level(spend, a_plan(cost_5m=RATES)) is GREEN


def test_tokens_and_requests_per_minute_are_fifths_of_the_worst_slot():
    plan = a_plan(
        tokens_per_minute=Thresholds(None, 1000, None),
        requests_per_minute=Thresholds(10, None, None),
    )
    found = read(a_spend(slots=(a_slot(0, tokens=5000, requests=50),)), plan)

    assert found["tokens_per_minute"].level is ORANGE
    assert found["requests_per_minute"].reason == (
        "10 requests per minute; yellow from 10 requests per minute"
    )
    assert read(a_spend(slots=(a_slot(0, tokens=4499, requests=44),)), plan) == {}


def test_failed_calls_are_a_reading_when_there_are_enough_of_them():
    few = a_spend(slots=(a_slot(0, requests=10, errors=10),))
    many = a_spend(slots=(a_slot(0, requests=20, errors=10),))

    assert read(few, a_plan()) == {}
    assert read(many, a_plan())["errors"].reason == (
        "50 % of 20 calls failed in the last half hour of data"
    )


def a_past(hourly, *, days=28, until=NOON):
    """A baseline of so many days; `hourly` gives dollars for each hour."""
    midnight = until.replace(hour=0)
    first = hour_of(midnight - days * 24 * HOUR)
    costs = {hour_after(first, n): usd(hourly(hour_after(first, n))) for n in range(days * 24)}
    return baseline_for(costs, hour_of(midnight))


def office(hour):
    at = start_of(hour)
    busy = at.weekday() < 5 and 8 <= at.hour < 18
    return "1" if busy else "0"


def hot_hour(cost, at=NOON):
    return tuple(a_slot(5 * n, cost=cost, at=at) for n in reversed(range(12)))


def test_a_spike_is_measured_against_the_same_hour_of_the_week():
    baseline = a_past(lambda hour: "1")

    reading = read(a_spend(slots=hot_hour("0.5")), a_plan(), baseline=baseline)["deviation"]

    assert reading.level is YELLOW
    assert reading.reason == (
        "spike: 6.00 USD in the last hour, 6.0 × of what is usual at the most for this hour"
        " (1.00 USD)"
    )


def test_a_busy_office_hour_is_usual_at_noon_and_a_spike_at_night():
    baseline = a_past(office)
    midnight = NOON + 12 * HOUR
    busy = hot_hour("0.1")

    assert read(a_spend(slots=busy), a_plan(), baseline=baseline) == {}
    night = a_spend(slots=hot_hour("0.1", at=midnight), at=midnight)
    assert read(night, a_plan(), midnight, baseline)["deviation"].level is YELLOW


@pytest.mark.parametrize("days", [0, 1, 6])
def test_nothing_is_called_a_spike_before_a_week_is_known(days):
    baseline = a_past(lambda hour: "1", days=days) if days else None

    assert read(a_spend(slots=hot_hour("5")), a_plan(), baseline=baseline) == {}


def test_a_tenant_that_was_quiet_for_weeks_is_like_a_new_one():
    assert read(a_spend(slots=hot_hour("5")), a_plan(), baseline=baseline_for({}, "x")) == {}


def test_small_change_is_never_a_spike():
    baseline = a_past(lambda hour: "0.0001")

    assert read(a_spend(slots=hot_hour("0.0005")), a_plan(), baseline=baseline) == {}


def test_a_budget_that_is_used_up_within_half_an_hour_is_red_before_it_is_used_up():
    spend = a_spend(day="60", slots=hot_hour("8"))

    reading = read(spend, a_budget(day="100"))["day_exhaustion"]

    assert reading.level is RED
    assert reading.reason.startswith("budget of the day used up in 25 minutes at this pace")


def test_a_pace_that_the_period_outlives_is_no_concern():
    before_midnight = NOON + 11 * HOUR + 30 * MINUTE
    spend = a_spend(
        day="10", month="10", slots=hot_hour("5", at=before_midnight), at=before_midnight
    )

    assert "day_exhaustion" not in read(spend, a_budget(day="100"), before_midnight)


def test_far_above_the_usual_a_month_that_would_not_last_a_week_is_orange():
    spend, baseline = a_spend(month="100", slots=hot_hour("0.5")), a_past(lambda hour: "1")
    plan = a_budget(month="1000")

    assert "month_exhaustion" not in read(spend, plan)
    assert read(spend, plan, baseline=baseline)["month_exhaustion"].level is ORANGE


def test_a_month_that_will_exceed_its_budget_is_yellow_early():
    # Sixteen days and twelve hours at 24 dollars a day; thirteen and a half days to come.
    baseline, spend = a_past(lambda hour: "1", days=17), a_spend(day="12", month="420")

    reading = read(spend, a_budget(month="700"), baseline=baseline)["month_end"]

    assert reading.level is YELLOW
    assert reading.reason.startswith("month will end at 102.8 % of its budget, at the pace")


def test_early_in_the_month_there_is_no_false_alarm():
    third = datetime(2026, 11, 3, 12, tzinfo=UTC)
    spend = a_spend(day="30", month="70", at=third)

    assert read(spend, a_budget(month="500"), third, a_past(lambda hour: "1", days=3)) == {}


def test_steady_growth_is_recognised_and_named():
    costs = {Day(f"2026-11-{day:02d}"): usd(str(day)) for day in range(1, 18)}
    days = days_for(costs)

    end = month_end_for(usd("153"), days, NOON.replace(hour=0), datetime(2026, 12, 1, tzinfo=UTC))

    assert end.growing is True
    # The truth of a straight line: 18 + 19 + … + 30 dollars more.
    assert end.expected == usd("465")


def test_a_level_pace_is_not_growth():
    costs = {Day(f"2026-11-{day:02d}"): usd(str(10 + day % 2)) for day in range(1, 18)}

    assert days_for(costs).growth == 0


def test_forecasts_can_be_switched_off():
    spend, plan = a_spend(day="60", slots=hot_hour("8")), a_budget(day="100", forecast=False)

    assert set(read(spend, plan)) == {"day_cost"}


def test_a_forecast_stands_for_three_full_runs():
    now = NOON + 7 * MINUTE
    spend = a_spend(day="60", slots=hot_hour("8"), at=now)

    assert read(spend, a_budget(day="100"), now)["day_exhaustion"].ends_at == NOON + 4 * HOUR


@pytest.mark.parametrize(
    ("minutes", "text"), [(5, "5 minutes"), (125, "2.0 hours"), (5904, "4.1 days")]
)
def test_spans_are_said_in_the_unit_a_person_would_choose(minutes, text):
    assert span(minutes) == text


def test_numbers_are_shown_briefly():
    assert dollars(usd("0.00012")) == "0.0001 USD"
    assert dollars(usd("1234.567")) in ("1234.57 USD", "1,234.57 USD")
    assert (times(12_340), percent(825), percent(1042)) == ("12.3 ×", "82.5 %", "104.2 %")


MONEY = some.integers(0, 10**21)
PLANS = some.sampled_from(
    [
        a_budget(day="100", month="1000"),
        a_budget(day="0"),
        a_plan(cost_5m=RATES, tokens_per_minute=Thresholds(1, 10, 100)),
        a_budget(month="500", cost_5m=RATES, share=Thresholds(500, 800, None)),
    ]
)
PASTS = some.sampled_from([None, a_past(lambda hour: "1"), a_past(office, days=10)])


@some.composite
def spends(draw):
    slots = tuple(
        a_slot(5 * n)._replace(cost=draw(MONEY), tokens=draw(some.integers(0, 10**6)))
        for n in reversed(range(draw(some.integers(0, 12))))
    )
    day = draw(MONEY) + sum(slot.cost for slot in slots)
    return replace(a_spend(slots=slots), day=day, month=day + draw(MONEY))


@given(spends(), PLANS, PASTS, MONEY)
def test_no_level_falls_as_spend_rises(spend: Spend, plan, baseline, more):
    readings = readings_for(spend, plan, baseline, NOON)
    risen = readings_for(
        replace(spend, day=spend.day + more, month=spend.month + more), plan, baseline, NOON
    )

    assert reached(risen) >= reached(readings)
    assert held(risen) >= held(readings)


@given(spends(), PLANS, PASTS, MONEY, some.data())
def test_no_level_falls_as_one_slot_rises(spend: Spend, plan, baseline, more, data):
    if not spend.slots:
        return
    at = data.draw(some.integers(0, len(spend.slots) - 1))
    slots = list(spend.slots)
    slots[at] = slots[at]._replace(cost=slots[at].cost + more, tokens=slots[at].tokens + 99)
    risen = replace(spend, slots=tuple(slots), day=spend.day + more, month=spend.month + more)

    before, after = (readings_for(one, plan, baseline, NOON) for one in (spend, risen))
    assert reached(after) >= reached(before)
    assert held(after) >= held(before)


@pytest.mark.parametrize(
    ("plan", "is_live"),
    [
        (a_plan(), False),
        (a_plan(forecast=False), False),
        (a_budget(month="100"), True),
        (a_budget(day="1", forecast=False), True),
        (a_plan(cost_5m=rates("1", "2", "3")), True),
        (a_plan(requests_per_minute=Thresholds(red=10)), True),
    ],
)
def test_the_live_lane_assesses_plans_with_a_signal_that_can_raise_at_once(plan, is_live):
    assert can_raise_at_once(plan) is is_live


def test_a_signal_is_one_line_and_says_itself_whether_it_can_raise_at_once(monkeypatch):
    reading = a_reading(RED, signal="sunspots")
    sunspots = signals.Signal(lambda inputs: iter([reading]), at_once=lambda plan: plan.margin > 50)
    monkeypatch.setattr(signals, "SIGNALS", (*signals.SIGNALS, sunspots))

    assert readings_for(a_spend(), a_plan(), None, NOON) == (reading,)
    assert can_raise_at_once(a_plan(margin=60))
    assert not can_raise_at_once(a_plan())
