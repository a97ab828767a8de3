"""The order in which `doctor` asks, and what each answer means for the next question."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable
from bedrock_meter.cli import checks, stores
from bedrock_meter.cli.checks import Finding, Place, guarded, place_of
from bedrock_meter.cli.stack import Stack
from bedrock_meter.cli.tenants import policy_in_force

_DEAD_LETTERS = {
    "ingest-dead-letters": "IngestDeadLettersUrl",
    "fold-dead-letters": "FoldDeadLettersUrl",
}


def examine(stack: Stack, now: datetime) -> Iterator[Finding]:
    """Look at logging, the log bucket and, if it has a name, the stack; from cause to effect."""
    bedrock = stack.client("bedrock")
    region = bedrock.meta.region_name
    account = stack.client("sts").get_caller_identity()["Account"]
    wanted = _place_read_by(stack) if stack.name else None
    config: dict[str, Any] = {}

    def logging() -> Iterator[Finding]:
        answer = bedrock.get_model_invocation_logging_configuration()
        config.update(answer.get("loggingConfig") or {})
        yield from checks.logging_findings(config, wanted, region)

    yield from guarded("logging", "bedrock:GetModelInvocationLoggingConfiguration", logging)
    place = _place_written_to(config) or wanted
    if place:
        yield from _bucket(stack.client("s3"), place, account, region, now)
    if stack.name and wanted:
        yield from _encryption(stack, wanted)
        yield from _rights(stack, wanted)
        yield from _stating(stack)
        yield from _progress(stack, now)


def _bucket(s3: Any, place: Place, account: str, region: str, now: datetime) -> Iterator[Finding]:
    there = guarded("bucket", "s3:ListBucket", lambda: checks.bucket_findings(s3, place, region))
    yield from there
    if any(finding.standing is checks.Standing.SILENT for finding in there):
        return
    yield from guarded(
        "announcements",
        "s3:GetBucketNotification",
        lambda: checks.announcement_findings(s3, place),
    )
    yield from guarded(
        "delivery",
        "s3:ListBucket",
        lambda: checks.delivery_findings(s3, place, account, region, now),
    )


def _encryption(stack: Stack, place: Place) -> Iterator[Finding]:
    known = stack.parameter("LogBucketKmsKeyArn")
    s3 = stack.client("s3")
    yield from guarded(
        "key", "s3:GetEncryptionConfiguration", lambda: checks.key_findings(s3, place, known)
    )


def _rights(stack: Stack, place: Place) -> Iterator[Finding]:
    role = stack.resource("IngestRole")
    account = stack.client("sts").get_caller_identity()["Arn"].split(":")
    arn = f"arn:{account[1]}:iam::{account[4]}:role/{role}"
    wants = [("s3:GetObject", f"arn:{account[1]}:s3:::{place.bucket}/{place.prefix}AWSLogs/x")]
    if key := stack.parameter("LogBucketKmsKeyArn"):
        wants.append(("kms:Decrypt", key))
    iam = stack.client("iam")
    yield from guarded(
        "permission",
        "iam:SimulatePrincipalPolicy",
        lambda: checks.reading_findings(iam, arn, wants),
    )


def _stating(stack: Stack) -> Iterator[Finding]:
    yield from guarded(
        "may_state",
        "dynamodb:Query",
        lambda: checks.stating_findings(stack.parameter("ThrottleMode"), policy_in_force(stack)),
    )


def _progress(stack: Stack, now: datetime) -> Iterator[Finding]:
    hours = DynamoDbHourTable(stack.table("HoursTableName"))
    yield from guarded(
        "closing",
        "dynamodb:GetItem",
        lambda: checks.closing_findings(hours.progress().data_up_to, now),
    )
    yield from guarded(
        "not metered",
        "s3:ListBucket",
        lambda: checks.aside_findings(stores.manifests_of(stack).not_metered()),
    )
    urls = {runbook: stack.output(output) for runbook, output in _DEAD_LETTERS.items()}
    sqs = stack.client("sqs")
    yield from guarded(
        "dead letters", "sqs:GetQueueAttributes", lambda: checks.queue_findings(sqs, urls)
    )


def _place_read_by(stack: Stack) -> Place:
    return place_of(stack.output("LogBucketName"), stack.parameter("LogPrefix"))


def _place_written_to(config: dict[str, Any]) -> Place | None:
    delivered = config.get("s3Config")
    return place_of(delivered["bucketName"], delivered.get("keyPrefix")) if delivered else None
