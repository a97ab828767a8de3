"""Records of one request become one call, in whatever order they came."""

from collections.abc import Iterable
from itertools import pairwise, permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bedrock_meter.domain.records.merge import Merged, Occurrence, merge
from bedrock_meter.domain.time.hours import Hour, hour_after
from tests.builders import NINE, an_evidence

EIGHT, TEN = Hour("2026-11-21T08"), Hour("2026-11-21T10")


def seen(request_id: str = "r", object_id: str = "one", hour: Hour = NINE, **changes: object):
    return Occurrence(hour, object_id, an_evidence(request_id, **changes))


def record(time: str, tokens: int, object_id: str = "one", request_id: str = "r") -> Occurrence:
    """A record of so many tokens at a time."""
    hour = Hour(f"2026-11-21T{time[:2]}")
    return seen(request_id, object_id, hour, time=time, usage={"input_tokens": tokens})


def closed(hour: Hour, records: Iterable[Occurrence]) -> Merged:
    """Close an hour as it is done: with its own records and the facing edges of its neighbours."""
    before, after = hour_after(hour, -1), hour_after(hour)
    edges = [
        one
        for one in records
        if (one.hour == before and one.evidence.at[14:16] >= "45")
        or (one.hour == after and one.evidence.at[14:16] < "15")
    ]
    return merge(hour, [one for one in records if one.hour == hour], edges)


def hours_of(records: Iterable[Occurrence]) -> list[Hour]:
    return sorted({one.hour for one in records})


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


def test_records_without_a_request_id_are_calls_of_their_own() -> None:
    assert len(merge(NINE, [seen(""), seen("", line=2)]).calls) == 2


class TestTheEdge:
    """What is near the edge of an hour vies with the hour beside it; nothing else does."""

    @pytest.mark.parametrize("time", ["08:45:00", "08:45:00.5", "08:59:59.999", "10:14:59.999"])
    def test_a_record_in_a_facing_edge_vies(self, time: str) -> None:
        near = record(time, 3)

        assert merge(NINE, [record("09:30:00", 1)], [near]).calls == ()

    @pytest.mark.parametrize(
        "time", ["08:44:59.999", "08:00:00", "10:15:00", "10:15:00.5", "10:59:59", "07:50:00"]
    )
    def test_a_record_further_off_does_not(self, time: str) -> None:
        mine, far = record("09:30:00", 1), record(time, 3)

        assert merge(NINE, [mine], [far]) == ((mine,), 0, 0)


class TestApart:
    """A call that is counted a second time, in another hour, is told by one of the two hours."""

    def test_an_hour_whose_best_record_the_neighbour_cannot_see_tells(self) -> None:
        far, near = record("09:00:00", 3), record("10:00:01", 1)

        assert closed(NINE, [far, near]) == ((far,), 0, 1)
        assert closed(TEN, [far, near]) == ((near,), 0, 0)

    def test_either_side_of_the_edge_can_be_the_far_one(self) -> None:
        near, far = record("09:50:00", 1), record("10:30:00", 3)

        assert closed(NINE, [near, far]) == ((near,), 0, 0)
        assert closed(TEN, [near, far]) == ((far,), 0, 1)

    def test_a_far_record_that_is_not_the_best_is_no_call_at_all(self) -> None:
        far, near = record("09:00:00", 1), record("10:00:01", 3)

        assert closed(NINE, [far, near]) == ((), 1, 0)
        assert closed(TEN, [far, near]) == ((near,), 0, 0)

    def test_a_record_that_both_see_and_that_is_better_settles_it(self) -> None:
        records = [record("09:00:00", 3), record("09:50:00", 2, "two"), record("10:05:00", 1)]

        assert closed(NINE, records) == ((records[0],), 1, 0)
        assert closed(TEN, records) == ((), 1, 0)

    def test_an_hour_between_two_that_count_tells_without_counting_itself(self) -> None:
        records = [record("08:50:00", 5), record("09:30:00", 1), record("10:05:00", 3)]

        assert closed(EIGHT, records) == ((records[0],), 0, 0)
        assert closed(NINE, records) == ((), 1, 1)
        assert closed(TEN, records) == ((records[2],), 0, 0)

    def test_an_hour_that_counts_between_two_that_count_tells_of_both(self) -> None:
        records = [record("08:50:00", 1), record("09:30:00", 5), record("10:05:00", 3)]

        assert [closed(hour, records).apart for hour in (EIGHT, NINE, TEN)] == [0, 2, 0]

    def test_hours_without_a_record_near_the_edge_know_nothing_of_each_other(self) -> None:
        records = [record("09:00:00", 1), record("10:30:00", 3)]

        assert closed(NINE, records) == ((records[0],), 0, 0)
        assert closed(TEN, records) == ((records[1],), 0, 0)

    def test_a_request_of_the_hours_around_alone_is_none_of_this_hours_business(self) -> None:
        around = [record("08:50:00", 1), record("10:05:00", 3)]

        assert merge(NINE, [record("09:30:00", 1, request_id="other")], around).apart == 0


