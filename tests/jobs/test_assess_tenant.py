"""Assessing tenants: what is written when a level moves, and what is not."""

from datetime import timedelta
from threading import Thread

import pytest

from bedrock_meter.domain.levels.flag import ENFORCE, OBSERVE, override_flag
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.plan import Response
from bedrock_meter.domain.levels.stored_state import HistoryEntry, change_of
from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.jobs.assess_tenant import (
    ATTEMPTS,
    FULL,
    LIVE,
    MOST_UNBUDGETED,
    NoticeQuota,
    assess_tenant,
)
from bedrock_meter.local.levels import MemoryLevels
from tests.level_builders import (
    HOUR,
    MINUTE,
    NOON,
    a_budget,
    a_change_of,
    a_plan,
    a_slot,
    a_spend,
    rates,
)


class CountingLevels(MemoryLevels):
    """Counts what is written."""

    def __init__(self):
        super().__init__()
        self.puts = 0
        self.touches = 0

    def put(self, change):
        self.puts += 1
        return super().put(change)

    def touch(self, tenant, version, state):
        self.touches += 1
        return super().touch(tenant, version, state)


@pytest.fixture
def store():
    return CountingLevels()


def assess(store, spend, plan, now=NOON, lane=FULL, mode=ENFORCE, **more):
    """`spend` is what every attempt reads; several are read one after the other."""
    spends = list(spend) if isinstance(spend, tuple) else [spend] * ATTEMPTS
    return assess_tenant(
        "acme",
        spend=lambda: spends.pop(0),
        plan=plan,
        now=now,
        store=store,
        lane=lane,
        mode=mode,
        **more,
    )


def test_spending_a_budget_raises_level_flag_and_notice_together(store):
    assess(store, a_spend(day="100"), a_budget(day="100"))

    assert store.stored_state("acme").state.level is Level.RED
    assert store.flags["acme"].action == "block"
    assert [notice.after for notice in store.pending()] == [Level.RED]
    assert [entry.what for entry in store.history("acme")] == ["green to red"]


def test_a_tenant_within_its_budget_is_green_and_no_notice_is_sent(store):
    assess(store, a_spend(day="10"), a_budget(day="100"))

    assert store.stored_state("acme").state.level is Level.GREEN
    assert store.flags["acme"].action == "none"
    assert list(store.pending()) == []


def failing(tenant):
    slots = (a_slot(0, requests=50, errors=50),)
    return a_spend(tenant=tenant, slots=slots, requests_day=50, requests_month=50)


def test_a_run_sends_few_notices_about_unlisted_tenants_without_a_budget(store):
    quota = NoticeQuota()
    for number in range(3 * MOST_UNBUDGETED):
        name = f"forged-{number}"
        assess_tenant(
            name,
            spend=lambda name=name: failing(name),
            plan=a_plan(),
            now=NOON,
            store=store,
            lane=FULL,
            may_notify=quota.allows,
        )

    assert len(list(store.not_green())) == 3 * MOST_UNBUDGETED
    assert len(list(store.pending())) == MOST_UNBUDGETED
    assert all(store.history(name) for name in store.not_green())


@pytest.mark.parametrize("plan", [a_plan(is_listed=True), a_budget(day="100")])
def test_notices_about_tenants_that_are_listed_or_have_a_budget_are_always_sent(plan):
    quota = NoticeQuota()

    assert all(quota.allows(plan, lane) for lane in [FULL, LIVE] * MOST_UNBUDGETED)
    assert not quota.allows(a_plan(), LIVE)


def test_assessing_the_same_moment_again_writes_nothing(store):
    spend, plan = a_spend(day="100"), a_budget(day="100")
    assess(store, spend, plan)
    before = store.stored_state("acme"), store.puts, store.touches

    assess(store, spend, plan)
    assess(store, spend, plan, lane=LIVE)

    assert (store.stored_state("acme"), store.puts, store.touches) == before


def test_an_hour_later_nothing_but_the_time_of_the_assessment_is_written(store):
    plan = a_budget(day="100")
    assess(store, a_spend(day="100"), plan)
    version = store.stored_state("acme").version

    assess(store, a_spend(day="100", at=NOON + HOUR), plan, now=NOON + HOUR)

    assert store.stored_state("acme").version == version
    assert store.stored_state("acme").state.as_of == NOON + HOUR
    assert (store.puts, store.touches) == (1, 1)


def test_the_live_lane_writes_nothing_about_a_green_tenant(store):
    assess(store, a_spend(day="10"), a_budget(day="100"), lane=LIVE)

    assert (store.puts, store.touches) == (0, 0)


def test_the_live_lane_never_lowers_a_level(store):
    plan = a_budget(day="100")
    assess(store, a_spend(day="100"), plan)

    later = NOON + 3 * HOUR
    assess(store, a_spend(day="1", at=later), plan, now=later, lane=LIVE)

    assert store.stored_state("acme").state.level is Level.RED


def test_the_live_lane_prolongs_a_flag_while_a_rate_goes_on(store):
    plan = a_plan(cost_5m=rates("1", "2", "3"))
    assess(store, a_spend(slots=(a_slot(0, cost="3"),)), plan, lane=LIVE)
    first = store.flags["acme"]

    later = NOON + 5 * MINUTE
    assess(
        store,
        a_spend(slots=(a_slot(0, cost="3", at=later),), at=later),
        plan,
        now=later,
        lane=LIVE,
    )

    assert first.expires_at == NOON + 15 * MINUTE
    assert store.flags["acme"].expires_at == NOON + 20 * MINUTE
    assert store.flags["acme"].version > first.version
    assert len(list(store.pending())) == 1


