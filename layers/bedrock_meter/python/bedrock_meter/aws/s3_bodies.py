"""Bodies too large for an item: `partials/<slot>/<shard>/<object id>` in the data bucket."""

from typing import Any

from bedrock_meter.aws.s3_objects import put_if_newer
from bedrock_meter.aws.shard import SHARD
from bedrock_meter.domain.time.hours import Slot

ROOT = "partials/"


class S3Bodies:
    """`BodyStore` on S3; a lifecycle rule ends them with the partials they belong to."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, slot: Slot, object_id: str, version: int, body: bytes) -> None:
        put_if_newer(self._s3, self._bucket, _key(slot, object_id), body, version)

    def read(self, slot: Slot, object_id: str) -> bytes:
        answer = self._s3.get_object(Bucket=self._bucket, Key=_key(slot, object_id))
        body: bytes = answer["Body"].read()
        return body


def _key(slot: Slot, object_id: str) -> str:
    return f"{ROOT}{slot}/{SHARD}/{object_id}"
