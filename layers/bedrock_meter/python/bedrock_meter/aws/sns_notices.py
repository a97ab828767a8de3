"""Notices through SNS: to the operators' topic, and to the topic of the customer's contact."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bedrock_meter.domain.levels.notice import Notice
from bedrock_meter.ports.levels import NotSent


class SnsNotices:
    """`NoticeChannel` to the operators. Subscribers can filter by level, tenant and direction."""

    name = "operators"

    def __init__(self, client: Any, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def notify(self, notice: Notice) -> None:
        publish(self._client, self._topic_arn, notice)


class SnsContacts:
    """`NoticeChannel` to the contact in a tenant's plan, if there is one."""

    name = "contact"

    def __init__(self, client: Any) -> None:
        self._client = client

    def notify(self, notice: Notice) -> None:
        if notice.contact:
            publish(self._client, notice.contact, notice)


def publish(client: Any, topic_arn: str, notice: Notice) -> None:
    """Publish a notice to a topic; raise `NotSent` when SNS refuses or cannot be reached."""
    try:
        client.publish(
            TopicArn=topic_arn,
            Subject=notice.subject,
            Message=notice.body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in notice.attributes()
            },
        )
    except (ClientError, BotoCoreError) as error:
        raise NotSent(f"{topic_arn}: {error}") from error
