"""Ingest: meter one log object, and write what it says under keys of its own."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import BinaryIO, NamedTuple, Protocol

from bedrock_meter.domain.errors import Contended
from bedrock_meter.domain.hours import Hour, hour_of_slot
from bedrock_meter.domain.log_object import LogObject, ObjectRow
from bedrock_meter.domain.partial import Partial
from bedrock_meter.domain.quarantine import Reject
from bedrock_meter.ports import EvidenceStore, HourTable, LiveTable, LogStore, QuarantineStore

IDENTITY_CONFLICT = "identity_conflict"
"""The reason of a log object whose content differs from what was metered under the same id."""


class Reading(Protocol):
    """What one pass over a log object found; as a context manager it gives its files back."""

    digest: str
    records: int
    rejects: list[Reject]
    edges: set[Hour]

    def evidence(self) -> Mapping[Hour, BinaryIO]:
        """Give the evidence file of each event hour."""

    def partials(self) -> Iterable[Partial]:
        """Give the rows of each 5-minute slot."""


class IngestReport(NamedTuple):
    """What became of a log object: records metered, rejects by reason, hours touched ever."""

    object_id: str
    records: int
    rejects: Mapping[str, int]
    hours: tuple[Hour, ...]


def ingest(
    log_object: LogObject,
    *,
    now: datetime,
    is_live: bool,
    version: int,
    logs: LogStore,
    read: Callable[[BinaryIO, LogObject, datetime], AbstractContextManager[Reading]],
    evidence: EvidenceStore,
    quarantine: QuarantineStore,
    hours: HourTable,
    live: LiveTable,
) -> IngestReport:
    """Meter a log object once, however often it is announced.

    Every write replaces what the same object wrote earlier, and they come in an order that makes
    dying in between harmless: the hours are announced, rejects and evidence are kept, only then
    the hours are asked to close again, and the live lane hears of it last. The next delivery
    repeats all of it. Replay and back-fill are not live: they write no partials.
    """
    with logs.open(log_object) as body, read(body, log_object, now) as reading:
        return _write(
            log_object,
            reading,
            is_live=is_live,
            version=version,
            evidence=evidence,
            quarantine=quarantine,
            hours=hours,
            live=live,
        )


def _write(
    log_object: LogObject,
    reading: Reading,
    *,
    is_live: bool,
    version: int,
    evidence: EvidenceStore,
    quarantine: QuarantineStore,
    hours: HourTable,
    live: LiveTable,
) -> IngestReport:
    files = reading.evidence()
    before = live.object_row(log_object.object_id)
    row = live.announce(_row(log_object, reading, files, version))
    if row.digest != reading.digest:
        quarantine.put(log_object, reading.digest, version, [_conflict(log_object, reading)])
        return IngestReport(log_object.object_id, 0, {IDENTITY_CONFLICT: 1}, ())
    if row.version > version:
        return _overtaken(row, version)
    if reading.rejects or (before and before.rejects) or row.first < version:
        # An older reading may be about to write what it rejected; nothing rejected stops it too.
        quarantine.put(log_object, reading.digest, version, reading.rejects)
    _put_evidence(row, files, version, evidence)
    published = _ask_again(row.hours, reading.edges, hours)
    if is_live:
        _put_partials(reading, published, live)
    live.settle(row)
    return IngestReport(row.object_id, reading.records, _by_reason(reading.rejects), row.hours)


def _overtaken(row: ObjectRow, version: int) -> IngestReport:
    """Leave everything to a newer reading, once it has done it all.

    Until then this message may be the only one left that speaks of the object: it is kept.
    """
    if not row.settled:
        raise Contended(
            f"a reading of {row.object_id} by meter version {row.version} is not finished; "
            f"version {version} waits for it"
        )
    return IngestReport(row.object_id, 0, {}, ())


def _put_evidence(
    row: ObjectRow, files: Mapping[Hour, BinaryIO], version: int, evidence: EvidenceStore
) -> None:
    """Write each hour's file; an empty one for an hour that the object no longer touches."""
    for hour in row.hours:
        if hour in files:
            evidence.put(hour, row.object_id, version, files[hour])
        else:
            evidence.put_empty(hour, row.object_id, version)


def _put_partials(reading: Reading, published: set[Hour], live: LiveTable) -> None:
    """Write partials for hours that nobody reads from closed totals yet."""
    for partial in reading.partials():
        if hour_of_slot(partial.slot) not in published:
            live.put_partial(partial)


def _row(
    log_object: LogObject, reading: Reading, files: Mapping[Hour, BinaryIO], version: int
) -> ObjectRow:
    return ObjectRow(
        log_object.object_id,
        reading.digest,
        version,
        tuple(sorted(files)),
        reading.records,
        len(reading.rejects),
        first=version,
    )


def _ask_again(touched: Iterable[Hour], edges: set[Hour], hours: HourTable) -> set[Hour]:
    """Ask for a new close of every hour that a close has begun on; name the published ones.

    It comes after the evidence are written: a close that begins later reads them anyway, one that
    began earlier is followed by another. Hours before `data up to` are asked for by name, since
    no plan will walk over them again.
    """
    first = hours.data_up_to()
    published = set()
    for hour in sorted(touched):
        row = hours.row(hour)
        if row.epoch or (first and hour < first):
            hours.ask(hour)
        if row.published:
            published.add(hour)
    for hour in sorted(edges - set(touched)):
        if hours.row(hour).epoch:
            hours.ask(hour)
    return published


def _conflict(log_object: LogObject, reading: Reading) -> Reject:
    return Reject(
        log_object.object_id, 0, 0, 0, reading.digest, IDENTITY_CONFLICT, {"key": log_object.key}
    )


def _by_reason(rejects: Iterable[Reject]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for reject in rejects:
        counts[reject.reason] = counts.get(reject.reason, 0) + 1
    return counts
