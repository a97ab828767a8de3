"""What a close found that people should look at."""

from bedrock_meter.domain.findings import MOST_CALLS, MOST_TENANTS, Findings, findings_for
from bedrock_meter.domain.total import Total


def test_an_hour_without_calls_has_nothing_to_say() -> None:
    assert findings_for({}, 0) == Findings()


def test_unpriced_tokens_and_conflicts_are_summed_over_tenants_and_hours() -> None:
    first = findings_for({"a": Total(requests=2, unpriced={"input_tokens": 7}, conflicts=1)}, 1)
    second = findings_for(
        {None: Total(requests=3, unpriced={"output_tokens": 5}), "b": Total(conflicts=2)}, 2
    )

    found = first.plus(second)

    assert (found.requests, found.unpriced_tokens, found.conflicts) == (5, 12, 3)
    assert found.duplicates_apart == 3


def test_the_fullest_hour_counts_by_calls_or_by_tenants_whichever_is_closer_to_the_limit() -> None:
    by_calls = findings_for({"acme": Total(requests=MOST_CALLS // 2)}, 0)
    by_tenants = findings_for({f"t-{n}": Total() for n in range(MOST_TENANTS * 3 // 4)}, 0)

    assert by_calls.fill_percent == 50
    assert by_calls.plus(by_tenants).fill_percent == 75
