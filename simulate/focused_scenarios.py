"""Scenarios about one thing, at the worst moment.

Everything else is left out: a later event (another late object, another decision) would have the
hour closed again and hide what went wrong.
"""

from datetime import datetime
from random import Random

from simulate.content import PROFILES, Author
from simulate.events import (
    HOUR,
    MINUTE,
    READERS,
    SECOND,
    arrive,
    closings,
    decision,
    expiries,
    object_faults,
    overwritten,
    release,
    replay,
    runs,
    some_time,
    soon,
    spend_reads,
)
from simulate.parameters import constants, fault_rates, stall, stalling
from simulate.profile_service import ProfilePlan
from simulate.scenario import Scenario, ScenarioEvent


def a_release(random: Random, hours: list[datetime]) -> Scenario:
    """A newer reading is deployed and logs are replayed, just while hours are closed."""
    scenario = stalling(random, hours, ("ingest", "close"))
    deliveries = list(Author(random, hours, 0.8).deliveries(random.choice((1, 2, 3)), (0, 1)))
    arrive(random, scenario, deliveries)
    at = closings(random, scenario)
    scenario.events += release(at, at + random.choice((0, 5)) * MINUTE)
    share = random.choice((0.5, 1.0))
    scenario.events += replay(random, deliveries, at, (0, 20, 60, 120, 300), share)
    return scenario


def a_slow_reading(random: Random, hours: list[datetime]) -> Scenario:
    """A newer reading overtakes an older one that is still at work, on both lanes."""
    scenario = stalling(random, hours, ("ingest",))
    deliveries = list(Author(random, hours, 0.8).deliveries(random.choice((1, 2)), (0, 1)))
    last = arrive(random, scenario, deliveries, (1, 1, 2))
    for one in deliveries[:1]:
        at = soon(random, one.arrives, 60)
        scenario.events += release(at, at + random.choice((0, 2)) * MINUTE)
        for seconds in (0, 20, 60, 120):
            arguments = (one.key, random.random() < 0.5)
            scenario.add(soon(random, at, 10) + seconds * SECOND, "announce", arguments)
    scenario.events += runs(random, hours[0], last)
    return scenario


def the_live_lane(random: Random, hours: list[datetime]) -> Scenario:
    """Folds stall and die; logs are read anew, or replaced before they were metered."""
    scenario = stalling(random, hours, ("fold", "ingest"))
    scenario.set_rates(dies=random.choice((0.0, 0.02, 0.05)))
    scenario.again = random.choice((0.0, 0.3))
    scenario.hidden_ms = 60_000
    deliveries = list(Author(random, hours, 0.7).deliveries(random.choice((1, 2, 3)), (0, 1)))
    last = arrive(random, scenario, deliveries)
    at = some_time(random, hours[0], last)
    scenario.events += release(at, at)
    for one in deliveries:
        arguments = (one.key, random.random() < 0.8)
        scenario.add(soon(random, max(at, one.arrives), 300), "announce", arguments)
        if random.random() < 0.3:
            scenario.events += overwritten(random, one)
    if random.random() < 0.4:
        scenario.events += expiries(random, hours[0], last)
    scenario.events += spend_reads(random, hours[0], last)
    if random.random() < 0.5:
        scenario.events += runs(random, hours[0], last)
    return scenario


def a_decision(random: Random, hours: list[datetime]) -> Scenario:
    """An operator decides on a policy or a book, just while hours are closed."""
    scenario = stalling(random, hours, ("decide", "close"))
    author = Author(random, hours, departments=0.7)
    arrive(random, scenario, list(author.deliveries(random.choice((1, 2, 3)), (0, 1))))
    at = soon(random, closings(random, scenario), 300)
    scenario.events.append(decision(random, hours, at))
    return scenario


def other_keys(random: Random, hours: list[datetime]) -> Scenario:
    """Policies read other keys from some hour on; then old logs are delivered again."""
    scenario = stalling(random, hours, ("ingest",))
    author = Author(random, hours, departments=0.7)
    deliveries = list(author.deliveries(random.choice((2, 3)), (0, 1, 70)))
    last = arrive(random, scenario, deliveries)
    scenario.events += runs(random, hours[0], last + 3 * HOUR)
    for _ in range(random.choice((1, 2))):
        scenario.events.append(decision(random, hours, some_time(random, hours[0], last)))
    for one in deliveries:
        at = some_time(random, one.arrives, last + 2 * HOUR)
        scenario.add(at, "announce", (one.key, random.random() < 0.5))
    if random.random() < 0.5:
        scenario.add(some_time(random, hours[0], last), "expire", ("copies",))
    return scenario


def late_duplicates(random: Random, hours: list[datetime]) -> Scenario:
    """Requests are logged twice, over the edges of hours, and the second record comes late."""
    scenario = stalling(random, hours, ("ingest", "close", "read"))
    author = Author(random, hours, duplicates=0.6, at_the_edge=0.7)
    late = (0, 1, 70, 130, 200)
    last = arrive(random, scenario, list(author.deliveries(random.choice((2, 3, 4)), late)))
    scenario.events += runs(random, hours[0], last) + spend_reads(random, hours[0], last)
    return scenario


def duplicates_read_again(random: Random, hours: list[datetime]) -> Scenario:
    """Requests are logged twice over the edges of hours; a release reads some differently."""
    scenario = stalling(random, hours, ("ingest",))
    author = Author(random, hours, 0.6, duplicates=0.6, at_the_edge=0.8)
    deliveries = list(author.deliveries(random.choice((2, 3, 4)), (0, 1)))
    arrive(random, scenario, deliveries)
    at = closings(random, scenario) + random.choice((0, 3)) * HOUR
    share = random.choice((0.4, 0.7, 1.0))
    scenario.events += [*release(at, at), *replay(random, deliveries, at, (60, 1_200), share)]
    return scenario


