"""The policies in docs/policies suffice for everything a deployment does, and lead nowhere else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.permissions import (
    BOUNDARY_ARN,
    DEPLOYER,
    LOG_BUCKET,
    Principal,
    deployer,
    listed,
    resources_of,
    statements_of,
    text_of,
)
from tests.template.translated import ACCOUNT, REGION, handlers_of

HERE = f"{REGION}:{ACCOUNT}"
UPLOAD = f"arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-1/bedrock-meter/{'0' * 32}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/bedrock-meter-IngestRole-1"
NAMED_BY_CLOUDFORMATION = {
    "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:{HERE}:alarm:bedrock-meter-clock",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{HERE}:table/bedrock-meter-UsageTable-1",
    "AWS::Events::Rule": f"arn:aws:events:{HERE}:rule/bedrock-meter-LogObjectCreated-1",
    "AWS::IAM::ManagedPolicy": f"arn:aws:iam::{ACCOUNT}:policy/bedrock-meter-UsageReader-1",
    "AWS::IAM::Role": ROLE,
    "AWS::KMS::Key": f"arn:aws:kms:{HERE}:key/00000000-0000-0000-0000-000000000000",
    "AWS::Lambda::EventInvokeConfig": f"arn:aws:lambda:{HERE}:function:bedrock-meter-Ingest-1",
    "AWS::Lambda::EventSourceMapping": f"arn:aws:lambda:{HERE}:event-source-mapping:0-0",
    "AWS::Lambda::Function": f"arn:aws:lambda:{HERE}:function:bedrock-meter-Ingest-1",
    "AWS::Lambda::LayerVersion": f"arn:aws:lambda:{HERE}:layer:bedrock-meter-meter:1",
    "AWS::Lambda::Permission": f"arn:aws:lambda:{HERE}:function:bedrock-meter-RefreshPrices-1",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{HERE}:log-group:bedrock-meter-FunctionLogs-1",
    "AWS::S3::Bucket": "arn:aws:s3:::bedrock-meter-databucket-1",
    "AWS::S3::BucketPolicy": "arn:aws:s3:::bedrock-meter-databucket-1",
    "AWS::SNS::Subscription": f"arn:aws:sns:{HERE}:bedrock-meter-AlarmTopic-1",
    "AWS::SNS::Topic": f"arn:aws:sns:{HERE}:bedrock-meter-AlarmTopic-1",
    "AWS::SNS::TopicPolicy": f"arn:aws:sns:{HERE}:bedrock-meter-AlarmTopic-1",
    "AWS::SQS::Queue": f"arn:aws:sqs:{HERE}:bedrock-meter-IngestQueue-1",
    "AWS::SQS::QueuePolicy": f"arn:aws:sqs:{HERE}:bedrock-meter-IngestQueue-1",
    "AWS::Scheduler::Schedule": f"arn:aws:scheduler:{HERE}:schedule/default/bedrock-meter-Hourly-1",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{HERE}:stateMachine:bedrock-meter-hourly",
}
"""One ARN of each type, with the name that CloudFormation makes from the stack's."""

KEYS = {
    "aws:CalledVia": ["cloudformation.amazonaws.com"],
    "aws:RequestTag/bedrock-meter": "alarms",
    "aws:ResourceTag/bedrock-meter": "alarms",
    "iam:PermissionsBoundary": BOUNDARY_ARN,
    "lambda:FunctionArn": f"arn:aws:lambda:{HERE}:function:bedrock-meter-Ingest-1",
}
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
FOR_FUNCTIONS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
SERVICES = {"Lambda": "lambda", "Scheduler": "scheduler", "StepFunctions": "states"}