OCCURRENCES = st.lists(
    st.builds(
        lambda request, name, line, tokens: seen(
            request, name, line=line, usage={"input_tokens": tokens} if tokens else {}
        ),
        st.sampled_from("abc"),
        st.sampled_from(["one", "two"]),
        st.integers(1, 5),
        st.integers(0, 3),
    ),
    unique_by=lambda occurrence: (occurrence.object_id, occurrence.evidence.line),
)


@given(OCCURRENCES, st.randoms(use_true_random=False))
def test_the_order_of_records_never_matters(occurrences: list, random) -> None:
    shuffled = list(occurrences)
    random.shuffle(shuffled)

    assert merge(NINE, shuffled) == merge(NINE, occurrences)


@given(OCCURRENCES)
def test_every_request_is_one_call_and_the_rest_is_counted(occurrences: list) -> None:
    merged = merge(NINE, occurrences)

    requests = {occurrence.evidence.request_id for occurrence in occurrences}
    assert len(merged.calls) == len(requests)
    assert len(merged.calls) + merged.duplicates == len(occurrences)


# Four hours, with times on either side of the edges and between them, and few amounts: many ties.
RECORDS = st.lists(
    st.builds(
        lambda hour, rest, tokens, name, request: record(f"{hour}:{rest}", tokens, name, request),
        st.sampled_from(["07", "08", "09", "10", "11"]),
        st.sampled_from(
            [
                "00:00",
                "14:59.9",
                "15:00",
                "15:00.1",
                "30:00",
                "44:59.9",
                "45:00",
                "45:00.1",
                "59:59",
            ]
        ),
        st.integers(0, 3),
        st.sampled_from(["one", "two"]),
        st.sampled_from(["r", "s", ""]),
    ),
    max_size=12,
).map(
    lambda records: [
        one._replace(evidence=one.evidence._replace(line=n)) for n, one in enumerate(records)
    ]
)


def reference(hour: Hour, records: list[Occurrence]) -> list[tuple[str, int]]:
    """Object and line of the calls of an hour, found by comparing every record with every other."""

    def vies(one: Occurrence) -> bool:
        minute = int(one.evidence.at[14:16])
        return (
            one.hour == hour
            or (one.hour == hour_after(hour, -1) and minute >= 45)
            or (one.hour == hour_after(hour) and minute < 15)
        )

    def tokens(one: Occurrence) -> int:
        return sum(one.evidence.usage.values())

    def beats(one: Occurrence, other: Occurrence) -> bool:
        return (-tokens(one), one.place()) < (-tokens(other), other.place())

    def is_a_call(mine: Occurrence) -> bool:
        name = mine.evidence.request_id
        return not name or not any(
            one.evidence.request_id == name and vies(one) and beats(one, mine) for one in records
        )

    own = sorted((one for one in records if one.hour == hour), key=Occurrence.place)
    return [(one.object_id, one.evidence.line) for one in own if is_a_call(one)]


@given(RECORDS)
def test_whole_neighbours_and_their_facing_edges_lead_to_the_same_calls(
    records: list[Occurrence],
) -> None:
    for hour in hours_of(records):
        by_edges = closed(hour, records)
        own = [one for one in records if one.hour == hour]

        assert by_edges == merge(hour, own, [one for one in records if one.hour != hour])
        calls = [(call.object_id, call.evidence.line) for call in by_edges.calls]
        assert calls == reference(hour, records)
        assert len(calls) + by_edges.duplicates == len(own)


@given(RECORDS)
@example([record("08:50:00", 5), record("09:30:00", 1), record("10:05:00", 3)])
def test_hours_that_see_each_other_tell_of_exactly_the_calls_too_many(
    records: list[Occurrence],
) -> None:
    for name in ("r", "s"):
        same = [one for one in records if one.evidence.request_id == name]
        hours = hours_of(same)
        found = [closed(hour, same) for hour in hours]

        strangers = sum(not see_each_other(*pair, same) for pair in pairwise(hours))
        once = bool(hours) + strangers
        assert sum(len(each.calls) for each in found) == once + sum(each.apart for each in found)


def see_each_other(one: Hour, other: Hour, records: list[Occurrence]) -> bool:
    """Return whether a record lies in the parts of two hours that face each other."""
    return hour_after(one) == other and any(
        (record.hour == one and record.evidence.at[14:16] >= "45")
        or (record.hour == other and record.evidence.at[14:16] < "15")
        for record in records
    )


@pytest.mark.parametrize("copies", [2, 3])
def test_a_record_delivered_in_several_objects_counts_once(copies: int) -> None:
    same = [seen("r", f"object-{number}") for number in range(copies)]

    merged = merge(NINE, same)

    assert (merged.calls, merged.duplicates) == ((same[0],), copies - 1)
