"""Pricing: the daily comparison with what AWS publishes."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import boto3

from bedrock_meter import prices
from bedrock_meter.aws.dynamodb_decisions import DynamoDbDecisions
from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable
from bedrock_meter.aws.price_feed import AwsPriceFeed
from bedrock_meter.aws.price_list import REGION
from bedrock_meter.aws.s3_books import S3Books
from bedrock_meter.aws.s3_evidence import S3EvidenceStore
from bedrock_meter.jobs.put_book_in_force import put_book_in_force
from bedrock_meter.jobs.refresh_prices import refresh_prices as refresh
from bedrock_meter.ports.prices import Outcome
from bedrock_meter.settings import PriceSettings
from bedrock_meter.wiring.clients import client, table


def refresh_prices() -> Callable[..., Outcome]:
    """Join `refresh_prices`; call it with now."""
    settings = PriceSettings.from_environment()
    s3 = client("s3")
    feed = AwsPriceFeed(
        boto3.client("pricing", region_name=REGION), client("bedrock"), prices.shipped().models()
    )
    decide = partial(
        put_book_in_force,
        decisions=DynamoDbDecisions(table(settings.tenants_table)),
        evidence=S3EvidenceStore(s3, settings.data_bucket),
        hours=DynamoDbHourTable(table(settings.hours_table)),
    )

    def job(*, now: datetime) -> Outcome:
        return refresh(
            now=now,
            feed=feed,
            shelf=S3Books(s3, settings.data_bucket),
            names=prices.shipped_names(),
            layered=prices.layered,
            in_force=partial(decide, now=now),
        )

    return job