NOT_CALLED: dict[str, str] = {
    "AWS::DynamoDB::Table": """
        dynamodb:AssociateTableReplica dynamodb:BatchWriteItem dynamodb:CreateTableReplica
        dynamodb:DeleteItem dynamodb:DeleteResourcePolicy dynamodb:DescribeImport
        dynamodb:DisableKinesisStreamingDestination dynamodb:EnableKinesisStreamingDestination
        dynamodb:ImportTable dynamodb:PutItem dynamodb:PutResourcePolicy dynamodb:Query
        dynamodb:Scan dynamodb:UpdateContributorInsights dynamodb:UpdateItem
        dynamodb:UpdateKinesisStreamingDestination iam:CreateServiceLinkedRole
        kinesis:DescribeStream kinesis:PutRecords kms:CreateGrant kms:Decrypt kms:DescribeKey
        kms:Encrypt kms:ListAliases kms:RevokeGrant logs:CreateLogGroup logs:CreateLogStream
        logs:DescribeLogStreams logs:PutLogEvents logs:PutRetentionPolicy s3:ListBucket""",
    "AWS::Events::Rule": "iam:PassRole",
    "AWS::IAM::ManagedPolicy": """
        iam:AttachGroupPolicy iam:AttachRolePolicy iam:AttachUserPolicy iam:DetachGroupPolicy
        iam:DetachRolePolicy iam:DetachUserPolicy""",
    "AWS::Lambda::EventSourceMapping": "kms:Decrypt kms:DescribeKey kms:GenerateDataKey",
    "AWS::Lambda::Function": """
        ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups ec2:DescribeSubnets
        ec2:DescribeVpcs elasticfilesystem:DescribeMountTargets s3files:ListMountTargets
        kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey
        lambda:DeleteFunctionCodeSigningConfig lambda:DeleteFunctionConcurrency
        lambda:GetCodeSigningConfig lambda:PassCapacityProvider lambda:PublishVersion
        lambda:PutFunctionCodeSigningConfig lambda:PutFunctionConcurrency
        lambda:PutFunctionRecursionConfig lambda:PutFunctionScalingConfig
        lambda:PutRuntimeManagementConfig""",
    "AWS::Logs::LogGroup": """
        firehose:TagDeliveryStream logs:AssociateKmsKey logs:CreateLogDelivery
        logs:DeleteIndexPolicy logs:DeleteResourcePolicy logs:DisassociateKmsKey
        logs:PutBearerTokenAuthentication logs:PutDataProtectionPolicy logs:PutIndexPolicy
        logs:PutLogGroupDeletionProtection logs:PutResourcePolicy""",
    "AWS::S3::Bucket": """
        iam:PassRole s3:CreateBucketMetadataTableConfiguration
        s3:DeleteBucketMetadataTableConfiguration s3:DeleteBucketWebsite s3:DeleteObject
        s3:PutAccelerateConfiguration s3:PutAnalyticsConfiguration s3:PutBucketAbac
        s3:PutBucketAcl s3:PutBucketCORS s3:PutBucketLogging s3:PutBucketObjectLockConfiguration
        s3:PutBucketWebsite s3:PutIntelligentTieringConfiguration s3:PutInventoryConfiguration
        s3:PutMetricsConfiguration s3:PutObjectAcl s3:PutReplicationConfiguration
        s3:UpdateBucketMetadataAnnotationTableConfiguration
        s3:UpdateBucketMetadataInventoryTableConfiguration
        s3:UpdateBucketMetadataJournalTableConfiguration s3tables:CreateNamespace
        s3tables:CreateTable s3tables:CreateTableBucket s3tables:GetTable
        s3tables:GetTableMetadataLocation s3tables:PutTableBucketPolicy
        s3tables:PutTableEncryption s3tables:PutTablePolicy
        s3tables:UpdateTableMetadataLocation""",
    "AWS::SNS::Subscription": "iam:GetRole iam:PassRole",
    "AWS::SNS::Topic": "iam:GetRole iam:PassRole sns:PutDataProtectionPolicy",
    "AWS::StepFunctions::StateMachine": "kms:Decrypt kms:DescribeKey kms:GenerateDataKey",
}
"""Actions of handlers for what no property of the template asks for: networks, replicas, imports,
keys of the customer's own, deliveries, code signing, concurrency that is set aside."""

NOT_GIVEN = {
    "AWS::IAM::ManagedPolicy": "iam:CreatePolicyVersion",
    "AWS::IAM::Role": "iam:DeleteRolePermissionsBoundary iam:UpdateAssumeRolePolicy",
}
"""With these a deployer could rewrite what others hold, or let others in. An update that needs
them is an administrator's (tests/template/test_upgrade.py holds the reader policies still)."""


def left_out(kind: str) -> set[str]:
    return {*NOT_CALLED.get(kind, "").split(), *NOT_GIVEN.get(kind, "").split()}


def kinds_in(template: Any) -> list[str]:
    used = {resource["Type"] for resource in template.resources.values()}
    return sorted(used - {"AWS::CloudFormation::CustomResource"})


