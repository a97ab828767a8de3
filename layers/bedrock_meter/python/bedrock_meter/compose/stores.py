"""Every adapter, made at one place: the promises of `ports`, kept by AWS.

An adapter's module is loaded when it is used: no start loads pyarrow that does not need it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from bedrock_meter import ports
    from bedrock_meter.aws.dynamodb_decisions import DynamoDbProfileFacts
    from bedrock_meter.aws.dynamodb_levels import DynamoDbLevels
    from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable
    from bedrock_meter.compose.profiles import ProfilesOnDemand
    from bedrock_meter.ports.bedrock import InvocationCounts, LoggingSwitch
    from bedrock_meter.ports.decisions import DecisionLog, PolicyStore
    from bedrock_meter.ports.levels import NoticeChannel, NoticeOutbox, PastHours
    from bedrock_meter.ports.prices import BookShelf, PriceFeed
    from bedrock_meter.ports.tenant_names import TenantNames

LIVE_HOURS_KEPT = timedelta(days=7)


def clock() -> datetime:
    """Read the clock, to date the expiry of items."""
    return datetime.now(UTC)


class Stores:
    """All stores, queues and channels of one stack; each is made when it is first asked for.

    The attributes of `names` are the names of buckets, tables, queues and topics, and for how many
    days things are kept: the settings of a function, or a `StackNames`. `client` returns the client
    of a service, `table` a DynamoDB table; `bedrock` returns the client that asks about profiles,
    where that is another one.
    """

    def __init__(
        self,
        names: Any,
        client: Callable[..., Any],
        table: Callable[[str], Any],
        *,
        clock: Callable[[], datetime] = clock,
        live_hours_kept: timedelta = LIVE_HOURS_KEPT,
        bedrock: Callable[[], Any] | None = None,
    ) -> None:
        self._names = names
        self._client = client
        self._table = table
        self._clock = clock
        self._live_hours_kept = live_hours_kept
        self._bedrock = bedrock or partial(client, "bedrock")

    def of[Needed](self, needed: type[Needed]) -> Needed:
        """Return a named tuple of stores, whose fields are called as they are here."""
        make: Any = needed
        made: Needed = make(**self.named(*make._fields))
        return made

    def named(self, *names: str) -> dict[str, Any]:
        """Return several stores by their names."""
        return {name: getattr(self, name) for name in names}

    @cached_property
    def logs(self) -> ports.LogStore:
        """The log bucket."""
        from bedrock_meter.aws.s3_logs import S3LogStore

        return S3LogStore(self._s3, self._names.log_bucket, self._names.log_prefix)

    @cached_property
    def manifests(self) -> ports.ManifestStore:
        """What is noted of each log object."""
        from bedrock_meter.aws.s3_manifests import S3ManifestStore

        return S3ManifestStore(*self._data)

    @cached_property
    def evidence(self) -> ports.EvidenceStore:
        """The evidence."""
        from bedrock_meter.aws.s3_evidence import S3EvidenceStore

        return S3EvidenceStore(*self._data)

    @cached_property
    def quarantine(self) -> ports.QuarantineStore:
        """The quarantine."""
        from bedrock_meter.aws.s3_quarantine import S3QuarantineStore

        return S3QuarantineStore(*self._data)

    @cached_property
    def closings(self) -> ports.ClosingStore:
        """Closings and corrections. Needs pyarrow."""
        from bedrock_meter.aws.s3_closings import S3ClosingStore

        return S3ClosingStore(*self._data)

    @cached_property
    def rollups(self) -> ports.RollupStore:
        """The Parquet of closed hours. Needs pyarrow."""
        from bedrock_meter.aws.s3_rollups import S3RollupStore

        return S3RollupStore(*self._data)

    @cached_property
    def live(self) -> ports.LiveTable:
        """The live table."""
        from bedrock_meter.aws.dynamodb_live import DynamoDbLiveTable
        from bedrock_meter.aws.s3_bodies import S3Bodies

        return DynamoDbLiveTable(
            self._table(self._names.partials_table),
            bodies=S3Bodies(*self._data),
            clock=self._clock,
            partials_kept=timedelta(days=self._names.partial_days),
            objects_kept=timedelta(days=self._names.object_row_days),
        )

    @cached_property
    def waits(self) -> ports.WaitList:
        """The log objects that wait to be metered."""
        from bedrock_meter.aws.dynamodb_waiting import DynamoDbWaitList

        return DynamoDbWaitList(self._table(self._names.partials_table))

    @cached_property
    def hours(self) -> ports.HourTable:
        """The life of hours."""
        from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable

        return DynamoDbHourTable(self._table(self._names.hours_table))

    @cached_property
    def usage(self) -> DynamoDbUsageTable:
        """What tenants used; their past, too."""
        from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable

        table = self._table(self._names.usage_table)
        return DynamoDbUsageTable(table, clock=self._clock, live_hours_kept=self._live_hours_kept)

    @property
    def past(self) -> PastHours:
        """What tenants used in closed hours."""
        return self.usage

    @cached_property
    def decisions(self) -> DecisionLog:
        """What was decided."""
        from bedrock_meter.aws.dynamodb_decisions import DynamoDbDecisions

        return DynamoDbDecisions(self._tenants)

    @cached_property
    def policies(self) -> PolicyStore:
        """The policies that decisions speak of."""
        from bedrock_meter.aws.s3_policies import S3Policies

        return S3Policies(*self._data)

    @cached_property
    def facts(self) -> DynamoDbProfileFacts:
        """What is remembered of inference profiles."""
        from bedrock_meter.aws.dynamodb_decisions import DynamoDbProfileFacts

        return DynamoDbProfileFacts(self._tenants)

    @cached_property
    def profiles(self) -> ProfilesOnDemand:
        """Bedrock, to be asked about inference profiles."""
        from bedrock_meter.compose.profiles import ProfilesOnDemand

        return ProfilesOnDemand(self._names.account_id, self._bedrock)

    @cached_property
    def levels(self) -> DynamoDbLevels:
        """Levels and flags."""
        from bedrock_meter.aws.dynamodb_flags import DynamoDbFlags
        from bedrock_meter.aws.dynamodb_levels import DynamoDbLevels

        return DynamoDbLevels(self._tenants, DynamoDbFlags(self._table(self._names.flags_table)))

    @property
    def outbox(self) -> NoticeOutbox:
        """Notices that wait to be sent."""
        return self.levels

    @cached_property
    def channels(self) -> list[NoticeChannel]:
        """The ways to notify: people by topics, everything else by the event bus."""
        from bedrock_meter.aws.eventbridge_notices import EventBridgeNotices
        from bedrock_meter.aws.sns_notices import SnsContacts, SnsNotices

        sns, events = self._client("sns"), self._client("events")
        return [
            SnsNotices(sns, self._names.notice_topic_arn),
            SnsContacts(sns),
            EventBridgeNotices(events),
        ]

    @property
    def queue(self) -> ports.IngestQueue:
        """The queue in front of the ingest."""
        return self._queue(self._names.ingest_queue_url, is_live=True)

    @property
    def replay_queue(self) -> ports.IngestQueue:
        """The queue in front of the ingest that leaves fresh logs their turn."""
        return self._queue(self._names.replay_queue_url, is_live=False)

    @cached_property
    def refreshes(self) -> ports.RefreshQueue:
        """The queue of deferred refreshes."""
        from bedrock_meter.aws.sqs_queues import SqsRefreshQueue

        url, seconds = self._names.refresh_queue_url, self._names.live_hour_seconds
        return SqsRefreshQueue(self._client("sqs"), url, seconds)

    @cached_property
    def shelf(self) -> BookShelf:
        """The price books kept for the stack; few have one of their own."""
        from bedrock_meter.aws.s3_books import S3Books

        return S3Books(*self._data)

    @cached_property
    def feed(self) -> PriceFeed:
        """What AWS publishes of prices."""
        from bedrock_meter import prices
        from bedrock_meter.aws.price_feed import AwsPriceFeed
        from bedrock_meter.aws.price_list import REGION

        pricing = self._client("pricing", region_name=REGION)
        return AwsPriceFeed(pricing, self._client("bedrock"), prices.shipped().models())

    @cached_property
    def logging(self) -> LoggingSwitch:
        """Bedrock's logging, and the announcements of the log bucket."""
        from bedrock_meter.aws.bedrock_logging import BedrockLogging

        return BedrockLogging(self._client("bedrock"), self._s3)

    @cached_property
    def counts(self) -> InvocationCounts:
        """What Bedrock itself counted."""
        from bedrock_meter.aws.cloudwatch_invocations import CloudWatchInvocations

        return CloudWatchInvocations(self._client("cloudwatch"))

    @cached_property
    def tenant_names(self) -> TenantNames:
        """The places that hold a tenant's id. Needs pyarrow."""
        from bedrock_meter.aws.tenant_names import AwsTenantNames

        tables = (
            self._table(self._names.usage_table),
            self._tenants,
            self._table(self._names.flags_table),
        )
        pages, clock = self.usage, self._clock
        return AwsTenantNames(*tables, self.facts, *self._data, pages=pages, clock=clock)

    def _queue(self, url: str, *, is_live: bool) -> ports.IngestQueue:
        from bedrock_meter.aws.sqs_queues import SqsIngestQueue

        return SqsIngestQueue(self._client("sqs"), url, is_live=is_live)

    @cached_property
    def _s3(self) -> Any:
        return self._client("s3")

    @cached_property
    def _data(self) -> tuple[Any, str]:
        return self._s3, self._names.data_bucket

    @cached_property
    def _tenants(self) -> Any:
        return self._table(self._names.tenants_table)
