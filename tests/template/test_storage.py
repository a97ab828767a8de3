"""What is kept is encrypted, private, recoverable, and outlives the stack."""

import re
from typing import Any

import pytest

from bedrock_meter.aws import dynamodb_hours, dynamodb_levels
from bedrock_meter.aws.s3_closings import SUPERSEDED

FORGETS = {"EvidenceDays": "ForgetsEvidence", "RollupDays": "ForgetsRollups"}


def of(stack_template: Any, kind: str) -> dict[str, dict[str, Any]]:
    return {n: r for n, r in stack_template.resources.items() if r["Type"] == kind}


def test_buckets_and_tables_outlive_the_stack(stack_template: Any) -> None:
    buckets = of(stack_template, "AWS::S3::Bucket") | of(stack_template, "AWS::S3::BucketPolicy")
    kept = buckets | of(stack_template, "AWS::DynamoDB::Table")

    assert len(kept) == 9
    for name, resource in kept.items():
        # A first deployment that fails leaves nothing behind that the next one would not use.
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name
        assert resource["UpdateReplacePolicy"] == "Retain", name


def test_buckets_are_encrypted_and_closed_to_the_public(stack_template: Any) -> None:
    for name, bucket in stack_template.of_type("AWS::S3::Bucket").items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256", name
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4, name
        (ownership,) = bucket["OwnershipControls"]["Rules"]
        assert ownership == {"ObjectOwnership": "BucketOwnerEnforced"}, name


def test_buckets_refuse_what_does_not_come_by_tls(stack_template: Any) -> None:
    refusing = {
        next(iter(stack_template.ids_in(policy["Bucket"])))
        for policy in stack_template.of_type("AWS::S3::BucketPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Action"] == "s3:*"
        and len(statement["Resource"]) == 2
    }

    assert refusing == set(stack_template.of_type("AWS::S3::Bucket"))


def test_the_stacks_own_log_bucket_announces_its_objects(stack_template: Any) -> None:
    bucket = stack_template.of_type("AWS::S3::Bucket")["LogBucket"]

    assert bucket["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }


def expiries(stack_template: Any, told: set[str]) -> dict[str, str]:
    """What of the data bucket has an end, and the parameter that says when."""
    bucket = stack_template.of_type("AWS::S3::Bucket")["DataBucket"]
    rules = [
        rule["Fn::If"][1 if rule["Fn::If"][0] in told else 2] if "Fn::If" in rule else rule
        for rule in bucket["LifecycleConfiguration"]["Rules"]
    ]
    return {
        rule["Prefix"]: rule["ExpirationInDays"]["Ref"]
        for rule in rules
        if "ExpirationInDays" in rule and "TagFilters" not in rule
    }


def test_evidence_never_expires_unless_the_operator_says_so(stack_template: Any) -> None:
    always = {"quarantine/": "QuarantineDays", "partials/": "PartialDays"}
    told = {"ForgetsEvidence", "ForgetsRollups"}
    asked = {"evidence/": "EvidenceDays", "rollups/": "RollupDays"}

    assert expiries(stack_template, set()) == always
    assert expiries(stack_template, told) == always | asked
    for name in asked.values():
        default = stack_template.document["Parameters"][name]["Default"]
        assert int(default) == 0, name
        zero = {"Fn::Equals": [{"Ref": name}, default]}
        condition = FORGETS[name]
        assert stack_template.document["Conditions"][condition] == {"Fn::Not": [zero]}


@pytest.mark.parametrize(
    ("days", "allowed"),
    [("0", True), ("34", False), ("35", True), ("99", True), ("400", True), ("-1", False)],
)
def test_evidence_is_kept_for_ever_or_long_enough_to_close_late_hours(
    stack_template: Any, days: str, allowed: bool
) -> None:
    pattern = stack_template.document["Parameters"]["EvidenceDays"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, days)) is allowed


def test_only_closings_that_a_later_one_replaced_have_an_end(stack_template: Any) -> None:
    bucket = stack_template.of_type("AWS::S3::Bucket")["DataBucket"]
    (rule,) = [one for one in bucket["LifecycleConfiguration"]["Rules"] if "TagFilters" in one]

    assert rule["Prefix"] == "closings/"
    assert rule["TagFilters"] == [SUPERSEDED]


