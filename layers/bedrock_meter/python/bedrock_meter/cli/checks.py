"""What `doctor` looks at, one question to AWS after the other. Every one of them only reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from bedrock_meter.aws.s3_objects import code_of, folders_under
from bedrock_meter.domain.flag import ENFORCE
from bedrock_meter.domain.hours import Hour, start_of
from bedrock_meter.domain.log_object import is_log_file
from bedrock_meter.domain.manifest import Manifest
from bedrock_meter.domain.policy import Policy
from bedrock_meter.domain.recognition import REQUEST_METADATA

_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"}
_GONE = {"NoSuchBucket", "404", "NotFound"}
_DELIVERIES = ("text", "image", "embedding", "video")
_QUIET_FOR = timedelta(days=1)
_BEHIND = timedelta(hours=3)


class Standing(StrEnum):
    """How bad a finding is; with one that is `silent` calls would go unmetered unnoticed."""

    OK = "ok"
    NOTE = "note"
    LATE = "late"
    SILENT = "silent"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """One answer: what was looked at, how it stands, and the command that mends it, if any."""

    check: str
    standing: Standing
    text: str
    fix: str | None = None


class Place(NamedTuple):
    """Where Bedrock delivers: a bucket, and what stands before `AWSLogs/` in its keys."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


def place_of(bucket: str, prefix: str | None) -> Place:
    """Make a place; a prefix may come with or without its closing slash."""
    plain = (prefix or "").strip("/")
    return Place(bucket, f"{plain}/" if plain else "")


