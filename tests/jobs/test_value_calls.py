"""What calls are valued with: profiles are asked about seldom, and no record can stop anything."""

import io
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter import prices
from bedrock_meter.domain.policy.decisions import POLICY, Decision
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.records.evidence import ABSENT, Evidence
from bedrock_meter.domain.time.hours import text_of
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.resolve_profiles import LiveProfiles
from bedrock_meter.jobs.value_calls import closing_valuation, live_valuation
from bedrock_meter.local.decisions import MemoryDecisions, MemoryPolicies
from bedrock_meter.local.profiles import MemoryProfileFacts, MemoryProfiles
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.reading import LogReading, reading_of
from bedrock_meter.ports.profiles import ProfilesUnavailable
from tests.builders import HAIKU, NINE, a_log, a_log_object, a_record, an_evidence, at

BOOK = prices.shipped()
OWNER = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/"
ARN = OWNER + "abc123def456"
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
NOW = at("10:20")
TAGGED = {ARN: {"tenant": "acme"}}
GIVEN = Policy.from_document({"tenants": {"acme": {"recognised_by": {"profiles": [ARN]}}}})


class Meter:
    """What both lanes go by, in memory: what was decided, Bedrock, and what it answered."""

    def __init__(self, policy: Policy | None = None, **known: Any) -> None:
        self.source = MemoryProfiles(**known)
        self.facts = MemoryProfileFacts()
        self.decisions, self.policies = MemoryDecisions(), MemoryPolicies()
        self.processes = [LiveProfiles(self.source, self.facts) for _ in range(2)]
        if policy:
            self.policies.put(policy)
            self.decisions.append(Decision(POLICY, policy.id, None, None, None, at("00:00")))

    def live(self, now: datetime = NOW, process: int = 0) -> Valuation:
        return live_valuation(now, profiles=self.processes[process], **self._decided())

    def closing(self, now: datetime = NOW) -> Valuation:
        asks = {"source": self.source, "facts": self.facts}
        return closing_valuation(NINE, now=now, **asks, **self._decided())

    def _decided(self) -> dict[str, Any]:
        return {
            "decisions": self.decisions,
            "policies": self.policies,
            "books": lambda _: BOOK,
        }


@pytest.fixture(params=[Meter.live, Meter.closing], ids=["live", "closing"])
def lane(request: pytest.FixtureRequest) -> Any:
    """`lane(meter)`: the valuation of one lane."""
    return request.param


def a_call(model_id: str = ARN, **changes: Any) -> Evidence:
    return an_evidence(**{"model_id": model_id, "metadata": None, **changes})


def a_failed_call(model_id: str = ARN, code: str = "ThrottlingException") -> Evidence:
    return a_call(model_id, error_code=code, usage={}, counts=ABSENT)


def a_log_object_with(meter: Meter, *records: dict[str, Any]) -> LogReading:
    """Read a log object as the ingest does."""
    valuation = meter.live()
    log_object, body = a_log_object(), io.BytesIO(a_log(*records))
    with reading_of(body, log_object, valuation, Callers(valuation.policy)) as reading:
        return reading


def test_nobody_is_asked_about_a_profile_that_only_failed_calls_name(lane):
    meter = Meter(models={ARN: (MODEL,)}, tags=TAGGED)
    valuation = lane(meter)

    found = [valuation.of(call)[0] for call in (a_failed_call(), a_failed_call("abc123def456"))]

    assert [one.tenant for one in found] == [None, None]
    assert meter.source.asked == []


def test_a_failed_call_counts_for_whom_its_profile_is_known_to_belong_to(lane):
    meter = Meter(models={ARN: (MODEL,)}, tags=TAGGED)

    valuation = lane(meter)

    assert valuation.of(a_call())[0].tenant == "acme"
    assert valuation.of(a_failed_call())[0].tenant == "acme"
    assert meter.source.asked == [ARN]


@pytest.mark.parametrize(
    "made_up",
    [
        (OWNER + "a" * 2048)[:2048],
        OWNER + "a" * 65,
        OWNER + "a b",
        OWNER + "a\n",
        OWNER + "größe",
        ARN.replace("111122223333", "1" * 13),
        ARN.replace("us-east-1", "u" * 21),
    ],
    ids=["2048 characters", "65 characters", "blank", "line", "letters", "account", "region"],
)
def test_what_is_no_arn_of_a_profile_is_never_asked_about_nor_a_key(lane, made_up):
    meter = Meter()

    attribution, charge = lane(meter).of(a_call(made_up))

    assert (attribution.tenant, charge.status) == (None, "unresolved_model")
    assert meter.source.asked == []
    assert meter.facts.reads == []


