"""Quarantine in the data bucket: one file per log object that has rejects, and content of it.

`quarantine/<day>/<object id>~<digest>.ndjson.gz`: a line that says where the log object is, then
one JSON object per reject. No field could hold text of a prompt: a replay reads the line from the
log bucket again. The generation of the evidence is in the metadata.
"""

import gzip
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from bedrock_meter.aws.s3_objects import gzip_stamp, keys_under, put_if_newer
from bedrock_meter.domain.records.log_object import LogObject, log_object_of
from bedrock_meter.domain.records.quarantine import Reject, Rejected

ROOT = "quarantine/"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class S3QuarantineStore:
    """`QuarantineStore` on S3."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(
        self, log_object: LogObject, digest: str, generation: int, rejects: Sequence[Reject]
    ) -> bool:
        place = {"bucket": log_object.bucket, "key": log_object.key}
        fields = (reject._asdict() for reject in rejects)
        lines = b"".join(_encode(line) + b"\n" for line in (place, *fields))
        # No time in the gzip header: the same rejects are the same bytes.
        body = gzip.compress(lines, mtime=0) + gzip_stamp(generation)
        return put_if_newer(self._s3, self._bucket, _key(log_object, digest), body, generation)

    def files(self, day: str = "") -> Iterator[Rejected]:
        for key in keys_under(self._s3, self._bucket, ROOT + day):
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            place, *lines = map(_decode, gzip.decompress(body).splitlines())
            log_object = log_object_of(place["bucket"], place["key"])
            yield Rejected(log_object, tuple(Reject(**line) for line in lines))


def _key(log_object: LogObject, digest: str) -> str:
    day = log_object.delivered[:10] if log_object.delivered else "undated"
    return f"{ROOT}{day}/{log_object.object_id}~{digest[:16]}.ndjson.gz"
