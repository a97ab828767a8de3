"""Silence is noticed: Bedrock's own counts are held against what was metered."""

from collections.abc import Mapping, Sequence

from bedrock_meter.domain.time.hours import Hour, hour_of
from bedrock_meter.domain.totals.completeness import Gap
from bedrock_meter.jobs.check_completeness import Completeness, check_completeness
from tests.builders import ACCOUNT, HAIKU, NINE, REGION, an_evidence, at
from tests.jobs.world import World

EIGHT, TEN = Hour("2026-11-21T08"), Hour("2026-11-21T10")
PLACE = ("logs", "bedrock")


class Bedrock:
    """What Bedrock says of itself: counts by hour and model, and where it logs to."""

    def __init__(self, counts: Mapping[Hour, Mapping[str, int]]) -> None:
        self.counts = counts
        self.delivers: tuple[str, str] | None = PLACE

    def invocations(self, hours: Sequence[Hour]) -> Mapping[Hour, Mapping[str, int]]:
        return {hour: self.counts.get(hour, {}) for hour in hours}

    def place(self) -> tuple[str, str] | None:
        return self.delivers


def a_world(*evidence: object) -> World:
    """Closed from eight o'clock on, when metering began; calls at nine."""
    world = World()
    world.ingest("first", an_evidence("r-0", "08:30:00"))
    world.run("09:20")
    for number, one in enumerate(evidence):
        world.ingest(f"{number:08d}", one)
    world.run("10:20")
    world.run("11:20")
    return world


def check(world: World, bedrock: Bedrock, now: str = "12:50") -> Completeness:
    return check_completeness(
        now=at(now),
        account=ACCOUNT,
        region=REGION,
        log_bucket="logs",
        log_prefix="bedrock/",
        tolerance_percent=1,
        hours=world.hours,
        metered=world.rollups,
        counts=bedrock,
        logging=bedrock,
    )


def calls(number: int, **changes: object) -> list[object]:
    return [an_evidence(f"r-{changes}-{n}", **changes) for n in range(number)]


def test_hours_in_which_every_counted_call_was_metered_are_complete() -> None:
    found = check(a_world(*calls(5)), Bedrock({NINE: {HAIKU: 5}}))

    assert found == Completeness((NINE,), (), None)
    assert found.missing() == 0


def test_calls_that_nobody_metered_are_counted() -> None:
    found = check(a_world(*calls(5)), Bedrock({NINE: {HAIKU: 9}}))

    assert found.gaps == (Gap(HAIKU, 9, 5, NINE),)
    assert found.missing() == 4


def test_logging_that_fell_silent_is_a_gap_though_no_log_object_is_missed() -> None:
    found = check(a_world(), Bedrock({NINE: {HAIKU: 40}}))

    assert found.missing() == 40


def test_the_first_hour_and_hours_before_metering_are_not_compared() -> None:
    found = check(a_world(), Bedrock({EIGHT: {HAIKU: 90}, Hour("2026-11-21T05"): {HAIKU: 90}}))

    assert found.missing() == 0


def test_hours_that_may_still_gain_calls_are_left_for_later() -> None:
    bedrock = Bedrock({NINE: {HAIKU: 9}})

    assert check(a_world(), bedrock, "11:50").hours == ()
    assert check(a_world(), bedrock, "12:50").hours == (NINE,)


def test_an_hour_is_compared_again_and_again_so_that_a_missed_run_leaves_no_hole() -> None:
    world = a_world(*calls(5))
    for hour in range(12, 18):
        world.run(f"{hour}:20")

    assert NINE in check(world, Bedrock({}), "17:50").hours
    assert NINE not in check(world, Bedrock({}), "18:50").hours


def test_throttled_calls_and_those_of_other_places_do_not_fill_a_gap() -> None:
    world = a_world(
        *calls(5),
        *calls(4, error_code="ThrottlingException"),
        *calls(4, region="eu-west-1"),
        *calls(4, account="999999999999"),
    )

    assert check(world, Bedrock({NINE: {HAIKU: 9}})).missing() == 4


def test_failed_calls_may_be_counted_or_not() -> None:
    world = a_world(*calls(5), *calls(4, error_code="ModelErrorException"))

    assert check(world, Bedrock({NINE: {HAIKU: 9}})).missing() == 0
    assert check(world, Bedrock({NINE: {HAIKU: 5}})).missing() == 0


def test_logging_switched_off_or_pointed_elsewhere_is_said() -> None:
    bedrock = Bedrock({})

    bedrock.delivers = None
    assert check(a_world(), bedrock).logging == "Bedrock does not deliver invocation logs to S3"
    bedrock.delivers = ("others", "bedrock")
    assert check(a_world(), bedrock).logging == (
        "Bedrock delivers to others/bedrock, not to the log bucket"
    )


def test_before_the_first_plan_there_is_nothing_to_compare() -> None:
    assert check(World(), Bedrock({hour_of(at("09:00")): {HAIKU: 5}})).hours == ()
