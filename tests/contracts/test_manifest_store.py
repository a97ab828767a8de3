"""`ManifestStore`: one manifest stands, replaced only by who has seen it; what was given up."""

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ReadTimeoutError

from bedrock_meter.aws.manifest_items import manifest_in, of_manifest
from bedrock_meter.aws.s3_manifests import S3ManifestStore
from bedrock_meter.domain.records.errors import UnknownSchema
from bedrock_meter.domain.records.manifest import (
    LogSummary,
    Manifest,
    announced,
    set_aside,
    settled,
)
from bedrock_meter.domain.time.hours import Part
from bedrock_meter.ports import Noted
from tests.builders import a_log_object, at

LOG = a_log_object()
NOON = at("12:00")


def a_manifest(name: str = "one", **changes: Any) -> Manifest:
    """The manifest of a log object whose first reading just begins."""
    found = LogSummary("ab" * 32, 3, (Part("2026-11-21T09:00"), Part("2026-11-21T09:45")), 7, 1)
    return announced(a_log_object(name), found, None, NOON)._replace(**changes)


FULL = a_manifest()._replace(
    settled=True,
    is_live=True,
    is_erased=True,
    first=2,
    former=("cd" * 32, "ef" * 32),
    aside='lost in "March"\nä',
    revision=9,
    metered="ab" * 32,
    restores=True,
)


def test_nothing_stands_before_the_first_reading(manifest_store: Any) -> None:
    assert manifest_store.read(LOG.object_id) is None


def test_every_field_comes_back(manifest_store: Any) -> None:
    plain = a_manifest()._asdict()
    assert {field for field, value in FULL._asdict().items() if value == plain[field]} <= {
        *("object_id", "bucket", "key", "digest", "version", "generation", "parts"),
        *("records", "rejects"),
    }
    tag = manifest_store.put(FULL, None)

    assert manifest_store.read(LOG.object_id) == Noted(FULL, tag)


def test_only_one_of_two_first_readings_is_noted(manifest_store: Any) -> None:
    manifest, rival = a_manifest(), a_manifest(digest="ff" * 32)

    assert manifest_store.put(manifest, None)
    assert manifest_store.put(rival, None) is None

    assert manifest_store.read(LOG.object_id).manifest == manifest


def test_who_has_seen_an_older_manifest_replaces_nothing(manifest_store: Any) -> None:
    first = a_manifest()
    seen = manifest_store.put(first, None)
    second = settled(first, is_live=True)
    tag = manifest_store.put(second, seen)

    assert tag not in (None, seen)
    assert manifest_store.put(a_manifest(digest="ff" * 32, revision=2), seen) is None
    assert manifest_store.read(LOG.object_id) == Noted(second, tag)


def test_a_manifest_whose_first_answer_was_lost_counts_as_put(manifest_store: Any) -> None:
    first = a_manifest()
    second = settled(first, is_live=False)
    before = manifest_store.put(first, None)
    tag = manifest_store.put(second, before)

    assert manifest_store.put(second, before) == tag
    assert manifest_store.put(first, None) is None


def test_replacing_what_is_not_there_puts_nothing(manifest_store: Any) -> None:
    tag = manifest_store.put(a_manifest("other"), None)

    assert manifest_store.put(a_manifest(), tag) is None
    assert manifest_store.read(LOG.object_id) is None


def test_what_was_set_aside_is_listed_until_it_is_metered(manifest_store: Any) -> None:
    aside = set_aside(LOG, None, "the bucket was emptied")
    tag = manifest_store.put(aside, None)
    manifest_store.put(a_manifest("other"), None)
    assert list(manifest_store.not_metered()) == [aside]

    reading = announced(LOG, LogSummary("ab" * 32, 3, (), 0, 0), aside, NOON)
    tag = manifest_store.put(reading, tag)
    assert list(manifest_store.not_metered()) == [reading]

    assert manifest_store.put(settled(reading, is_live=False), tag)
    assert list(manifest_store.not_metered()) == []


def test_what_is_set_aside_a_second_time_is_listed_again(manifest_store: Any) -> None:
    tag = manifest_store.put(a_manifest(aside="first"), None)
    tag = manifest_store.put(a_manifest(revision=2), tag)
    again = a_manifest(aside="second", revision=3)

    manifest_store.put(again, tag)

    assert list(manifest_store.not_metered()) == [again]