@pytest.mark.parametrize("code", [None, "ResourceNotFoundException"])
def test_the_policy_counts_for_a_profile_that_aws_does_not_know(lane, code):
    attribution, charge = lane(Meter(GIVEN)).of(a_call(error_code=code))

    assert (attribution.tenant, attribution.rule) == ("acme", "profile_tags")
    assert charge.status == ("failed_call" if code else "unresolved_model")


def test_calls_are_learnt_about_together(lane):
    meter = Meter(models={ARN: (MODEL,)}, tags=TAGGED)
    calls = [a_call(OWNER + f"p{number % 7}") for number in range(99)]

    valuation = lane(meter)
    valuation.learn([*calls, a_call(HAIKU), a_call("abc123def456"), a_failed_call("f" * 12)])
    meter.facts.reads.clear()
    for call in calls:
        valuation.of(call)

    assert len(meter.source.asked) == 8
    assert meter.facts.reads == []


def test_one_record_cannot_stop_a_log_object():
    meter = Meter()
    meter.source.unavailable = True
    long = (OWNER + "a" * 2048)[:2048]

    reading = a_log_object_with(
        meter,
        *(a_record(f"good-{number}") for number in range(100)),
        a_record("long", modelId=long),
        a_record("made up", modelId=long, errorCode="ResourceNotFoundException"),
        a_record("unknown", modelId=ARN),
    )

    assert (reading.records, reading.rejects) == (103, [])
    assert meter.facts.reads == [(ARN,)]


def test_five_thousand_made_up_ids_cost_a_log_object_no_question():
    meter, made_up = Meter(), [f"{number:012d}" for number in range(5000)]

    a_log_object_with(
        meter,
        *(a_record(text, modelId=text, errorCode="ResourceNotFoundException") for text in made_up),
    )

    assert meter.source.asked == []
    assert len(meter.facts.reads) < 50


def test_a_log_object_reads_of_its_profiles_together_and_asks_about_each_once():
    names = [OWNER + f"p{number}" for number in range(20)]
    meter = Meter(models=dict.fromkeys(names, (MODEL,)), tags=dict.fromkeys(names, TAGGED[ARN]))

    records = [a_record(f"r-{n}", modelId=names[n % 20], requestMetadata={}) for n in range(200)]
    reading = a_log_object_with(meter, *records)

    (partial,) = reading.partials()
    assert {row.tenant for row in partial.rows} == {"acme"}
    assert meter.source.asked == sorted(names)
    assert meter.facts.reads[0] == tuple(sorted(names))


STATES: dict[str, dict[str, Any]] = {
    "acme": {"models": {ARN: (MODEL,)}, "tags": {ARN: {"tenant": "acme"}}},
    "bolt": {"models": {ARN: (MODEL,)}, "tags": {ARN: {"tenant": "bolt"}}},
    "not found": {},
    "refused": {"refused": {ARN}},
    "throttled": {"unavailable": True},
}
ANSWERS = ("acme", "bolt", "not found")


class Step(NamedTuple):
    """What Bedrock says from a moment on, and which calls and lanes meet it there."""

    state: str
    minutes: int
    failed: bool
    live: bool
    closing: bool
    process: int


steps = st.builds(
    Step,
    state=st.sampled_from(list(STATES)),
    minutes=st.integers(1, 130),
    failed=st.booleans(),
    live=st.booleans(),
    closing=st.booleans(),
    process=st.integers(0, 1),
)


@given(
    history=st.lists(steps, min_size=1, max_size=8),
    last=st.sampled_from(ANSWERS),
    is_live_first=st.booleans(),
)
def test_both_lanes_name_the_same_tenant_once_bedrock_has_answered(history, last, is_live_first):
    meter, now, calls = Meter(), at("00:00"), []
    for step in history:
        now += timedelta(minutes=step.minutes)
        answer(meter, step.state)
        call = a_failed_call() if step.failed else a_call()
        calls.append(call._replace(at=text_of(now)))
        if step.live:
            meter.live(now, step.process).of(calls[-1])
        if step.closing:
            with suppress(ProfilesUnavailable):
                meter.closing(now).of(calls[-1])

    now += timedelta(hours=2)
    answer(meter, last)
    one_that_succeeded = a_call(at=text_of(now))
    lanes = [meter.live, meter.closing] if is_live_first else [meter.closing, meter.live]
    for lane in lanes:
        lane(now).of(one_that_succeeded)

    calls.append(one_that_succeeded)
    live, closing, again = meter.live(now), meter.closing(now), meter.closing(now)
    shown = [live.of(call)[0] for call in calls]
    assert shown == [closing.of(call)[0] for call in calls]
    assert shown == [again.of(call)[0] for call in calls]


def answer(meter: Meter, state: str) -> None:
    """Have Bedrock answer this way from now on."""
    empty: dict[str, Any] = {"models": {}, "tags": {}, "refused": (), "unavailable": False}
    for name, value in (empty | STATES[state]).items():
        setattr(meter.source, name, value)
