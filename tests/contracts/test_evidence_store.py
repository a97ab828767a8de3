"""`EvidenceStore`: files of parts of hours, replaced by higher generations only."""

import gzip
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest

from bedrock_meter.domain.records.errors import BrokenEvidence
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.time.hours import Hour, Part, edges_around, edges_of
from bedrock_meter.logs.spool import empty_evidence, evidence_file, evidence_in
from bedrock_meter.ports import EvidenceFile
from tests.builders import NINE, a_log_object, an_evidence

FIRST, LAST = edges_of(NINE)
MIDDLE = Part(f"{NINE}:15")
ONE, TWO = a_log_object("one").object_id, a_log_object("two").object_id


def a_body(*evidence: Evidence) -> BytesIO:
    """An evidence file as a spool writes it."""
    if not evidence:
        return BytesIO(empty_evidence())
    with evidence_file(FIRST, evidence) as body:
        return BytesIO(body.read())


def request_ids(store: Any, part: Part, object_id: str = ONE) -> list[str]:
    return [one.request_id for one in store.read(EvidenceFile(part, object_id))]


def test_evidence_comes_back_as_it_was_written(evidence_store: Any) -> None:
    evidence = an_evidence(principal="ü" * 300, metadata={"a": "\n"}, assumptions=["x"])

    assert evidence_store.put(FIRST, ONE, 7, a_body(evidence, an_evidence("r-2")))

    assert list(evidence_store.read(EvidenceFile(FIRST, ONE))) == [evidence, an_evidence("r-2")]


def test_a_file_is_listed_with_its_size(evidence_store: Any) -> None:
    body = a_body(an_evidence())

    evidence_store.put(MIDDLE, ONE, 1, body)

    assert evidence_store.files(NINE) == [EvidenceFile(MIDDLE, ONE, len(body.getvalue()))]
    assert evidence_store.files(NINE)[0].hour == NINE


def test_only_a_lower_generation_is_refused(evidence_store: Any) -> None:
    evidence_store.put(FIRST, ONE, 5, a_body(an_evidence("five")))

    assert not evidence_store.put(FIRST, ONE, 4, a_body(an_evidence("four")))
    assert request_ids(evidence_store, FIRST) == ["five"]
    assert evidence_store.put(FIRST, ONE, 5, a_body(an_evidence("five")))
    assert evidence_store.put(FIRST, ONE, 6, a_body(an_evidence("six")))
    assert request_ids(evidence_store, FIRST) == ["six"]


def test_a_part_that_is_no_longer_touched_has_an_empty_file(evidence_store: Any) -> None:
    evidence_store.put(LAST, ONE, 5, a_body(an_evidence()))

    assert not evidence_store.put_empty(LAST, ONE, 4)
    assert evidence_store.put_empty(LAST, ONE, 6)

    assert request_ids(evidence_store, LAST) == []
    assert [file[:2] for file in evidence_store.files(NINE)] == [(LAST, ONE)]


def test_files_of_an_hour_come_by_part_then_object_and_of_nothing_else(
    evidence_store: Any,
) -> None:
    before, after = edges_around(NINE)
    for part in (LAST, after, FIRST, before, MIDDLE):
        for object_id in (TWO, ONE):
            evidence_store.put_empty(part, object_id, 1)

    found = [file[:2] for file in evidence_store.files(NINE)]

    assert found == [(part, one) for part in (FIRST, MIDDLE, LAST) for one in sorted([ONE, TWO])]
    assert [file.part for file in evidence_store.files(after)] == [after, after]


def test_hours_that_have_files_come_oldest_first(evidence_store: Any) -> None:
    assert list(evidence_store.hours()) == []
    for part in (f"{NINE}:45", f"{NINE}:00", "2026-11-20T23:15", "2026-11-21T10:00"):
        evidence_store.put_empty(Part(part), ONE, 1)

    assert list(evidence_store.hours()) == ["2026-11-20T23", NINE, Hour("2026-11-21T10")]


def test_many_files_are_read_in_the_order_asked_for(evidence_store: Any) -> None:
    for number in range(40):
        body = a_body(*(an_evidence(f"{number}.{line}") for line in range(number % 3)))
        evidence_store.put(FIRST, f"logs/{number:02d}", 1, body)
    files = list(reversed(evidence_store.files(NINE)))

    read = [
        (file, [one.request_id for one in all_]) for file, all_ in evidence_store.read_all(files)
    ]

    assert [file for file, _ in read] == files
    assert [ids for _, ids in read[:3]] == [[], ["38.0", "38.1"], ["37.0"]]


def test_reading_many_may_stop_early(evidence_store: Any) -> None:
    for number in range(30):
        evidence_store.put(FIRST, f"logs/{number:02d}", 1, a_body(an_evidence(f"r-{number}")))
    reading = evidence_store.read_all(evidence_store.files(NINE))

    file, evidence = next(reading)
    reading.close()

    assert file.object_id == "logs/00"
    assert [one.request_id for one in evidence] == ["r-0"]


def test_bodies_come_in_the_order_asked_for_and_are_the_bytes_put(evidence_store: Any) -> None:
    for name in (ONE, TWO):
        evidence_store.put(FIRST, name, 1, a_body(an_evidence(name)))
    files = [*reversed(evidence_store.files(NINE))]

    found = [(file, [*evidence_in(body)]) for file, body in evidence_store.bodies(files)]

    assert [file for file, _ in found] == files
    assert [[one.request_id for one in calls] for _, calls in found] == [[TWO], [ONE]]
    bodies = [BytesIO(evidence_store.body(file)) for file in files]
    assert [[*evidence_in(body)] for body in bodies] == [calls for _, calls in found]


def test_reading_no_files_gives_nothing(evidence_store: Any) -> None:
    assert list(evidence_store.read_all([])) == []


@pytest.mark.parametrize("body", [b"", b"no gzip", gzip.compress(b'{"columns": []}\n', mtime=0)])
def test_a_file_that_cannot_be_read_is_broken(evidence_store: Any, body: bytes) -> None:
    evidence_store.put(FIRST, ONE, 1, BytesIO(body))
    file = EvidenceFile(FIRST, ONE)

    with pytest.raises(BrokenEvidence):
        list(evidence_store.read(file))
    with pytest.raises(BrokenEvidence):
        [list(evidence) for _, evidence in evidence_store.read_all([file])]


def test_a_damaged_end_is_told_after_what_came_before(evidence_store: Any) -> None:
    body = a_body(an_evidence()).getvalue()
    evidence_store.put(FIRST, ONE, 1, BytesIO(body[:-4]))

    with pytest.raises(BrokenEvidence):
        list(evidence_store.read(EvidenceFile(FIRST, ONE)))


def test_parts_in_keys_sort_as_time_does() -> None:
    assert all(one < other for one, other in pairwise((FIRST, MIDDLE, LAST)))
