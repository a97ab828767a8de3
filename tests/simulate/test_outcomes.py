"""The oracle allows every outcome that fits the facts, and nothing else."""

from datetime import UTC, datetime

import pytest

from simulate.content import LogDelivery, delivery_of, plain_record
from simulate.facts import Attempt, HistoryFacts
from simulate.outcomes import outcomes

NINE = datetime(2026, 11, 21, 9, 20, tzinfo=UTC)
TEN = "2026-11-21T10"


def moved() -> LogDelivery:
    """Write a log object whose call a newer release finds two hours later."""
    record = plain_record(0, NINE) | {"x2": {"timestamp": "2026-11-21T11:20:00Z"}}
    return delivery_of(datetime(2026, 11, 21, 11, 31, tzinfo=UTC), 0, [record])


def read(
    one: LogDelivery, version: int, begun: int, ended: int, *, is_well: bool = True
) -> Attempt:
    return Attempt(one.key, version, version == 1, begun, one.body, ended, is_well)


def versions(one: LogDelivery, attempts: list[Attempt], sealing: int) -> set[int]:
    """Return the readings that may remain when hours before ten took nothing more after a call."""
    facts = HistoryFacts()
    facts.arrive(one.key, one.body, 1)
    facts.attempts[one.key] = attempts
    facts.sealing.append((sealing, TEN))
    return {chosen[one.key].version for chosen in outcomes(facts)}


@pytest.mark.parametrize(("sealing", "allowed"), [(15, {1}), (25, {1, 2}), (35, {2})])
def test_a_reading_anew_may_have_seen_hours_become_final_only_while_it_was_at_work(
    sealing: int, allowed: set[int]
) -> None:
    one = moved()

    assert versions(one, [read(one, 1, 2, 9), read(one, 2, 20, 30)], sealing) == allowed


@pytest.mark.parametrize(("is_well", "allowed"), [(True, {1}), (False, {1, 2})])
def test_one_that_died_may_have_settled_what_is_final_for_a_later_one(
    is_well: bool, allowed: set[int]
) -> None:
    one = moved()

    first = read(one, 1, 2, 9, is_well=is_well)
    assert versions(one, [first, read(one, 2, 20, 30)], 15) == allowed
