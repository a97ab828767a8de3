"""What `doctor` asks about the log bucket and its key: may Bedrock deliver, may the stack read?

The two statements that Bedrock needs are those of its user guide ("Monitor model invocation using
CloudWatch Logs and Amazon S3", set up an Amazon S3 destination). Denials are not looked at: they
depend on conditions that only AWS knows.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from bedrock_meter.aws.s3_objects import code_of
from bedrock_meter.cli.checks import Destination, Finding, Severity

_GONE = {"NoSuchBucket", "404", "NotFound"}
_BEDROCK = "bedrock.amazonaws.com"


class Home(NamedTuple):
    """Whose Bedrock delivers: partition, account and Region."""

    partition: str
    account: str
    region: str

    @property
    def root(self) -> str:
        """The principal that refers to the account's own IAM policies."""
        return f"arn:{self.partition}:iam::{self.account}:root"

    @property
    def source(self) -> str:
        """What the ARN begins with that Bedrock names as the source of its requests."""
        return f"arn:{self.partition}:bedrock:{self.region}:{self.account}:"


def bucket_findings(s3: Any, place: Destination, region: str) -> Iterator[Finding]:
    """Assess whether the log bucket is there, in this Region."""
    try:
        found = s3.head_bucket(Bucket=place.bucket)
    except ClientError as error:
        if code_of(error) not in _GONE:
            raise
        text = f"the log bucket {place.bucket} does not exist"
        make = f"aws s3 mb s3://{place.bucket} --region {region}"
        yield Finding("bucket", Severity.SILENT, text, make)
        return
    where = found.get("BucketRegion", region)
    if where != region:
        text = f"{place.bucket} is in {where}; Bedrock delivers within {region} only"
        yield Finding("bucket", Severity.SILENT, text, f"name a bucket in {region}")
    else:
        yield Finding("bucket", Severity.OK, f"{place.bucket} is there, in {where}")


def announcement_findings(s3: Any, place: Destination) -> Iterator[Finding]:
    """Assess whether new objects are announced; without it the hourly listing still finds them."""
    config = s3.get_bucket_notification_configuration(Bucket=place.bucket)
    config.pop("ResponseMetadata", None)
    if "EventBridgeConfiguration" in config:
        yield Finding("announcements", Severity.OK, f"{place.bucket} announces to EventBridge")
        return
    # The call replaces the whole configuration: what is there must be stated again.
    kept = _quoted({**config, "EventBridgeConfiguration": {}})
    yield Finding(
        "announcements",
        Severity.LATE,
        f"{place.bucket} does not announce to EventBridge: calls are metered once an hour only",
        f"aws s3api put-bucket-notification-configuration --bucket {place.bucket} "
        f"--skip-destination-validation --notification-configuration {kept}",
    )


def policy_findings(s3: Any, place: Destination, home: Home) -> Iterator[Finding]:
    """Assess whether the bucket's policy lets Bedrock deliver."""
    policy = _bucket_policy(s3, place.bucket)
    folder = f"{place.prefix}AWSLogs/{home.account}/BedrockModelInvocationLogs"
    there = f"arn:{home.partition}:s3:::{place.bucket}/{folder}"
    if _allows(policy, home, _BEDROCK, "s3:PutObject", f"{there}/x"):
        yield Finding("bucket policy", Severity.OK, f"Bedrock may write below {folder}/")
        return
    wanted = _with(policy, home, "LetBedrockDeliverLogs", "s3:PutObject", f"{there}/*")
    yield Finding(
        "bucket policy",
        Severity.SILENT,
        f"no statement lets {_BEDROCK} write below s3://{place.bucket}/{folder}/",
        f"aws s3api put-bucket-policy --bucket {place.bucket} --policy {_quoted(wanted)}",
    )


def keys_of(s3: Any, kms: Any, place: Destination) -> list[str]:
    """Return the ARN of the customer's own key that new log objects are encrypted with, if any."""
    defaults = [rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in _rules(s3, place)]
    named = [key for one in defaults if (key := one.get("KMSMasterKeyID"))]
    return [
        kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
        for key in named
        if not key.endswith("alias/aws/s3")
    ]