def place_of(kind: str, action: str) -> str:
    """What a handler's request is about."""
    if resources_of(action) is None:
        return "*"
    if action == "iam:PassRole":
        return ROLE
    if action.startswith("s3:") and not kind.startswith("AWS::S3::"):
        return UPLOAD
    is_layer = action == "lambda:GetLayerVersion"
    return NAMED_BY_CLOUDFORMATION["AWS::Lambda::LayerVersion" if is_layer else kind]


def keys_of(kind: str, action: str) -> dict[str, Any]:
    service = SERVICES.get(kind.split("::")[1], "nobody")
    passed = {"iam:PassedToService": f"{service}.amazonaws.com", "iam:PolicyARN": FOR_FUNCTIONS}
    return KEYS | (passed if action.startswith("iam:") else {})


def exists(action: str) -> bool:
    """Return whether there is such an action: handlers also list some that there are not."""
    try:
        resources_of(action)
    except KeyError:
        return False
    return True


def test_a_deployer_may_do_all_that_making_changing_and_undoing_the_stack_takes(
    translated_template: Any,
) -> None:
    who = deployer()
    for kind in kinds_in(translated_template):
        refused = {
            action
            for _, action in handlers_of(kind)
            if exists(action) and not who.may(action, place_of(kind, action), keys_of(kind, action))
        }

        assert refused == left_out(kind), kind


def test_a_deployer_may_do_what_sam_and_cloudformation_do_besides() -> None:
    who = deployer()
    stack = f"arn:aws:cloudformation:{HERE}:stack/bedrock-meter/1"
    uploads = f"arn:aws:cloudformation:{HERE}:stack/aws-sam-cli-managed-default/1"
    transforms = f"arn:aws:cloudformation:{REGION}:aws:transform"
    wanted = [
        ("cloudformation:DescribeStacks", uploads),
        ("cloudformation:DescribeStacks", stack),
        ("cloudformation:GetTemplateSummary", stack),
        ("cloudformation:CreateChangeSet", stack),
        ("cloudformation:CreateChangeSet", f"{transforms}/Serverless-2016-10-31"),
        ("cloudformation:CreateChangeSet", f"{transforms}/Include"),
        ("cloudformation:DescribeChangeSet", stack),
        ("cloudformation:ExecuteChangeSet", stack),
        ("cloudformation:DescribeStackEvents", stack),
        ("cloudformation:DeleteStack", stack),
        ("s3:PutObject", UPLOAD),
        ("s3:GetObject", UPLOAD),
        ("lambda:InvokeFunction", NAMED_BY_CLOUDFORMATION["AWS::Lambda::Function"]),
    ]

    assert not [request for request in wanted if not who.may(*request)]


