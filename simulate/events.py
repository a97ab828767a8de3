"""The events of a scenario, drawn: runs, releases, replays, decisions, faults of log objects."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random

from simulate.content import LogDelivery, other_body
from simulate.scenario import BOOKS, PLAIN_POLICIES, POLICIES, DecisionPlan, Scenario, ScenarioEvent

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
READERS = ("acme", "globex", "sales")


def some_time(random: Random, begin: datetime, last: datetime) -> datetime:
    """Draw a minute."""
    return begin + random.randrange(max(1, (last - begin) // MINUTE)) * MINUTE


def soon(random: Random, at: datetime, seconds: int) -> datetime:
    """Draw one of the seconds that follow."""
    return at + random.randrange(seconds) * SECOND


def arrive(
    random: Random,
    scenario: Scenario,
    deliveries: Iterable[LogDelivery],
    times: tuple[int, ...] = (1,),
    later: tuple[int, ...] = (0,),
) -> datetime:
    """Deliver log objects, announced `times` times, `later` minutes later; return the end."""
    last = scenario.hours[-1]
    for one in deliveries:
        last = max(last, one.arrives)
        scenario.add(one.arrives, "arrive", (one.key, one.body))
        for _ in range(random.choice(times)):
            at = one.arrives + random.choice(later) * MINUTE
            scenario.add(at, "announce", (one.key, True))
    return last + HOUR


def runs(random: Random, begin: datetime, last: datetime) -> list[ScenarioEvent]:
    """Start the machine every hour, sometimes twice, or once more in between."""
    events, at = [], begin + 25 * MINUTE
    while at < last:
        number = random.choice((1, 1, 1, 2))
        events += [ScenarioEvent(soon(random, at, 60), "run") for _ in range(number)]
        at += random.choice((20, 60, 60)) * MINUTE
    return events


def closings(random: Random, scenario: Scenario) -> datetime:
    """Start runs when everything is there; return the time of the first or the second hour's."""
    last = max(scenario.hours[-1], max(event.at for event in scenario.events))
    first = last.replace(minute=25) + (HOUR if last.minute >= 20 else 0 * HOUR)
    times = [first, first + HOUR]
    at = random.choice(times)
    for one in times[: 1 + times.index(at)]:
        scenario.add_runs(one)
        for seconds in random.choice(((10,), (180,), (60, 180), (180, 600))):
            scenario.add_runs(soon(random, one, seconds))
    scenario.events += spend_reads(random, first, first + 2 * HOUR)
    return at


def release(at: datetime, until: datetime) -> list[ScenarioEvent]:
    """Deploy a release with a newer reading; older workers go on until `until`."""
    return [ScenarioEvent(at, "deploy"), ScenarioEvent(until, "retire")]


def replay(
    random: Random,
    deliveries: Iterable[LogDelivery],
    at: datetime,
    pauses: tuple[int, ...],
    share: float = 1.0,
) -> list[ScenarioEvent]:
    """Announce some logs again, for the closing lane alone, after a pause in seconds."""
    return [
        ScenarioEvent(
            max(at, one.arrives) + random.choice(pauses) * SECOND, "announce", (one.key, False)
        )
        for one in deliveries
        if random.random() < share
    ]


def decision(random: Random, hours: list[datetime], at: datetime) -> ScenarioEvent:
    """Decide on a policy or a book, for all hours or some, perhaps for a tenant."""
    first, last = hours[0], hours[-1]
    since = random.choice((None, None, f"{random.choice(hours):%Y-%m-%dT%H}"))
    until = random.choice((None, None, None, f"{last:%Y-%m-%dT%H}" if last > first else None))
    if random.random() < 0.3:
        tenant = random.choice((None, None, "acme", "globex"))
        decided = DecisionPlan(at, random.randrange(len(BOOKS)), since, until, True, tenant)
    else:
        number = random.randrange(PLAIN_POLICIES)
        guards = len(POLICIES) // PLAIN_POLICIES
        guard = Random(f"{at} {number}").randrange(guards)  # so that no other draw changes
        decided = DecisionPlan(at, number + guard * PLAIN_POLICIES, since, until)
    return ScenarioEvent(at, "decide", (decided,))


def spend_reads(random: Random, begin: datetime, last: datetime) -> list[ScenarioEvent]:
    """Read what a tenant spent, a few times."""
    return [
        ScenarioEvent(some_time(random, begin, last), "read", (random.choice(READERS),))
        for _ in range(random.randrange(1, 5))
    ]


def overwritten(random: Random, one: LogDelivery) -> list[ScenarioEvent]:
    """Overwrite a log object at any time; perhaps with an announcement."""
    body = other_body(one, random.choice((0, 20, 50)))
    at = one.arrives + random.choice((0, 1, 5, 20, 60, 300, 1_800, 7_200, 14_400)) * SECOND
    announced = [ScenarioEvent(at, "announce", (one.key, True))] if random.random() < 0.7 else []
    return [ScenarioEvent(at, "overwrite", (one.key, body)), *announced]


def poisoned(random: Random, scenario: Scenario, one: LogDelivery) -> None:
    """Make a log object unreadable for a while, or for good."""
    hours = random.choice((1, 3, 8, None))
    scenario.poisoned[one.key] = one.arrives + hours * HOUR if hours else None


def gone(random: Random, one: LogDelivery) -> ScenarioEvent:
    """Delete a log object, at any time."""
    at = one.arrives + random.choice((0, 5, 60, 600, 7_200, 14_400)) * SECOND
    return ScenarioEvent(at, "vanish", (one.key,))


def given_up(random: Random, one: LogDelivery) -> ScenarioEvent:
    """Set a log object aside, whether that is sensible or not."""
    at = one.arrives + random.choice((0, 20, 120, 1_800, 7_200, 14_400)) * SECOND
    return ScenarioEvent(at, "give_up", (one.key,))


def expiries(random: Random, begin: datetime, last: datetime) -> list[ScenarioEvent]:
    """Let items expire, at any time."""
    kinds = ("copies", "partials", "slot_totals", "pages", "retired")
    return [
        ScenarioEvent(some_time(random, begin, last), "expire", (random.choice(kinds),))
        for _ in range(random.randrange(1, 6))
    ]


def object_faults(
    random: Random, scenario: Scenario, deliveries: Sequence[LogDelivery], share: float
) -> None:
    """Let some log objects be overwritten, unreadable, deleted or given up; perhaps redrive."""
    for one in deliveries:
        if random.random() < share:
            scenario.events += overwritten(random, one)
        if random.random() < share:
            poisoned(random, scenario, one)
        if random.random() < share / 2:
            scenario.events.append(gone(random, one))
        if random.random() < share / 2:
            scenario.events.append(given_up(random, one))
    if random.random() < 4 * share:
        at = some_time(random, scenario.hours[0], scenario.hours[-1] + 6 * HOUR)
        scenario.add(at, "redrive")
