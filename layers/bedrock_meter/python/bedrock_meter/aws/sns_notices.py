"""Notices through SNS: to the operators' topic, and to the topic of the customer's contact."""

from typing import Any

from bedrock_meter.domain.notice import Notice


class SnsNotices:
    """`NoticeChannel` on SNS. Subscribers can filter by level, tenant and direction."""

    def __init__(self, client: Any, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def tell(self, notice: Notice) -> None:
        self._publish(self._topic_arn, notice)
        if notice.contact:
            self._publish(notice.contact, notice)

    def _publish(self, topic_arn: str, notice: Notice) -> None:
        self._client.publish(
            TopicArn=topic_arn,
            Subject=notice.subject,
            Message=notice.body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in notice.attributes()
            },
        )
