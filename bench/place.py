"""Where a function is measured: its environment, and boto3's clients on files."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.local.hours import MemoryHourTable
from bench.pretend import FileTables, FolderS3

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_DEFAULT_REGION": "us-east-1",
    "ACCOUNT_ID": "111122223333",
    "LOG_BUCKET": "logs",
    "DATA_BUCKET": "data",
    "PARTIALS_TABLE": "Partials",
    "HOURS_TABLE": "Hours",
    "USAGE_TABLE": "Usage",
    "TENANTS_TABLE": "Tenants",
    "FLAGS_TABLE": "Flags",
    "INGEST_QUEUE_URL": "https://queue",
    "REFRESH_QUEUE_URL": "https://queue",
    "NOTICE_TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:notices",
    "GRACE_MINUTES": "20",
    "PARTIAL_DAYS": "35",
    "OBJECT_ROW_DAYS": "400",
    "SEAL_DAYS": "0",
    "EVIDENCE_DAYS": "0",
    "LIVE_HOUR_SECONDS": "60",
    "THROTTLE_MODE": "observe",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
}


class FunctionPlace:
    """Where a measurement takes place: S3 and DynamoDB on disk, the hours in memory."""

    def __init__(self, folder: Path) -> None:
        self.s3 = FolderS3(folder)
        self.tables = FileTables(folder / "tables.sqlite")
        self.hours = MemoryHourTable()

    def furnish(self) -> None:
        """Have functions find this instead of AWS."""
        import boto3

        from bedrock_meter.compose import functions
        from bedrock_meter.compose.stores import Stores

        for service in ("s3", "sqs"):
            boto3.client(service)  # what a function holds of boto3, it holds here
        boto3.resource("dynamodb")
        functions.client = self._client  # type: ignore[assignment]
        functions.table = self.tables.table  # type: ignore[assignment]
        Stores.hours = self.hours  # type: ignore[assignment]

    @cached_property
    def stores(self) -> Any:
        """The stores as a function has them."""
        from bedrock_meter.compose.functions import stores_by
        from bedrock_meter.compose.settings import FoldSettings

        return stores_by(FoldSettings.from_environment())

    def _client(self, service: str) -> Any:
        return self.s3 if service == "s3" else Silent()

    def publish_until(self, hour: Hour) -> None:
        """Set the progress as if every hour before this one were published."""
        self.hours.begin_at(hour)


class Silent:
    """A client of a service that takes everything."""

    def __getattr__(self, _name: str) -> Callable[..., dict[str, Any]]:
        return lambda **_: {}
