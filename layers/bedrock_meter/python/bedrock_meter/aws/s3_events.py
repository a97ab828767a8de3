"""Announcements of S3 objects: the three forms in which a queue may announce a log object.

| form         | sent by                               | key                          |
|--------------|---------------------------------------|------------------------------|
| EventBridge  | a bucket, by way of the stack's rule  | as it is                     |
| notification | a bucket, straight to the queue       | form-encoded (`+`, `%XX`)    |
| plain        | the meter itself: sweep, replay       | as it is                     |

A plain announcement is `{"bucket": …, "key": …}`, with `"live": false` for replay and back-fill.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import msgspec

from bedrock_meter.domain.records.log_object import is_log_file

_decode = msgspec.json.Decoder().decode


class NotAnAnnouncement(ValueError):
    """A message that announces no S3 object; it belongs in the dead-letter queue."""


class AnnouncedObject(NamedTuple):
    """An object in S3: whether it holds records at all, and whether the live lane wants it."""

    bucket: str
    key: str
    is_log_file: bool
    is_live: bool


def announced_in(body: str) -> tuple[AnnouncedObject, ...]:
    """Read a message's body; S3's test message announces nothing.

    Raise `NotAnAnnouncement` for any other message without an object.
    """
    try:
        message = _decode(body)
        return tuple(_announced(message))
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as problem:
        raise NotAnAnnouncement(f"{type(problem).__name__}: {problem}") from problem


def _announced(message: Mapping[str, Any]) -> Iterator[AnnouncedObject]:
    if "detail" in message:
        bucket, found = message["detail"]["bucket"], message["detail"]["object"]
        yield _checked(bucket["name"], found["key"], found.get("size"))
    elif "Records" in message:
        for record in message["Records"]:
            bucket, found = record["s3"]["bucket"], record["s3"]["object"]
            yield _checked(bucket["name"], unquote_plus(found["key"]), found.get("size"))
    elif message.get("Event") != "s3:TestEvent":
        live = message.get("live", True)
        yield _checked(message["bucket"], message["key"], message.get("size"), live)


def _checked(bucket: Any, key: Any, size: Any, is_live: Any = True) -> AnnouncedObject:
    known = size is None or (type(size) is int and size >= 0)
    if not (type(bucket) is str and type(key) is str and bucket and key and known):
        raise TypeError(f"bucket {bucket!r}, key {key!r}, size {size!r}")
    return AnnouncedObject(bucket, key, is_log_file(key, size), is_live is not False)
