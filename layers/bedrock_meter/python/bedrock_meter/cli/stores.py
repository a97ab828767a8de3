"""The stores of a deployed stack, as commands need them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from bedrock_meter.cli.output import refuse
from bedrock_meter.cli.stack import Stack
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.valuation import Valuation

if TYPE_CHECKING:
    from bedrock_meter.domain.pricing.price_book import PriceBook
    from bedrock_meter.jobs.audit_hour import AuditStores
    from bedrock_meter.jobs.erase_tenant import TenantNames
    from bedrock_meter.jobs.ingest import IngestStores
    from bedrock_meter.ports import (
        ClosingStore,
        EvidenceStore,
        HourTable,
        IngestQueue,
        LiveTable,
        LogStore,
        ManifestStore,
        QuarantineStore,
        UsageTable,
        WaitList,
    )
    from bedrock_meter.ports.prices import BookShelf


def logs_of(stack: Stack) -> LogStore:
    """Give the log bucket."""
    from bedrock_meter.aws.s3_logs import S3LogStore

    bucket, prefix = stack.output("LogBucketName"), stack.parameter("LogPrefix")
    return S3LogStore(stack.client("s3"), bucket, prefix)


def replay_queue_of(stack: Stack) -> IngestQueue:
    """Give the queue in front of the ingest that leaves fresh logs their turn."""
    from bedrock_meter.aws.sqs_queues import SqsIngestQueue

    return SqsIngestQueue(stack.client("sqs"), stack.output("ReplayQueueUrl"), is_live=False)


def evidence_of(stack: Stack) -> EvidenceStore:
    """Give the evidence."""
    from bedrock_meter.aws.s3_evidence import S3EvidenceStore

    return S3EvidenceStore(stack.client("s3"), stack.output("DataBucketName"))


def manifests_of(stack: Stack) -> ManifestStore:
    """Give what is noted of each log object."""
    from bedrock_meter.aws.s3_manifests import S3ManifestStore

    return S3ManifestStore(stack.client("s3"), stack.output("DataBucketName"))


def waits_of(stack: Stack) -> WaitList:
    """Give the log objects that wait to be metered."""
    from bedrock_meter.aws.dynamodb_waiting import DynamoDbWaitList

    return DynamoDbWaitList(stack.table("PartialsTableName"))


def live_of(stack: Stack) -> LiveTable:
    """Give the live table."""
    from bedrock_meter.aws.dynamodb_live import DynamoDbLiveTable
    from bedrock_meter.aws.s3_bodies import S3Bodies

    return DynamoDbLiveTable(
        stack.table("PartialsTableName"),
        bodies=S3Bodies(stack.client("s3"), stack.output("DataBucketName")),
        clock=lambda: datetime.now(UTC),
        partials_kept=timedelta(days=int(stack.parameter("PartialDays") or 35)),
        objects_kept=timedelta(days=int(stack.parameter("ObjectRowDays") or 400)),
    )


def quarantine_of(stack: Stack) -> QuarantineStore:
    """Give the quarantine."""
    from bedrock_meter.aws.s3_quarantine import S3QuarantineStore

    return S3QuarantineStore(stack.client("s3"), stack.output("DataBucketName"))


def ingest_stores_of(stack: Stack) -> IngestStores:
    """Give everything that metering a log object writes to."""
    from bedrock_meter.jobs.ingest import IngestStores

    return IngestStores(
        manifests=manifests_of(stack),
        evidence=evidence_of(stack),
        quarantine=quarantine_of(stack),
        hours=hours_of(stack),
        live=live_of(stack),
        waits=waits_of(stack),
    )


def closings_of(stack: Stack) -> ClosingStore:
    """Give closings and corrections."""
    from bedrock_meter.aws.s3_closings import S3ClosingStore

    return S3ClosingStore(stack.client("s3"), stack.output("DataBucketName"))


def hours_of(stack: Stack) -> HourTable:
    """Give the life of hours."""
    from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable

    return DynamoDbHourTable(stack.table("HoursTableName"))


def usage_of(stack: Stack) -> UsageTable:
    """Give what tenants used."""
    from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable

    # Commands write no pulses; how long those are kept does not matter here.
    table = stack.table("UsageTableName")
    return DynamoDbUsageTable(table, clock=lambda: datetime.now(UTC), pulses_kept=timedelta(days=7))


def tenant_names_of(stack: Stack) -> TenantNames:
    """Give the places where a tenant's id stands."""
    from bedrock_meter.aws.tenant_names import AwsTenantNames

    return AwsTenantNames(
        stack.table("UsageTableName"),
        stack.table("TenantsTableName"),
        stack.table("FlagsTableName"),
        stack.client("s3"),
        stack.output("DataBucketName"),
    )


def books_of(stack: Stack) -> BookShelf:
    """Give the price books kept for the stack."""
    from bedrock_meter.aws.s3_books import S3Books

    return S3Books(stack.client("s3"), stack.output("DataBucketName"))


def current_book_of(stack: Stack) -> PriceBook:
    """Give the shipped book with the operator's overlay on it."""
    from bedrock_meter import prices

    return prices.layered(books_of(stack).overlay())


def closing_valuation_of(stack: Stack) -> Callable[[Hour], Valuation]:
    """Give what a close of an hour would value its calls with, now."""
    from bedrock_meter.aws.bedrock_profiles import BedrockProfiles
    from bedrock_meter.aws.dynamodb_decisions import DynamoDbProfileFacts
    from bedrock_meter.jobs.value_calls import closing_valuation
    from bedrock_meter.wiring.books import books

    return partial(
        closing_valuation,
        now=datetime.now(UTC),
        decisions=stack.decisions(),
        policies=stack.policies(),
        books=books(stack.client("s3"), stack.output("DataBucketName")),
        source=BedrockProfiles(stack.client("bedrock"), stack.account),
        facts=DynamoDbProfileFacts(stack.table("TenantsTableName")),
    )


def refuse_if_sealed(stack: Stack, option: str, first: Hour) -> None:
    """End the command where it would change hours that are final; say which."""
    sealed = hours_of(stack).progress().sealed
    if sealed and first < sealed:
        refuse(f"{option}: hours before {sealed} are final; begin at {sealed} or later")


def audit_stores_of(stack: Stack) -> AuditStores:
    """Give everything that an audit looks at."""
    from bedrock_meter.jobs.audit_hour import AuditStores

    return AuditStores(
        hours_of(stack),
        logs_of(stack),
        manifests_of(stack),
        evidence_of(stack),
        closings_of(stack),
        usage_of(stack),
    )


def remembered_valuation_of(stack: Stack) -> Callable[[Hour], Valuation]:
    """Give what a close of an hour would value its calls with, without asking Bedrock anything."""
    from bedrock_meter.aws.dynamodb_decisions import DynamoDbProfileFacts
    from bedrock_meter.jobs.value_calls import remembered_valuation
    from bedrock_meter.wiring.books import books

    return partial(
        remembered_valuation,
        decisions=stack.decisions(),
        policies=stack.policies(),
        books=books(stack.client("s3"), stack.output("DataBucketName")),
        facts=DynamoDbProfileFacts(stack.table("TenantsTableName")),
    )
