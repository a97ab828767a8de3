"""The rule lets log files through, and keeps what Bedrock puts beside them out of the queue."""

import re
from typing import Any

import pytest

FOLDER = "AWSLogs/123456789012/BedrockModelInvocationLogs/eu-central-1/2026/11/21/05/"


def passes(stack_template: Any, key: str, prefix: str = "") -> bool:
    rule = stack_template.of_type("AWS::Events::Rule")["LogObjectCreated"]
    (pattern,) = rule["EventPattern"]["detail"]["object"]["key"]
    wildcard = pattern["wildcard"]["Fn::Sub"].replace("${LogPrefix}", prefix)
    expression = ".*".join(map(re.escape, wildcard.split("*")))
    return re.fullmatch(expression, key) is not None


@pytest.mark.parametrize("prefix", ["", "logs/", "a/b/"])
def test_a_log_file_is_announced(stack_template: Any, prefix: str) -> None:
    key = prefix + FOLDER + "20261121T051630023Z_9b86bf4994c4ab1c.json.gz"

    assert passes(stack_template, key, prefix)


@pytest.mark.parametrize(
    "key",
    [
        FOLDER + "data/5f4d7ee1-0f0e-4b4b-9b1e-0c6b2f1d2e3f_input.json.gz",
        FOLDER + "data/5f4d7ee1-0f0e-4b4b-9b1e-0c6b2f1d2e3f_output.json.gz",
        FOLDER + "data/5f4d7ee1-0f0e-4b4b-9b1e-0c6b2f1d2e3f_input_media_00.pdf",
        "AWSLogs/123456789012/BedrockModelInvocationLogs/amazon-bedrock-logs-permission-check",
        "AWSLogs/123456789012/CloudTrail/eu-central-1/2026/11/21/x_20261121T0515Z_a.json.gz",
    ],
)
def test_nothing_else_is(stack_template: Any, key: str) -> None:
    assert not passes(stack_template, key)


def test_the_rule_hears_of_new_objects_in_the_log_bucket_alone(stack_template: Any) -> None:
    pattern = stack_template.of_type("AWS::Events::Rule")["LogObjectCreated"]["EventPattern"]

    assert (pattern["source"], pattern["detail-type"]) == (["aws.s3"], ["Object Created"])
    assert pattern["detail"]["bucket"]["name"] == [
        {"Fn::If": ["OwnLogBucket", {"Ref": "LogBucket"}, {"Ref": "LogBucketName"}]}
    ]
