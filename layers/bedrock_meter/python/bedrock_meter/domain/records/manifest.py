"""The manifest of a log object: what was ever noted about it, from the first reading on.

Evidence is a pure function of the bytes of a log object and of the meter version that reads them.
`generation` names one such derivation: equal generations mean equal evidence, byte for byte. It
grows when the evidence becomes another: by a newer meter version, by other bytes that take an
unsettled object over, by erasing, by a replay that takes erasing back.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.time.hours import Hour, Part, beside, hour_of_part, milliseconds_of

MOST_FORMER = 16
"""Contents remembered that took each other's place before any of them was settled."""


class Manifest(NamedTuple):
    """What is noted of a log object.

    `digest` is the hex SHA-256 of its bytes as delivered, `version` the meter version of the latest
    reading, `first` the lowest one ever; `parts` are the parts of hours that any reading ever
    touched, `former` the digests of contents that others replaced before they were settled;
    `records` and `rejects` count lines. `settled`: everything about it is written; `is_live`: its
    partials, too. `metered` is the digest that it was settled with, empty if it never was.
    `is_erased`: evidence names a pseudonym where the log names a tenant; `restores`: a reading puts
    the name back. `aside` is the reason why an operator gave the object up, empty if nobody did.
    `revision` counts the manifests of the object.
    """

    object_id: str
    bucket: str
    key: str
    digest: str
    version: int
    generation: int
    parts: tuple[Part, ...] = ()
    records: int = 0
    rejects: int = 0
    settled: bool = False
    is_live: bool = False
    is_erased: bool = False
    first: int = 1
    former: tuple[str, ...] = ()
    aside: str = ""
    revision: int = 1
    metered: str = ""
    restores: bool = False

    def hours(self) -> tuple[Hour, ...]:
        """Return the hours that any reading ever touched."""
        return tuple(sorted({hour_of_part(part) for part in self.parts}))

    def neighbours(self) -> tuple[Hour, ...]:
        """Return the other hours that may hold a second record of a call of this object."""
        near = {hour for part in self.parts if (hour := beside(part))}
        return tuple(sorted(near - set(self.hours())))

    @property
    def is_given_up(self) -> bool:
        """Return whether an operator gave the object up, and no reading has begun since."""
        return bool(self.aside) and not self.digest

    @property
    def is_unfinished(self) -> bool:
        """Return whether a reading or taking back of the object has begun and is not finished."""
        return bool(self.generation) and not self.settled and not self.is_given_up

    def is_done(self, version: int) -> bool:
        """Return whether a live delivery of the same bytes to this meter version adds nothing.

        What was erased stays erased until somebody replays the object.
        """
        return self.settled and (self.is_erased or (self.is_live and version <= self.version))

    def refuses(self, digest: str) -> bool:
        """Return whether other bytes come too late: the object was settled with those it has."""
        return self.metered not in ("", digest)


class LogSummary(NamedTuple):
    """What one reading of a log object found."""

    digest: str
    version: int
    parts: tuple[Part, ...]
    records: int
    rejects: int


def announced(
    log_object: LogObject, found: LogSummary, before: Manifest | None, now: datetime
) -> Manifest:
    """Return the manifest of a reading that begins to write; `before` does not refuse it.

    Of an erased object it derives once more what the log says.
    """
    if before is None:
        return Manifest(
            log_object.object_id,
            log_object.bucket,
            log_object.key,
            found.digest,
            found.version,
            milliseconds_of(now),
            found.parts,
            found.records,
            found.rejects,
            first=found.version,
        )
    is_same = (before.digest, before.version) == found[:2] and not before.is_erased
    return before._replace(
        digest=found.digest,
        version=found.version,
        generation=before.generation if is_same else next_generation(before, now),
        parts=tuple(sorted({*before.parts, *found.parts})),
        records=found.records,
        rejects=found.rejects,
        settled=False,
        is_live=before.is_live and is_same,
        is_erased=False,
        restores=before.restores or before.is_erased,
        first=min(before.first, found.version),
        former=_former(before, found.digest),
        revision=before.revision + 1,
    )


def _former(before: Manifest, digest: str) -> tuple[str, ...]:
    """Return the digests that others took the place of, now that this one does."""
    known = (*before.former, before.digest)
    return tuple(one for one in known if one not in ("", digest))[-MOST_FORMER:]


def settled(manifest: Manifest, *, is_live: bool) -> Manifest:
    """Return the manifest of an object about which everything is written."""
    return manifest._replace(
        settled=True,
        metered=manifest.digest,
        restores=False,
        is_live=manifest.is_live or is_live,
        former=(),
        aside="",
        revision=manifest.revision + 1,
    )


def erased(manifest: Manifest, now: datetime) -> Manifest:
    """Return the manifest of an object whose evidence is about to name a pseudonym."""
    return manifest._replace(
        generation=next_generation(manifest, now), is_erased=True, revision=manifest.revision + 1
    )


def taken_back(before: Manifest, now: datetime) -> Manifest:
    """Return the manifest of an object of which a reading that died half-way has left something.

    It has no bytes any more, and a generation of its own: whatever is read later is another one.
    """
    return before._replace(
        digest="",
        metered="",
        generation=next_generation(before, now),
        records=0,
        rejects=0,
        is_live=False,
        is_erased=False,
        former=_former(before, ""),
        revision=before.revision + 1,
    )


def set_aside(log_object: LogObject, before: Manifest | None, reason: str) -> Manifest:
    """Return the manifest of an object that an operator gives up."""
    known = before or Manifest(
        log_object.object_id, log_object.bucket, log_object.key, "", 0, 0, revision=0
    )
    return known._replace(aside=reason, revision=known.revision + 1)


def next_generation(manifest: Manifest, now: datetime) -> int:
    """Number the next derivation: the time in milliseconds, always above the last one."""
    return max(manifest.generation + 1, milliseconds_of(now))


def hours_in(parts: Iterable[Part]) -> set[Hour]:
    """Return the hours that parts belong to."""
    return {hour_of_part(part) for part in parts}
