"""The reading of one log object: what the ingest writes down."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from bedrock_meter.domain.records.byte_source import ByteSource, HashedSource
from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.time.hours import Part
from bedrock_meter.domain.totals.partial import Partial
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.clock import MOST_HOURS, TooManyHours
from bedrock_meter.logs.decode import batches
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.gunzip import inflate
from bedrock_meter.logs.meter import LogMeter
from bedrock_meter.logs.spool import EvidenceSpool

TOO_MANY_HOURS = "too_many_hours"


class LogReading:
    """What one pass over a log object found. `digest` is the SHA-256 of its bytes as delivered.

    An object that touches too many hours is set aside whole: nothing of it is metered.
    """

    def __init__(
        self, log_object: LogObject, digest: str, meter: LogMeter | None, spool: EvidenceSpool
    ) -> None:
        self.digest = digest
        self.records = meter.records if meter else 0
        self.rejects = meter.all_rejects() if meter else [_refused_whole(log_object, digest)]
        self._object_id = log_object.object_id
        self._meter = meter
        self._spool = spool

    def evidence(self) -> Mapping[Part, BinaryIO]:
        """Return the file of each part of an hour that has any record; open until the reading ends.

        The files depend on nothing but the bytes of the log object: not on the valuation.
        """
        return self._spool.files() if self._meter else {}

    def partials(self) -> Iterator[Partial]:
        """Return the rows of each 5-minute slot; whoever writes them knows their generation."""
        if self._meter:
            for slot, rows in self._meter.slots():
                yield Partial(self._object_id, slot, 0, rows)


@contextmanager
def reading_of(
    body: ByteSource, log_object: LogObject, valuation: Valuation, callers: Callers
) -> Iterator[LogReading]:
    """Read a log object in one pass and bounded memory; its files are gone when this ends.

    Nothing about the content is raised: what cannot be metered is among the rejects.
    """
    hashed = HashedSource(body)
    source = Source(log_object.object_id, log_object.stamp, log_object.account, log_object.region)
    spool = EvidenceSpool()
    try:
        meter = LogMeter(source, valuation, callers, spool)
        found: LogMeter | None = meter
        try:
            for batch in batches(inflate(hashed)):
                meter.take(batch)
        except TooManyHours:
            found = None
        yield LogReading(log_object, hashed.digest_of_all(), found, spool)
    finally:
        spool.close()


def _refused_whole(log_object: LogObject, digest: str) -> Reject:
    message = f"its records lie in more than {MOST_HOURS} hours"
    return Reject(log_object.object_id, 0, 0, 0, digest, TOO_MANY_HOURS, {"message": message})
