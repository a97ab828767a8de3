"""Log objects: how Bedrock names the files it delivers."""

import hashlib
import re
from datetime import datetime
from typing import NamedTuple

from bedrock_meter.domain.time.hours import Hour, is_an_end

_PLACE = re.compile(
    r"(?:^|/)AWSLogs/(?P<account>\d{12})/BedrockModelInvocationLogs/(?P<region>[a-z0-9-]+)/"
    r"(?P<hour>\d{4}/\d{2}/\d{2}/\d{2})/"
)
_PERIOD = re.compile(
    r"(?:^|/)AWSLogs/\d{12}/BedrockModelInvocationLogs/[a-z0-9-]+/(\d{4}(?:/\d{2}){1,3})(?:/|$)"
)
_STAMP = re.compile(r"(?P<stamp>\d{8}T\d{6})(?P<milliseconds>\d{3})?Z_")
_LONGEST_ID = 900
PERMISSION_PROBE = "amazon-bedrock-logs-permission-check"


class LogObject(NamedTuple):
    """One file of invocation records in a bucket.

    `object_id` names it in every key the meter makes: bucket, `/`, key, hashed where that is too
    long for one. `stamp` is the time in its name, `delivered` the hour of its folder; both are None
    where the key follows another layout.
    """

    bucket: str
    key: str
    object_id: str
    account: str
    region: str
    stamp: datetime | None
    delivered: Hour | None


def log_object_of(bucket: str, key: str) -> LogObject:
    """Read what a key says about a log object."""
    place = _PLACE.search(key)
    name = key.rsplit("/", 1)[-1]
    hour = Hour("{}-{}-{}T{}".format(*place["hour"].split("/"))) if place else None
    account, region = place.group("account", "region") if place else ("", "")
    return LogObject(bucket, key, _id_of(bucket, key), account, region, _stamp_of(name), hour)


def delivered_under(prefix: str) -> str | None:
    """Return the month, day or hour that everything below a prefix was delivered in, if it has one.

    `2026-11`, `2026-11-21` or `2026-11-21T05`, as its folders say; whether there is such a time
    is not looked at.
    """
    period = _PERIOD.search(prefix)
    if period is None:
        return None
    *date, last = period[1].split("/")
    return "-".join(date) + ("T" if len(date) == len(("year", "month", "day")) else "-") + last


def is_log_file(key: str, size: int | None = None) -> bool:
    """Return whether a key is a file of records: not a body moved out, the probe, or empty.

    Facts: docs/bedrock-logs.md, "Four kinds of object".
    """
    place = _PLACE.search(key)
    # Only below the hour's folder: a log prefix may well be called data/ itself.
    *folders, name = (key[place.end() :] if place else key).split("/")
    return (
        "data" not in folders
        and name != PERMISSION_PROBE
        and size != 0
        and name.endswith((".json.gz", ".json"))
    )


def is_body_folder(folder: str) -> bool:
    """Return whether a folder holds the bodies and media moved out of the log files of an hour."""
    place = _PLACE.search(folder)
    return place is not None and folder[place.end() :].startswith("data/")


def _id_of(bucket: str, key: str) -> str:
    """Keep an id short enough to be part of a key; the hash still tells objects apart."""
    path = f"{bucket}/{key}"
    if len(path.encode()) <= _LONGEST_ID:
        return path
    return "sha256-" + hashlib.sha256(path.encode()).hexdigest() + ".json.gz"


def _stamp_of(name: str) -> datetime | None:
    match = _STAMP.match(name)
    if match is None:
        return None
    try:
        at = datetime.fromisoformat(f"{match['stamp']}Z")  # many times as quick as strptime
    except ValueError:
        return None
    if is_an_end(at):
        return None
    return at.replace(microsecond=1000 * int(match["milliseconds"] or 0))