def guarded(check: str, permission: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Run a check; where we may not look, that is the finding."""
    try:
        return list(look())
    except ClientError as error:
        if code_of(error) not in _DENIED:
            raise
        text = f"you may not look: {permission} is refused"
        return [
            Finding(check, Standing.UNKNOWN, text, f"have {permission} granted, then run again")
        ]


def logging_findings(
    config: Mapping[str, Any], wanted: Place | None, region: str
) -> Iterator[Finding]:
    """Judge the logging configuration of a Region against where the stack reads."""
    delivered = config.get("s3Config")
    if not delivered:
        elsewhere = " to CloudWatch Logs only" if config.get("cloudWatchConfig") else ""
        text = f"Bedrock logs{elsewhere or ' nothing'} in {region}; the meter reads S3"
        yield Finding("logging", Standing.SILENT, text, _switch_on(config, wanted, region))
        return
    place = place_of(delivered["bucketName"], delivered.get("keyPrefix"))
    if wanted and place != wanted:
        text = f"Bedrock logs to {place}, the stack reads {wanted}"
        yield Finding("logging", Standing.SILENT, text, _read_there(place))
    else:
        yield Finding("logging", Standing.OK, f"Bedrock logs to {place} in {region}")
    if config.get("textDataDeliveryEnabled") is False:
        text = (
            "bodies are not delivered: counts are complete, but latency, and the split of cache "
            "writes by their time to live, are unknown"
        )
        yield Finding("bodies", Standing.NOTE, text, _switch_on(config, place, region))


def bucket_findings(s3: Any, place: Place, region: str) -> Iterator[Finding]:
    """Judge the log bucket: there, in this Region, and announcing its objects."""
    try:
        found = s3.head_bucket(Bucket=place.bucket)
    except ClientError as error:
        if code_of(error) not in _GONE:
            raise
        text = f"the log bucket {place.bucket} does not exist"
        yield Finding("bucket", Standing.SILENT, text, f"aws s3 mb s3://{place.bucket}")
        return
    where = found.get("BucketRegion", region)
    if where != region:
        text = f"{place.bucket} is in {where}; Bedrock delivers within {region} only"
        yield Finding("bucket", Standing.SILENT, text, f"deploy the stack in {where} as well")
    else:
        yield Finding("bucket", Standing.OK, f"{place.bucket} is there, in {where}")


def announcement_findings(s3: Any, place: Place) -> Iterator[Finding]:
    """Judge whether new objects are announced; without it the hourly listing still finds them."""
    config = s3.get_bucket_notification_configuration(Bucket=place.bucket)
    config.pop("ResponseMetadata", None)
    if "EventBridgeConfiguration" in config:
        yield Finding("announcements", Standing.OK, f"{place.bucket} announces to EventBridge")
        return
    # The call replaces the whole configuration: what is there must be said again.
    kept = json.dumps({**config, "EventBridgeConfiguration": {}})
    yield Finding(
        "announcements",
        Standing.LATE,
        f"{place.bucket} does not announce to EventBridge: calls are metered once an hour only",
        f"aws s3api put-bucket-notification-configuration --bucket {place.bucket} "
        f"--notification-configuration '{kept}'",
    )


def key_findings(s3: Any, place: Place, known_key: str) -> Iterator[Finding]:
    """Judge whether the stack knows the key that the log bucket is encrypted with."""
    rules = s3.get_bucket_encryption(Bucket=place.bucket)["ServerSideEncryptionConfiguration"]
    for rule in rules["Rules"]:
        key = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "")
        if not key or key.endswith("alias/aws/s3"):
            continue
        if key.rpartition("/")[2] == known_key.rpartition("/")[2]:
            yield Finding("key", Standing.OK, f"the stack may decrypt with {key}")
        else:
            text = f"{place.bucket} is encrypted with {key}, which the stack does not know"
            fix = f"sam deploy --parameter-overrides LogBucketKmsKeyArn={key}"
            yield Finding("key", Standing.SILENT, text, fix)


def delivery_findings(
    s3: Any, place: Place, account: str, region: str, now: datetime
) -> Iterator[Finding]:
    """Name the newest log object; none, or an old one, may simply mean that nobody called."""
    root = f"{place.prefix}AWSLogs/{account}/BedrockModelInvocationLogs/{region}/"
    newest = newest_log_object(s3, place.bucket, root)
    if newest is None:
        text = f"nothing was delivered yet below s3://{place.bucket}/{root}"
        yield Finding(
            "delivery", Standing.NOTE, text, "call any model, wait some minutes, run again"
        )
        return
    key, at = newest
    age = now - at
    standing = Standing.OK if age < _QUIET_FOR else Standing.NOTE
    yield Finding("delivery", standing, f"newest log object: {_ago(age)} ago, {key}")


def newest_log_object(s3: Any, bucket: str, root: str) -> tuple[str, datetime] | None:
    """Find the log object delivered last, by walking down year, month, day and hour."""
    folder = root
    for _ in range(4):
        folders = list(folders_under(s3, bucket, folder))
        if not folders:
            return None
        folder += max(folders) + "/"
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=folder, Delimiter="/"
    )
    found = [
        (entry["LastModified"], entry["Key"])
        for page in pages
        for entry in page.get("Contents", ())
        if is_log_file(entry["Key"], entry["Size"])
    ]
    if not found:
        return None
    at, key = max(found)
    return key, at


def closing_findings(data_up_to: Hour | None, now: datetime) -> Iterator[Finding]:
    """Judge how far totals are closed."""
    if data_up_to is None:
        text = "no hour was closed yet; the first run is at twenty past the next hour"
        yield Finding("closing", Standing.NOTE, text)
        return
    age = now - start_of(data_up_to)
    text = f"closed totals reach up to {data_up_to}:00Z, {_ago(age)} ago"
    if age < _BEHIND:
        yield Finding("closing", Standing.OK, text)
    else:
        yield Finding("closing", Standing.LATE, text, "docs/runbooks/data-behind.md")


def aside_findings(given_up: Iterable[Manifest]) -> Iterator[Finding]:
    """Name the log objects that an operator has set aside: their calls are in no total."""
    for one in given_up:
        text = f"s3://{one.bucket}/{one.key} is not metered: {one.aside}"
        yield Finding(
            "not metered", Standing.NOTE, text, f"bedrock-meter replay --prefix {one.key}"
        )


def stating_findings(mode: str, policy: Policy) -> Iterator[Finding]:
    """Judge whether anybody can have a tenant held back by stating its id."""
    recognition = policy.recognition
    if recognition.stating.stated_by is not None or REQUEST_METADATA not in recognition.sources:
        yield Finding("may_state", Standing.OK, "the policy says whose word counts on a tenant")
    elif mode == ENFORCE:
        text = (
            "ThrottleMode is enforce and everybody who may call Bedrock may state any tenant's id: "
            "one of them can have another tenant blocked"
        )
        fix = "list who is believed under attribution.may_state; `tenants discover` proposes it"
        yield Finding("may_state", Standing.NOTE, text, fix)


def queue_findings(sqs: Any, queues: Mapping[str, str]) -> Iterator[Finding]:
    """Judge the dead-letter queues, given as runbook -> URL."""
    for runbook, url in queues.items():
        asked = ["ApproximateNumberOfMessages"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)
        waiting = int(answer["Attributes"]["ApproximateNumberOfMessages"])
        if waiting:
            text = f"{waiting} messages were given up"
            yield Finding(runbook, Standing.LATE, text, f"docs/runbooks/{runbook}.md")
        else:
            yield Finding(runbook, Standing.OK, "nothing was given up")


def reading_findings(
    iam: Any, role_arn: str, wants: Iterable[tuple[str, str]]
) -> Iterator[Finding]:
    """Ask IAM whether a role of the stack may do what it has to: (action, resource) each."""
    for action, resource in wants:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=role_arn, ActionNames=[action], ResourceArns=[resource]
        )
        decisions = {result["EvalDecision"] for result in answer["EvaluationResults"]}
        text = f"{role_arn.rpartition('/')[2]}: {action} on {resource}"
        if decisions == {"allowed"}:
            yield Finding("permission", Standing.OK, text)
        else:
            fix = "deploy the stack again; look for a boundary or service control policy"
            yield Finding("permission", Standing.SILENT, f"{text} is refused", fix)


def _switch_on(config: Mapping[str, Any], place: Place | None, region: str) -> str:
    target = {"bucketName": place.bucket if place else "<the stack's output LogBucketName>"}
    if place and place.prefix:
        target["keyPrefix"] = place.prefix.rstrip("/")
    wanted = {**config, "s3Config": config.get("s3Config") or target}
    wanted |= {f"{kind}DataDeliveryEnabled": True for kind in _DELIVERIES}
    return (
        f"aws bedrock put-model-invocation-logging-configuration --region {region} "
        f"--logging-config '{json.dumps(wanted)}'"
    )


def _read_there(place: Place) -> str:
    return (
        f"sam deploy --parameter-overrides LogBucketName={place.bucket} LogPrefix='{place.prefix}'"
    )


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 2 * 24 * 60 else f"{minutes // 1440} days"