def test_what_another_took_the_place_of_is_not_listed(manifest_store: Any) -> None:
    manifest_store.put(a_manifest(), None)

    assert manifest_store.put(a_manifest(aside="too late"), None) is None

    assert list(manifest_store.not_metered()) == []


def test_objects_set_aside_come_in_order(manifest_store: Any) -> None:
    for name in ("two", "one", "three"):
        manifest_store.put(a_manifest(name, aside="gone"), None)

    listed = [one.object_id for one in manifest_store.not_metered()]

    assert listed == sorted(a_log_object(name).object_id for name in ("one", "two", "three"))


EVENTS = CALL, SEND = "before-call.s3", "before-send.s3.PutObject"


class Died(Exception):
    """A worker's death, at one of its requests."""


@pytest.fixture
def s3_place(a_bucket: Any) -> Iterator[tuple[Any, str]]:
    """A bucket, and a client whose events nobody else hears."""
    s3, bucket = a_bucket()
    yield s3, bucket
    for event in EVENTS:
        s3.meta.events.unregister(event, unique_id=event)


@pytest.mark.engine
@pytest.mark.parametrize("step", range(1, 6))
def test_who_dies_in_between_never_takes_a_manifest_off_the_list(
    s3_place: tuple[Any, str], step: int
) -> None:
    s3, _ = s3_place
    store, calls = S3ManifestStore(*s3_place), count(1)
    aside = set_aside(LOG, None, "gone")

    def die(**_: Any) -> None:
        if next(calls) == step:
            raise Died

    s3.meta.events.register(CALL, die, unique_id=CALL)
    with suppress(Died):
        tag = store.put(aside, None)
        store.put(settled(aside, is_live=False), tag)
    s3.meta.events.unregister(CALL, unique_id=CALL)

    noted = store.read(LOG.object_id)
    left = [noted.manifest] if noted and noted.manifest.aside else []
    assert list(store.not_metered()) == left


@pytest.mark.engine
def test_what_is_set_aside_while_it_is_taken_off_the_list_stays_on_it(
    s3_place: tuple[Any, str],
) -> None:
    s3, _ = s3_place
    store = S3ManifestStore(*s3_place)
    tag = store.put(set_aside(LOG, None, "first"), None)
    again = a_manifest(aside="second", revision=9)

    def set_aside_again(model: Any, **_: Any) -> None:
        if model.name == "DeleteObject":
            store.put(again, store.read(LOG.object_id).tag)

    s3.meta.events.register(CALL, set_aside_again, unique_id=CALL)
    store.put(settled(a_manifest(), is_live=True), tag)

    assert list(store.not_metered()) == [again]


@pytest.mark.engine
def test_a_put_whose_answer_the_network_lost_is_answered_by_its_tag(
    s3_place: tuple[Any, str],
) -> None:
    s3, _ = s3_place
    store, lost = S3ManifestStore(*s3_place), []

    def lose_the_answer(request: Any, **_: Any) -> None:
        if not lost:
            lost.append(s3._endpoint.http_session.send(request).status_code)
            raise ReadTimeoutError(endpoint_url=request.url)

    s3.meta.events.register(SEND, lose_the_answer, unique_id=SEND)
    tag = store.put(a_manifest(), None)

    assert lost == [200]
    assert store.read(LOG.object_id) == Noted(a_manifest(), tag)


@pytest.mark.engine
@pytest.mark.parametrize("version", [0, 2])
def test_a_manifest_of_another_release_is_not_misread(a_bucket: Any, version: int) -> None:
    s3, bucket = a_bucket()
    body = msgspec.json.encode(of_manifest(FULL) | {"schema_version": version})
    s3.put_object(Bucket=bucket, Key=f"manifests/{LOG.object_id}.json", Body=body)

    with pytest.raises(UnknownSchema, match="a manifest of schema version"):
        S3ManifestStore(s3, bucket).read(LOG.object_id)


def test_a_manifest_without_a_later_field_is_read_with_its_default() -> None:
    item = of_manifest(FULL)
    del item["restores"], item["former"]

    assert manifest_in(item) == FULL._replace(restores=False, former=())


@pytest.mark.parametrize("version", [0, 2])
def test_the_copy_of_a_manifest_of_another_release_is_refused(version: int) -> None:
    with pytest.raises(UnknownSchema, match=f"schema version {version}; this release reads"):
        manifest_in(of_manifest(FULL) | {"schema_version": Decimal(version)})
