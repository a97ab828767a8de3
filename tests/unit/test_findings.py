"""What a close found that people should look at."""

from datetime import timedelta

from bedrock_meter.domain.totals.findings import Findings, findings_for
from bedrock_meter.domain.totals.total import Total
from bedrock_meter.domain.totals.workload import MOST_OBJECTS, MOST_TENANTS, Fill, Load, fill_of

EMPTY = Fill()
WHOLE = timedelta(minutes=15)


def test_an_hour_without_calls_has_nothing_to_say() -> None:
    assert findings_for({}, 0, EMPTY) == Findings()


def test_unpriced_tokens_and_conflicts_are_summed_over_tenants_and_hours() -> None:
    first = findings_for(
        {"a": Total(requests=2, unpriced={"input_tokens": 7}, conflicts=1)}, 1, EMPTY
    )
    second = findings_for(
        {None: Total(requests=3, unpriced={"output_tokens": 5}), "b": Total(conflicts=2)}, 2, EMPTY
    )

    found = first.plus(second)

    assert (found.requests, found.unpriced_tokens, found.conflicts) == (5, 12, 3)
    assert found.duplicates_apart == 3


def test_the_fullest_hour_counts_by_whatever_is_closest_to_running_out() -> None:
    by_objects = fill_of(Load(MOST_OBJECTS // 2, 0), 0, timedelta(), WHOLE)
    by_tenants = fill_of(Load(0, 0), MOST_TENANTS * 3 // 4, timedelta(), WHOLE)
    by_seconds = fill_of(Load(0, 0), 0, timedelta(minutes=12), WHOLE)

    assert by_objects.most() == 50
    assert by_objects.fuller(by_tenants).most() == 75
    assert findings_for({}, 0, by_seconds).plus(findings_for({}, 0, by_tenants)).fill == Fill(
        seconds=80, tenants=75
    )
