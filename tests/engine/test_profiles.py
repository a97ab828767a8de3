"""Application inference profiles as AWS answers for them, and as it authorises the question."""

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.engine

MODEL = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0"

ASKS = """
import boto3
bedrock = boto3.client("bedrock")
def code_of(call, **arguments):
    try:
        call(**arguments)
    except Exception as error:
        return error.response["Error"]["Code"]
    return "ok"
def handler(event, context):
    return [
        code_of(bedrock.get_inference_profile, inferenceProfileIdentifier=event["id"]),
        code_of(bedrock.get_inference_profile, inferenceProfileIdentifier=event["arn"]),
        code_of(bedrock.list_tags_for_resource, resourceARN=event["arn"]),
    ]
"""


@pytest.fixture
def a_profile(aws, a_name):
    def profile(**tags):
        made = aws("bedrock").create_inference_profile(
            inferenceProfileName=a_name("profile"),
            modelSource={"copyFrom": MODEL},
            tags=[{"key": key, "value": value} for key, value in tags.items()],
        )
        arn = made["inferenceProfileArn"]
        return {"arn": arn, "id": arn.rpartition("/")[2]}

    return profile


@pytest.mark.parametrize("form", ["id", "arn"])
def test_a_profile_names_its_model_whichever_way_it_is_asked_for(form, aws, a_profile):
    profile = a_profile()

    found = aws("bedrock").get_inference_profile(inferenceProfileIdentifier=profile[form])

    assert found["inferenceProfileArn"] == profile["arn"]
    assert ":application-inference-profile/" in found["inferenceProfileArn"]
    assert found["models"] == [{"modelArn": MODEL}]
    assert found["type"] == "APPLICATION"


def test_the_tags_of_a_profile_are_listed(aws, a_profile):
    profile = a_profile(tenantId="acme", team="search")

    tags = aws("bedrock").list_tags_for_resource(resourceARN=profile["arn"])["tags"]

    assert {tag["key"]: tag["value"] for tag in tags} == {"tenantId": "acme", "team": "search"}


def test_a_profile_that_is_gone_is_not_found(aws, a_profile):
    profile = a_profile()
    aws("bedrock").delete_inference_profile(inferenceProfileIdentifier=profile["id"])

    for form in profile.values():
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            aws("bedrock").get_inference_profile(inferenceProfileIdentifier=form)


@pytest.mark.parametrize("resource", ["application-inference-profile/*", "the profile"])
def test_permission_on_application_profiles_is_enough(
    resource, a_profile, a_role, a_function, invoke
):
    profile = a_profile()
    arns = {"application-inference-profile/*": "arn:aws:bedrock:us-east-1:000000000000:" + resource}
    role = a_role(
        {
            "Action": ["bedrock:GetInferenceProfile", "bedrock:ListTagsForResource"],
            "Resource": arns.get(resource, profile["arn"]),
        }
    )

    assert invoke(a_function(ASKS, role=role), profile) == ["ok", "ok", "ok"]


def test_permission_on_another_profile_or_on_system_profiles_is_not(
    a_profile, a_role, a_function, invoke
):
    role = a_role(
        {
            "Action": ["bedrock:GetInferenceProfile", "bedrock:ListTagsForResource"],
            "Resource": [
                a_profile()["arn"],
                "arn:aws:bedrock:us-east-1:000000000000:inference-profile/*",
            ],
        }
    )

    answers = invoke(a_function(ASKS, role=role), a_profile())

    assert answers == ["AccessDeniedException"] * 3
