"""Notices through EventBridge, for programs."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bedrock_meter.domain.levels.notice import Notice
from bedrock_meter.domain.time.hours import text_of
from bedrock_meter.ports.levels import NotSent

SOURCE = "bedrock-meter"
DETAIL_TYPE = "Tenant level changed"


class EventBridgeNotices:
    """`NoticeChannel` on an event bus."""

    name = "events"

    def __init__(self, client: Any, bus: str = "default") -> None:
        self._client = client
        self._bus = bus

    def notify(self, notice: Notice) -> None:
        detail = {
            "tenant": notice.tenant,
            "version": notice.id,
            "before": notice.before.word,
            "after": notice.after.word,
            "at": text_of(notice.at),
            "subject": notice.subject,
            "message": notice.body,
        }
        entry = {
            "Time": notice.at,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(detail),
            "EventBusName": self._bus,
        }
        try:
            answer = self._client.put_events(Entries=[entry])
        except (ClientError, BotoCoreError) as error:
            raise NotSent(f"event bus {self._bus}: {error}") from error
        if answer["FailedEntryCount"]:
            failed = answer["Entries"][0]
            why = f"{failed.get('ErrorCode')}: {failed.get('ErrorMessage')}"
            raise NotSent(f"event bus {self._bus}: {why}")
