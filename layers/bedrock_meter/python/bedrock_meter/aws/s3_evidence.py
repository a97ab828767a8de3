"""Evidence in the data bucket: `evidence/<hour>/<shard>/<object id>`, gzip'd lines of evidence.

The first line of a file names the columns, every other line is one invocation (`logs/spool.py`
writes them). The metadata carries the meter version as the object's generation.
"""

import io
from collections.abc import Iterator
from itertools import groupby
from typing import Any, BinaryIO

from bedrock_meter.aws.s3_objects import folders_under, keys_under, put_if_newer
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.hours import Hour
from bedrock_meter.logs.spool import empty_evidence, evidence_in

SHARD = 0
ROOT = "evidence/"


class S3EvidenceStore:
    """`EvidenceStore` on S3."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, hour: Hour, object_id: str, version: int, body: BinaryIO) -> bool:
        return put_if_newer(self._s3, self._bucket, _key(hour, object_id), body, version)

    def put_empty(self, hour: Hour, object_id: str, version: int) -> bool:
        return self.put(hour, object_id, version, io.BytesIO(empty_evidence()))

    def object_ids(self, hour: Hour) -> list[str]:
        prefix = _key(hour, "")
        return [key.removeprefix(prefix) for key in keys_under(self._s3, self._bucket, prefix)]

    def read(self, hour: Hour, object_id: str) -> Iterator[Evidence]:
        answer = self._s3.get_object(Bucket=self._bucket, Key=_key(hour, object_id))
        with answer["Body"] as body:
            yield from evidence_in(body)

    def hours(self) -> Iterator[Hour]:
        folders = folders_under(self._s3, self._bucket, ROOT)
        yield from (Hour(folder) for folder, _ in groupby(folders))


def _key(hour: Hour, object_id: str) -> str:
    return f"{ROOT}{hour}/{SHARD}/{object_id}"
