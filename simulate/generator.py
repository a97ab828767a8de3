"""The generator of scenarios: of everything at once, of one thing, of races, of many hours."""

from datetime import UTC, datetime, timedelta
from random import Random

from simulate import focused_scenarios, race_scenarios
from simulate.content import Author
from simulate.events import (
    HOUR,
    MINUTE,
    arrive,
    decision,
    expiries,
    object_faults,
    release,
    replay,
    runs,
    some_time,
    soon,
    spend_reads,
)
from simulate.fault_rates import CALM
from simulate.parameters import constants, fault_rates, limits, stall
from simulate.scenario import Scenario, WorkerLimits

_BEGINNINGS = (
    datetime(2026, 11, 21, 9, tzinfo=UTC),
    datetime(2026, 11, 21, 23, tzinfo=UTC),
    datetime(2026, 11, 30, 22, tzinfo=UTC),
)


def scenario_of(random: Random) -> Scenario:
    """Draw a scenario."""
    begin = random.choice(_BEGINNINGS)
    hours = [begin + index * HOUR for index in range(random.choice((1, 2, 2, 3, 3, 5)))]
    generator = random.choice(_RARE_GENERATORS if random.random() < 0.04 else _GENERATORS)
    scenario = generator(random, hours)
    scenario.events.sort(key=lambda event: event.at)
    return scenario


def _everything(random: Random, hours: list[datetime]) -> Scenario:
    """Any event at any time, any number of times."""
    scenario = Scenario(hours[0], hours, fault_rates(random))
    scenario.constants = constants(random)
    scenario.limits = limits(random, scenario.constants)
    if random.random() < 0.5:
        stall(random, scenario, ("ingest", "close", "fold", "decide", "erase", "plan", "read"))
    else:
        scenario.stalling = random.choice((0.0, 0.1, 0.3))
    scenario.again = random.choice((0.0, 0.1, 0.3))
    scenario.hidden_ms = random.choice((60_000, 1_800_000))
    scenario.loses_records = random.choice((0.0, 0.0, 0.1))
    scenario.drops_messages = random.choice((0.0, 0.0, 0.1, 0.5))
    scenario.impatient = random.choice((0.0, 0.0, 0.1))
    moves = random.random() < 0.5
    author = Author(random, hours, 0.5 if moves else 0.0)
    deliveries = list(author.deliveries(random.choice((1, 2, 3, 4, 5))))
    last = arrive(random, scenario, deliveries, (1, 1, 1, 1, 2, 3), (0, 0, 2, 30, 90))
    scenario.events += runs(random, hours[0], last)
    if moves:
        at = some_time(random, hours[0], last)
        scenario.events += release(at, at + 30 * MINUTE)
        share = random.choice((0.0, 0.5, 1.0, 1.0))
        scenario.events += replay(random, deliveries, at, (60, 1_200, 4_800), share)
    for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
        scenario.events.append(decision(random, hours, some_time(random, hours[0], last)))
    if random.random() < 0.3:
        scenario.events += expiries(random, hours[0], last)
    if random.random() < 0.15:
        tenant = random.choice(("acme", "globex"))
        scenario.add(some_time(random, hours[0], last), "erase", (tenant,))
    if random.random() < 0.15:
        scenario.keep_open = random.choice((6, 12)) * HOUR
        scenario.add(some_time(random, hours[0], last), "end_evidence")
    object_faults(random, scenario, deliveries, 0.06)
    scenario.events += spend_reads(random, hours[0], last)
    return scenario


def _a_pause(random: Random, hours: list[datetime]) -> Scenario:
    """For days no run begins; then workers with short time-outs have all those hours to close."""
    hours = [hours[0] + n * HOUR for n in range(random.choice((20, 40, 75)))]
    scenario = Scenario(hours[0], hours, CALM._replace(call_ms=random.choice((100, 400, 1_500))))
    scenario.calm_ms = scenario.fault_rates.call_ms
    scenario.limits = WorkerLimits(close=random.choice((900_000, 200_000)), plan=300_000)
    scenario.constants = constants(random)
    deliveries = list(Author(random, hours).deliveries(random.choice((2, 4, 6)), (0, 70)))
    last = arrive(random, scenario, deliveries)
    scenario.add_runs(soon(random, hours[0] + 85 * MINUTE, 60))
    scenario.events += runs(random, last, last + random.choice((2, 5)) * HOUR)
    return scenario


def _a_back_fill(random: Random, hours: list[datetime]) -> Scenario:
    """Once metering has begun, the logs of many days before that are replayed."""
    days = random.choice((10, 25, 52))
    before = [hours[0] - timedelta(days=day, hours=random.randrange(20)) for day in range(1, days)]
    scenario = Scenario(
        min(before), sorted(before), CALM._replace(call_ms=random.choice((20, 300)))
    )
    scenario.constants = constants(random)
    scenario.limits = limits(random, scenario.constants)
    now = list(Author(random, hours).deliveries(1, (0,)))
    old = [one for hour in before for one in Author(random, [hour]).deliveries(1, (0,))]
    arrive(random, scenario, old, (0,))
    last = arrive(random, scenario, now)
    at = last + HOUR
    scenario.add_runs(last)
    scenario.events += replay(random, old, at, (0, 600), random.choice((0.5, 1.0)))
    scenario.events += runs(random, at, at + 2 * HOUR)
    return scenario


_GENERATORS = (
    _everything,
    _everything,
    _everything,
    _everything,
    focused_scenarios.a_release,
    focused_scenarios.a_release,
    focused_scenarios.a_slow_reading,
    focused_scenarios.the_live_lane,
    focused_scenarios.a_decision,
    focused_scenarios.a_decision,
    focused_scenarios.other_keys,
    focused_scenarios.late_duplicates,
    focused_scenarios.duplicates_read_again,
    focused_scenarios.unreliable_objects,
    focused_scenarios.unreliable_objects,
    focused_scenarios.final_hours,
    focused_scenarios.an_erasing,
    focused_scenarios.profiles,
    focused_scenarios.readers,
    race_scenarios.beside_another_close,
    race_scenarios.beside_another_close,
    race_scenarios.moved_between_two_closes,
    race_scenarios.an_overtaken_reading,
    race_scenarios.an_overtaken_reading,
    race_scenarios.taken_from_a_tenant,
    race_scenarios.a_takeover,
    race_scenarios.an_edge_left,
    race_scenarios.just_before_a_run,
    race_scenarios.just_before_a_run,
    race_scenarios.before_it_is_marked,
    race_scenarios.a_slow_decision,
    race_scenarios.unreadable_for_long,
    race_scenarios.short_lives,
    race_scenarios.while_hours_become_final,
)
_RARE_GENERATORS = (_a_pause, _a_back_fill)
"""Scenarios with very many hours."""
