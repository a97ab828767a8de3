"""Ingest: meter one log object, and write what it says under keys of its own."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import BinaryIO, NamedTuple, Protocol

from bedrock_meter.domain.records.byte_source import HashedSource
from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.manifest import LogSummary, Manifest, announced, settled
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.records.waiting import read_anew
from bedrock_meter.domain.time.hours import Hour, Part
from bedrock_meter.domain.totals.hour_row import Progress
from bedrock_meter.domain.totals.partial import Partial
from bedrock_meter.jobs.ask_again import ask_again
from bedrock_meter.jobs.keep_reading import (
    SEALED_HOUR,
    keep_rejects,
    kept_before,
    put_evidence,
    put_partials,
    rejects_of,
)
from bedrock_meter.ports import (
    EvidenceStore,
    HourTable,
    LiveTable,
    LogStore,
    ManifestStore,
    Noted,
    QuarantineStore,
    WaitList,
)

IDENTITY_CONFLICT = "identity_conflict"
"""The reason of a log object whose content differs from what was metered under the same id."""

_ATTEMPTS = 12


class ReadLog(Protocol):
    """What one pass over a log object found; as a context manager it frees its files."""

    digest: str
    records: int
    rejects: list[Reject]

    def evidence(self) -> Mapping[Part, BinaryIO]:
        """Return the evidence file of each part of an hour that has records."""

    def partials(self) -> Iterable[Partial]:
        """Return the rows of each 5-minute slot."""


class IngestStores(NamedTuple):
    """Everything that metering a log object writes to."""

    manifests: ManifestStore
    evidence: EvidenceStore
    quarantine: QuarantineStore
    hours: HourTable
    live: LiveTable
    waits: WaitList


class IngestReport(NamedTuple):
    """What became of a log object: records metered, rejects by reason, hours touched ever.

    `is_known`: it was metered before, and nothing was to be done. `is_restored`: a tenant was
    erased from its evidence, and a replay has put the name back.
    """

    object_id: str
    records: int
    rejects: Mapping[str, int]
    hours: tuple[Hour, ...]
    is_known: bool = False
    is_restored: bool = False


def ingest(
    log_object: LogObject,
    *,
    now: datetime,
    is_live: bool,
    version: int,
    logs: LogStore,
    read: Callable[[BinaryIO, LogObject, datetime], AbstractContextManager[ReadLog]],
    stores: IngestStores,
) -> IngestReport:
    """Meter a log object once, however often it is announced.

    Every write replaces what the same object wrote earlier, and they come in an order that makes
    dying in between harmless: the manifest names the parts of hours that will be touched, rejects
    and evidence are kept, only then the hours are asked to close again, the live lane hears of it,
    and the manifest says that all is written. The next delivery repeats all of it, and nothing
    once that is said. Replay and back-fill are not live: they derive anew whatever stands, and
    write no partials.
    """
    known = stores.live.copy_of(log_object.object_id)
    if is_live and known and known.is_done(version):
        with logs.open(log_object) as body:
            if HashedSource(body).digest_of_all() == known.digest:
                return _report(known, known.records, {})._replace(is_known=True)
    with logs.open(log_object) as body, read(body, log_object, now) as reading:
        return _write(log_object, reading, now=now, is_live=is_live, version=version, stores=stores)


def _write(
    log_object: LogObject,
    reading: ReadLog,
    *,
    now: datetime,
    is_live: bool,
    version: int,
    stores: IngestStores,
) -> IngestReport:
    progress = stores.hours.progress()
    all_files = reading.evidence()
    parts = tuple(sorted(filter(progress.takes, all_files)))
    found = LogSummary(reading.digest, version, parts, reading.records, len(reading.rejects))
    before, stored = _announce(
        log_object, found, now, lambda one: _stays(one, found, progress, is_live=is_live), stores
    )
    manifest = stored.manifest
    if manifest.refuses(reading.digest):
        conflict = _conflict(log_object, reading.digest)
        stores.quarantine.put(log_object, reading.digest, manifest.generation, [conflict])
        return IngestReport(log_object.object_id, 0, {IDENTITY_CONFLICT: 1}, ())
    if manifest.version > version:
        return _overtaken(manifest, version)
    if is_final(manifest, progress):
        return _report(manifest, 0, {SEALED_HOUR: 1})._replace(is_known=True)
    if is_live and manifest.is_done(version):
        stores.live.keep_copy(manifest)
        return _report(manifest, manifest.records, {})._replace(is_known=True)
    if before and before.is_unfinished:
        progress = progress.for_unfinished()
    ours = set(filter(progress.takes, manifest.parts))
    files = {part: file for part, file in all_files.items() if part in ours}
    late = all_files.keys() - files.keys()
    kept = kept_before(late, before, stores.evidence) if before else set()
    rejects = [*reading.rejects, *rejects_of(log_object, reading.digest, late - kept)]
    keep_rejects(log_object, manifest, before, rejects, stores.quarantine)
    put_evidence(manifest, files, progress, stores.evidence)
    published = ask_again(manifest, stores.hours, kept)
    if is_live:
        is_other = bool(before and before.generation != manifest.generation)
        put_partials(reading.partials(), ours, manifest, published, stores.live, is_other=is_other)
    _settle(stored, now, stores, is_live=is_live)
    report = _report(manifest, reading.records, Counter(reject.reason for reject in rejects))
    return report._replace(is_restored=manifest.restores)


def is_final(manifest: Manifest, progress: Progress) -> bool:
    """Return whether a log object was metered into an hour that is final: nothing moves it then.

    A reading that died half-way is finished where hours are not final.
    """
    return manifest.settled and not all(map(progress.takes, manifest.parts))


def _announce(
    log_object: LogObject,
    found: LogSummary,
    now: datetime,
    stays: Callable[[Manifest], bool],
    stores: IngestStores,
) -> tuple[Manifest | None, Noted]:
    """Note what will be touched before anything is; return the manifest before, and the one now.

    What `stays` is left alone.
    """
    for _ in range(_ATTEMPTS):
        noted = stores.manifests.read(log_object.object_id)
        before = noted.manifest if noted else None
        if noted and before and stays(before):
            return before, noted
        manifest = announced(log_object, found, before, now)
        if before and (before.settled or before.aside):
            # Whoever reads anew and dies half-way is announced again: no sweep looks for it.
            stores.waits.wait([read_anew(manifest, now)])
        tag = stores.manifests.put(manifest, noted.tag if noted else None)
        if tag is not None:
            return before, Noted(manifest, tag)
    raise Contended(f"the manifest of {log_object.object_id} changed {_ATTEMPTS} times in a row")


def _stays(before: Manifest, found: LogSummary, progress: Progress, *, is_live: bool) -> bool:
    """Return whether nothing may take the place of what stands, or nothing is left to be done.

    It refuses these bytes, a newer release read it, or it is final; or it is settled for a delivery
    and the quick copy does not say so yet.
    """
    is_newer = before.version > found.version
    is_done = is_live and before.digest == found.digest and before.is_done(found.version)
    return before.refuses(found.digest) or is_newer or is_final(before, progress) or is_done


def _settle(stored: Noted, now: datetime, stores: IngestStores, *, is_live: bool) -> None:
    """Note that everything is written; raise `Contended` if another reading has begun meanwhile.

    A second reading of the same generation does no harm: what it writes is written already.
    """
    noted: Noted | None = stored
    while noted and noted.manifest.generation == stored.manifest.generation:
        manifest = settled(noted.manifest, is_live=is_live)
        if stores.manifests.put(manifest, noted.tag) is not None:
            stores.live.keep_copy(manifest)
            if stored.manifest.revision > 1:  # the next plan takes a first reading off the list
                stores.waits.met([read_anew(stored.manifest, now)])
            return
        noted = stores.manifests.read(manifest.object_id)
    raise Contended(f"another reading of {stored.manifest.object_id} began before this one ended")


def _overtaken(manifest: Manifest, version: int) -> IngestReport:
    """Leave everything to a newer reading, once it has done it all.

    Until then this message may be the only one left that speaks of the object: it is kept.
    """
    if not manifest.settled:
        raise Contended(
            f"a reading of {manifest.object_id} by meter version {manifest.version} is not "
            f"finished; version {version} waits for it"
        )
    return IngestReport(manifest.object_id, 0, {}, (), is_known=True)


def _conflict(log_object: LogObject, digest: str) -> Reject:
    fields = {"key": log_object.key}
    return Reject(log_object.object_id, 0, 0, 0, digest, IDENTITY_CONFLICT, fields)


def _report(manifest: Manifest, records: int, rejects: Mapping[str, int]) -> IngestReport:
    return IngestReport(manifest.object_id, records, rejects, manifest.hours())
