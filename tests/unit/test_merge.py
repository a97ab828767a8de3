"""Records of one request become one call, in whatever order they came."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.hours import Hour
from bedrock_meter.domain.merge import Sighting, merge
from tests.builders import NINE, an_evidence

TEN = Hour("2026-11-21T10")


def seen(request_id: str = "r", object_id: str = "one", hour: Hour = NINE, **changes: object):
    return Sighting(hour, object_id, an_evidence(request_id, **changes))


def test_the_larger_usage_counts_and_other_evidence_comes_from_whoever_has_it() -> None:
    zeros = seen(usage={}, metadata={"tenantId": "acme"}, latency_ms=7)
    counts = seen("r", "two", usage={"input_tokens": 5}, metadata=None, principal="")

    for pair in permutations([zeros, counts]):
        merged = merge(NINE, pair)

        assert merged.duplicates == 1
        assert merged.calls == (
            counts._replace(
                evidence=counts.evidence._replace(
                    metadata={"tenantId": "acme"},
                    principal=zeros.evidence.principal,
                    latency_ms=7,
                )
            ),
        )


def test_what_a_failed_record_shows_does_not_outweigh_the_call_that_worked() -> None:
    failed = seen("r", "a", usage={"input_tokens": 9}, error_code="ModelStreamErrorException")
    worked = seen("r", "b", usage={"input_tokens": 5})

    for pair in permutations([failed, worked]):
        assert merge(NINE, pair).calls == (worked,)


def test_equal_records_are_settled_by_hour_then_object_then_line() -> None:
    records = [seen("r", "b"), seen("r", "a", line=9), seen("r", "a", line=3)]

    for order in permutations(records):
        assert merge(NINE, order).calls == (records[2],)


def test_a_call_over_the_edge_belongs_to_the_hour_of_its_larger_record() -> None:
    early = seen("r", "one", NINE, time="09:59:59", usage={"input_tokens": 1})
    late = seen("r", "two", TEN, time="10:00:01", usage={"input_tokens": 3})

    assert merge(NINE, [early], [late]).calls == ()
    assert merge(TEN, [late], [early]).calls == (late,)


def test_a_duplicate_too_far_off_is_counted_and_not_merged() -> None:
    mine = seen("r", "one", NINE, time="09:00:00", usage={"input_tokens": 1})
    far = seen("r", "two", TEN, time="10:15:00", usage={"input_tokens": 3})

    other = far._replace(evidence=an_evidence("other", time="10:20:00"))
    assert merge(NINE, [mine], [far]) == ((mine,), 0, 1)
    assert merge(NINE, [mine], [other]).apart == 0


def test_records_without_a_request_id_are_calls_of_their_own() -> None:
    assert len(merge(NINE, [seen(""), seen("", line=2)]).calls) == 2


SIGHTINGS = st.lists(
    st.builds(
        lambda request, name, line, tokens: seen(
            request, name, line=line, usage={"input_tokens": tokens} if tokens else {}
        ),
        st.sampled_from("abc"),
        st.sampled_from(["one", "two"]),
        st.integers(1, 5),
        st.integers(0, 3),
    ),
    unique_by=lambda sighting: (sighting.object_id, sighting.evidence.line),
)


@given(SIGHTINGS, st.randoms(use_true_random=False))
def test_the_order_of_records_never_matters(sightings: list, random) -> None:
    shuffled = list(sightings)
    random.shuffle(shuffled)

    assert merge(NINE, shuffled) == merge(NINE, sightings)


@given(SIGHTINGS)
def test_every_request_is_one_call_and_the_rest_is_counted(sightings: list) -> None:
    merged = merge(NINE, sightings)

    requests = {sighting.evidence.request_id for sighting in sightings}
    assert len(merged.calls) == len(requests)
    assert len(merged.calls) + merged.duplicates == len(sightings)


@pytest.mark.parametrize("copies", [2, 3])
def test_a_record_delivered_in_several_objects_counts_once(copies: int) -> None:
    same = [seen("r", f"object-{number}") for number in range(copies)]

    merged = merge(NINE, same)

    assert (merged.calls, merged.duplicates) == ((same[0],), copies - 1)
