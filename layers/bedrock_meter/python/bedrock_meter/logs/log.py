"""A whole log object, record by record and in order."""

from collections.abc import Iterator

from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.quarantine import Reject
from bedrock_meter.logs.decode import Batch, Refused, batches
from bedrock_meter.logs.evidence import Source, evidence_of
from bedrock_meter.logs.gunzip import DEFAULT_LIMITS, ByteSource, Limits, inflate
from bedrock_meter.logs.mend import UnmeterableLine


def read_log(
    stream: ByteSource,
    source: Source,
    *,
    arrays: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[Evidence | Reject]:
    """Yield every record of a log object as evidence, or the reason why it cannot be counted.

    Memory is bounded whatever the object holds. With `arrays`, a top-level array of records is
    read too; in the log bucket such a file is a body that was moved out.
    """
    for found in batches(inflate(stream, limits), arrays=arrays):
        if isinstance(found, Refused):
            yield reject_of(found, source)
            continue
        yield from _of_batch(found, source)


def _of_batch(batch: Batch, source: Source) -> Iterator[Evidence | Reject]:
    for index, record in enumerate(batch.records):
        try:
            yield evidence_of(record, batch.line_of(index), source)
        except UnmeterableLine as error:
            refused = batch.refuse(index, error.reason, error.message)
            yield reject_of(refused, source)


def reject_of(refused: Refused, source: Source) -> Reject:
    """Put down for quarantine what was refused."""
    place = refused.place
    return Reject(
        source.object_id,
        place.line,
        place.offset,
        place.length,
        place.sha256,
        refused.reason,
        refused.fields,
    )
