"""Conditional writes to S3: which refusal means that something is there already."""

import gzip
import io
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from bedrock_meter.aws.s3_objects import gzip_stamp, put_if_newer, put_once
from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.logs.gunzip import inflate

CONFLICTS = ["ConditionalRequestConflict", "OperationAborted", "409"]
NEW = {"Bucket": "b", "Key": "k", "Body": ANY, "IfNoneMatch": "*"}


@pytest.fixture
def s3() -> Any:
    """A client of S3 that reaches nobody."""
    return boto3.client(
        "s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture
def told(s3: Any) -> Iterator[Stubber]:
    """What S3 answers, in turn."""
    with Stubber(s3) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def a_conflict(told: Stubber, code: str = "ConditionalRequestConflict", **expected: Any) -> None:
    told.add_client_error("put_object", code, http_status_code=409, expected_params=expected)


@pytest.mark.parametrize("code", CONFLICTS)
def test_a_conflict_with_another_request_is_tried_again(s3: Any, told: Stubber, code: str) -> None:
    waits: list[float] = []
    a_conflict(told, code, **NEW)
    a_conflict(told, code, **NEW)
    told.add_response("put_object", {"ETag": '"1"'}, NEW)

    assert put_once(s3, "b", "k", b"closing", sleep=waits.append)

    assert len(waits) == 2
    assert 0 < waits[0] <= waits[1] <= 0.1


@pytest.mark.parametrize("code", ["PreconditionFailed", "412"])
def test_only_a_failed_precondition_says_that_something_is_there(
    s3: Any, told: Stubber, code: str
) -> None:
    told.add_client_error("put_object", code, http_status_code=412, expected_params=NEW)

    assert not put_once(s3, "b", "k", b"closing", sleep=no_sleep)


def test_a_conflict_that_does_not_end_is_left_to_a_later_delivery(s3: Any, told: Stubber) -> None:
    waits: list[float] = []
    for _ in range(7):
        a_conflict(told, **NEW)

    with pytest.raises(Contended, match="b/k"):
        put_once(s3, "b", "k", b"closing", sleep=waits.append)

    assert len(waits) == 6
    assert sum(waits) < 4


def test_a_newer_object_takes_its_place_through_conflicts(s3: Any, told: Stubber) -> None:
    generation = {"Metadata": {"generation": "7"}}
    seen = NEW | generation
    replaces = {**seen, "IfMatch": '"old"'}
    del replaces["IfNoneMatch"]
    a_conflict(told, **seen)
    told.add_client_error("put_object", "PreconditionFailed", expected_params=seen)
    told.add_response("head_object", {"ETag": '"old"', "Metadata": {"generation": "6"}})
    a_conflict(told, **replaces)
    told.add_response("put_object", {"ETag": '"new"'}, replaces)

    assert put_if_newer(s3, "b", "k", b"evidence", 7, sleep=lambda _: None)


def test_what_went_away_meanwhile_is_put_anew(s3: Any, told: Stubber) -> None:
    told.add_client_error("put_object", "PreconditionFailed")
    told.add_response("head_object", {"ETag": '"old"', "Metadata": {}})
    told.add_client_error("put_object", "NoSuchKey", http_status_code=404)
    told.add_response("put_object", {"ETag": '"new"'})

    assert put_if_newer(s3, "b", "k", b"evidence", 7, sleep=no_sleep)


def no_sleep(_: float) -> None:
    raise AssertionError("nobody has to wait for that")


def test_equal_contents_of_two_generations_are_other_bytes() -> None:
    stamps = {gzip_stamp(4), gzip_stamp(6)}

    assert len(stamps) == 2
    for stamp in stamps:
        assert gzip.decompress(gzip.compress(b"rows") + stamp) == b"rows"
        assert b"".join(inflate(io.BytesIO(gzip.compress(b"rows") + stamp))) == b"rows"
