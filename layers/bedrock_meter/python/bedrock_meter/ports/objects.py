"""What the jobs need of buckets: log objects, evidence, manifests, rejects, closings, Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from bedrock_meter.domain.time.hours import hour_of_part
from bedrock_meter.domain.totals.workload import Load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from bedrock_meter.domain.records.evidence import Evidence
    from bedrock_meter.domain.records.log_object import LogObject
    from bedrock_meter.domain.records.manifest import Manifest
    from bedrock_meter.domain.records.quarantine import Reject, Rejected
    from bedrock_meter.domain.records.tenant import Tenant
    from bedrock_meter.domain.time.hours import Hour, Part
    from bedrock_meter.domain.totals.correction import Correction
    from bedrock_meter.domain.totals.rollup import ClosedCall
    from bedrock_meter.domain.totals.total import Total


class LogStore(Protocol):
    """The log bucket; read only."""

    def open(self, log_object: LogObject) -> AbstractContextManager[BinaryIO]:
        """Stream the bytes as delivered; raise `LogObjectGone` when the object is gone."""

    def delivered(self, hour: Hour) -> Iterator[LogObject]:
        """List the log files Bedrock delivered in an hour, bodies and probes left out."""

    def under(self, prefix: str) -> Iterator[LogObject]:
        """List the log files whose keys begin so, in an order that does not change."""


class EvidenceFile(NamedTuple):
    """A file of evidence: of one part of an hour and one log object; its size in bytes."""

    part: Part
    object_id: str
    size: int = 0

    @property
    def hour(self) -> Hour:
        """The hour it belongs to."""
        return hour_of_part(self.part)


class HourFiles(NamedTuple):
    """The evidence that a close of an hour reads: its own, and the edges of the hours around it."""

    own: Sequence[EvidenceFile]
    edges: Sequence[EvidenceFile]

    def names(self) -> tuple[str, ...]:
        """Return the files, in order, as closings do."""
        return tuple(sorted(f"{file.part}/{file.object_id}" for file in (*self.own, *self.edges)))

    def load(self) -> Load:
        """Weigh the files."""
        sizes = [file.size for file in (*self.own, *self.edges)]
        return Load(len(sizes), sum(sizes))


class DerivedHour(NamedTuple):
    """What the evidence of an hour comes to: totals by tenant, and every call once.

    `apart` counts requests logged twice too far apart to be merged.
    """

    totals: Mapping[str | None, Total]
    apart: int
    calls: Iterable[ClosedCall]


class EvidenceStore(Protocol):
    """Evidence by part of an event hour and log object; a pure function of the log object.

    Equal generations of an object are equal bytes. Files have no expiry but the operator's.
    """

    def put(self, part: Part, object_id: str, generation: int, body: BinaryIO) -> bool:
        """Put a file unless one of a higher generation is there."""

    def put_empty(self, part: Part, object_id: str, generation: int) -> bool:
        """Put a file without records, for a part that an object no longer touches."""

    def files(self, period: Hour | Part) -> list[EvidenceFile]:
        """List the files of an hour, or of one part of it, in order of part and object."""

    def read(self, file: EvidenceFile) -> Iterator[Evidence]:
        """Stream the evidence of a file; raise `BrokenEvidence` or `UnknownSchema` if it cannot."""

    def read_all(
        self, files: Sequence[EvidenceFile]
    ) -> Iterator[tuple[EvidenceFile, Iterable[Evidence]]]:
        """Read many files, in their order; several are fetched side by side."""

    def body(self, file: EvidenceFile) -> bytes:
        """Read the bytes of a file."""

    def bodies(self, files: Sequence[EvidenceFile]) -> Iterator[tuple[EvidenceFile, BinaryIO]]:
        """Read the bytes of many files, as `read_all` reads their evidence."""

    def hours(self) -> Iterator[Hour]:
        """Return the hours that have files, oldest first."""


class Noted(NamedTuple):
    """A manifest as it is stored; the store distinguishes it from any other by its `tag`."""

    manifest: Manifest
    tag: str


class ManifestStore(Protocol):
    """What was ever noted of each log object: durable; the row in DynamoDB is a quick copy."""

    def read(self, object_id: str) -> Noted | None:
        """Read a manifest; never stale."""

    def put(self, manifest: Manifest, tag: str | None) -> str | None:
        """Replace the manifest that has `tag` (None: there is none); return the new tag.

        Return None when another one is stored. Putting the stored one again returns its tag.
        """

    def not_metered(self) -> Iterator[Manifest]:
        """Return the log objects that an operator set aside and that were not metered since."""


class QuarantineStore(Protocol):
    """Rejects, one file per log object that has any."""

    def put(
        self, log_object: LogObject, digest: str, generation: int, rejects: Sequence[Reject]
    ) -> bool:
        """Keep the rejects of this content unless those of a higher generation are there."""

    def files(self, day: str = "") -> Iterator[Rejected]:
        """Return each log object that ever had rejects, by day of delivery; of one day if named."""


class Closing(NamedTuple):
    """What one close of an hour found: the total of every tenant, and from which files.

    Tenants that an earlier close found and this one did not have an empty total, which replaces
    what is stored for them. `files` lists the evidence of the hour and of the edges around it as
    `<part>/<object id>`. `duplicates_apart` counts requests logged twice that are too far apart to
    be merged.
    """

    hour: Hour
    epoch: int
    totals: Mapping[Tenant, Total]
    files: tuple[str, ...]
    duplicates_apart: int = 0


class ClosingStore(Protocol):
    """Closings, immutable, one per hour and epoch; and the corrections that follow from them."""

    def put(self, closing: Closing) -> None:
        """Write a closing; one that is there already stays."""

    def newest(self, hour: Hour) -> Closing | None:
        """Read the closing of the highest epoch, if any close wrote one."""

    def read(self, hour: Hour, epoch: int) -> Closing | None:
        """Read a closing; None where a close found nothing."""

    def retire(self, hour: Hour, before: int) -> None:
        """Let closings of lower epochs expire, which are not needed once one is published."""

    def put_corrections(
        self, hour: Hour, old_epoch: int, new_epoch: int, corrections: Sequence[Correction]
    ) -> None:
        """Write how one publication differs from the one before; a second time changes nothing."""

    def corrections(self, hour: Hour, published: int) -> list[Correction]:
        """Read the corrections that led to a published epoch, oldest first."""


class RollupStore(Protocol):
    """The Parquet of closed hours, one row per call."""

    def put(self, hour: Hour, epoch: int, calls: Iterable[ClosedCall]) -> bool:
        """Put an hour's rows at its stable key unless a higher epoch wrote them."""

    def calls_by_model(self, hour: Hour, account: str, region: str) -> Mapping[str, int]:
        """Count an hour's calls by model as logged, throttled ones left out."""