def key_policy_findings(kms: Any, key: str, home: Home) -> Iterator[Finding]:
    """Assess whether the key's policy lets Bedrock encrypt, and the account's own roles decrypt."""
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    put = f"aws kms put-key-policy --region {home.region} --key-id {key} --policy-name default"
    if _allows(policy, home, _BEDROCK, "kms:GenerateDataKey", key):
        yield Finding("key policy", Severity.OK, f"Bedrock may encrypt with {key}")
    else:
        wanted = _with(policy, home, "LetBedrockEncryptLogs", "kms:GenerateDataKey", "*")
        text = f"no statement lets {_BEDROCK} encrypt with {key}"
        fix = f"{put} --policy {_quoted(wanted)}"
        yield Finding("key policy", Severity.SILENT, text, fix)
    if not _allows(policy, home, home.root, "kms:Decrypt", key):
        text = f"the policy of {key} leaves nothing to the IAM policies of account {home.account}"
        fix = f"name the roles of the stack's functions there, or {home.root}, for kms:Decrypt"
        yield Finding("key policy", Severity.NOTE, text, fix)


def known_key_findings(keys: Iterable[str], known: str, deploy: Any) -> Iterator[Finding]:
    """Assess whether the stack knows the key; `deploy` writes the command that names it."""
    for key in keys:
        if key.rpartition("/")[2] == known.rpartition("/")[2]:
            yield Finding("key", Severity.OK, f"the stack may decrypt with {key}")
        else:
            text = f"the log bucket is encrypted with {key}, which the stack does not know"
            yield Finding("key", Severity.SILENT, text, deploy(LogBucketKmsKeyArn=key))


def _rules(s3: Any, place: Destination) -> list[dict[str, Any]]:
    missing = "ServerSideEncryptionConfigurationNotFoundError"
    answer = _answer(s3.get_bucket_encryption, place.bucket, missing)
    return list(answer["ServerSideEncryptionConfiguration"]["Rules"]) if answer else []


def _bucket_policy(s3: Any, bucket: str) -> dict[str, Any]:
    answer = _answer(s3.get_bucket_policy, bucket, "NoSuchBucketPolicy")
    empty = {"Version": "2012-10-17", "Statement": []}
    return dict(json.loads(answer["Policy"])) if answer else empty


def _answer(ask: Any, bucket: str, missing: str) -> Any:
    """Ask for a setting of a bucket; None where the answer is that there is none."""
    try:
        return ask(Bucket=bucket)
    except ClientError as error:
        if code_of(error) != missing:
            raise
        return None


def _with(
    policy: Mapping[str, Any], home: Home, sid: str, action: str, resource: str
) -> dict[str, Any]:
    """Add a statement for Bedrock in this account and Region; every other one stays."""
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": _BEDROCK},
        "Action": action,
        "Resource": resource,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": home.account},
            "ArnLike": {"aws:SourceArn": f"{home.source}*"},
        },
    }
    return {**policy, "Statement": [*_listed(policy["Statement"]), statement]}


def _allows(
    policy: Mapping[str, Any], home: Home, principal: str, action: str, resource: str
) -> bool:
    return any(
        statement["Effect"] == "Allow"
        and principal in _principals(statement)
        and _is_for(home, statement)
        and _matches(statement.get("Action", ()), action)
        and _matches(statement.get("Resource", ()), resource)
        for statement in _listed(policy["Statement"])
    )


def _is_for(home: Home, statement: Mapping[str, Any]) -> bool:
    """Return whether the conditions on a request's source admit this account and Region."""
    ours = {"aws:sourceaccount": home.account, "aws:sourcearn": home.source + "x"}
    return all(
        _matches(patterns, ours[key.lower()])
        for operator, asked in statement.get("Condition", {}).items()
        if "Not" not in operator
        for key, patterns in asked.items()
        if key.lower() in ours
    )


def _principals(statement: Mapping[str, Any]) -> list[str]:
    named = statement.get("Principal", {})
    if isinstance(named, str):
        return [_BEDROCK] if named == "*" else []
    return [name for names in named.values() for name in _listed(names)]


def _matches(patterns: Any, text: str) -> bool:
    return any(fnmatchcase(text.lower(), pattern.lower()) for pattern in _listed(patterns))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _quoted(document: Mapping[str, Any]) -> str:
    return shlex.quote(json.dumps(document))
