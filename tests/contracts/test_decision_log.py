"""What decisions, policies and profile facts promise, in memory and on AWS."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bedrock_meter.domain.policy.decisions import BOOK, POLICY, Decision
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.policy.profile import Known, ProfileFact, fact_at, missing_profile
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.ports.decisions import PolicyMissing
from bedrock_meter.ports.profiles import ProfilesUnavailable

BOTH = ["memory", pytest.param("aws", marks=pytest.mark.engine)]
ARN = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456"
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
UNTIL = NOON + timedelta(hours=1)


@pytest.fixture(params=BOTH)
def decision_log(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        from bedrock_meter.local.decisions import MemoryDecisions

        return MemoryDecisions()
    from bedrock_meter.aws.dynamodb_decisions import DynamoDbDecisions

    return DynamoDbDecisions(request.getfixturevalue("a_dynamodb_table")())


@pytest.fixture(params=BOTH)
def policy_store(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        from bedrock_meter.local.decisions import MemoryPolicies

        return MemoryPolicies()
    from bedrock_meter.aws.s3_policies import S3Policies

    s3, bucket = request.getfixturevalue("a_bucket")()
    writer = S3Policies(s3, bucket)
    reader = S3Policies(s3, bucket)
    return _Apart(writer, reader)


class _Apart:
    """Writes through one adapter and reads through another, so that no memory can help."""

    def __init__(self, writer: Any, reader: Any) -> None:
        self.put, self.policy = writer.put, reader.policy


@pytest.fixture(params=BOTH)
def profile_facts(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        from bedrock_meter.local.profiles import MemoryProfileFacts

        return MemoryProfileFacts()
    from bedrock_meter.aws.dynamodb_decisions import DynamoDbProfileFacts

    return DynamoDbProfileFacts(request.getfixturevalue("a_dynamodb_table")())


def a_decision(name: str = "p1", kind: str = POLICY, at: datetime = NOON) -> Decision:
    return Decision(kind, name, Hour("2026-11-21T05"), None, None, at)


def a_fact(at: datetime = NOON, **tags: str) -> ProfileFact:
    return ProfileFact(ARN, (MODEL,), "in_region", tags, at, found=True)


def known(profile_facts: Any, since: datetime = NOON) -> Known:
    found: Known = profile_facts.read([ARN], since)[ARN]
    return found


def test_a_decision_is_read_as_it_was_written(decision_log):
    narrow = Decision(BOOK, "b1", Hour("2026-11-01T00"), Hour("2026-11-02T00"), "a#b\n", NOON)
    wide = Decision(BOOK, "b2", None, None, None, NOON + SECOND)

    decision_log.append(narrow)
    decision_log.append(wide)

    assert decision_log.decisions(BOOK) == (narrow, wide)


def test_decisions_of_another_kind_are_apart(decision_log):
    decision_log.append(a_decision())

    assert decision_log.decisions(BOOK) == ()


def test_decisions_come_oldest_first_to_the_fraction_of_a_second(decision_log):
    times = [NOON + timedelta(microseconds=n) for n in (500_000, 0, 1_000_000, 5)]
    for number, at in enumerate(times):
        decision_log.append(a_decision(f"p{number}", at=at))

    read = decision_log.decisions(POLICY)

    assert [decision.decided_at for decision in read] == sorted(times)


def test_the_same_decision_twice_is_one(decision_log):
    decision_log.append(a_decision())
    decision_log.append(a_decision())

    assert decision_log.decisions(POLICY) == (a_decision(),)


def test_a_decision_is_unasked_until_all_its_hours_were_asked_for(decision_log):
    first, second = a_decision("p1"), a_decision("p2", at=NOON + SECOND)
    book = a_decision("b1", kind=BOOK)
    for decision in (second, first, book):
        decision_log.append(decision)
    assert decision_log.unasked(POLICY) == (first, second)

    decision_log.note_asked(first)
    decision_log.note_asked(first)
    decision_log.append(first)  # written before: nothing is left to ask for

    assert decision_log.unasked(POLICY) == (second,)
    assert decision_log.unasked(BOOK) == (book,)
    assert decision_log.decisions(POLICY) == (first, second)


def test_what_was_never_decided_cannot_be_noted(decision_log):
    decision_log.note_asked(a_decision())

    assert (decision_log.decisions(POLICY), decision_log.unasked(POLICY)) == ((), ())


def test_a_policy_is_read_by_its_id(policy_store):
    policy = Policy.from_document({"tenants": {"Größe\n#": {"budgets": {"day": {"usd": "0.1"}}}}})

    policy_store.put(policy)
    policy_store.put(policy)

    read = policy_store.policy(policy.id)
    assert read == policy
    assert read.plan_for("Größe\n#") == policy.plan_for("Größe\n#")


def test_a_policy_that_is_gone_is_said_to_be(policy_store):
    with pytest.raises(PolicyMissing, match="0000"):
        policy_store.policy("0000")


def test_the_default_policy_can_be_kept_too(policy_store):
    policy_store.put(DEFAULT_POLICY)

    assert policy_store.policy(DEFAULT_POLICY.id) == DEFAULT_POLICY


def test_facts_are_read_oldest_first_with_everything_they_say(profile_facts):
    late = a_fact(NOON + SECOND, tenant="new", **{"odd key": ""})
    unclear = ProfileFact(ARN, (), None, {}, NOON + 2 * SECOND, found=True)
    for fact in (unclear, late, a_fact(tenant="old")):
        profile_facts.remember(fact, UNTIL)

    assert known(profile_facts).facts == (a_fact(tenant="old"), late, unclear)


def test_many_profiles_are_read_together_and_of_each_there_is_an_answer(profile_facts):
    arns = [f"{ARN[:-3]}{number:03d}" for number in range(230)]
    for arn in arns[::50]:
        profile_facts.remember(replace(a_fact(), arn=arn), UNTIL)

    read = profile_facts.read(arns, NOON)

    assert set(read) == set(arns)
    assert [arn for arn in arns if read[arn].facts] == arns[::50]
    assert read[arns[1]] == Known()
    assert profile_facts.read([], NOON) == {}


def test_a_fact_once_remembered_stays(profile_facts):
    profile_facts.remember(a_fact(tenant="first"), UNTIL)
    profile_facts.remember(a_fact(tenant="second"), UNTIL)

    assert known(profile_facts).facts == (a_fact(tenant="first"),)


def test_the_same_answer_again_holds_longer_and_is_no_second_fact(profile_facts):
    profile_facts.remember(a_fact(tenant="acme"), UNTIL)
    profile_facts.remember(a_fact(NOON + SECOND, tenant="acme"), UNTIL + SECOND)

    assert known(profile_facts) == Known((a_fact(tenant="acme"),), NOON + SECOND, UNTIL + SECOND)


def test_what_was_not_found_has_a_time_and_an_end_and_is_no_fact(profile_facts):
    profile_facts.remember(missing_profile(ARN, NOON, "gone"), UNTIL)

    assert known(profile_facts) == Known((), NOON, UNTIL)


def test_a_profile_that_is_gone_keeps_its_facts_and_one_that_appears_gets_some(profile_facts):
    profile_facts.remember(a_fact(tenant="acme"), UNTIL)
    profile_facts.remember(missing_profile(ARN, NOON + SECOND, "gone"), UNTIL + SECOND)
    assert known(profile_facts) == Known((a_fact(tenant="acme"),), NOON + SECOND, UNTIL + SECOND)

    back = a_fact(NOON + 2 * SECOND, tenant="bolt")
    profile_facts.remember(back, UNTIL + 2 * SECOND)

    assert known(profile_facts).facts == (a_fact(tenant="acme"), back)


def test_tags_that_change_for_ever_are_kept_for_ever(profile_facts):
    tags = {f"{n:0128d}": "x" * 256 for n in range(50)}
    facts = [a_fact(NOON + n * SECOND, **tags, tenant=str(n)) for n in range(30)]
    for fact in facts:
        profile_facts.remember(fact, UNTIL)

    assert known(profile_facts, since=NOON).facts == tuple(facts)
    late = NOON + 29 * SECOND
    assert fact_at(known(profile_facts, since=late).facts, late) == facts[-1]


def test_who_asks_at_the_same_time_leaves_what_others_learnt(profile_facts):
    with ThreadPoolExecutor(4) as others:
        facts = [a_fact(NOON + n * SECOND, tenant=str(n)) for n in range(4)]
        list(others.map(lambda fact: profile_facts.remember(fact, UNTIL), facts))

    assert known(profile_facts).facts == tuple(facts)


@pytest.mark.engine
def test_who_is_always_too_late_says_so(a_dynamodb_table):
    from bedrock_meter.aws.dynamodb_decisions import DynamoDbProfileFacts

    class Late(DynamoDbProfileFacts):
        """Another process writes after every read."""

        def _latest(self, arn: str) -> Any:
            item = super()._latest(arn)
            other = DynamoDbProfileFacts(self._table)
            others.append(0)
            other.remember(missing_profile(arn, NOON + len(others) * SECOND, ""), UNTIL)
            return item

    others: list[int] = []
    with pytest.raises(ProfilesUnavailable, match="others"):
        Late(a_dynamodb_table()).remember(a_fact(), UNTIL)
