"""Rejects: lines that cannot be metered, kept with a reason and without a word of their text."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from bedrock_meter.domain.hours import Hour
from bedrock_meter.domain.log_object import LogObject

IDENTITY_CONFLICT = "identity_conflict"
"""The reason of a log object whose content differs from what was metered under the same id."""

SEALED_HOUR = "sealed_hour"
"""The reason of records whose hour an operator has made final."""


class Reject(NamedTuple):
    """One line, or one whole log object (`line` 0), that was set aside.

    `offset` and `length` are in bytes of the inflated object, so that a replay finds the line in
    the log bucket again; `sha256` is the hex digest of the line. `fields` holds only metering
    fields that could be read (time, ids, counts), never text of a prompt or a completion.
    """

    object_id: str
    line: int
    offset: int
    length: int
    sha256: str
    reason: str
    fields: Mapping[str, str | int]


class Rejected(NamedTuple):
    """A log object and what was set aside of it; nothing, once a replay could meter all of it."""

    log_object: LogObject
    rejects: tuple[Reject, ...]


def conflict_of(log_object: LogObject, digest: str) -> Reject:
    """Reject a whole log object: other bytes are metered under its id."""
    fields = {"key": log_object.key}
    return Reject(log_object.object_id, 0, 0, 0, digest, IDENTITY_CONFLICT, fields)


def sealed_hours(log_object: LogObject, digest: str, final: Iterable[Hour]) -> Iterator[Reject]:
    """Reject what lies in hours that are final, as one reject an hour."""
    for hour in sorted(final):
        yield Reject(log_object.object_id, 0, 0, 0, digest, SEALED_HOUR, {"hour": hour})
