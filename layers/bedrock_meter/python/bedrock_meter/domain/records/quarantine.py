"""Rejects: lines that cannot be metered, kept with a reason and without a word of their text."""

from collections.abc import Mapping
from typing import NamedTuple

from bedrock_meter.domain.records.log_object import LogObject

REASONS = (
    *("not_gzip", "truncated_gzip", "bad_crc", "too_large", "gzip_bomb", "line_too_long"),
    *("not_json", "too_deep", "not_utf8", "not_a_record"),
    *("bad_field", "bad_count", "bad_time", "clock"),
    *("too_many_hours", "identity_conflict", "sealed_hour", "more_rejects"),
)
"""Every reason there is, as docs/glossary.md explains them."""


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
