"""The boundary in docs/policies takes nothing from a role of the stack that the role is given."""

import re
from collections.abc import Iterator
from typing import Any

from tests.template.permissions import LOG_BUCKET, Principal, listed, text_of
from tests.template.test_deployer import EVERYTHING, HERE, NAMED_BY_CLOUDFORMATION
from tests.template.translated import ACCOUNT, REGION

WORDS = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "bedrock-meter",
    "LogPrefix": "logs/",
    "LogBucketName": LOG_BUCKET,
    "LogBucketKmsKeyArn": NAMED_BY_CLOUDFORMATION["AWS::KMS::Key"],
    "ContactTopicArns": f"arn:aws:sns:{HERE}:bedrock-meter-of-a-customer",
}
KEYS = {"events:source": "bedrock-meter", "kms:ViaService": f"s3.{REGION}.amazonaws.com"}

# AWS Managed Policy Reference: what SAM attaches to functions, for the resources they are for.
ATTACHED = {
    "AWSLambdaBasicExecutionRole": (
        "AWS::Logs::LogGroup",
        "logs:CreateLogStream logs:PutLogEvents",
    ),
    "AWSLambdaDynamoDBExecutionRole": (
        "AWS::DynamoDB::Table",
        "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator",
    ),
    "AWSLambdaSQSQueueExecutionRole": (
        "AWS::SQS::Queue",
        "sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage",
    ),
}


def written_out(value: Any, template: Any) -> list[str]:
    """An ARN, or several, with names where the template has references."""
    if isinstance(value, list):
        return [arn for one in value for arn in written_out(one, template)]
    if isinstance(value, str):
        return [value]
    ((function, argument),) = value.items()
    if function == "Fn::If":
        return written_out(argument[2] if argument[0] == "OwnLogBucket" else argument[1], template)
    if function == "Fn::Sub":
        text, more = (argument, {}) if isinstance(argument, str) else argument
        words = {name: written_out(one, template)[0] for name, one in more.items()}
        return [re.sub(r"\$\{([\w:]+)(\.Arn)?\}", lambda m: _word(m[1], words, template), text)]
    return [_word(argument[0] if function == "Fn::GetAtt" else argument, {}, template)]


def _word(name: str, words: dict[str, str], template: Any) -> str:
    known = WORDS | words
    return known.get(name) or NAMED_BY_CLOUDFORMATION[template.resources[name]["Type"]]


def given(role: dict[str, Any], template: Any) -> Iterator[tuple[str, str]]:
    """Every action of a role's own policies, with what it is about."""
    for policy in role["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            chosen = statement["Fn::If"][1] if "Fn::If" in statement else statement
            for action in listed(chosen["Action"]):
                for place in written_out(chosen["Resource"], template):
                    yield action, place.replace("*", "x") if place != "*" else place


def test_a_role_keeps_everything_it_is_given(translated_template: Any) -> None:
    bounded = Principal([EVERYTHING], text_of("boundary"))

    for name, role in translated_template.of_type("AWS::IAM::Role").items():
        for action, place in given(role, translated_template):
            assert bounded.may(action, place, KEYS), (name, action, place)


def test_functions_keep_what_lambda_needs_of_them(translated_template: Any) -> None:
    bounded = Principal([EVERYTHING], text_of("boundary"))
    attached = {
        arn.rpartition("/")[2]
        for role in translated_template.of_type("AWS::IAM::Role").values()
        for arn in role.get("ManagedPolicyArns", ())
    }

    assert attached == set(ATTACHED)
    for kind, actions in ATTACHED.values():
        for action in actions.split():
            assert bounded.may(action, NAMED_BY_CLOUDFORMATION[kind]), action
