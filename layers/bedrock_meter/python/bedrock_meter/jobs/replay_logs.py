"""Replay: announce log objects again, in order, so that one path meters everything.

What was counted already is counted once: the ingest replaces what it wrote before.
"""

from collections.abc import Iterable, Iterator
from itertools import batched
from typing import NamedTuple

from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.time.hours import Hour, hours_between
from bedrock_meter.ports import IngestQueue, LogStore

BATCH = 100


class AnnouncedBatch(NamedTuple):
    """A batch that the queue has: how many log objects, and the last of them."""

    number: int
    last: LogObject


def objects_between(first: Hour, until: Hour, logs: LogStore) -> Iterator[LogObject]:
    """List the log objects delivered from one hour, included, until another, not included."""
    for hour in hours_between(first, until):
        yield from logs.delivered(hour)


def replay_logs(
    log_objects: Iterable[LogObject], *, after: str | None, queue: IngestQueue
) -> Iterator[AnnouncedBatch]:
    """Announce log objects; yield each batch once the queue has it.

    `after` is the key that an interrupted replay reached: everything up to it is skipped.
    """
    rest = iter(log_objects)
    if after is not None:
        for passed in rest:
            if passed.key == after:
                break
    for batch in batched(rest, BATCH):
        queue.announce(batch)
        yield AnnouncedBatch(len(batch), batch[-1])
