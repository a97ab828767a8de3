"""Log objects that wait to be metered: delivered, announced, and not settled yet."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from bedrock_meter.domain.records.log_object import LogObject, log_object_of
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.time.hours import Hour, hour_after

ANNOUNCED_FOR = timedelta(hours=6)
"""How long an announcement is good for: five attempts and a long queue fit into it."""


class Waiting(NamedTuple):
    """A log object that waits, and when it was last announced to the ingest.

    One that `holds` keeps `data up to` before the hours it may touch. One that was metered before
    and is being read anew does not: its hours are closed again when it is done. It waits once for
    each such reading: `revision` is that of the manifest which the reading begins with (0: waits
    for its first reading). So a reading that has finished never takes another one off the list.
    """

    bucket: str
    key: str
    announced: datetime
    holds: bool = True
    revision: int = 0

    @property
    def object_id(self) -> str:
        """The id of the log object."""
        return self.log_object.object_id

    @property
    def log_object(self) -> LogObject:
        """The log object."""
        return log_object_of(self.bucket, self.key)

    def is_overdue(self, now: datetime) -> bool:
        """Return whether it should be announced once more."""
        return self.announced + ANNOUNCED_FOR <= now


def read_anew(manifest: Manifest, now: datetime) -> Waiting:
    """Return what waits for the reading anew that begins with a manifest."""
    return Waiting(manifest.bucket, manifest.key, now, holds=False, revision=manifest.revision)


class Swept(NamedTuple):
    """How far the listing of the log bucket was looked through.

    Every log object delivered before `until` is settled, or waits on the list; None before the
    first sweep. From there to `reached` everything was looked at, and is looked at again, for
    deliveries may be late. `listed` holds, by delivery hour, a number that stands for the names of
    its objects (`listing_of`) when all of them were settled or on the list: while the listing shows
    the same, nothing has come.
    """

    until: Hour | None = None
    reached: Hour | None = None
    listed: Mapping[Hour, int] = {}


def listing_of(object_ids: Iterable[str]) -> int:
    """Return a number of 48 bits that stands for these ids, in whatever order they come.

    Their count would not do: one may be deleted when another comes.
    """
    names = "\n".join(sorted(object_ids)).encode()
    return int.from_bytes(sha256(names).digest()[:6])


def hold_for(delivered: Iterable[Hour | None]) -> Hour | None:
    """Return the first hour that objects may still touch: the one before their delivery."""
    known = [hour for hour in delivered if hour]
    return hour_after(min(known), -1) if known else None
