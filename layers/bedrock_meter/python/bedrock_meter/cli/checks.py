"""What `doctor` checks, one question to AWS after the other. All of them only read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from bedrock_meter.aws.bedrock_logging import command_of, configuration_for
from bedrock_meter.aws.s3_objects import code_of, folders_under
from bedrock_meter.cli.deploying import deploy_command
from bedrock_meter.domain.levels.flag import ENFORCE
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.policy.recognition import REQUEST_METADATA
from bedrock_meter.domain.records.log_object import is_log_file
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.time.hours import Hour, start_of

_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"}
_QUIET_FOR = timedelta(days=1)
_BEHIND = timedelta(hours=3)


class Severity(StrEnum):
    """How bad a finding is; `silent`: calls would go unmetered unnoticed."""

    OK = "ok"
    NOTE = "note"
    LATE = "late"
    SILENT = "silent"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """What was checked, how bad it is, why, and the command that fixes it, if any."""

    check: str
    severity: Severity
    text: str
    fix: str | None = None


class Destination(NamedTuple):
    """Where Bedrock delivers: a bucket, and what stands before `AWSLogs/` in its keys."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


def place_of(bucket: str, prefix: str | None) -> Destination:
    """Return a destination; its prefix may be given with or without the slash at the end."""
    plain = (prefix or "").strip("/")
    return Destination(bucket, f"{plain}/" if plain else "")


def guarded[**Given](
    check: str,
    permission: str,
    look: Callable[Given, Iterable[Finding]],
    *given: Given.args,
    **named: Given.kwargs,
) -> list[Finding]:
    """Return the findings of a check; if it lacks a permission, that is the finding."""
    try:
        return list(look(*given, **named))
    except ClientError as error:
        if code_of(error) not in _DENIED:
            raise
        text = f"you may not look: {permission} is refused"
        return [
            Finding(check, Severity.UNKNOWN, text, f"have {permission} granted, then run again")
        ]


def logging_findings(
    config: Mapping[str, Any], wanted: Destination | None, bedrock: Any, stack_name: str = ""
) -> Iterator[Finding]:
    """Assess the logging configuration of a Region against where the stack reads, or is to read."""
    region = bedrock.meta.region_name
    delivered = config.get("s3Config")
    if not delivered:
        elsewhere = " to CloudWatch Logs only" if config.get("cloudWatchConfig") else ""
        text = f"Bedrock logs{elsewhere or ' nothing'} in {region}; the meter reads S3"
        yield Finding("logging", Severity.SILENT, text, _switch_on(config, wanted, bedrock))
        return
    place = place_of(delivered["bucketName"], delivered.get("keyPrefix"))
    if wanted and place != wanted:
        text = f"Bedrock logs to {place}, the stack reads {wanted}"
        read_there = deploy_command(
            stack_name, region, LogBucketName=place.bucket, LogPrefix=place.prefix
        )
        yield Finding("logging", Severity.SILENT, text, read_there)
    else:
        yield Finding("logging", Severity.OK, f"Bedrock logs to {place} in {region}")
    if config.get("textDataDeliveryEnabled") is False:
        text = (
            "bodies are not delivered: counts are complete, but latency, and the split of cache "
            "writes by their time to live, are unknown"
        )
        everything = {name: True for name in config if name.endswith("DataDeliveryEnabled")}
        yield Finding(
            "bodies", Severity.NOTE, text, _switch_on({**config, **everything}, place, bedrock)
        )


def delivery_findings(
    s3: Any, place: Destination, account: str, region: str, now: datetime
) -> Iterator[Finding]:
    """Find the newest log object; none, or an old one, may simply mean that nobody called."""
    root = f"{place.prefix}AWSLogs/{account}/BedrockModelInvocationLogs/{region}/"
    newest = newest_log_object(s3, place.bucket, root)
    if newest is None:
        text = f"nothing was delivered yet below s3://{place.bucket}/{root}"
        yield Finding(
            "delivery", Severity.NOTE, text, "call any model, wait some minutes, run again"
        )
        return
    key, at = newest
    age = now - at
    severity = Severity.OK if age < _QUIET_FOR else Severity.NOTE
    yield Finding("delivery", severity, f"newest log object: {_ago(age)} ago, {key}")


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


