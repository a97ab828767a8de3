"""Notices: changes of level are told."""

from collections.abc import Callable
from datetime import datetime

from bedrock_meter.aws.dynamodb_flags import DynamoDbFlags
from bedrock_meter.aws.dynamodb_levels import DynamoDbLevels
from bedrock_meter.aws.eventbridge_notices import EventBridgeNotices
from bedrock_meter.aws.sns_notices import SnsContacts, SnsNotices
from bedrock_meter.jobs.deliver_notices import Delivery
from bedrock_meter.jobs.deliver_notices import deliver_notices as deliver
from bedrock_meter.ports.levels import NoticeChannel
from bedrock_meter.settings import NoticeSettings
from bedrock_meter.wiring.clients import client, table


def deliver_notices() -> Callable[..., Delivery]:
    """Join `deliver_notices`; call it with now."""
    settings = NoticeSettings.from_environment()
    tenants = table(settings.tenants_table)
    # Telling reads and acknowledges the outbox; flags are not touched.
    outbox = DynamoDbLevels(tenants, DynamoDbFlags(tenants))

    def job(*, now: datetime) -> Delivery:
        channels = notice_channels(settings.notice_topic_arn)
        return deliver(outbox=outbox, channels=channels, now=now)

    return job


def notice_channels(topic_arn: str) -> list[NoticeChannel]:
    """Give the ways to tell: people by topics, everything else by the event bus."""
    sns = client("sns")
    return [SnsNotices(sns, topic_arn), SnsContacts(sns), EventBridgeNotices(client("events"))]
