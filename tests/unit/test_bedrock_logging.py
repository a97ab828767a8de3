"""Bedrock's logging configuration and the bucket's announcements, at the wire."""

import json
from typing import Any

import boto3
from botocore.stub import Stubber

from bedrock_meter.aws.bedrock_logging import BedrockLogging

KEYS = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
KINDS = ("text", "image", "embedding", "video", "audio")
CLOUDWATCH = {
    "cloudWatchConfig": {"logGroupName": "g", "roleArn": "arn:aws:iam::111122223333:role/r"},
    "textDataDeliveryEnabled": False,
}


def answering(service: str, *calls: tuple[str, Any, Any]) -> Any:
    """A client that expects just these calls: name, request (None: any), answer."""
    client = boto3.client(service, **KEYS)
    stub = Stubber(client)
    for name, request, answer in calls:
        stub.add_response(name, answer, request)
    stub.activate()
    return client


def config(**given: Any) -> tuple[str, Any, Any]:
    return ("get_model_invocation_logging_configuration", None, {"loggingConfig": given})


def test_no_configuration_is_no_place() -> None:
    for answer in ({}, {"loggingConfig": {}}, {"loggingConfig": CLOUDWATCH}):
        call = ("get_model_invocation_logging_configuration", None, answer)
        assert BedrockLogging(answering("bedrock", call), None).place() is None


def test_a_place_is_a_bucket_and_a_prefix_without_slash() -> None:
    bedrock = answering("bedrock", config(s3Config={"bucketName": "logs", "keyPrefix": "p/"}))

    assert BedrockLogging(bedrock, None).place() == ("logs", "p")


def test_everything_is_delivered_where_nobody_chose() -> None:
    wanted = {
        "s3Config": {"bucketName": "logs", "keyPrefix": "p"},
        **{f"{kind}DataDeliveryEnabled": True for kind in KINDS},
    }
    put = ("put_model_invocation_logging_configuration", {"loggingConfig": wanted}, {})

    BedrockLogging(answering("bedrock", config(), put), None).deliver_to("logs", "p")


def test_what_somebody_chose_for_cloudwatch_stays() -> None:
    wanted = {
        **{f"{kind}DataDeliveryEnabled": True for kind in KINDS if kind != "text"},
        **CLOUDWATCH,
        "s3Config": {"bucketName": "logs"},
    }
    put = ("put_model_invocation_logging_configuration", {"loggingConfig": wanted}, {})

    BedrockLogging(answering("bedrock", config(**CLOUDWATCH), put), None).deliver_to("logs", "")


def test_the_role_of_cloudwatch_and_the_command_to_keep_it_are_told() -> None:
    bedrock = answering("bedrock", config(**CLOUDWATCH), config(**CLOUDWATCH), config())
    logging = BedrockLogging(bedrock, None)

    assert logging.role() == "arn:aws:iam::111122223333:role/r"
    command = logging.command_for("logs", "p")
    assert logging.role() is None
    assert "--region us-east-1 " in command
    wanted = json.loads(command.partition("--logging-config '")[2].removesuffix("'"))
    assert wanted["s3Config"] == {"bucketName": "logs", "keyPrefix": "p"}
    assert wanted["cloudWatchConfig"] == CLOUDWATCH["cloudWatchConfig"]
    assert wanted["textDataDeliveryEnabled"] is False


def test_other_announcements_of_the_bucket_stay() -> None:
    others = {"TopicConfigurations": [{"TopicArn": "arn:t", "Events": ["s3:ObjectCreated:*"]}]}
    put = {
        "Bucket": "b",
        "NotificationConfiguration": {**others, "EventBridgeConfiguration": {}},
        "SkipDestinationValidation": True,
    }
    s3 = answering(
        "s3",
        ("get_bucket_notification_configuration", {"Bucket": "b"}, others),
        ("put_bucket_notification_configuration", put, {}),
    )

    assert BedrockLogging(None, s3).announce("b") is True


def test_a_bucket_that_announces_is_left_alone() -> None:
    there = {"EventBridgeConfiguration": {}}
    s3 = answering("s3", ("get_bucket_notification_configuration", {"Bucket": "b"}, there))

    assert BedrockLogging(None, s3).announce("b") is False
