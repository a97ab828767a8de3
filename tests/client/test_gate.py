"""The gate: flags, limits, staleness, and how seldom the table is read."""

import asyncio
import threading

import pytest

from bedrock_meter_client import TenantGate, TenantThrottled
from bedrock_meter_client.reader import FlagReader
from tests.client.conftest import NOW, PATIENT, a_flag

RED = {"action": "block"}
SLOW = {"action": "slow", "level": "orange"}


@pytest.fixture
def gate(stub, dynamodb, clock):
    return a_gate(dynamodb, clock)


def a_gate(dynamodb, clock, wall=lambda: NOW, **more):
    reader = FlagReader(
        dynamodb,
        "flags",
        read_seconds=PATIENT,
        monotonic=clock,
        wall=wall,
        most_tenants=more.pop("most_tenants", 10_000),
    )
    return TenantGate(reader, monotonic=clock, **more)


def throttled(gate, tenant="acme", model="", tokens=0):
    try:
        gate.check(tenant, model, tokens)
    except TenantThrottled as caught:
        return caught
    return None


def test_no_item_is_green(gate):
    assert throttled(gate) is None


def test_a_notice_holds_nothing_back(stub, gate):
    stub.put("acme", action="notice", level="yellow")

    assert throttled(gate) is None


def test_observe_never_throttles_and_says_what_it_would_do(stub, gate, caplog):
    stub.put("acme", mode="observe")
    caplog.set_level("INFO", "bedrock_meter_client")

    assert throttled(gate) is None
    assert "would throttle" in caplog.text


def test_a_tenant_with_odd_characters_finds_its_flag(stub, gate):
    stub.put("a#b,$=ü", **RED)

    assert throttled(gate, "a#b,$=ü")
    assert list(stub.flags) == ["a=23b=2C=24=3D=C3=BC"]


def test_after_its_end_a_flag_has_no_effect(stub, gate, clock):
    stub.put("acme", **RED)
    assert throttled(gate)

    clock.at += 201  # 10:30:01 by the table's clock, and the table is not asked again.
    stub.down = True

    assert throttled(gate) is None


def test_the_flag_that_follows_counts_after_the_first_ends(stub, gate, clock):
    after = a_flag(**SLOW, expires_at="2026-11-18T11:30:00Z", limits={"requests_per_minute": 6})
    stub.put("acme", **RED, then=after)

    assert throttled(gate).action == "block"
    clock.at += 201
    stub.date += 201
    assert throttled(gate) is None  # One call is there at once, the next after ten seconds.
    assert throttled(gate).action == "slow"


@pytest.mark.parametrize("wrong_by", [-86_400, 86_400])
def test_the_clock_of_this_machine_does_not_matter(stub, dynamodb, clock, wrong_by):
    gate = a_gate(dynamodb, clock, wall=lambda: NOW + wrong_by)
    stub.put("acme", **RED)

    assert throttled(gate)
    clock.at += 201
    stub.date += 201
    assert throttled(gate) is None


def test_a_lagging_read_does_not_bring_an_older_flag_back(stub, gate, clock):
    stub.put("acme", version=18, **RED)
    assert throttled(gate)

    stub.put("acme", version=17, action="none", level="green")
    clock.at += 13
    assert throttled(gate)

    stub.put("acme", version=19, action="none", level="green")
    clock.at += 13
    assert throttled(gate) is None


def test_eight_threads_make_one_read_per_period(stub, gate, clock):
    stub.put("acme", action="notice")

    def call():
        for _ in range(50):
            gate.check("acme")

    for period in (1, 2, 3):
        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert stub.reads == period
        clock.at += 12.01


@pytest.mark.parametrize(
    ("action", "least", "most"), [("none", 24, 36), ("block", 8, 12), ("notice", 8, 12)]
)
def test_how_long_a_flag_is_kept(stub, gate, clock, action, least, most):
    stub.put("acme", action=action)

    throttled(gate)
    clock.at += least - 0.01
    throttled(gate)
    assert stub.reads == 1

    clock.at += most - least + 0.02
    throttled(gate)
    assert stub.reads == 2


