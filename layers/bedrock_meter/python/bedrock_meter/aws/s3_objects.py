"""Conditional puts: the only way the meter writes an object to S3.

The generation of an object is in its metadata. A writer first tries to be the first; where an
object is stored already it reads the generation and replaces exactly what it saw, or gives way.

S3 refuses a conditional put in two ways. 412 says that the condition does not hold. 409 says only
that another request was at the same key: nothing is known of what is stored, so the same put is
tried again (S3 User Guide, "How to prevent object overwrites with conditional writes").
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from botocore.exceptions import ClientError

from bedrock_meter.aws.waits import MOST_WAITS, Sleep, short_waits
from bedrock_meter.domain.records.errors import Contended

GENERATION = "generation"
_COMMENT = 0x10
_NOTHING_DEFLATED = b"\x03\x00" + bytes(8)  # with the checksum and the length of nothing
_TAKEN = {"PreconditionFailed", "412"}
_CONFLICT = {"ConditionalRequestConflict", "OperationAborted", "409"}
_GONE = {"NoSuchKey", "404", "NotFound"}
_ATTEMPTS = 12


def code_of(error: ClientError) -> str:
    """Return the code of a service error."""
    return str(error.response["Error"]["Code"])


def is_gone(error: ClientError) -> bool:
    """Return whether an error says that there is no such object."""
    return code_of(error) in _GONE


def put_if_newer(
    s3: Any,
    bucket: str,
    key: str,
    body: bytes | BinaryIO,
    generation: int,
    *,
    sleep: Sleep = time.sleep,
) -> bool:
    """Put an object unless one of a higher generation is stored; False when that one stays.

    An equal generation is replaced: it is the same thing derived again.
    """
    metadata = {GENERATION: str(generation)}
    for _ in range(_ATTEMPTS):
        if put_where(s3, bucket, key, body, None, sleep=sleep, Metadata=metadata):
            return True
        stored = _found(lambda: s3.head_object(Bucket=bucket, Key=key))
        if stored is None:
            continue
        if int(stored["Metadata"].get(GENERATION, 0)) > generation:
            return False
        if put_where(s3, bucket, key, body, stored["ETag"], sleep=sleep, Metadata=metadata):
            return True
    raise Contended(f"{bucket}/{key} was replaced by others {_ATTEMPTS} times in a row")


def gzip_stamp(generation: int) -> bytes:
    """Return an empty gzip member that holds a generation, for the end of a file.

    The entity tag of an object depends on its bytes alone: without the stamp, a writer that has
    seen one generation could replace a later one with the same content.
    """
    header = bytes([0x1F, 0x8B, 8, _COMMENT, 0, 0, 0, 0, 0, 255])
    return header + str(generation).encode() + b"\0" + _NOTHING_DEFLATED


def put_once(s3: Any, bucket: str, key: str, body: bytes, *, sleep: Sleep = time.sleep) -> bool:
    """Put an immutable object; False when it is there already."""
    return put_where(s3, bucket, key, body, None, sleep=sleep) is not None


def put_where(
    s3: Any,
    bucket: str,
    key: str,
    body: bytes | BinaryIO,
    tag: str | None,
    *,
    sleep: Sleep = time.sleep,
    **request: Any,
) -> str | None:
    """Put an object if the stored one has the entity tag `tag` (None: if there is none).

    Return the new entity tag, or None when another object is stored. Raise `Contended` when
    conflicts with other requests do not end.
    """
    request |= {"Bucket": bucket, "Key": key}
    request |= {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
    try:
        return through_conflicts(lambda: _put(s3, body, request), f"{bucket}/{key}", sleep)
    except ClientError as error:
        if code_of(error) in _TAKEN or (tag and is_gone(error)):
            return None
        raise


def through_conflicts[Answer](
    request: Callable[[], Answer], place: str, sleep: Sleep = time.sleep
) -> Answer:
    """Send a request again while others conflict with it; raise `Contended` when that goes on."""
    for wait in (*short_waits(), None):
        try:
            return request()
        except ClientError as error:
            if code_of(error) not in _CONFLICT:
                raise
        if wait is not None:
            sleep(wait)
    raise Contended(f"{place} was being written by others {MOST_WAITS + 1} times in a row")


def object_at(s3: Any, bucket: str, key: str) -> tuple[bytes, str] | None:
    """Read an object whole, with its entity tag; None when there is none."""
    answer = _found(lambda: s3.get_object(Bucket=bucket, Key=key))
    return (answer["Body"].read(), answer["ETag"]) if answer else None


def body_of(s3: Any, bucket: str, key: str) -> bytes | None:
    """Read an object whole; None when there is none."""
    read = object_at(s3, bucket, key)
    return read[0] if read else None


def keys_under(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """List the keys under a prefix, in order."""
    yield from (key for key, _ in sizes_under(s3, bucket, prefix))


def sizes_under(s3: Any, bucket: str, prefix: str, **request: Any) -> Iterator[tuple[str, int]]:
    """List keys and sizes in bytes under a prefix, in order of the keys.

    With `Delimiter="/"` folders under the prefix are left out, and never walked.
    """
    for page in _pages(s3, bucket, prefix, **request):
        yield from ((entry["Key"], entry["Size"]) for entry in page.get("Contents", ()))


def folders_under(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """List the folders right under a prefix, in order, without walking into them."""
    for page in _pages(s3, bucket, prefix, Delimiter="/"):
        for entry in page.get("CommonPrefixes", ()):
            yield entry["Prefix"].removeprefix(prefix).rstrip("/")


def _pages(s3: Any, bucket: str, prefix: str, **request: Any) -> Iterable[dict[str, Any]]:
    pages: Iterable[dict[str, Any]] = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, **request
    )
    return pages


def _put(s3: Any, body: bytes | BinaryIO, request: dict[str, Any]) -> str:
    if not isinstance(body, bytes):
        body.seek(0)
    tag: str = s3.put_object(Body=body, **request)["ETag"]
    return tag


def _found(request: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    try:
        return request()
    except ClientError as error:
        if not is_gone(error):
            raise
    return None
