"""A tenant runs away, is stopped within a minute, and comes back to green step by step.

The stack lives in the present and enforces. An hour that has to pass is passed by moving the clock
of the functions (`engine/clock`) before the hourly state machine runs.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import boto3
import pytest

from bedrock_meter_client import FlagReader, TenantGate, TenantThrottled, attach
from engine import server
from engine.bedrock import BedrockStandIn, answering
from engine.demo import policy
from engine.demo.deployment import Deployment
from engine.waiting import until
from tests.e2e.meter import PATIENCE, Meter, a_key, deployed

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(600)]

POLICY = Path(__file__).parent / "throttling.yaml"
TENANT = "looping"
HAIKU = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
CALLS = 24  # so that a dollar is spent in one slot, whichever they fall into
A_MINUTE, AN_HOUR = 60, 3600
MOST_HOURS = 6
OFFSET = "DEMO_NOW_OFFSET"


def in_the_present(document: dict[str, Any]) -> None:
    document["Globals"]["Function"]["Environment"]["Variables"][OFFSET] = "0"


@pytest.fixture(scope="module")
def meter(engine: Any) -> Meter:
    """A stack of its own: it enforces, and its clock is moved."""
    made = deployed(engine, "throttling", edit=in_the_present, ThrottleMode="enforce")
    policy.apply(Deployment(engine, made.stack), POLICY)
    return made


@pytest.fixture(scope="module")
def bedrock() -> Iterator[BedrockStandIn]:
    """A Bedrock whose answers are long: a call costs a dime."""
    with answering(input_tokens=50_000, output_tokens=10_000) as stand_in:
        yield stand_in


def an_application(bedrock: BedrockStandIn, meter: Meter, *, obeys: bool) -> Any:
    """Return a real client that says whose its calls are, and looks at the flag if it obeys."""
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=bedrock.endpoint,
        region_name=server.REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    if not obeys:
        return attach(client, tenant=TENANT)
    # The engine may be busy with other tests for longer than an application would wait.
    table = meter.output("FlagsTableName")
    reader = FlagReader(meter.client("dynamodb"), table, read_seconds=PATIENCE)
    return attach(client, tenant=TENANT, gate=TenantGate(reader))


def ask(application: Any) -> TenantThrottled | None:
    """Make a call; give the refusal if there was one."""
    messages = [{"role": "user", "content": [{"text": "again"}]}]
    try:
        application.converse(modelId=HAIKU, messages=messages)
    except TenantThrottled as throttled:
        return throttled
    return None


def flag_of(meter: Meter) -> dict[str, Any]:
    return meter.item("Flags", tenant=TENANT)


def pass_an_hour(meter: Meter) -> None:
    """Move the clocks of all functions on, and have the hourly state machine run."""
    functions = meter.client("lambda")
    for function in functions.get_paginator("list_functions").paginate().search("Functions"):
        if function["FunctionName"] in meter.stack.resources.values():
            variables = function["Environment"]["Variables"]
            variables[OFFSET] = str(int(variables[OFFSET]) + AN_HOUR)
            functions.update_function_configuration(
                FunctionName=function["FunctionName"], Environment={"Variables": variables}
            )
    meter.close()


@dataclass
class ThrottlingRun:
    """What could be seen: the first flag and after how many seconds, and those after each hour;
    the first refusal, the calls Bedrock had received by then, and what calls met later on."""

    seconds: float = 0.0
    raised: dict[str, Any] = field(default_factory=dict)
    refusal: TenantThrottled | None = None
    received: int = 0
    flags: list[dict[str, Any]] = field(default_factory=list)
    slowed: list[TenantThrottled | None] = field(default_factory=list)
    calm: list[TenantThrottled | None] = field(default_factory=list)


@pytest.fixture(scope="module")
def story(meter: Meter, bedrock: BedrockStandIn) -> ThrottlingRun:
    """Run away, be stopped, wait; the tests look at what was seen."""
    run = ThrottlingRun()
    heedless = an_application(bedrock, meter, obeys=False)
    for _ in range(CALLS):
        assert ask(heedless) is None
    now = datetime.now(UTC)
    key = a_key(f"{now:%H}", f"{now:%M:%S}", f"{now:%Y-%m-%d}")
    meter.put(key, *(call.record() for call in bedrock.calls))
    created = time.monotonic()
    run.raised = until(lambda: flag_of(meter), seconds=PATIENCE)
    run.seconds = time.monotonic() - created

    application = an_application(bedrock, meter, obeys=True)
    run.refusal = ask(application)
    run.received = len(bedrock.calls)
    for _ in range(MOST_HOURS):
        pass_an_hour(meter)
        run.flags.append(flag_of(meter))
        if run.flags[-1]["action"] == "slow" and not run.slowed:
            assert until(lambda: ask(application) is None, seconds=PATIENCE)
            run.slowed = [ask(application), ask(application)]
        if run.flags[-1]["level"] == "green":
            break
    assert until(lambda: ask(application) is None, seconds=PATIENCE)
    run.calm = [ask(application), ask(application)]
    return run


def test_the_flag_is_there_within_a_minute_of_the_log_object(
    story: ThrottlingRun, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\nfrom the log object to its flag: {story.seconds:.1f} s")

    assert story.seconds < A_MINUTE
    flag = story.raised
    assert (flag["level"], flag["action"], flag["mode"]) == ("red", "block", "enforce")
    assert flag["reason"].endswith("USD in 5 minutes; red from 1.00 USD in 5 minutes")


def test_the_next_call_is_refused_before_anything_is_sent(story: ThrottlingRun) -> None:
    refusal = story.refusal

    assert refusal is not None
    assert (refusal.tenant, refusal.level, refusal.action) == (TENANT, "red", "block")
    assert refusal.reason == story.raised["reason"]
    assert 0 < refusal.retry_after < 25 * 60
    assert story.received == CALLS


def test_when_traffic_stops_the_level_falls_one_step_at_a_time_to_green(
    story: ThrottlingRun,
) -> None:
    levels = [flag["level"] for flag in story.flags]
    versions = [flag["version"] for flag in [story.raised, *story.flags]]

    assert [level for level, _ in groupby(["red", *levels])] == ["red", "orange", "yellow", "green"]
    assert versions == sorted(versions)
    assert story.flags[-1]["action"] == "none"


def test_the_application_goes_on_slowly_first_and_then_freely(story: ThrottlingRun) -> None:
    assert [refused.action if refused else None for refused in story.slowed] == ["slow", "slow"]
    assert story.calm == [None, None]
