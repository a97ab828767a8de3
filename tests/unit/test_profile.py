"""Application inference profiles: which ids name one, and which of its facts counts when."""

from datetime import UTC, datetime, timedelta

import pytest

from bedrock_meter.domain.profile import (
    ProfileFact,
    fact_at,
    missing_profile,
    profile_arn_for,
    says_the_same,
    scope_hint_for,
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
    ],
)
def test_other_model_ids_name_no_application_profile(model_id):
    assert profile_arn_for(model_id, account="111122223333", region="us-east-1") is None


def test_the_arn_of_a_profile_names_itself():
    assert profile_arn_for(ARN, account="", region="") == ARN
    gov = ARN.replace("arn:aws:", "arn:aws-us-gov:")
    assert profile_arn_for(gov, account="", region="") == gov


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
        (["ap-northeast-1", "ap-southeast-2"], "apac"),
        (["us-gov-west-1", "us-gov-east-1"], "us-gov"),
        (["us-east-1", "eu-west-1"], "global"),
        (["us-east-1", ""], "global"),
        (["mars-north-1", "mars-south-1"], None),
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
