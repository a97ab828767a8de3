"""What a source of profiles promises, in memory and as Bedrock answers on the engine."""

import time
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from bedrock_meter.aws.bedrock_profiles import BedrockProfiles
from bedrock_meter.local.profiles import MemoryProfiles
from bedrock_meter.ports.profiles import ProfileRefused, ProfilesUnavailable

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0"
ARN = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456"
TAGS = {"tenantId": "acme", "Cost Center": "42"}


@pytest.fixture(params=["memory", pytest.param("aws", marks=pytest.mark.engine)])
def known(request: pytest.FixtureRequest) -> tuple[Any, str]:
    """A source, and the ARN of a profile it knows."""
    if request.param == "memory":
        return MemoryProfiles({ARN: (MODEL,)}, {ARN: TAGS}), ARN
    bedrock = request.getfixturevalue("aws")("bedrock")
    made = bedrock.create_inference_profile(
        inferenceProfileName=f"profile-{time.time_ns()}",
        modelSource={"copyFrom": MODEL},
        tags=[{"key": key, "value": value} for key, value in TAGS.items()],
    )
    return BedrockProfiles(bedrock), made["inferenceProfileArn"]


def test_a_profile_is_answered_for_with_models_scope_tags_and_time(known):
    source, arn = known

    fact = source.ask(arn, NOON)

    assert (fact.arn, fact.found, fact.asked_at) == (arn, True, NOON)
    assert (fact.model_arns, fact.scope_hint, fact.tags) == ((MODEL,), "in_region", TAGS)


def test_an_unknown_profile_is_an_answer_that_found_nothing(known):
    source, arn = known

    fact = source.ask(arn[:-1] + ("x" if arn[-1] != "x" else "y"), NOON)

    assert (fact.found, fact.model_arns, fact.tags) == (False, (), {})


@pytest.mark.parametrize(
    ("account", "region", "is_ours"),
    [
        ("111122223333", "us-east-1", True),
        ("", "us-east-1", True),
        ("444455556666", "us-east-1", False),
        ("111122223333", "eu-west-1", False),
    ],
)
def test_a_profile_is_ours_by_its_account_and_region(account, region, is_ours):
    nobody = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    bedrock = boto3.client("bedrock", region_name=region, **nobody)

    assert BedrockProfiles(bedrock, account).is_ours(ARN) is is_ours
    assert MemoryProfiles(account=account, region=region).is_ours(ARN) is is_ours


@pytest.fixture
def bedrock() -> Any:
    """A client that answers only what a test gives it."""
    config = Config(retries={"max_attempts": 0})
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("bedrock", region_name="us-east-1", config=config, **keys)


def a_profile_answer(arn: str = ARN) -> dict[str, Any]:
    return {
        "inferenceProfileName": "acme",
        "inferenceProfileArn": arn,
        "models": [{"modelArn": MODEL}],
        "inferenceProfileId": arn.rpartition("/")[2],
        "status": "ACTIVE",
        "type": "APPLICATION",
    }


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ValidationException"])
def test_what_bedrock_does_not_know_is_an_answer(bedrock, code):
    with Stubber(bedrock) as answers:
        answers.add_client_error("get_inference_profile", code)

        fact = BedrockProfiles(bedrock).ask(ARN, NOON)

    assert (fact.found, fact.model_arns) == (False, ())
    assert fact.reason


def test_a_profile_that_is_gone_before_its_tags_are_read_is_not_taken_for_untagged(bedrock):
    with Stubber(bedrock) as answers:
        answers.add_response("get_inference_profile", a_profile_answer())
        answers.add_client_error("list_tags_for_resource", "ResourceNotFoundException")

        assert not BedrockProfiles(bedrock).ask(ARN, NOON).found


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnauthorizedException"])
@pytest.mark.parametrize("refused", ["the profile", "its tags"])
def test_a_refusal_is_no_answer_and_is_about_this_profile(bedrock, code, refused):
    with Stubber(bedrock) as answers:
        if refused == "its tags":
            answers.add_response("get_inference_profile", a_profile_answer())
            answers.add_client_error("list_tags_for_resource", code)
        else:
            answers.add_client_error("get_inference_profile", code)

        with pytest.raises(ProfileRefused, match=f"{ARN}: {code}"):
            BedrockProfiles(bedrock).ask(ARN, NOON)


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerException", "Whatever"])
def test_a_service_that_fails_gives_no_answer_at_all(bedrock, code):
    with Stubber(bedrock) as answers:
        answers.add_client_error("get_inference_profile", code)

        with pytest.raises(ProfilesUnavailable, match=code) as failed:
            BedrockProfiles(bedrock).ask(ARN, NOON)

    assert isinstance(failed.value.__cause__, ClientError)
    assert not isinstance(failed.value, ProfileRefused)


def test_a_profile_of_the_same_id_that_is_not_ours_is_not_found(bedrock):
    with Stubber(bedrock) as answers:
        other = a_profile_answer(ARN.replace("111122223333", "444455556666"))
        answers.add_response("get_inference_profile", other)

        assert not BedrockProfiles(bedrock).ask(ARN, NOON).found


def test_bedrock_is_asked_by_the_arn_that_the_permission_is_on(bedrock):
    with Stubber(bedrock) as answers:
        by_arn = {"inferenceProfileIdentifier": ARN}
        answers.add_response("get_inference_profile", a_profile_answer(), by_arn)
        answers.add_response("list_tags_for_resource", {"tags": []}, {"resourceARN": ARN})

        assert BedrockProfiles(bedrock).ask(ARN, NOON).found


def test_a_connection_that_fails_gives_no_answer_at_all():
    nowhere = boto3.client(
        "bedrock",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:1",
        config=Config(retries={"max_attempts": 0}, connect_timeout=1),
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )

    with pytest.raises(ProfilesUnavailable):
        BedrockProfiles(nowhere).ask(ARN, NOON)
