"""Completeness: which differences between Bedrock's counts and the meter's are a gap."""

import pytest

from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.completeness import Gap, gaps_between, name_of
from tests.builders import HAIKU, NINE

TEN = Hour("2026-11-21T10")
PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1b2c3d4"


def test_equal_counts_leave_no_gap() -> None:
    assert gaps_between({NINE: {HAIKU: 100}}, {NINE: {HAIKU: 100}}, 1) == ()
    assert gaps_between({}, {NINE: {HAIKU: 100}}, 1) == ()


def test_a_model_that_lacks_calls_is_named_with_its_worst_hour() -> None:
    invoked = {NINE: {HAIKU: 100, "x.y": 7}, TEN: {HAIKU: 100}}
    metered = {NINE: {HAIKU: 95, "x.y": 7}, TEN: {HAIKU: 60}}

    (gap,) = gaps_between(invoked, metered, 1)

    assert gap == Gap(HAIKU, 200, 155, TEN)
    assert gap.missing() == 45


def test_a_model_nobody_metered_is_a_gap_of_all_its_calls() -> None:
    assert gaps_between({NINE: {HAIKU: 9}}, {NINE: {}}, 1) == (Gap(HAIKU, 9, 0, NINE),)


@pytest.mark.parametrize(
    ("invoked", "metered", "percent", "missing"),
    [
        (1000, 990, 1, 0),
        (1000, 989, 1, 11),
        (1000, 900, 10, 0),
        (10, 8, 0, 0),  # two calls may stand on the other side of an edge
        (10, 7, 0, 3),
        (1000, 1400, 1, 0),  # failed calls are logged, and perhaps not counted
    ],
)
def test_up_to_the_tolerance_nothing_is_missing(
    invoked: int, metered: int, percent: int, missing: int
) -> None:
    gaps = gaps_between({NINE: {HAIKU: invoked}}, {NINE: {HAIKU: metered}}, percent)

    assert sum(gap.missing() for gap in gaps) == missing


def test_calls_that_only_moved_over_an_edge_between_hours_are_not_missing() -> None:
    invoked = {NINE: {HAIKU: 50}, TEN: {HAIKU: 50}}
    metered = {NINE: {HAIKU: 60}, TEN: {HAIKU: 40}}

    assert gaps_between(invoked, metered, 1) == ()


def test_more_calls_of_one_model_do_not_hide_that_another_lacks_some() -> None:
    gaps = gaps_between({NINE: {HAIKU: 100, "x.y": 100}}, {NINE: {HAIKU: 150, "x.y": 50}}, 1)

    assert [gap.model for gap in gaps] == ["x.y"]


def test_calls_through_a_profile_may_be_counted_under_their_model() -> None:
    invoked = {NINE: {HAIKU: 100}}

    assert gaps_between(invoked, {NINE: {HAIKU: 40, PROFILE: 60}}, 1) == ()
    assert gaps_between(invoked, {NINE: {HAIKU: 40, PROFILE: 30}}, 1) != ()
    assert gaps_between({NINE: {"a1b2c3d4": 60}}, {NINE: {PROFILE: 60}}, 1) == ()


def test_an_arn_goes_by_its_last_part() -> None:
    assert name_of(PROFILE) == "a1b2c3d4"
    assert name_of(f"arn:aws:bedrock:us-east-1::foundation-model/{HAIKU}") == HAIKU
    assert name_of(HAIKU) == HAIKU
