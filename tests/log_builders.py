"""Log objects for tests of the reading: text, gzip in every state, and what became of it."""

import gzip
import io
import json
from typing import Any

from bedrock_meter import prices
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.forms import Forms
from bedrock_meter.logs.gunzip import DEFAULT_LIMITS, InflationLimits
from bedrock_meter.logs.log import read_log
from bedrock_meter.logs.reading import LogReading, reading_of
from tests.builders import a_log_object, a_record

SOURCE = Source("object", None, "111122223333", "us-east-1")


def line_of(record: object) -> bytes:
    """One record as a line without its end."""
    return json.dumps(record, separators=(",", ":")).encode()


def text_of(*records: object) -> bytes:
    """The text of a log object; a record may be given as the bytes of a line."""
    lines = (record if isinstance(record, bytes) else line_of(record) for record in records)
    return b"".join(line + b"\n" for line in lines)


def numbered(count: int, **changes: Any) -> list[dict[str, Any]]:
    """So many records, each with a request id of its own."""
    return [a_record(f"r-{number}", **changes) for number in range(count)]


class Found:
    """What became of a log object: evidence and rejects in their order."""

    def __init__(self, found: list[Evidence | Reject]) -> None:
        self.evidence = [one for one in found if isinstance(one, Evidence)]
        self.rejects = [one for one in found if isinstance(one, Reject)]
        self.ids = [one.request_id for one in self.evidence]
        self.reasons = [one.reason for one in self.rejects]


def found_in(
    data: bytes,
    *,
    source: Source = SOURCE,
    forms: Forms | None = None,
    limits: InflationLimits = DEFAULT_LIMITS,
) -> Found:
    """Read bytes as delivered."""
    stream = io.BytesIO(data)
    return Found(list(read_log(stream, source, forms=forms, limits=limits)))


def evidence_of_one(record: object, **source: Any) -> Evidence:
    """Read one record that must be countable."""
    found = found_in(text_of(record), source=SOURCE._replace(**source))
    assert not found.rejects, found.rejects
    (evidence,) = found.evidence
    return evidence


def reject_of_one(record: object, **source: Any) -> Reject:
    """Read one record that must be refused."""
    found = found_in(text_of(record), source=SOURCE._replace(**source))
    assert not found.evidence, found.evidence
    (reject,) = found.rejects
    return reject


def assumed_of(evidence: Evidence) -> list[str]:
    """What is taken for granted beside the service tier, which this record must not state."""
    assert evidence.assumptions[0] == "tier_standard"
    return evidence.assumptions[1:]


def a_valuation(policy: Policy = DEFAULT_POLICY) -> Valuation:
    """Decisions in force: the shipped book, and the default policy unless another is given."""
    return Valuation(policy, prices.shipped())


def metered(data: bytes, valuation: Valuation, name: str = "one") -> "Metered":
    """Read a log object the quick way, as the ingest does."""
    callers = Callers(valuation.policy)
    with reading_of(io.BytesIO(data), a_log_object(name), valuation, callers) as reading:
        return Metered(reading)


class Metered:
    """A reading that has ended: its files as bytes, its partials as a list."""

    def __init__(self, reading: LogReading) -> None:
        self.digest = reading.digest
        self.records = reading.records
        self.rejects = reading.rejects
        self.files = {part: file.read() for part, file in reading.evidence().items()}
        self.partials = list(reading.partials())


def zipped(text: bytes) -> bytes:
    """Gzip with nothing in the header that could differ from run to run."""
    return gzip.compress(text, mtime=0)
