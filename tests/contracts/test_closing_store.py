"""`ClosingStore`: a closing never changes and may retire; corrections lead to a publication."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import pyarrow.parquet as pq
import pytest

from bedrock_meter.aws.s3_closings import S3ClosingStore, closing_in, written_closing
from bedrock_meter.domain.records.errors import UnknownSchema
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.correction import Correction
from bedrock_meter.domain.totals.total import EMPTY, Total
from bedrock_meter.local.objects import MemoryClosingStore
from bedrock_meter.ports import Closing
from tests.builders import NINE
from tests.contracts.test_usage_table import NAMES, TOTAL


def test_a_closing_comes_back_as_it_was_written(closing_store: Any) -> None:
    totals = {name: TOTAL if number % 2 else EMPTY for number, name in enumerate(NAMES)}
    closing = Closing(NINE, 5, totals, ("b", "a"), 3)

    closing_store.put(closing)

    assert closing_store.read(NINE, 5) == closing
    assert closing_store.newest(NINE) == closing


def test_a_closing_is_written_once(closing_store: Any) -> None:
    closing_store.put(Closing(NINE, 5, {"acme": TOTAL}, ()))
    closing_store.put(Closing(NINE, 5, {"acme": EMPTY}, ()))

    assert closing_store.read(NINE, 5).totals == {"acme": TOTAL}


def test_a_closing_that_nobody_announced_is_none(closing_store: Any) -> None:
    closing_store.put(Closing(NINE, 5, {}, ()))

    assert closing_store.read(NINE, 4) is None
    assert closing_store.read(Hour("2026-11-21T10"), 5) is None
    assert closing_store.newest(Hour("2026-11-21T10")) is None


def test_the_newest_closing_has_the_highest_epoch(closing_store: Any) -> None:
    for epoch in (100, 20, 3):
        closing_store.put(Closing(NINE, epoch, {}, ()))
    closing_store.put(Closing(Hour("2026-11-21T10"), 500, {}, ()))

    assert closing_store.newest(NINE).epoch == 100


def test_a_retired_closing_can_be_read_until_it_expires(closing_store: Any) -> None:
    for epoch in (3, 20, 100):
        closing_store.put(Closing(NINE, epoch, {"acme": TOTAL}, ()))

    closing_store.retire(NINE, 20)
    closing_store.retire(NINE, 100)
    closing_store.retire(NINE, 100)

    assert [closing_store.read(NINE, epoch).epoch for epoch in (3, 20, 100)] == [3, 20, 100]
    assert closing_store.newest(NINE).epoch == 100


def test_expiry_takes_what_was_retired_and_nothing_else() -> None:
    store = MemoryClosingStore()
    for epoch in (3, 20, 100):
        store.put(Closing(NINE, epoch, {}, ()))
    store.put(Closing(Hour("2026-11-21T10"), 3, {}, ()))

    store.retire(NINE, 100)
    store.expire_retired()
    store.expire_retired()

    assert set(store.closings) == {(NINE, 100), (Hour("2026-11-21T10"), 3)}


@pytest.mark.engine
def test_exactly_closings_of_lower_epochs_carry_the_tag(a_bucket: Any) -> None:
    s3, bucket = a_bucket()
    store = S3ClosingStore(s3, bucket)
    for epoch in (3, 20, 100, 101):
        store.put(Closing(NINE, epoch, {}, ()))
    store.put_corrections(NINE, 3, 20, [])

    store.retire(NINE, 20)
    assert tagged(s3, bucket) == ["3.parquet"]
    store.retire(NINE, 101)
    assert tagged(s3, bucket) == ["100.parquet", "20.parquet", "3.parquet"]


@pytest.mark.engine
def test_what_was_retired_before_is_not_retired_again(a_bucket: Any) -> None:
    s3, bucket = a_bucket()
    store, asked = S3ClosingStore(s3, bucket), []
    for epoch in range(100, 130):
        store.put(Closing(NINE, epoch, {}, ()))
    store.retire(NINE, 128)
    s3.meta.events.register(
        "before-call.s3", lambda model, **_: asked.append(model.name), unique_id="asked"
    )

    store.retire(NINE, 129)

    s3.meta.events.unregister("before-call.s3", unique_id="asked")
    assert asked == ["ListObjectsV2", "GetObjectTagging", "GetObjectTagging", "PutObjectTagging"]


def tagged(s3: Any, bucket: str) -> list[str]:
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    superseded = [{"Key": "superseded", "Value": "true"}]
    return [
        key.rsplit("/", 1)[1]
        for key in keys
        if s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == superseded
    ]


def test_corrections_are_the_chain_that_ends_at_the_published_epoch(closing_store: Any) -> None:
    up = Correction(NINE, "acme", 1, 3, EMPTY, TOTAL)
    down = Correction(NINE, None, 3, 9, TOTAL, Total(requests=1, cost=10**18))
    abandoned = Correction(NINE, "acme", 3, 5, TOTAL, EMPTY)
    closing_store.put_corrections(NINE, 1, 3, [up])
    closing_store.put_corrections(NINE, 3, 5, [abandoned])
    closing_store.put_corrections(NINE, 3, 9, [down])

    assert closing_store.corrections(NINE, 9) == [up, down]
    assert closing_store.corrections(NINE, 3) == [up]
    assert closing_store.corrections(NINE, 1) == []


def rewritten(body: bytes, *gone: str, version: str = "1") -> bytes:
    """A file of Parquet without some of its columns, or of another schema version."""
    table = pq.read_table(BytesIO(body)).drop_columns(list(gone))
    notes = {**table.schema.metadata, b"schema_version": version.encode()}
    sink = BytesIO()
    pq.write_table(table.replace_schema_metadata(notes), sink)
    return sink.getvalue()


def test_a_closing_without_later_columns_is_read_with_their_defaults() -> None:
    body = written_closing(Closing(NINE, 5, {"acme": TOTAL}, ("a",), 3))

    found = closing_in(NINE, 5, rewritten(body, "rules", "latency_sum_ms"))

    totals = {"acme": replace(TOTAL, rules={}, latency_ms=0)}
    assert found == Closing(NINE, 5, totals, ("a",), 3)


@pytest.mark.parametrize("version", ["0", "2"])
def test_a_closing_of_another_release_is_refused(version: str) -> None:
    body = written_closing(Closing(NINE, 5, {"acme": TOTAL}, ()))

    with pytest.raises(UnknownSchema, match=f"a closing of schema version {version}; this"):
        closing_in(NINE, 5, rewritten(body, version=version))


@pytest.mark.engine
def test_corrections_without_a_later_column_are_read_and_those_of_a_newer_release_refused(
    a_bucket: Any,
) -> None:
    s3, bucket = a_bucket()
    store, key = S3ClosingStore(s3, bucket), f"corrections/{NINE}/0/3.parquet"
    up = Correction(NINE, "acme", 1, 3, EMPTY, TOTAL)
    store.put_corrections(NINE, 1, 3, [up])
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    s3.put_object(Bucket=bucket, Key=key, Body=rewritten(body, "new_rules", "old_rules"))
    assert store.corrections(NINE, 3) == [up._replace(new=replace(TOTAL, rules={}))]
    s3.put_object(Bucket=bucket, Key=key, Body=rewritten(body, version="2"))
    with pytest.raises(UnknownSchema, match="corrections of schema version 2"):
        store.corrections(NINE, 3)