def test_a_rate_comes_back_to_green_one_step_per_dwell(store):
    plan = a_plan(cost_5m=rates("1", "2", "3"))
    assess(store, a_spend(slots=(a_slot(0, cost="3"),)), plan, lane=LIVE)

    levels = []
    for hours in range(1, 5):
        at = NOON + hours * HOUR
        assess(store, a_spend(at=at), plan, now=at)
        levels.append(store.stored_state("acme").state.level.word)

    assert levels == ["orange", "yellow", "green", "green"]
    assert [notice.after.word for notice in store.pending()] == ["red", "orange", "yellow", "green"]


def test_two_assessments_at_once_give_one_change_and_one_notice():
    store = MemoryLevels()
    spend, plan = a_spend(day="100"), a_budget(day="100")
    threads = [Thread(target=assess, args=(store, spend, plan)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(list(store.pending())) == 1
    assert len(store.history("acme")) == 1


class OvertakenLevels(MemoryLevels):
    """Somebody else is always quicker, `times` times."""

    def __init__(self, times):
        super().__init__()
        self.times = times

    def put(self, change):
        if self.times:
            self.times -= 1
            return False
        return super().put(change)


def test_a_lost_race_reads_the_spend_again():
    store = OvertakenLevels(times=1)

    found = assess(store, (a_spend(day="80"), a_spend(day="100")), a_budget(day="100"))

    assert found.level is Level.RED


def test_an_assessment_that_loses_every_race_raises_contended():
    with pytest.raises(Contended):
        assess(OvertakenLevels(times=99), a_spend(day="80"), a_budget(day="100"))


def test_versions_are_milliseconds_and_only_grow(store):
    plan = a_budget(day="100")
    assess(store, a_spend(day="80"), plan)
    first = store.stored_state("acme").version

    earlier = NOON - HOUR  # A worker whose clock is an hour slow.
    assess(store, a_spend(day="100", at=earlier), plan, now=earlier)

    assert first == int(NOON.timestamp() * 1000)
    assert store.stored_state("acme").version == first + 1


def test_an_override_stays_in_force_and_carries_the_automatic_flag(store):
    plan = a_budget(day="100")
    assess(store, a_spend(day="80"), plan)
    override(store, plan, until=NOON + 2 * HOUR)

    later = NOON + HOUR
    assess(store, a_spend(day="100", at=later), plan, now=later)

    flag = store.flags["acme"]
    assert (flag.source, flag.action) == ("override", "none")
    assert (flag.then.source, flag.then.action) == ("assess", "block")
    assert store.stored_state("acme").state.level is Level.RED
    assert flag.in_force(NOON + 3 * HOUR).action == "block"


def test_an_override_that_ended_is_dropped_by_the_next_full_run(store):
    plan = a_budget(day="100")
    assess(store, a_spend(day="80"), plan)
    override(store, plan, until=NOON + 30 * MINUTE)

    later = NOON + HOUR
    assess(store, a_spend(day="80", at=later), plan, now=later)

    assert store.stored_state("acme").override is None
    assert store.flags["acme"].source == "assess"


def override(store, plan, until):
    stored_state = store.stored_state("acme")
    change = a_change_of(stored_state, a_spend(day="80"), plan, NOON)
    flag = override_flag(
        "acme",
        level=Level.GREEN,
        response=Response("none"),
        reason="demo for the customer",
        stale_rule="open",
        now=NOON,
        until=until,
    )

    assert store.put(change_of(stored_state, change.state, change.automatic, flag, NOON))


def test_the_switch_turns_automatic_flags_into_observed_ones(store):
    plan = a_budget(day="100")
    assess(store, a_spend(day="100"), plan)
    assert store.flags["acme"].mode == ENFORCE

    store.put_switch(HistoryEntry(NOON, "throttling off", "ana", "incident 12"))
    later = NOON + HOUR
    assess(store, a_spend(day="100", at=later), plan, now=later)

    assert store.flags["acme"].mode == OBSERVE
    assert store.flags["acme"].action == "block"


def test_observe_is_the_mode_when_none_is_given(store):
    assess_tenant(
        "acme",
        spend=lambda: a_spend(day="100"),
        plan=a_budget(day="100"),
        now=NOON,
        store=store,
        lane=FULL,
    )

    assert store.flags["acme"].mode == OBSERVE


def test_green_is_an_item_with_the_next_version(store):
    plan = a_budget(day="100", dwell=timedelta(minutes=1))
    assess(store, a_spend(day="50"), plan)
    yellow = store.flags["acme"]

    tomorrow = NOON + 13 * HOUR
    assess(store, a_spend(day="1", at=tomorrow), plan, now=tomorrow)

    green = store.flags["acme"]
    assert (green.level, green.action) == (Level.GREEN, "none")
    assert green.version > yellow.version


def test_a_budget_of_nothing_is_red_at_the_first_cent_and_green_before(store):
    plan = a_budget(day="0")

    assess(store, a_spend(day="0"), plan)
    assert store.stored_state("acme").state.level is Level.GREEN

    assess(store, a_spend(day="0.01"), plan)
    assert store.stored_state("acme").state.level is Level.RED


class Past:
    def __init__(self):
        self.asked = 0

    def costs(self, tenant, first, until):
        self.asked += 1
        return {}


def test_the_full_lane_derives_the_baseline_once_a_day(store):
    past, plan = Past(), a_budget(day="100")

    for hours in range(3):
        at = NOON + hours * HOUR
        assess(store, a_spend(at=at), plan, now=at, past=past)
    assess(store, a_spend(at=NOON + HOUR), plan, now=NOON + HOUR, past=past, lane=LIVE)

    assert past.asked == 1
    assert store.stored_state("acme").baseline.usual == ()
