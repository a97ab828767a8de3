"""The live table, joined the same way in every room."""

from datetime import timedelta
from typing import Protocol

from bedrock_meter.aws.dynamodb_live import DynamoDbLiveTable
from bedrock_meter.aws.s3_bodies import S3Bodies
from bedrock_meter.wiring.clients import client, clock, table


class LiveSettings(Protocol):
    """The settings that every user of the live table has."""

    data_bucket: str
    partials_table: str
    partial_days: int
    object_row_days: int


def live_table(settings: LiveSettings) -> DynamoDbLiveTable:
    """Make the live table."""
    return DynamoDbLiveTable(
        table(settings.partials_table),
        bodies=S3Bodies(client("s3"), settings.data_bucket),
        clock=clock,
        partials_kept=timedelta(days=settings.partial_days),
        objects_kept=timedelta(days=settings.object_row_days),
    )
