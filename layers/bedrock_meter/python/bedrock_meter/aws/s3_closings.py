"""Closings and corrections in the data bucket, as Parquet.

`closings/<hour>/<shard>/<epoch>.parquet` is immutable: the totals one close found, with the log
objects it read in the file's metadata. `corrections/<hour>/<shard>/<new epoch>.parquet` is the
difference of two consecutive published closings; the epoch before stands in its metadata, so the
corrections that count are the chain that ends at the published epoch.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from bedrock_meter.aws import parquet
from bedrock_meter.aws.s3_objects import is_gone, put_once, tags_under
from bedrock_meter.domain.correction import Correction
from bedrock_meter.domain.hours import Hour
from bedrock_meter.ports import Closing

SHARD = 0
CLOSINGS = "closings/"
CORRECTIONS = "corrections/"


class S3ClosingStore:
    """`ClosingStore` on S3. A closing stays as it is, so what was read once is remembered.

    Only erasing a tenant rewrites closings; listing the epochs shows which, by their entity tags.
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._read: dict[tuple[Hour, int], tuple[str, Closing]] = {}

    def put(self, closing: Closing) -> None:
        rows = [
            {"tenant": parquet.tenant_text(tenant), **parquet.total_row(total)}
            for tenant, total in closing.totals.items()
        ]
        table = parquet.table_of(rows, parquet.CLOSING).sort_by("tenant")
        notes = {
            "objects": msgspec.json.encode(closing.object_ids).decode(),
            "duplicates_apart": str(closing.duplicates_apart),
        }
        body = parquet.written(table, notes)
        put_once(self._s3, self._bucket, _key(CLOSINGS, closing.hour, closing.epoch), body)

    def epochs(self, hour: Hour) -> list[int]:
        prefix = f"{CLOSINGS}{hour}/{SHARD}/"
        tags = {
            int(key.removeprefix(prefix).removesuffix(".parquet")): tag
            for key, tag in tags_under(self._s3, self._bucket, prefix)
        }
        for epoch, tag in tags.items():
            if self._read.get((hour, epoch), (tag,))[0] != tag:
                del self._read[hour, epoch]
        return sorted(tags)

    def read(self, hour: Hour, epoch: int) -> Closing:
        known = self._read.get((hour, epoch))
        if known is None:
            key = _key(CLOSINGS, hour, epoch)
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            known = (answer["ETag"], _closing(hour, epoch, answer["Body"].read()))
            self._read[hour, epoch] = known
        return known[1]

    def put_corrections(
        self, hour: Hour, old_epoch: int, new_epoch: int, corrections: Sequence[Correction]
    ) -> None:
        table = parquet.table_of(map(_correction_row, corrections), parquet.CORRECTION)
        body = parquet.written(table, {"old_epoch": str(old_epoch)})
        put_once(self._s3, self._bucket, _key(CORRECTIONS, hour, new_epoch), body)

    def corrections(self, hour: Hour, published: int) -> list[Correction]:
        chain: list[Correction] = []
        epoch = published
        while (body := self._body_if_any(_key(CORRECTIONS, hour, epoch))) is not None:
            chain = [_correction(row) for row in parquet.rows_in(body)] + chain
            epoch = int(parquet.notes_in(body)["old_epoch"])
        return chain

    def _body(self, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body

    def _body_if_any(self, key: str) -> bytes | None:
        try:
            return self._body(key)
        except ClientError as error:
            if is_gone(error):
                return None
            raise


def _key(root: str, hour: Hour, epoch: int) -> str:
    return f"{root}{hour}/{SHARD}/{epoch}.parquet"


def _closing(hour: Hour, epoch: int, body: bytes) -> Closing:
    totals = {
        parquet.tenant_from(row["tenant"]): parquet.total_in(row) for row in parquet.rows_in(body)
    }
    notes = parquet.notes_in(body)
    object_ids = msgspec.json.decode(notes["objects"], type=tuple[str, ...])
    return Closing(hour, epoch, totals, object_ids, int(notes["duplicates_apart"]))


def _correction_row(correction: Correction) -> dict[str, Any]:
    old, new = parquet.total_row(correction.old), parquet.total_row(correction.new)
    return {
        "tenant": parquet.tenant_text(correction.tenant),
        "hour": correction.hour,
        "old_epoch": correction.old_epoch,
        "new_epoch": correction.new_epoch,
        "charge_class": "Correction",  # the word FOCUS has for such a row
        "difference_usd": new["cost_usd"] - old["cost_usd"],
        **{f"old_{name}": value for name, value in old.items()},
        **{f"new_{name}": value for name, value in new.items()},
    }


def _correction(row: dict[str, Any]) -> Correction:
    return Correction(
        Hour(row["hour"]),
        parquet.tenant_from(row["tenant"]),
        row["old_epoch"],
        row["new_epoch"],
        parquet.total_in(row, "old_"),
        parquet.total_in(row, "new_"),
    )
