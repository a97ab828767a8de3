"""The lines of log objects, read without any knowledge of the meter."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

_HOUR = timedelta(hours=1)


class LoggedCall(NamedTuple):
    """One line that can be metered: where it is, and what it says."""

    hour: str
    key: str
    line: int
    at: datetime
    request_id: str
    model: str
    tokens: int
    metadata: dict[str, str]
    role: str
    latency: int | None
    failed: bool

    def place(self) -> tuple[str, str, int]:
        return self.hour, self.key, self.line

    def part(self) -> str:
        """Return the part of an hour in which the call was: a quarter at either end, or between."""
        begin = 0 if self.at.minute < 15 else 15 if self.at.minute < 45 else 45
        return f"{self.hour}:{begin:02d}"

    def is_final(self, sealed: str) -> bool:
        """Return whether a call is final when hours before `sealed` are.

        So is the first quarter of `sealed`: a call there may be logged in the last final hour too.
        """
        return bool(sealed) and self.part() < f"{sealed}:15"


class RenamedTenant(NamedTuple):
    """A tenant that was erased, and the call at which that began."""

    tenant: str
    pseudonym: str
    call: int


class MeteredAs(NamedTuple):
    """What a log object was metered as: its bytes (None: it was not), by which reading (1 or 2).

    The part of the hour of `refused` lines was final when they came. `renamed`: tenants, each with
    the hours in which it was renamed.
    """

    body: bytes | None
    version: int
    refused: frozenset[int] = frozenset()
    renamed: tuple[tuple[RenamedTenant, frozenset[str]], ...] = ()


def found_in(key: str, read: MeteredAs) -> list[LoggedCall | str]:
    """Return the lines of a log object as it was read: calls, or reasons why there is none."""
    return _found_in(key, read.body, read.version) if read.body else []


def calls_in(key: str, read: MeteredAs) -> list[LoggedCall]:
    """Return the calls among the lines of a log object."""
    return [one for one in found_in(key, read) if not isinstance(one, str)]


@lru_cache(maxsize=512)
def _found_in(key: str, body: bytes, version: int) -> list[LoggedCall | str]:
    """Read the lines of a log object."""
    lines = gzip.decompress(body).splitlines()
    return [_call(key, number, text, version) for number, text in enumerate(lines, start=1)]


def _call(key: str, number: int, text: bytes, reading: int) -> LoggedCall | str:
    """Read a line, or return why it cannot be metered."""
    try:
        record = json.loads(text)
    except ValueError:
        return "not_json"
    if reading == 2:
        record |= record.get("x2", {})
    tokens = record["input"]["inputTokenCount"]
    if type(tokens) is not int:
        return "bad_count"
    at = datetime.fromisoformat(record["timestamp"])
    if at > _stamp_of(key) + _HOUR:
        return "clock"
    metrics = record["output"].get("outputBodyJson", {}).get("metrics", {})
    failed = "errorCode" in record
    return LoggedCall(
        hour=f"{at:%Y-%m-%dT%H}",
        key=key[key.index("AWSLogs/") :],
        line=number,
        at=at,
        request_id=record["requestId"],
        model=record["modelId"],
        tokens=0 if failed else tokens,
        metadata=record.get("requestMetadata", {}),
        role=record.get("identity", {}).get("arn", "//").split("/")[1],
        latency=metrics.get("latencyMs"),
        failed=failed,
    )


def _stamp_of(key: str) -> datetime:
    stamp = key.rsplit("/", 1)[-1].split("Z_")[0]
    return datetime.strptime(stamp[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