def test_a_table_that_fails_is_not_asked_on_every_call(stub, gate):
    stub.down = True

    for _ in range(100):
        throttled(gate)

    assert stub.reads == 1


def test_only_so_many_tenants_are_remembered(stub, dynamodb, clock):
    gate = a_gate(dynamodb, clock, most_tenants=2)

    for tenant in ("a", "b", "c", "a"):
        throttled(gate, tenant)

    assert stub.reads == 4
    assert len(gate._reader._tenants) == 2


@pytest.mark.parametrize(("when_unknown", "stops"), [("open", False), ("closed", True)])
def test_with_nothing_ever_read_the_caller_decides(stub, dynamodb, clock, when_unknown, stops):
    stub.down = True
    gate = a_gate(dynamodb, clock, when_unknown=when_unknown)

    assert bool(throttled(gate)) is stops


@pytest.mark.parametrize(("rule", "stops"), [("open", False), ("closed", True)])
def test_an_old_copy_follows_the_stale_rule_of_the_flag(stub, gate, clock, rule, stops):
    stub.put("acme", action="none", level="green", stale_rule=rule)
    throttled(gate)
    stub.down = True

    clock.at += 299
    assert throttled(gate) is None
    clock.at += 2
    assert bool(throttled(gate)) is stops


def test_a_tenant_that_was_quiet_for_an_hour_is_read_again_before_its_flag_counts(
    stub, gate, clock
):
    stub.put("acme", action="none", level="green", stale_rule="closed")
    throttled(gate)

    clock.at += 3600
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(throttled(gate))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == [None] * 8
    assert stub.reads == 2


def test_a_word_nobody_knows_is_refused(dynamodb, clock):
    with pytest.raises(ValueError, match="'open' or 'closed'"):
        a_gate(dynamodb, clock, when_unknown="maybe")


def test_a_slowed_tenant_gets_its_requests_per_minute(stub, gate, clock):
    stub.put("acme", **SLOW, expires_at="2026-11-18T12:00:00Z", limits={"requests_per_minute": 30})

    passed = 0
    for _second in range(600):
        passed += throttled(gate) is None
        clock.at += 1

    assert 300 <= passed <= 305  # Thirty a minute, and a burst of five.


def test_a_slowed_tenant_learns_when_to_try_again(stub, gate, clock):
    stub.put("acme", **SLOW, limits={"requests_per_minute": 6})

    assert throttled(gate) is None
    refused = throttled(gate)
    clock.at += refused.retry_after

    assert refused.retry_after == pytest.approx(10)
    assert throttled(gate) is None


def test_tokens_are_limited_by_what_calls_really_used(stub, gate, clock):
    stub.put("acme", **SLOW, limits={"tokens_per_minute": 6000})

    assert throttled(gate, tokens=100) is None
    gate.used("acme", 2000, guessed=100)  # The bucket held 1,000: it is 1,000 in debt.
    refused = throttled(gate, tokens=100)

    assert refused.retry_after == pytest.approx(11)


@pytest.mark.parametrize(
    "model",
    [
        "anthropic.claude-opus-4-1-20250805-v1:0",
        "us.anthropic.claude-opus-4-1-20250805-v1:0",
        "global.anthropic.claude-opus-4-5-v1:0",
        "in.anthropic.claude-opus-4-5-v1:0",
        "us-gov.anthropic.claude-opus-4-5-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-1-20250805-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-1-v1:0",
    ],
)
def test_a_withdrawn_model_is_refused_in_every_spelling(stub, gate, model):
    stub.put("acme", **SLOW, models={"deny": ["anthropic.claude-opus-*"]})

    assert "withdrawn" in throttled(gate, model=model).reason
    assert throttled(gate, model="us.anthropic.claude-haiku-4-5-20251001-v1:0") is None


def test_the_check_does_not_block_an_event_loop(stub, gate):
    stub.put("acme", **RED)

    with pytest.raises(TenantThrottled):
        asyncio.run(gate.acheck("acme"))
