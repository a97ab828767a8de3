"""Audit a closed hour: read its log objects once more, derive its totals, compare them.

Rebuild shows that totals follow from evidence; an audit, that they follow from the logs. It writes
nothing, and looks at evidence only to find which log objects differ, or of a sample.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from bedrock_meter.domain.records.errors import BrokenEvidence
from bedrock_meter.domain.records.merge import Occurrence, merge
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.time.hours import Hour, day_of, edges_around, edges_of, neighbours
from bedrock_meter.domain.totals.audit import (
    BROKEN_EVIDENCE,
    NO_EVIDENCE,
    NOT_IN_CLOSING,
    OTHER_RECORDS,
    Audit,
    CannotAudit,
    ObjectDifference,
    TenantDifference,
    differing_tenants,
    lines_differing,
    without_names,
)
from bedrock_meter.domain.totals.hour_row import HourRow, Progress
from bedrock_meter.domain.totals.total import EMPTY, Total
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.close_hour import closing_of
from bedrock_meter.jobs.derive_calls import tallied, valued_calls
from bedrock_meter.jobs.reread_objects import Looked, Reader, Reread, look_at
from bedrock_meter.ports import (
    Closing,
    ClosingStore,
    EvidenceFile,
    EvidenceStore,
    HourTable,
    LogStore,
    ManifestStore,
    Remaining,
    UsageTable,
)

FOR_COMPARING = timedelta(minutes=5)
"""What reading leaves of the time, to value the calls and to read the published totals."""
FOR_ANSWERING = timedelta(seconds=20)
"""What comparing leaves of it."""


class AuditStores(NamedTuple):
    """Everything that an audit looks at."""

    hours: HourTable
    logs: LogStore
    manifests: ManifestStore
    evidence: EvidenceStore
    closings: ClosingStore
    usage: UsageTable


def audit_hour(
    hour: Hour,
    *,
    stores: AuditStores,
    reader: Reader,
    valuation_for: Callable[[Hour], Valuation],
    remaining: Remaining,
) -> Audit:
    """Compare a published hour with what its log objects say.

    Raise `CannotAudit` when the hour is not published, is to be closed again or was closed while
    it was compared, when a log object of its closing is gone, or when nothing could be read.
    """
    row, progress = stores.hours.row(hour), stores.hours.progress()
    _check_comparable(row, progress)
    closing = closing_of(hour, row.published, stores.closings)
    files = _files_in(closing, stores)
    looked = look_at(
        hour,
        {file.partition("/")[2] for file in files},
        logs=stores.logs,
        manifests=stores.manifests,
        reader=reader,
        has_time=lambda: remaining() > FOR_COMPARING,
    )
    if looked.found and not looked.number:
        raise CannotAudit(f"{hour}: there was no time to read a single log object")
    near = {one.object_id: _countable(one, files, progress) for one in looked.rereads}
    comparison = _Comparison(looked, near, closing, stores, lambda: remaining() > FOR_ANSWERING)
    audit = comparison.described(reader.version)
    audit = (
        comparison.of_objects(audit)
        if audit.is_sample()
        else comparison.of_tenants(audit, valuation_for)
    )
    if stores.hours.row(hour) != row:
        raise CannotAudit(f"{hour} was asked for or closed again while it was compared")
    return audit


def _check_comparable(row: HourRow, progress: Progress) -> None:
    if not row.published:
        raise CannotAudit(f"{row.hour} is not published yet")
    if progress.is_sealed(row.hour):
        raise CannotAudit(f"{row.hour} is final: what was logged or decided later is not in it")
    # A close that gave up left what was published, or the hour would be due: erasing does so.
    if row.is_due() or row.epoch not in (row.published, row.left):
        raise CannotAudit(f"{row.hour} waits to be closed again")


def _files_in(closing: Closing, stores: AuditStores) -> frozenset[str]:
    """Return the evidence files that the hour and its neighbours were closed from."""
    rows = stores.hours.rows(neighbours(closing.hour)).values()
    around = (closing_of(row.hour, row.published, stores.closings) for row in rows)
    return frozenset(file for one in (closing, *around) for file in one.files)


class _Comparison:
    """Compares what log objects say with what stands."""

    def __init__(
        self,
        looked: Looked,
        near: Mapping[str, tuple[Occurrence, ...]],
        closing: Closing,
        stores: AuditStores,
        has_time: Callable[[], bool],
    ) -> None:
        self.hour, self.closing = closing.hour, closing
        self.looked, self.near = looked, near
        self.stores, self.has_time = stores, has_time
        found = [occurrence for each in near.values() for occurrence in each]
        self.own = [occurrence for occurrence in found if occurrence.hour == self.hour]
        self.around = [occurrence for occurrence in found if occurrence.hour != self.hour]

    def described(self, version: int) -> Audit:
        """Return what was looked at; nothing is compared yet."""
        looked, rereads = self.looked, self.looked.rereads
        return Audit(
            hour=self.hour,
            found=looked.found,
            read=looked.number,
            size=sum(one.size for one in rereads),
            calls=len(self.own),
            compared=0,
            outstanding=looked.outstanding,
            aside=looked.aside,
            changed=tuple(sorted(one.object_id for one in rereads if one.is_changed())),
            older=sum(one.manifest.version < version for one in rereads if one.manifest),
            only_sums=any(one.is_erased() for one in rereads),
        )

    def of_tenants(self, audit: Audit, valuation_for: Callable[[Hour], Valuation]) -> Audit:
        """Compare the totals of every tenant; where any differs, name the log objects that do."""
        merged = merge(self.hour, self.own, self.around)
        valuation = valuation_for(self.hour)
        recomputed = tallied(valued_calls(merged, valuation), valuation.policy)
        names = {*recomputed, *self.closing.totals}
        published = self._published(names)
        if audit.only_sums and len(published) < len(names):
            raise CannotAudit(f"{self.hour}: there was no time to add all totals up")
        differing = _differing(published, recomputed, audit.only_sums)
        return audit._replace(
            calls=len(merged.calls),
            compared=len(published),
            tenants=differing,
            objects=self._objects()[1] if differing else (),
            left_out=len(names) - len(published),
            apart=merged.apart + self._unseen(),
        )

    def of_objects(self, audit: Audit) -> Audit:
        """Compare each log object with its evidence."""
        compared, differing = self._objects()
        left_out = len(self.looked.rereads) - compared
        return audit._replace(compared=compared, objects=differing, left_out=left_out)

    def _unseen(self) -> int:
        """Count requests that a neighbouring hour has, too, where no close sees both records.

        A close sees the parts of two hours that face each other (`Merged.apart`), not the rest.
        """
        own = {one.evidence.request_id for one in self.own}
        facing = zip(edges_of(self.hour), edges_around(self.hour), strict=True)
        unseen = 0
        for beside, parts in zip(neighbours(self.hour), facing, strict=True):
            near = (one for one in (*self.own, *self.around) if one.part in parts)
            seen = {one.evidence.request_id for one in near}
            far = {name for one in self.looked.rereads for name in one.far.get(beside, ())}
            unseen += len((own & far) - seen)
        return unseen

    def _published(self, names: Iterable[Tenant]) -> dict[Tenant, Total]:
        """Read what stands of the hour for each tenant, as far as time allows."""
        found: dict[Tenant, Total] = {}
        for name in names:
            if not self.has_time():
                break
            hours = self.stores.usage.hours_in(name, day_of(self.hour))
            stands = (one.total for one in hours if one.hour == self.hour)
            found[name] = next(stands, EMPTY)
        return found

    def _objects(self) -> tuple[int, tuple[ObjectDifference, ...]]:
        """Compare settled log objects with their evidence; return how many, and which differ."""
        files = _files_by_object(self.hour, self.stores.evidence)
        compared, differing = 0, []
        for one in self.looked.rereads:
            if not self.has_time():
                break
            if one.object_id in self.looked.outstanding:
                continue  # its evidence may be written this very moment
            compared += 1
            difference = self._difference(one, files.get(one.object_id, []))
            if difference:
                differing.append(difference)
        return compared, tuple(sorted(differing))

    def _difference(self, one: Reread, files: list[EvidenceFile]) -> ObjectDifference | None:
        near = self.near[one.object_id]
        logged = [occurrence.evidence for occurrence in near]
        try:
            kept = [record for file in files for record in self.stores.evidence.read(file)]
        except BrokenEvidence:
            return ObjectDifference(one.object_id, len(logged), 0, len(logged), BROKEN_EVIDENCE)
        differing = lines_differing(logged, kept, named=not one.is_erased())
        if not differing and self._is_closed_from(near):
            return None
        reason = NOT_IN_CLOSING if not differing else OTHER_RECORDS if kept else NO_EVIDENCE
        return ObjectDifference(one.object_id, len(logged), len(kept), differing, reason)

    def _is_closed_from(self, near: Iterable[Occurrence]) -> bool:
        """Return whether the closing names the files of all these; an empty one names nothing."""
        files = self.closing.files
        return not files or {f"{one.part}/{one.object_id}" for one in near}.issubset(files)


def _differing(
    published: Mapping[Tenant, Total],
    recomputed: Mapping[Tenant, Total],
    only_sums: bool,
) -> tuple[TenantDifference, ...]:
    if only_sums:
        return tuple(differing_tenants(without_names(published), without_names(recomputed)))
    read = {name: total for name, total in recomputed.items() if name in published}
    return tuple(differing_tenants(published, read))


def _countable(one: Reread, files: frozenset[str], progress: Progress) -> tuple[Occurrence, ...]:
    """Leave out what came too late for a neighbouring hour that is final: it was set aside."""
    return tuple(
        occurrence
        for occurrence in one.near
        if progress.takes(occurrence.part) or f"{occurrence.part}/{one.object_id}" in files
    )


def _files_by_object(hour: Hour, evidence: EvidenceStore) -> dict[str, list[EvidenceFile]]:
    """List the evidence files of an hour and of the edges around it."""
    files: dict[str, list[EvidenceFile]] = {}
    for period in (hour, *edges_around(hour)):
        for file in evidence.files(period):
            files.setdefault(file.object_id, []).append(file)
    return files
