"""Queues and the log bucket in memory."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO

from bedrock_meter.domain.records.errors import LogObjectGone
from bedrock_meter.domain.records.log_object import LogObject, is_log_file, log_object_of
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.live import DeferredRefresh


class MemoryLogStore:
    """`LogStore`: a bucket as a dictionary of keys."""

    def __init__(self, bucket: str = "logs") -> None:
        self.bucket = bucket
        self.objects: dict[str, bytes] = {}

    @contextmanager
    def open(self, log_object: LogObject) -> Iterator[BinaryIO]:
        if log_object.key not in self.objects:
            raise LogObjectGone(f"s3://{log_object.bucket}/{log_object.key}")
        yield BytesIO(self.objects[log_object.key])

    def delivered(self, hour: Hour) -> Iterator[LogObject]:
        for key in sorted(self.objects):
            log_object = log_object_of(self.bucket, key)
            if log_object.delivered == hour and is_log_file(key, len(self.objects[key])):
                yield log_object

    def under(self, prefix: str) -> Iterator[LogObject]:
        for key in sorted(self.objects):
            if key.startswith(prefix) and is_log_file(key, len(self.objects[key])):
                yield log_object_of(self.bucket, key)


class MemoryIngestQueue:
    """`IngestQueue`: what was announced, in order."""

    def __init__(self) -> None:
        self.announced: list[LogObject] = []

    def announce(self, log_objects: Iterable[LogObject]) -> None:
        self.announced += log_objects


class MemoryRefreshQueue:
    """`RefreshQueue`: what was deferred, in order."""

    def __init__(self) -> None:
        self.notes: list[DeferredRefresh] = []

    def later(self, deferred: DeferredRefresh) -> None:
        self.notes.append(deferred)