ELSEWHERE = {
    "the payroll bucket": ("s3:GetObject", "arn:aws:s3:::payroll/x"),
    "uploads of others": ("s3:PutObject", UPLOAD.replace("bedrock-meter/", "payroll/")),
    "the policy of that bucket": ("s3:PutBucketPolicy", UPLOAD.partition("/")[0]),
    "the policy of a key": ("kms:PutKeyPolicy", NAMED_BY_CLOUDFORMATION["AWS::KMS::Key"]),
    "the end of a key": ("kms:ScheduleKeyDeletion", NAMED_BY_CLOUDFORMATION["AWS::KMS::Key"]),
    "a key decrypts": ("kms:Decrypt", NAMED_BY_CLOUDFORMATION["AWS::KMS::Key"]),
    "a function of others": ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{HERE}:function:pay"),
    "a macro of others": (
        "cloudformation:CreateChangeSet",
        f"arn:aws:cloudformation:{HERE}:transform/Anything",
    ),
    "a stack of others": (
        "cloudformation:CreateChangeSet",
        f"arn:aws:cloudformation:{HERE}:stack/pay/1",
    ),
    "the boundary itself": ("iam:CreatePolicyVersion", BOUNDARY_ARN),
    "a policy that others hold": (
        "iam:CreatePolicyVersion",
        NAMED_BY_CLOUDFORMATION["AWS::IAM::ManagedPolicy"],
    ),
    "who may take a role": ("iam:UpdateAssumeRolePolicy", ROLE),
    "a role without its boundary": ("iam:DeleteRolePermissionsBoundary", ROLE),
    "a user": ("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/admin"),
    "a table, by hand": ("dynamodb:DeleteTable", NAMED_BY_CLOUDFORMATION["AWS::DynamoDB::Table"]),
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_a_deployer_reaches_nothing_else(what: str) -> None:
    assert not deployer().may(*ELSEWHERE[what])


@pytest.mark.parametrize(
    ("action", "keys"),
    [
        ("iam:CreateRole", {}),
        ("iam:CreateRole", {"iam:PermissionsBoundary": ADMINISTRATOR}),
        ("iam:PutRolePolicy", {}),
        ("iam:PutRolePermissionsBoundary", {"iam:PermissionsBoundary": ADMINISTRATOR}),
        ("iam:AttachRolePolicy", {"iam:PolicyARN": FOR_FUNCTIONS}),
        (
            "iam:AttachRolePolicy",
            {"iam:PermissionsBoundary": BOUNDARY_ARN, "iam:PolicyARN": ADMINISTRATOR},
        ),
        ("iam:PassRole", {"iam:PassedToService": "ec2.amazonaws.com"}),
    ],
)
def test_no_role_comes_out_of_it_that_may_more_than_the_boundary(
    action: str, keys: dict[str, str]
) -> None:
    assert not deployer().may(action, ROLE, keys)


def test_a_key_of_others_cannot_be_given_the_tag_that_opens_it() -> None:
    key = NAMED_BY_CLOUDFORMATION["AWS::KMS::Key"]
    tag = {"aws:RequestTag/bedrock-meter": "alarms"}
    stack = f"arn:aws:cloudformation:{HERE}:stack/bedrock-meter/1"
    importing = {"cloudformation:ImportResourceTypes": ["AWS::KMS::Key"]}

    assert not deployer().may("kms:TagResource", key, tag)
    assert not deployer().may("kms:TagResource", key, {"aws:ResourceTag/owner": "pay"} | tag)
    assert not deployer().may("cloudformation:CreateChangeSet", stack, importing)


EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", "arn:aws:s3:::payroll/x"),
        ("s3:PutObject", f"arn:aws:s3:::{LOG_BUCKET}/AWSLogs/x"),
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/x"),
        ("iam:AttachRolePolicy", ROLE),
        ("iam:PassRole", ROLE),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
        ("lambda:UpdateFunctionCode", NAMED_BY_CLOUDFORMATION["AWS::Lambda::Function"]),
        ("kms:Decrypt", NAMED_BY_CLOUDFORMATION["AWS::KMS::Key"]),
        ("dynamodb:Query", f"arn:aws:dynamodb:{HERE}:table/payroll"),
        ("sns:Publish", f"arn:aws:sns:{HERE}:deployments"),
        ("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:pay"),
        ("bedrock:InvokeModel", "*"),
    ],
)
def test_a_role_that_may_do_everything_may_not_within_the_boundary(
    action: str, resource: str
) -> None:
    assert not Principal([EVERYTHING], text_of("boundary")).may(action, resource)


@pytest.mark.parametrize("name", [*DEPLOYER, "boundary"])
def test_a_policy_fits_into_a_managed_policy(name: str) -> None:
    # IAM counts no white space (IAM User Guide, "IAM and AWS STS quotas").
    assert len(re.sub(r"\s", "", text_of(name))) <= 6144


@pytest.mark.parametrize("name", [*DEPLOYER, "boundary"])
def test_a_policy_names_its_actions_and_works_in_every_partition(name: str) -> None:
    for statement in statements_of(name):
        assert not [action for action in listed(statement["Action"]) if "*" in action]
    assert "arn:aws:" not in text_of(name)


def _granted(name: str) -> Iterator[tuple[str, str, list[str]]]:
    for statement in statements_of(name):
        for action in listed(statement["Action"]):
            yield statement["Sid"], action, listed(statement["Resource"])


@pytest.mark.parametrize("name", [*DEPLOYER, "boundary"])
def test_an_action_is_granted_where_aws_authorises_it(name: str) -> None:
    for sid, action, resources in _granted(name):
        patterns = resources_of(action)
        places = [one.replace(":*:*:", ":r:a:").replace("arn:*:", "arn:aws:") for one in resources]
        if patterns is None or resources == ["*"]:
            assert resources == ["*"], (sid, action)
        elif action.partition(":")[0] != "cloudformation":  # the transform is in no reference
            fits = [p for p in places for pattern in patterns if re.match(pattern, p)]
            assert fits, (sid, action)
