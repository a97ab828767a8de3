"""Reading many evidence files: how many at once, in how much memory, and how it ends."""

import gzip
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ClientError

from bedrock_meter.aws.s3_evidence import BYTES_AHEAD, FILES_AHEAD, S3EvidenceStore
from bedrock_meter.domain.records.errors import BrokenEvidence, UnknownSchema
from bedrock_meter.domain.records.schema import SCHEMA_VERSION
from bedrock_meter.domain.time.hours import Part
from bedrock_meter.logs.spool import empty_evidence, evidence_file
from bedrock_meter.ports import EvidenceFile
from tests.builders import NINE, an_evidence

EMPTY = empty_evidence()
PATIENCE = 10
"""Seconds after which a test that waits has failed."""


class Answer(io.BytesIO):
    """The bytes of an answer, as the SDK wants them."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


class Bucket:
    """What S3 is asked for, and how many requests are under way at once."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.under_way = self.most = 0
        self.before: Callable[[str], None] = lambda _: None
        self._lock = threading.Lock()

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        key = unquote(urlsplit(request.url).path).rsplit("/", 1)[1]
        with self._lock:
            self.asked.append(key)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        self.before(key)
        with self._lock:
            self.under_way -= 1
        body = self.bodies.get(key, EMPTY)
        status = 404 if body == b"gone" else 200
        headers = HeadersDict({"content-length": str(len(body))})
        return AWSResponse(request.url, status, headers, Answer(body))


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def store(bucket: Bucket) -> S3EvidenceStore:
    s3 = boto3.client(
        "s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    s3.meta.events.register("before-send.s3.GetObject", bucket.answer)
    return S3EvidenceStore(s3, "data")


def files(count: int, size: int = 1_000) -> list[EvidenceFile]:
    return [EvidenceFile(Part(f"{NINE}:00"), f"{number:02d}", size) for number in range(count)]


def readers() -> int:
    return threading.active_count() - 1


def test_sixteen_files_are_fetched_side_by_side_and_never_more(
    store: S3EvidenceStore, bucket: Bucket
) -> None:
    all_here = threading.Barrier(FILES_AHEAD)

    def wait_for_the_others(key: str) -> None:
        if int(key) < FILES_AHEAD:
            all_here.wait(PATIENCE)

    bucket.before = wait_for_the_others

    read = [(file, list(evidence)) for file, evidence in store.read_all(files(60))]

    assert read == [(file, []) for file in files(60)]
    assert bucket.most == FILES_AHEAD == 16
    assert sorted(bucket.asked) == [file.object_id for file in files(60)]


def test_files_come_in_order_though_the_first_takes_longest(
    store: S3EvidenceStore, bucket: Bucket
) -> None:
    last_came = threading.Event()

    def let_the_first_be_last(key: str) -> None:
        assert key != "00" or last_came.wait(PATIENCE)
        if key == f"{FILES_AHEAD - 1}":
            last_came.set()

    bucket.before = let_the_first_be_last

    assert [file for file, _ in store.read_all(files(20))] == files(20)


def test_memory_bounds_what_is_fetched_ahead(store: S3EvidenceStore, bucket: Bucket) -> None:
    third = files(12, BYTES_AHEAD // 3)

    for _ in store.read_all(third):
        assert bucket.under_way <= 3

    assert bucket.most <= 3
    assert len(bucket.asked) == 12


def test_what_is_being_read_takes_up_room_too(store: S3EvidenceStore, bucket: Bucket) -> None:
    half = files(4, BYTES_AHEAD // 2)

    reading = store.read_all(half)
    next(reading)

    assert len(bucket.asked) <= 2
    reading.close()


def test_a_file_beyond_the_bound_is_read_alone_and_not_kept(
    store: S3EvidenceStore, bucket: Bucket
) -> None:
    small, large, last = files(3)
    large = large._replace(size=BYTES_AHEAD + 1)
    asked = []

    for file, evidence in store.read_all([small, large, last]):
        asked.append((file.object_id, sorted(bucket.asked)))
        list(evidence)

    assert asked == [("00", ["00"]), ("01", ["00"]), ("02", ["00", "01", "02"])]


def test_who_stops_early_leaves_no_reader_behind(store: S3EvidenceStore, bucket: Bucket) -> None:
    before = readers()
    reading = store.read_all(files(200))
    next(reading)

    reading.close()

    assert readers() == before
    assert bucket.under_way == 0
    assert len(bucket.asked) <= FILES_AHEAD


def test_a_file_that_is_gone_ends_the_reading(store: S3EvidenceStore, bucket: Bucket) -> None:
    before = readers()
    bucket.bodies["05"] = b"gone"
    read = []

    with pytest.raises(ClientError):
        read += [file.object_id for file, _ in store.read_all(files(30))]
    assert readers() == before


def test_a_broken_file_is_named(store: S3EvidenceStore, bucket: Bucket) -> None:
    before = readers()
    bucket.bodies["05"] = b"not evidence"

    named = f"evidence/{NINE}/0/00/05: an evidence file"

    with pytest.raises(BrokenEvidence, match=named):
        [list(evidence) for _, evidence in store.read_all(files(30))]
    with pytest.raises(BrokenEvidence, match=named):
        list(store.read(files(6)[5]))
    assert readers() == before


def test_a_file_of_a_newer_release_is_named(store: S3EvidenceStore, bucket: Bucket) -> None:
    this, next_one = (b'"schema_version":%d' % one for one in (SCHEMA_VERSION, SCHEMA_VERSION + 1))
    newer = gzip.decompress(EMPTY).replace(this, next_one)
    bucket.bodies["05"] = gzip.compress(newer)

    with pytest.raises(UnknownSchema, match=f"evidence/{NINE}/0/00/05: an evidence file of schema"):
        list(store.read(files(6)[5]))


def test_evidence_of_a_file_can_be_read_after_the_next_was_asked_for(
    store: S3EvidenceStore, bucket: Bucket
) -> None:
    with evidence_file(Part(f"{NINE}:00"), [an_evidence()]) as body:
        bucket.bodies["00"] = body.read()

    (_, first), (_, second) = store.read_all(files(2))

    assert list(first) == [an_evidence()]
    assert list(second) == []
