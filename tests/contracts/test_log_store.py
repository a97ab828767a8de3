"""`LogStore`: what Bedrock delivered, found by hour of delivery and by prefix."""

from collections.abc import Callable
from typing import Any

import pytest

from bedrock_meter.domain.records.errors import LogObjectGone
from bedrock_meter.domain.records.log_object import log_object_of
from bedrock_meter.domain.time.hours import Hour
from tests.builders import ACCOUNT, NINE, REGION, a_key
from tests.contracts.conftest import BOTH

ROOT = f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{REGION}"
BODIES = f"{ROOT}/2026/11/21/09/data"
ONE, TWO, THREE = a_key("one"), a_key("two"), a_key("three", "10")
BESIDE = [
    f"{BODIES}/5f4d7ee1_input.json.gz",
    f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/amazon-bedrock-logs-permission-check",
]


@pytest.fixture(params=BOTH)
def logs(request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """`logs("prefix/")`: a log bucket with three log files under a prefix, and things beside."""

    def filled(prefix: str = "") -> Any:
        bodies = {f"{prefix}{key}": b"delivered" for key in (ONE, TWO, THREE, *BESIDE)}
        if request.param == "memory":
            from bedrock_meter.local.queues import MemoryLogStore

            store = MemoryLogStore()
            store.objects |= bodies
            return store
        from bedrock_meter.aws.s3_logs import S3LogStore

        s3, bucket = request.getfixturevalue("a_bucket")()
        for key, body in bodies.items():
            s3.put_object(Bucket=bucket, Key=key, Body=body)
        return S3LogStore(s3, bucket, prefix)

    return filled


def keys(found: Any) -> list[str]:
    return [item.key for item in found]


@pytest.mark.parametrize("prefix", ["", "data/"])
def test_log_files_are_found_by_their_hour_of_delivery(logs: Any, prefix: str) -> None:
    store = logs(prefix)

    assert sorted(keys(store.delivered(NINE))) == sorted([prefix + ONE, prefix + TWO])
    assert keys(store.delivered(Hour("2026-11-21T11"))) == []


@pytest.mark.parametrize("prefix", ["", "data/"])
def test_log_files_are_found_by_prefix_and_nothing_that_lies_beside_them(
    logs: Any, prefix: str
) -> None:
    store = logs(prefix)
    everything = keys(store.under(f"{prefix}AWSLogs/"))

    assert sorted(everything) == sorted(prefix + key for key in (ONE, TWO, THREE))
    assert keys(store.under(f"{prefix}AWSLogs/")) == everything
    assert keys(store.under(f"{prefix}{ROOT}/2026/11/21/1")) == [prefix + THREE]
    assert keys(store.under(prefix + ONE)) == [prefix + ONE]
    assert keys(store.under(f"{prefix}{ROOT}/2027/")) == []


def test_an_object_that_is_gone_is_said_to_be(logs: Any) -> None:
    store = logs()
    bucket = next(store.under(ONE)).bucket

    with store.open(log_object_of(bucket, ONE)) as body:
        assert body.read() == b"delivered"
    with (
        pytest.raises(LogObjectGone),
        store.open(log_object_of(bucket, a_key("never"))),
    ):
        pass