def closing_findings(data_up_to: Hour | None, now: datetime, grace: str) -> Iterator[Finding]:
    """Assess how far totals are closed; closing starts `grace` minutes past every hour."""
    if data_up_to is None:
        text = f"no hour was closed yet; closing starts at {grace} minutes past every hour"
        yield Finding("closing", Severity.NOTE, text)
        return
    age = now - start_of(data_up_to)
    text = f"closed totals reach up to {data_up_to}:00Z, {_ago(age)} ago"
    if age < _BEHIND:
        yield Finding("closing", Severity.OK, text)
    else:
        yield Finding("closing", Severity.LATE, text, "docs/runbooks/data-behind.md")


ALWAYS_RUNNING = 13
"""Functions beside ingest that the stack runs at once, at most: 2 for replays, 2 for deferred
refreshes, a fold, 8 that assess tenants (4 that close hours run before them)."""

_CLOSING_AND_FOLDING = 5


def concurrency_findings(functions: Any, ingests: int, region: str) -> Iterator[Finding]:
    """Assess whether the account lets as many functions run at once as the stack would."""
    limits = functions.get_account_settings()["AccountLimit"]
    free, wanted = limits["UnreservedConcurrentExecutions"], ingests + ALWAYS_RUNNING
    text = f"this account runs {free} functions at once, the stack up to {wanted}"
    if free >= wanted:
        yield Finding("concurrency", Severity.OK, text)
        return
    fits = free >= ingests + _CLOSING_AND_FOLDING
    severity = Severity.NOTE if fits else Severity.LATE
    meaning = "some wait for their turn" if fits else "closing waits while log objects come in"
    # L-B99A9384 is the quota of concurrent executions; raising it is free.
    raise_it = (
        f"aws service-quotas request-service-quota-increase --region {region} "
        "--service-code lambda --quota-code L-B99A9384 --desired-value 1000"
    )
    yield Finding("concurrency", severity, f"{text}: {meaning}", raise_it)


def aside_findings(given_up: Iterable[Manifest]) -> Iterator[Finding]:
    """List the log objects that an operator has set aside: their calls are in no total."""
    for one in given_up:
        text = f"s3://{one.bucket}/{one.key} is not metered: {one.aside}"
        yield Finding(
            "not metered", Severity.NOTE, text, f"bedrock-meter replay --prefix {one.key}"
        )


def stating_findings(mode: str, policy: Policy) -> Iterator[Finding]:
    """Assess whether anybody can have a tenant throttled by stating its id."""
    recognition = policy.recognition
    if recognition.stating.stated_by is not None or REQUEST_METADATA not in recognition.sources:
        yield Finding("may_state", Severity.OK, "the policy says whose word counts on a tenant")
    elif mode == ENFORCE:
        text = (
            "ThrottleMode is enforce and everybody who may call Bedrock may state any tenant's id: "
            "one of them can have another tenant blocked"
        )
        fix = "list who is believed under attribution.may_state; `tenants discover` proposes it"
        yield Finding("may_state", Severity.NOTE, text, fix)


def queue_findings(sqs: Any, queues: Mapping[str, str]) -> Iterator[Finding]:
    """Assess the dead-letter queues, given as runbook -> URL."""
    for runbook, url in queues.items():
        asked = ["ApproximateNumberOfMessages"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)
        waiting = int(answer["Attributes"]["ApproximateNumberOfMessages"])
        if waiting:
            text = f"{waiting} messages are in the dead-letter queue"
            yield Finding(runbook, Severity.LATE, text, f"docs/runbooks/{runbook}.md")
        else:
            yield Finding(runbook, Severity.OK, "dead-letter queue is empty")


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
            yield Finding("permission", Severity.OK, text)
        else:
            fix = "deploy the stack again; look for a boundary or service control policy"
            yield Finding("permission", Severity.SILENT, f"{text} is refused", fix)


def _switch_on(config: Mapping[str, Any], place: Destination | None, bedrock: Any) -> str:
    bucket = place.bucket if place else "<the stack's output LogBucketName>"
    prefix = place.prefix.rstrip("/") if place else ""
    wanted = configuration_for(bedrock, config, bucket, prefix)
    return command_of(wanted, bedrock.meta.region_name)


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 2 * 24 * 60 else f"{minutes // 1440} days"
