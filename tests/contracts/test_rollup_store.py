"""`RollupStore`: the rows of an hour, and how many calls of each model they are."""

from typing import Any

import pytest

from bedrock_meter import prices
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
from bedrock_meter.domain.records.errors import UnknownSchema
from bedrock_meter.domain.totals.rollup import ClosedCall
from bedrock_meter.domain.totals.valuation import Valuation
from tests.builders import ACCOUNT, HAIKU, NINE, REGION, an_evidence
from tests.contracts.conftest import BOTH
from tests.contracts.test_closing_store import rewritten


@pytest.fixture(params=BOTH)
def rollups(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        from bedrock_meter.local.objects import MemoryRollupStore

        return MemoryRollupStore()
    from bedrock_meter.aws.s3_rollups import S3RollupStore

    return S3RollupStore(*request.getfixturevalue("a_bucket")())


def a_call(number: int, **changes: Any) -> ClosedCall:
    evidence = an_evidence(f"r-{number}", **changes)
    verdicts = Valuation(DEFAULT_POLICY, prices.shipped()).of(evidence)
    return ClosedCall("one", evidence, *verdicts)


def test_calls_are_counted_by_model_as_logged(rollups: Any) -> None:
    other = a_call(3, model_id="x.y", error_code="ModelErrorException")
    rollups.put(NINE, 1, [a_call(1), a_call(2), other])

    assert rollups.calls_by_model(NINE, ACCOUNT, REGION) == {HAIKU: 2, "x.y": 1}


def test_throttled_calls_and_those_of_other_places_are_left_out(rollups: Any) -> None:
    calls = [
        a_call(1),
        a_call(2, error_code="ThrottlingException"),
        a_call(3, region="eu-west-1"),
        a_call(4, account="999999999999"),
    ]
    rollups.put(NINE, 1, calls)

    assert rollups.calls_by_model(NINE, ACCOUNT, REGION) == {HAIKU: 1}


def test_an_hour_without_calls_counts_none(rollups: Any) -> None:
    assert rollups.calls_by_model(NINE, ACCOUNT, REGION) == {}


def test_an_older_close_never_replaces_a_newer_one(rollups: Any) -> None:
    assert rollups.put(NINE, 2, [a_call(1), a_call(2)])
    assert not rollups.put(NINE, 1, [a_call(1)])

    assert rollups.calls_by_model(NINE, ACCOUNT, REGION) == {HAIKU: 2}


@pytest.mark.engine
def test_a_rollup_without_a_later_column_is_counted_and_one_of_a_newer_release_refused(
    a_bucket: Any,
) -> None:
    from bedrock_meter.aws.s3_rollups import S3RollupStore, key_of, rollup_of

    s3, bucket = a_bucket()
    store, body = S3RollupStore(s3, bucket), rollup_of([a_call(1)], {}).getvalue()

    s3.put_object(Bucket=bucket, Key=key_of(NINE), Body=rewritten(body, "line", "first_byte_ms"))
    assert store.calls_by_model(NINE, ACCOUNT, REGION) == {HAIKU: 1}
    s3.put_object(Bucket=bucket, Key=key_of(NINE), Body=rewritten(body, version="2"))
    with pytest.raises(UnknownSchema, match="a rollup of schema version 2; this release reads"):
        store.calls_by_model(NINE, ACCOUNT, REGION)
