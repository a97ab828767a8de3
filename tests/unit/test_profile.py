"""Application inference profiles: which ids name one, and which of its facts counts when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.policy.profile import (
    Known,
    ProfileFact,
    fact_at,
    is_profile_of,
    may_name_profile,
    missing_profile,
    profile_arn_for,
    says_the_same,
    scope_hint_for,
    with_answer,
)

ARN = "arn:aws:bedrock:eu-central-1:111122223333:application-inference-profile/abc123def456"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MODEL = "arn:aws:bedrock:{}::foundation-model/anthropic.claude-sonnet-4-6"


def a_fact(hours: int, **tags: str) -> ProfileFact:
    at = NOON + timedelta(hours=hours)
    return ProfileFact(ARN, (MODEL.format("eu-central-1"),), "in_region", tags, at, found=True)


@pytest.mark.parametrize(
    "model_id",
    [
        "anthropic.claude-3-haiku-20240307-v1:0",
        "us.anthropic.claude-sonnet-4-6",
        "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-sonnet-4-6",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abc123def456",
        "abc123def45",
        "ABC123DEF456",
        "",
        (ARN + "a" * 2048)[:2048],
        ARN + "a" * 53,
        ARN.replace("abc123", "abc/123"),
        ARN.replace("abc123", "abc 123"),
        ARN + "\n",
        ARN.replace("111122223333", "11112222333"),
        ARN.replace("111122223333", "٣" * 12),
        ARN.replace("eu-central-1", "e" * 21),
        ARN.replace("arn:aws", "arn:" + "aws" * 700),
    ],
)
def test_other_model_ids_name_no_application_profile(model_id):
    assert profile_arn_for(model_id, account="111122223333", region="us-east-1") is None


def test_the_arn_of_a_profile_names_itself():
    assert profile_arn_for(ARN, account="", region="") == ARN
    gov = ARN.replace("arn:aws:", "arn:aws-us-gov:")
    assert profile_arn_for(gov, account="", region="") == gov
    longest = ARN.rpartition("/")[0] + "/" + "Az0:.-" * 10 + "1234"
    assert profile_arn_for(longest, account="", region="") == longest


@pytest.mark.parametrize(
    ("account", "region"),
    [("", "eu-central-1"), ("111122223333", ""), ("x" * 900, "eu-central-1"), ("1" * 12, "#" * 9)],
)
def test_a_bare_id_names_nothing_in_a_record_that_does_not_say_where_it_was(account, region):
    assert profile_arn_for("abc123def456", account=account, region=region) is None
    assert may_name_profile("abc123def456")


def test_no_name_of_a_profile_is_longer_than_a_key_can_be():
    parts = ["arn:aws-eeeeeeee-eeeeeeee", "bedrock", "r" * 20, "1" * 12]
    arn = ":".join(parts) + ":application-inference-profile/" + "i" * 64

    assert profile_arn_for(arn, account="", region="") == arn
    assert len(arn) < 200


def test_a_profile_belongs_to_an_account_and_a_region():
    assert is_profile_of(ARN, account="111122223333", region="eu-central-1")
    assert is_profile_of(ARN, account="", region="")
    assert not is_profile_of(ARN, account="444455556666", region="eu-central-1")
    assert not is_profile_of(ARN, account="111122223333", region="eu-west-1")


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-central-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")],
)
def test_a_bare_opaque_id_is_completed_from_the_record(region, partition):
    arn = profile_arn_for("abc123def456", account="111122223333", region=region)

    expected = f"arn:{partition}:bedrock:{region}:111122223333"
    assert arn == f"{expected}:application-inference-profile/abc123def456"


@pytest.mark.parametrize(
    ("regions", "hint"),
    [
        ([], None),
        (["us-east-1"], "in_region"),
        (["us-east-1", "us-west-2"], "us"),
        (["ca-central-1", "us-east-1"], "us"),
        (["eu-central-1", "eu-west-1"], "eu"),
        (["ap-northeast-1", "ap-northeast-3"], "jp"),
        (["ap-southeast-2", "ap-southeast-4"], "au"),
        (["ap-southeast-2", "ap-southeast-6"], "au"),
        (["ap-south-1", "ap-south-2"], "in"),
        (["ca-central-1", "ca-west-1"], "ca"),
        (["ap-southeast-1", "me-central-1"], "apac"),
        (["af-south-1", "af-south-2"], None),
        (["ap-northeast-1", "ap-southeast-2"], "apac"),
        (["us-gov-west-1", "us-gov-east-1"], "us-gov"),
        (["us-east-1", "eu-west-1"], "global"),
        (["us-east-1", ""], "global"),
        (["mars-north-1", "mars-south-1"], None),
        (["mars-north-1", "us-east-1"], None),
    ],
)
def test_regions_tell_the_routing(regions, hint):
    assert scope_hint_for([MODEL.format(region) for region in regions]) == hint


def test_what_is_no_arn_tells_nothing():
    assert scope_hint_for(["nonsense"]) is None


def test_the_latest_answer_before_a_call_counts_and_before_all_answers_the_first():
    early, late = a_fact(0, tenant="old"), a_fact(5, tenant="new")

    assert fact_at([late, early], NOON + timedelta(hours=4)) is early
    assert fact_at([late, early], NOON + timedelta(hours=5)) is late
    assert fact_at([late, early], NOON - timedelta(days=9)) is early


def test_what_found_nothing_is_no_fact():
    assert fact_at([missing_profile(ARN, NOON, "gone")], NOON) is None
    assert fact_at([], NOON) is None


def test_answers_are_compared_without_their_time():
    assert says_the_same(a_fact(0, tenant="a"), a_fact(9, tenant="a"))
    assert not says_the_same(a_fact(0, tenant="a"), a_fact(0, tenant="b"))


def answers(*given: ProfileFact) -> Known:
    known = Known()
    for answer in given:
        known = with_answer(known, answer, answer.asked_at + timedelta(hours=1))
    return known


def test_an_answer_holds_until_its_end_and_the_latest_one_decides_which():
    known = answers(a_fact(2), a_fact(0))

    assert known.asked_at == NOON + timedelta(hours=2)
    assert known.holds(NOON + timedelta(hours=2, minutes=59))
    assert not known.holds(NOON + timedelta(hours=3))
    assert not Known().holds(NOON)


def test_an_answer_that_says_what_the_one_before_said_is_not_kept_again():
    known = answers(a_fact(0, tenant="a"), a_fact(1, tenant="a"), a_fact(2, tenant="b"))

    assert known.facts == (a_fact(0, tenant="a"), a_fact(2, tenant="b"))


given_answers = st.lists(
    st.builds(
        lambda hour, tenant: (
            a_fact(hour, tenant=tenant)
            if tenant
            else missing_profile(ARN, NOON + timedelta(hours=hour), "")
        ),
        st.integers(0, 9),
        st.sampled_from(["a", "b", ""]),
    ),
    max_size=9,
    unique_by=lambda answer: answer.asked_at,
)


@given(given_answers, st.integers(-1, 10))
def test_what_was_not_kept_again_changes_no_call(given, hour):
    given = sorted(given, key=lambda answer: answer.asked_at)
    at = NOON + timedelta(hours=hour)

    short, whole = fact_at(answers(*given).facts, at), fact_at(given, at)

    assert (short and short.tags) == (whole and whole.tags)
