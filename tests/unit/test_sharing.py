"""Sharing gives back the same evidence; only what repeats is one object."""

from typing import Any

import pytest

from bedrock_meter.domain.records import sharing
from bedrock_meter.domain.records.sharing import Sharing
from bedrock_meter.domain.time.hours import Part
from bedrock_meter.logs.spool import EvidenceSpool, evidence_in
from tests.builders import an_evidence

ODD = [
    {},
    {"metadata": None},
    {"metadata": {}},
    {"metadata": {"b": "1", "a": "2"}},
    {"error_code": "ThrottlingException", "body_model": "x", "assumptions": ["cache_ttl_5m"]},
    {"principal": "", "latency_ms": 0, "usage": {}},
]


def a_copy(**changes: Any) -> Any:
    """Evidence whose texts are objects of its own, as after reading a file."""
    evidence = an_evidence(**changes)
    return evidence._replace(model_id="".join(list(evidence.model_id)))


@pytest.mark.parametrize("changes", ODD)
def test_evidence_stays_equal_in_every_part(changes: dict[str, Any]) -> None:
    shared = Sharing()

    for _ in range(2):
        found = shared.of(a_copy(**changes))
        assert found == an_evidence(**changes)
        assert list(found.metadata or {}) == list(an_evidence(**changes).metadata or {})


def test_repeating_parts_become_one_object() -> None:
    shared = Sharing()
    one, other = shared.of(a_copy()), shared.of(a_copy(request_id="r-2"))

    assert one.model_id is other.model_id
    assert one.metadata is other.metadata
    assert one.assumptions is other.assumptions
    assert one.request_id != other.request_id


def test_metadata_of_several_files_become_one_object() -> None:
    shared, held = Sharing(), []

    for _ in range(2):
        spool = EvidenceSpool()
        spool.add(Part("2026-11-21T09:00"), [an_evidence("r-1"), an_evidence("r-2")])
        (file,) = spool.files().values()
        held += [shared.of(one).metadata for one in evidence_in(file)]
        spool.close()

    assert held == [{"tenantId": "acme"}] * 4
    assert len(set(map(id, held))) == 1


def test_metadata_in_another_order_is_kept_in_that_order() -> None:
    shared = Sharing()
    shared.of(a_copy(metadata={"a": "2", "b": "1"}))

    assert list(shared.of(a_copy(metadata={"b": "1", "a": "2"})).metadata) == ["b", "a"]


def test_very_many_callers_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_MOST_REMEMBERED", 10)
    shared = Sharing()

    for number in range(100):
        assert shared.of(a_copy(principal=f"p-{number}")).principal == f"p-{number}"

    assert len(shared._texts) < 30
