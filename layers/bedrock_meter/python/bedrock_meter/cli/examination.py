"""The order of the checks of `doctor`, and what each answer means for the next one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from bedrock_meter.cli import checks, log_bucket
from bedrock_meter.cli.checks import Destination, Finding, guarded, place_of
from bedrock_meter.cli.deploying import deploy_command
from bedrock_meter.cli.log_bucket import Home
from bedrock_meter.cli.policies import policy_in_force
from bedrock_meter.cli.stack import Stack

_INGESTS = 5
"""Log objects metered at once, by the default of IngestConcurrency."""

_DEAD_LETTERS = {
    "ingest-dead-letters": "IngestDeadLettersUrl",
    "fold-dead-letters": "FoldDeadLettersUrl",
}


def examine(stack: Stack, now: datetime, planned: Destination | None = None) -> Iterator[Finding]:
    """Check logging, the log bucket and, if it has a name, the stack; causes before effects.

    `planned` is where logs are to go, if Bedrock does not log yet and no stack reads them.
    """
    bedrock = stack.client("bedrock")
    home = _home_of(stack.client("sts").get_caller_identity()["Arn"], bedrock.meta.region_name)
    wanted = _place_read_by(stack) if stack.name else planned
    config: dict[str, Any] = {}

    def logging() -> Iterator[Finding]:
        answer = bedrock.get_model_invocation_logging_configuration()
        config.update(answer.get("loggingConfig") or {})
        yield from checks.logging_findings(config, wanted, bedrock, stack.name)

    yield from guarded("logging", "bedrock:GetModelInvocationLoggingConfiguration", logging)
    place = _place_written_to(config) or wanted
    if place:
        yield from _bucket(stack, place, home, now)
    yield from _concurrency(stack, home.region)
    if stack.name and wanted:
        yield from _rights(stack, wanted, home)
        yield from _stating(stack)
        yield from _progress(stack, now)


def _bucket(stack: Stack, place: Destination, home: Home, now: datetime) -> Iterator[Finding]:
    s3 = stack.client("s3")
    listing, place_and_home = "s3:ListBucket", (place, home.account, home.region)
    there = guarded("bucket", listing, log_bucket.bucket_findings, s3, place, home.region)
    yield from there
    if any(finding.severity is checks.Severity.SILENT for finding in there):
        return
    look = log_bucket.policy_findings
    yield from guarded("bucket policy", "s3:GetBucketPolicy", look, s3, place, home)
    yield from _encryption(stack, place, home)
    announced = log_bucket.announcement_findings
    yield from guarded("announcements", "s3:GetBucketNotification", announced, s3, place)
    yield from guarded("delivery", listing, checks.delivery_findings, s3, *place_and_home, now)


def _encryption(stack: Stack, place: Destination, home: Home) -> Iterator[Finding]:
    kms, keys = stack.client("kms"), list[str]()

    def named() -> Iterator[Finding]:
        keys.extend(log_bucket.keys_of(stack.client("s3"), kms, place))
        if stack.name:
            known = stack.parameter("LogBucketKmsKeyArn")
            deploy = partial(deploy_command, stack.name, home.region)
            yield from log_bucket.known_key_findings(keys, known, deploy)

    yield from guarded("key", "s3:GetEncryptionConfiguration or kms:DescribeKey", named)
    for key in keys:
        look = log_bucket.key_policy_findings
        yield from guarded("key policy", "kms:GetKeyPolicy", look, kms, key, home)


def _concurrency(stack: Stack, region: str) -> Iterator[Finding]:
    ingests = int((stack.parameter("IngestConcurrency") if stack.name else "") or _INGESTS)
    functions, look = stack.client("lambda"), checks.concurrency_findings
    may = "lambda:GetAccountSettings"
    yield from guarded("concurrency", may, look, functions, ingests, region)


def _rights(stack: Stack, place: Destination, home: Home) -> Iterator[Finding]:
    arn = f"arn:{home.partition}:iam::{home.account}:role/{stack.resource('IngestRole')}"
    objects = f"arn:{home.partition}:s3:::{place.bucket}/{place.prefix}AWSLogs/x"
    wants = [("s3:GetObject", objects)]
    if key := stack.parameter("LogBucketKmsKeyArn"):
        wants.append(("kms:Decrypt", key))
    iam, look = stack.client("iam"), checks.reading_findings
    yield from guarded("permission", "iam:SimulatePrincipalPolicy", look, iam, arn, wants)


def _stating(stack: Stack) -> Iterator[Finding]:
    yield from guarded(
        "may_state",
        "dynamodb:Query",
        lambda: checks.stating_findings(stack.parameter("ThrottleMode"), policy_in_force(stack)),
    )


def _progress(stack: Stack, now: datetime) -> Iterator[Finding]:
    hours = stack.stores.hours
    yield from guarded(
        "closing",
        "dynamodb:GetItem",
        lambda: checks.closing_findings(
            hours.progress().data_up_to, now, stack.parameter("GraceMinutes")
        ),
    )
    yield from guarded(
        "not metered",
        "s3:ListBucket",
        lambda: checks.aside_findings(stack.stores.manifests.not_metered()),
    )
    urls = {runbook: stack.output(output) for runbook, output in _DEAD_LETTERS.items()}
    sqs = stack.client("sqs")
    yield from guarded("dead letters", "sqs:GetQueueAttributes", checks.queue_findings, sqs, urls)


def _home_of(caller: str, region: str) -> Home:
    _, partition, _, _, account, *_ = caller.split(":")
    return Home(partition, account, region)


def _place_read_by(stack: Stack) -> Destination:
    return place_of(stack.output("LogBucketName"), stack.parameter("LogPrefix"))


def _place_written_to(config: dict[str, Any]) -> Destination | None:
    delivered = config.get("s3Config")
    return place_of(delivered["bucketName"], delivered.get("keyPrefix")) if delivered else None