def test_what_was_published_can_always_be_told(stack_template: Any) -> None:
    ending = expiries(stack_template, {"ForgetsEvidence", "ForgetsRollups"})

    assert not {"closings/", "corrections/", "policies/", "books/"} & set(ending)


def test_what_was_replaced_can_be_taken_back_for_a_month(stack_template: Any) -> None:
    bucket = stack_template.of_type("AWS::S3::Bucket")["DataBucket"]

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (ends,) = [
        rule["NoncurrentVersionExpiration"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "NoncurrentVersionExpiration" in rule
    ]
    assert ends == {"NoncurrentDays": 30}


def test_a_stacks_own_log_objects_have_an_end(stack_template: Any) -> None:
    bucket = stack_template.of_type("AWS::S3::Bucket")["LogBucket"]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]

    assert rule["ExpirationInDays"] == {"Ref": "LogObjectDays"}


def test_tables_are_encrypted_recoverable_and_paid_by_request(stack_template: Any) -> None:
    tables = stack_template.of_type("AWS::DynamoDB::Table")

    assert len(tables) == 5
    for name, table in tables.items():
        assert table["SSESpecification"] == {"SSEEnabled": True}, name
        recovery = table["PointInTimeRecoverySpecification"]
        assert recovery == {"PointInTimeRecoveryEnabled": True}, name
        assert table["BillingMode"] == "PAY_PER_REQUEST", name


def test_only_live_totals_expire(stack_template: Any) -> None:
    tables = stack_template.of_type("AWS::DynamoDB::Table")
    expiring = {
        name: table["TimeToLiveSpecification"]
        for name, table in tables.items()
        if "TimeToLiveSpecification" in table
    }

    ends = {"AttributeName": "ttl", "Enabled": True}
    assert expiring == {"PartialsTable": ends, "UsageTable": ends}


@pytest.mark.parametrize(
    ("table", "name", "keys"),
    [
        ("HoursTable", dynamodb_hours.INDEX, ["due", "pk"]),
        ("TenantsTable", dynamodb_levels.INDEX, ["alert", "pk"]),
    ],
)
def test_indexes_are_those_the_adapters_ask(
    stack_template: Any, table: str, name: str, keys: list[str]
) -> None:
    (index,) = stack_template.of_type("AWS::DynamoDB::Table")[table]["GlobalSecondaryIndexes"]

    assert index["IndexName"] == name
    assert [key["AttributeName"] for key in index["KeySchema"]] == keys
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_topics_are_encrypted(stack_template: Any) -> None:
    for name, topic in stack_template.of_type("AWS::SNS::Topic").items():
        assert topic["KmsMasterKeyId"], name


def test_logs_of_functions_go_where_they_are_forgotten_in_time(stack_template: Any) -> None:
    groups = stack_template.of_type("AWS::Logs::LogGroup")

    assert stack_template.globals["LoggingConfig"]["LogGroup"] == {"Ref": "FunctionLogs"}
    assert set(groups) == {"FunctionLogs"}
    assert groups["FunctionLogs"]["RetentionInDays"] == {"Ref": "FunctionLogDays"}


def test_an_existing_log_bucket_and_its_logging_are_left_alone_unless_told_otherwise(
    stack_template: Any,
) -> None:
    parameter = stack_template.document["Parameters"]["ManageLogging"]
    assert parameter["Default"] == "false"
    for name, statement in stack_template.statements():
        if "Put" in str(statement["Action"]) and "logging" in str(statement["Action"]).lower():
            assert stack_template.resources[name]["Condition"] == "ManagesLogging"
        if "s3:PutBucketNotification" in statement["Action"]:
            assert stack_template.resources[name]["Condition"] == "ManagesLogging"
    for name in ("LogBucket", "LogBucketPolicy"):
        assert stack_template.resources[name]["Condition"] == "OwnLogBucket"
    for name, resource in stack_template.resources.items():
        if resource["Type"].startswith("AWS::S3::"):
            assert "LogBucketName" not in str(resource), name
