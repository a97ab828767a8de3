"""Put-if-newer: the only way the meter overwrites an object in S3.

The generation of an object stands in its metadata. A writer first tries to be the first; where
something stands already it looks at its generation and replaces exactly what it saw, or leaves.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from botocore.exceptions import ClientError

from bedrock_meter.domain.errors import Contended

GENERATION = "generation"
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_GONE = {"NoSuchKey", "404", "NotFound"}
_ATTEMPTS = 12


def code_of(error: ClientError) -> str:
    """Give the code of a service error."""
    return str(error.response["Error"]["Code"])


def is_gone(error: ClientError) -> bool:
    """Tell whether an error says that there is no such object."""
    return code_of(error) in _GONE


def put_if_newer(
    s3: Any, bucket: str, key: str, body: bytes | BinaryIO, generation: int, **request: Any
) -> bool:
    """Put an object unless one of a higher generation stands there; False when it stays.

    An equal generation is replaced: it is the same thing derived again.
    """
    request |= {"Bucket": bucket, "Key": key, "Metadata": {GENERATION: str(generation)}}
    for _ in range(_ATTEMPTS):
        if _put(s3, body, request | {"IfNoneMatch": "*"}):
            return True
        standing = _head(s3, bucket, key)
        if standing is None:
            continue
        if int(standing["Metadata"].get(GENERATION, 0)) > generation:
            return False
        if _put(s3, body, request | {"IfMatch": standing["ETag"]}):
            return True
    raise Contended(f"{key} was replaced by others {_ATTEMPTS} times in a row")


def put_once(s3: Any, bucket: str, key: str, body: bytes) -> bool:
    """Put an immutable object; False when it is there already."""
    return _put(s3, body, {"Bucket": bucket, "Key": key, "IfNoneMatch": "*"})


def keys_under(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """List the keys under a prefix, in order."""
    yield from (key for key, _ in tags_under(s3, bucket, prefix))


def tags_under(s3: Any, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    """List keys and entity tags under a prefix, in order of the keys."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from ((entry["Key"], entry["ETag"]) for entry in page.get("Contents", ()))


def folders_under(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """List the folders right under a prefix, in order, without walking into them."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, Delimiter="/"
    )
    for page in pages:
        for entry in page.get("CommonPrefixes", ()):
            yield entry["Prefix"].removeprefix(prefix).rstrip("/")


def _put(s3: Any, body: bytes | BinaryIO, request: dict[str, Any]) -> bool:
    if not isinstance(body, bytes):
        body.seek(0)
    try:
        s3.put_object(Body=body, **request)
    except ClientError as error:
        if code_of(error) in _TAKEN or ("IfMatch" in request and is_gone(error)):
            return False
        raise
    return True


def _head(s3: Any, bucket: str, key: str) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if is_gone(error):
            return None
        raise
    return answer
