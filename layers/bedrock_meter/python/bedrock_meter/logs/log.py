"""A whole log object, record by record and in order."""

from collections.abc import Iterator

from bedrock_meter.domain.records.byte_source import ByteSource
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.logs.bodies import FindBody, with_bodies
from bedrock_meter.logs.decode import Batch, Refused, batches
from bedrock_meter.logs.evidence import Source, evidence_of
from bedrock_meter.logs.forms import Forms, unpacked
from bedrock_meter.logs.gunzip import DEFAULT_LIMITS, InflationLimits, inflate
from bedrock_meter.logs.lenient import UnmeterableLine


def read_log(
    stream: ByteSource,
    source: Source,
    *,
    forms: Forms | None = None,
    bodies: FindBody | None = None,
    limits: InflationLimits = DEFAULT_LIMITS,
) -> Iterator[Evidence | Reject]:
    """Yield every record of a log object as evidence, or the reason why it cannot be counted.

    Memory is bounded whatever the object holds. With `forms` the stream is a file that somebody
    kept: arrays of records are read too, and what CloudWatch makes of them; in the log bucket such
    a file is a body that was moved out. `bodies` finds those bodies.
    """
    pieces = inflate(stream, limits) if forms is None else unpacked(stream, limits)
    for found in batches(pieces, forms):
        if isinstance(found, Refused):
            yield reject_of(found, source)
        else:
            yield from _of_batch(found, source, bodies)


def _of_batch(batch: Batch, source: Source, bodies: FindBody | None) -> Iterator[Evidence | Reject]:
    for index, record in enumerate(batch.records):
        if bodies is not None:
            record = with_bodies(record, bodies)
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
