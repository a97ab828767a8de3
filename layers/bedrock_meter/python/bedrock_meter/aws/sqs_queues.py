"""Queues the meter writes to: log objects to meter again, live hours to refresh later."""

from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

import msgspec

from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.totals.live import DeferredRefresh

_MOST_ENTRIES = 10
_MOST_TENANTS = 500
_MOST_BYTES = 200 * 1024
"""Of the tenants in a note, so that it fits a message of 256 KB: an id has 256 characters, and each
of them may be written in six bytes."""

_encode = msgspec.json.Encoder().encode


class QueueRefused(Exception):
    """SQS took only a part of a batch; the whole step is tried again."""


class SqsIngestQueue:
    """`IngestQueue` on SQS. Replay and back-fill are not for the live lane."""

    def __init__(self, sqs: Any, url: str, *, is_live: bool = True) -> None:
        self._sqs = sqs
        self._url = url
        self._is_live = is_live

    def announce(self, log_objects: Iterable[LogObject]) -> None:
        for some in batched(log_objects, _MOST_ENTRIES):
            entries = [
                {"Id": str(number), "MessageBody": self._message(item)}
                for number, item in enumerate(some)
            ]
            answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise QueueRefused(f"{len(answer['Failed'])} of {len(entries)} announcements")

    def _message(self, item: LogObject) -> str:
        return _text({"bucket": item.bucket, "key": item.key, "live": self._is_live})


class SqsRefreshQueue:
    """`RefreshQueue` on SQS; the queue itself holds each note back for a while."""

    def __init__(self, sqs: Any, url: str, delay_seconds: int) -> None:
        self._sqs = sqs
        self._url = url
        self._delay_seconds = delay_seconds

    def later(self, deferred: DeferredRefresh) -> None:
        for some in _notes_for(deferred.tenants):
            self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=_text(deferred._replace(tenants=some)._asdict()),
                DelaySeconds=self._delay_seconds,
            )


def _notes_for(tenants: Iterable[Tenant]) -> Iterator[tuple[Tenant, ...]]:
    """Part tenants so that each part fits a note."""
    some: list[Tenant] = []
    room = _MOST_BYTES
    for tenant in tenants:
        size = len(_encode(tenant)) + 1
        if size > room or len(some) == _MOST_TENANTS:
            yield tuple(some)
            some, room = [], _MOST_BYTES
        some.append(tenant)
        room -= size
    if some:
        yield tuple(some)


def _text(value: object) -> str:
    return _encode(value).decode()
