"""Closings and corrections in the data bucket, as Parquet.

`closings/<hour>/<shard>/<epoch>.parquet` is immutable: the totals one close found, with the
evidence files it read in the file's metadata. One that a later publication superseded carries the
tag `superseded`, by which a lifecycle rule ends it.
`corrections/<hour>/<shard>/<new epoch>.parquet` is the difference of two consecutive published
closings; the epoch before stands in its metadata, so the corrections that count are the chain that
ends at the published epoch.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from bedrock_meter.aws import parquet
from bedrock_meter.aws.s3_objects import (
    body_of,
    is_gone,
    keys_under,
    put_once,
    through_conflicts,
)
from bedrock_meter.domain.records.tenant import tenant_key, tenant_of_key
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.correction import Correction
from bedrock_meter.ports import Closing

SHARD = 0
CLOSINGS = "closings/"
CORRECTIONS = "corrections/"
SUPERSEDED = {"Key": "superseded", "Value": "true"}


class S3ClosingStore:
    """`ClosingStore` on S3. Nothing that was read is remembered: hours are many, memory is not."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, closing: Closing) -> None:
        key = _key(CLOSINGS, closing.hour, closing.epoch)
        put_once(self._s3, self._bucket, key, written_closing(closing))

    def newest(self, hour: Hour) -> Closing | None:
        epochs = self._epochs(hour)
        return self.read(hour, epochs[-1]) if epochs else None

    def read(self, hour: Hour, epoch: int) -> Closing | None:
        body = body_of(self._s3, self._bucket, _key(CLOSINGS, hour, epoch))
        return None if body is None else closing_in(hour, epoch, body)

    def retire(self, hour: Hour, before: int) -> None:
        older = [epoch for epoch in reversed(self._epochs(hour)) if epoch < before]
        fresh = list(takewhile(lambda epoch: not self._is_retired(hour, epoch), older))
        for epoch in reversed(fresh):  # oldest first: below one that is retired, all are
            self._tag(_key(CLOSINGS, hour, epoch))

    def _tag(self, key: str) -> None:
        def tag() -> None:
            tags = {"TagSet": [SUPERSEDED]}
            self._s3.put_object_tagging(Bucket=self._bucket, Key=key, Tagging=tags)

        through_conflicts(tag, f"{self._bucket}/{key}")

    def _is_retired(self, hour: Hour, epoch: int) -> bool:
        try:
            answer = self._s3.get_object_tagging(
                Bucket=self._bucket, Key=_key(CLOSINGS, hour, epoch)
            )
        except ClientError as error:
            if is_gone(error):
                return True
            raise
        return SUPERSEDED in answer["TagSet"]

    def _epochs(self, hour: Hour) -> list[int]:
        prefix = f"{CLOSINGS}{hour}/{SHARD}/"
        keys = keys_under(self._s3, self._bucket, prefix)
        return sorted(int(key.removeprefix(prefix).removesuffix(".parquet")) for key in keys)

    def put_corrections(
        self, hour: Hour, old_epoch: int, new_epoch: int, corrections: Sequence[Correction]
    ) -> None:
        table = parquet.table_of(map(_correction_row, corrections), parquet.CORRECTION)
        body = parquet.written(table, {"old_epoch": str(old_epoch)})
        put_once(self._s3, self._bucket, _key(CORRECTIONS, hour, new_epoch), body)

    def corrections(self, hour: Hour, published: int) -> list[Correction]:
        chain: list[Correction] = []
        epoch = published
        while (body := self._correction_body(hour, epoch)) is not None:
            file = parquet.opened(body, "corrections")
            chain = [_correction(row) for row in parquet.rows_in(file)] + chain
            epoch = int(parquet.notes_in(file)["old_epoch"])
        return chain

    def _correction_body(self, hour: Hour, epoch: int) -> bytes | None:
        return body_of(self._s3, self._bucket, _key(CORRECTIONS, hour, epoch))


def written_closing(closing: Closing) -> bytes:
    """Write a closing as a file."""
    rows = [
        {"tenant": tenant_key(tenant), **parquet.total_row(total)}
        for tenant, total in closing.totals.items()
    ]
    notes = {
        "files": msgspec.json.encode(closing.files).decode(),
        "duplicates_apart": str(closing.duplicates_apart),
    }
    return parquet.written(parquet.table_of(rows, parquet.CLOSING).sort_by("tenant"), notes)


def closing_in(hour: Hour, epoch: int, body: bytes) -> Closing:
    """Read a closing from its file."""
    file = parquet.opened(body, "a closing")
    totals = {tenant_of_key(row["tenant"]): parquet.total_in(row) for row in parquet.rows_in(file)}
    notes = parquet.notes_in(file)
    files = msgspec.json.decode(notes["files"], type=tuple[str, ...])
    return Closing(hour, epoch, totals, files, int(notes["duplicates_apart"]))


def _key(root: str, hour: Hour, epoch: int) -> str:
    return f"{root}{hour}/{SHARD}/{epoch}.parquet"


def _correction_row(correction: Correction) -> dict[str, Any]:
    old, new = parquet.total_row(correction.old), parquet.total_row(correction.new)
    return {
        "tenant": tenant_key(correction.tenant),
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
        tenant_of_key(row["tenant"]),
        row["old_epoch"],
        row["new_epoch"],
        parquet.total_in(row, "old_"),
        parquet.total_in(row, "new_"),
    )