def unreliable_objects(random: Random, hours: list[datetime]) -> Scenario:
    """Log objects are replaced, cannot be read, vanish, are given up; events are lost."""
    scenario = stalling(random, hours, ("ingest",))
    scenario.set_rates(dies=random.choice((0.0, 0.01, 0.05)))
    scenario.hidden_ms = random.choice((20_000, 300_000))
    scenario.drops_messages = random.choice((0.0, 0.3, 0.8))
    scenario.constants = constants(random)
    moves = random.choice((0.0, 0.0, 0.5))
    deliveries = list(Author(random, hours, moves).deliveries(random.choice((1, 2, 3))))
    last = arrive(random, scenario, deliveries)
    scenario.events += runs(random, hours[0], last)
    if moves:
        at = some_time(random, hours[0], last)
        scenario.events += [*release(at, at), *replay(random, deliveries, at, (0, 60), 0.7)]
    object_faults(random, scenario, deliveries, 0.3)
    return scenario


def final_hours(random: Random, hours: list[datetime]) -> Scenario:
    """Hours become final soon; logs come late, are replayed, decided about, and evidence ends."""
    scenario = stalling(random, hours, ("ingest", "close"))
    scenario.keep_open = random.choice((2, 3, 5)) * HOUR
    moves = random.choice((0.0, 0.5))
    author = Author(random, hours, moves, duplicates=0.5, at_the_edge=0.6, departments=0.5)
    deliveries = list(author.deliveries(random.choice((2, 3, 4)), (0, 0, 70, 200, 400)))
    last = arrive(random, scenario, deliveries) + 4 * HOUR
    scenario.events += runs(random, hours[0], last)
    at = some_time(random, hours[0], last)
    if moves:
        scenario.events += release(at, at)
    scenario.events += replay(random, deliveries, at, (0, 600, 3_600), 0.6)
    scenario.events.append(decision(random, hours, some_time(random, hours[0], last)))
    for _ in range(random.choice((0, 1, 3))):
        scenario.add(some_time(random, hours[0], last), "end_evidence")
    return scenario


def an_erasing(random: Random, hours: list[datetime]) -> Scenario:
    """A tenant is erased while hours are closed, logs are replayed, and policies name it."""
    scenario = stalling(random, hours, ("erase", "close", "ingest"))
    scenario.set_rates(dies=random.choice((0.0, 0.0, 0.01)))
    scenario.constants = constants(random)
    moves = random.choice((0.0, 0.0, 0.4))
    author = Author(random, hours, moves, duplicates=0.4, at_the_edge=0.4, departments=0.4)
    deliveries = list(author.deliveries(random.choice((1, 2, 3)), (0, 0, 70, 200)))
    last = arrive(random, scenario, deliveries) + 4 * HOUR
    scenario.events += runs(random, hours[0], last)
    for _ in range(random.choice((0, 1, 2))):
        scenario.events.append(decision(random, hours, some_time(random, hours[0], last)))
    for tenant in random.choice((("acme",), ("globex",), ("acme", "globex"))):
        scenario.add(some_time(random, hours[0], last), "erase", (tenant,))
    at = some_time(random, hours[0], last)
    if moves:
        scenario.events += release(at, at)
    scenario.events += replay(random, deliveries, at, (0, 600, 3_600), random.choice((0.0, 0.5)))
    if random.random() < 0.3:
        scenario.events += expiries(random, hours[0], last)
    return scenario


def profiles(random: Random, hours: list[datetime]) -> Scenario:
    """Calls name inference profiles: throttled, refused for a while, or not there yet."""
    scenario = Scenario(hours[0], hours, fault_rates(random))
    stall(random, scenario, ("close",))
    for arn in PROFILES:
        until = random.choice((None, None, some_time(random, hours[0], hours[-1] + 4 * HOUR)))
        since = random.choice((None, None, some_time(random, hours[0], hours[-1] + 4 * HOUR)))
        tenant = random.choice(("nebula", "orion", "acme"))
        scenario.profiles[arn] = ProfilePlan(tenant, since, until)
    author = Author(random, hours, profiled=0.7)
    deliveries = list(author.deliveries(random.choice((1, 2, 3)), (0, 1, 70)))
    last = arrive(random, scenario, deliveries) + HOUR
    scenario.events += runs(random, hours[0], last)
    for _ in range(random.choice((0, 1))):
        scenario.events.append(decision(random, hours, some_time(random, hours[0], last)))
    scenario.events += spend_reads(random, hours[0], last)
    return scenario


def readers(random: Random, hours: list[datetime]) -> Scenario:
    """A reader is slow, just while hours are closed."""
    scenario = stalling(random, hours, ("read",))
    worst = ("hours.progress", "hours.progress", "usage.month", "usage.day", "live.slot_totals_of")
    scenario.stalls_before = random.choice(worst)
    deliveries = list(Author(random, hours, 0.0).deliveries(random.choice((2, 3, 4)), (0, 1)))
    arrive(random, scenario, deliveries)
    at = closings(random, scenario)
    scenario.events += [
        ScenarioEvent(at + random.randrange(-60, 300) * SECOND, "read", (tenant,))
        for tenant in 3 * READERS
    ]
    return scenario
