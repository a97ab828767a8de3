"""Overrides and the switch: a person's word counts, ends, and is written down."""

import pytest

from bedrock_meter.domain.levels.flag import ENFORCE, OBSERVE
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.plan import Limits, Response
from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.jobs.assess_tenant import FULL, assess_tenant
from bedrock_meter.jobs.override_flags import clear_override, override_tenant, switch_throttling
from bedrock_meter.local.levels import MemoryLevels
from tests.level_builders import HOUR, NOON, a_budget, a_spend

PLAN = a_budget(day="100")


@pytest.fixture
def store():
    return MemoryLevels()


def assess(store, tenant="acme", day="100", now=NOON, mode=ENFORCE):
    return assess_tenant(
        tenant,
        spend=lambda: a_spend(tenant=tenant, day=day, at=now),
        plan=PLAN,
        now=now,
        store=store,
        lane=FULL,
        mode=mode,
    )


def override(store, response=None, tenant="acme", hours=2):
    return override_tenant(
        tenant,
        response=response or Response("none"),
        until=NOON + hours * HOUR,
        by="ana",
        reason="month-end run",
        plan=PLAN,
        now=NOON,
        store=store,
    )


def test_an_override_counts_at_once_and_the_automatic_flag_after_it(store):
    assess(store)

    flag = override(store)

    assert store.flags["acme"] == flag
    assert flag.in_force(NOON + HOUR).action == "none"
    assert flag.in_force(NOON + 3 * HOUR).action == "block"


def test_an_override_of_a_tenant_never_assessed_is_kept(store):
    flag = override(store, Response("slow", Limits(requests_per_minute=5)))

    assert (flag.level, flag.action, flag.mode) == (Level.ORANGE, "slow", ENFORCE)
    assert store.stored_state("acme").override is not None


def test_the_history_keeps_who_overrode_and_why(store):
    override(store)

    [entry] = store.history("acme")
    assert (entry.what, entry.by, entry.reason) == ("override: none", "ana", "month-end run")


def test_an_override_sends_no_notice(store):
    assess(store)
    override(store)

    assert len(list(store.pending())) == 1


def test_clearing_brings_the_automatic_flag_back(store):
    assess(store)
    override(store)

    clear_override("acme", by="ben", reason="done", plan=PLAN, now=NOON + HOUR, store=store)

    assert store.flags["acme"].action == "block"
    assert store.stored_state("acme").override is None
    assert [entry.by for entry in store.history("acme")] == ["assess", "ana", "ben"]


def test_the_switch_turns_every_automatic_flag_to_observe_and_leaves_overrides(store):
    for tenant in ("acme", "globex", "initech"):
        assess(store, tenant)
    override(store, Response("block"), tenant="globex")

    changed = switch_throttling(
        off=True, mode=ENFORCE, by="ana", reason="incident", now=NOON, store=store
    )

    assert sorted(changed) == ["acme", "globex", "initech"]
    assert store.flags["acme"].mode == OBSERVE
    assert (store.flags["globex"].mode, store.flags["globex"].then.mode) == (ENFORCE, OBSERVE)


def test_switching_a_second_time_changes_nothing_more(store):
    assess(store)
    switch = {"mode": ENFORCE, "by": "ana", "reason": "incident", "now": NOON, "store": store}
    switch_throttling(off=True, **switch)
    version = store.flags["acme"].version

    assert switch_throttling(off=True, **switch) == []
    assert store.flags["acme"].version == version


def test_switching_on_again_brings_the_stacks_mode_back(store):
    assess(store)
    switch = {"mode": ENFORCE, "by": "ana", "reason": "incident", "now": NOON, "store": store}
    switch_throttling(off=True, **switch)

    assert switch_throttling(off=False, **switch) == ["acme"]
    assert store.flags["acme"].mode == ENFORCE
    assert store.switch() is None


class OvertakenLevels(MemoryLevels):
    def put(self, change):
        return False


def test_an_override_that_loses_every_race_raises_contended():
    with pytest.raises(Contended):
        override(OvertakenLevels())
