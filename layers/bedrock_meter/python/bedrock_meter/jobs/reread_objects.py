"""Read log objects again: what they say of an hour and of the edges around it.

The reader is the plain one, which shares no short cuts with that of the ingest.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bedrock_meter.domain.records.byte_source import ByteSource, HashedSource
from bedrock_meter.domain.records.errors import LogObjectGone
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.log_object import LogObject, log_object_of
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.records.merge import Occurrence
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.records.sharing import Sharing
from bedrock_meter.domain.time.hours import (
    Hour,
    edges_around,
    hour_after,
    hours_between,
    neighbours,
)
from bedrock_meter.domain.totals.audit import CannotAudit
from bedrock_meter.ports import LogStore, ManifestStore


class Bounds(NamedTuple):
    """How much is read: log objects, their bytes as delivered, records kept in memory.

    Beyond any of these no further log object is begun.
    """

    objects: int
    size: int
    records: int


BOUNDS = Bounds(objects=1_000, size=400_000_000, records=500_000)
"""What a worker of 1.8 GB reads in two or three of its fifteen minutes (docs/cost.md, "Audits")."""

NO_BOUNDS = Bounds(*[sys.maxsize] * 3)
"""Whatever it takes."""


class Reader(NamedTuple):
    """The plain reader of log objects, its meter version, and how much it is to read.

    A log object whose records lie in more than `most_hours` hours is set aside whole. `shuffled`
    puts log objects in the order in which they are read: any of them may be in a sample.
    """

    read: Callable[[ByteSource, LogObject], Iterable[Evidence | Reject]]
    version: int
    most_hours: int
    bounds: Bounds
    shuffled: Callable[[Sequence[str]], Sequence[str]]


class Reread(NamedTuple):
    """What a log object says of an hour, read once more; `manifest` is what was noted of it.

    `near` are its records of the hour and of the edges around it, `far` the request ids of its
    other records in either of the neighbouring hours. `size` is in bytes as delivered.
    """

    object_id: str
    manifest: Manifest | None
    near: tuple[Occurrence, ...]
    far: Mapping[Hour, list[str]]
    size: int
    digest: str

    def is_erased(self) -> bool:
        """Return whether its evidence names a pseudonym where the log object names a tenant."""
        return bool(self.near and self.manifest and self.manifest.is_erased)

    def is_changed(self) -> bool:
        """Return whether its bytes are not those that were metered."""
        return bool(self.manifest and self.manifest.digest not in ("", self.digest))


class Looked(NamedTuple):
    """What was found by looking at `number` of `found` log objects.

    Those that were read; those that were not settled yet; those that an operator gave up.
    """

    found: int
    number: int
    rereads: tuple[Reread, ...]
    outstanding: tuple[str, ...]
    aside: tuple[str, ...]


class _OutOfTime(Exception):
    """There is no time left to read a log object to its end."""


def look_at(
    hour: Hour,
    named: set[str],
    *,
    logs: LogStore,
    manifests: ManifestStore,
    reader: Reader,
    has_time: Callable[[], bool],
) -> Looked:
    """Read the log objects that were delivered around an hour, and those `named` by id.

    A log object that is not named and not settled waits: it is noted, not read. Raise
    `CannotAudit` when a log object that is named exists no more.
    """
    delivered = {
        log_object.object_id: log_object
        for near in hours_between(hour_after(hour, -1), hour_after(hour, 3))
        for log_object in logs.delivered(near)
    }
    looking = _Looking(hour, named, delivered, logs, manifests, reader, has_time)
    if elsewhere := sorted(named - delivered.keys()):
        looking.check_there(elsewhere[0])
    every = sorted(named | delivered.keys())
    for object_id in reader.shuffled(every):
        if looking.is_full() or not looking.look(object_id):
            break
    return looking.looked(len(every))


@dataclass
class _Looking:
    """Looks at one log object after the other."""

    hour: Hour
    named: set[str]
    delivered: dict[str, LogObject]
    logs: LogStore
    manifests: ManifestStore
    reader: Reader
    has_time: Callable[[], bool]
    number: int = 0
    size: int = 0
    records: int = 0
    rereads: list[Reread] = field(default_factory=list)
    outstanding: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    sharing: Sharing = field(default_factory=Sharing)

    def check_there(self, object_id: str) -> None:
        """Notice before anything is read that log objects have ended: they end together."""
        log_object = self._place(object_id, self._manifest(object_id))
        try:
            with self.logs.open(log_object):
                pass
        except LogObjectGone as gone:
            raise self._gone(gone) from gone

    def is_full(self) -> bool:
        most = self.reader.bounds
        read = self.number >= most.objects or self.size >= most.size
        return read or self.records >= most.records

    def look(self, object_id: str) -> bool:
        """Look at a log object; False when there was no time left for it."""
        manifest = self._manifest(object_id)
        is_named = object_id in self.named
        if manifest and manifest.is_given_up:
            self.aside.append(object_id)  # nothing of it is in evidence any more
            self.number += 1
            return True
        if not (manifest and manifest.settled):
            self.outstanding.append(object_id)
        if is_named or (manifest and manifest.settled):
            try:
                self._read(self._place(object_id, manifest), manifest)
            except _OutOfTime:
                return False
            except LogObjectGone as gone:
                if is_named:
                    raise self._gone(gone) from gone
        self.number += 1
        return True

    def looked(self, found: int) -> Looked:
        return Looked(
            found,
            self.number,
            tuple(self.rereads),
            tuple(sorted(self.outstanding)),
            tuple(sorted(self.aside)),
        )

    def _read(self, log_object: LogObject, manifest: Manifest | None) -> None:
        with self.logs.open(log_object) as body:
            source = _Timed(body, self.has_time)
            near, far = _sifted(self.hour, log_object, source, self.reader, self.sharing)
            digest = source.digest_of_all()
        self.size += source.size
        self.records += len(near)
        object_id = log_object.object_id
        self.rereads.append(Reread(object_id, manifest, tuple(near), far, source.size, digest))

    def _manifest(self, object_id: str) -> Manifest | None:
        noted = self.manifests.read(object_id)
        return noted.manifest if noted else None

    def _place(self, object_id: str, manifest: Manifest | None) -> LogObject:
        if object_id in self.delivered:
            return self.delivered[object_id]
        if manifest is None:
            raise CannotAudit(f"{self.hour}: no manifest says where log object {object_id} is")
        return log_object_of(manifest.bucket, manifest.key)

    def _gone(self, gone: LogObjectGone) -> CannotAudit:
        return CannotAudit(f"{self.hour}: a log object that was metered is gone: {gone}")


def _sifted(
    hour: Hour, log_object: LogObject, body: ByteSource, reader: Reader, sharing: Sharing
) -> tuple[list[Occurrence], dict[Hour, list[str]]]:
    edges = edges_around(hour)
    near: list[Occurrence] = []
    far: dict[Hour, list[str]] = {beside: [] for beside in neighbours(hour)}
    touched: set[Hour] = set()
    for found in reader.read(body, log_object):
        if isinstance(found, Reject):
            continue
        its_hour = Hour(found.at[:13])
        touched.add(its_hour)
        if len(touched) > reader.most_hours:
            return [], {}
        occurrence = Occurrence(its_hour, log_object.object_id, found)
        if its_hour == hour or occurrence.part in edges:
            near.append(occurrence._replace(evidence=sharing.of(found)))
        elif its_hour in far and found.request_id:
            far[its_hour].append(found.request_id)
    return near, far


class _Timed(HashedSource):
    """The bytes of an object, as long as there is time."""

    def __init__(self, body: ByteSource, has_time: Callable[[], bool]) -> None:
        super().__init__(body)
        self._has_time = has_time

    def read(self, size: int, /) -> bytes:
        if not self._has_time():
            raise _OutOfTime
        return super().read(size)
