"""Scenarios that provoke one race each: two workers meet while one of them is delayed.

The delayed one stalls before one kind of call, or that call fails and its caller tries again: then
it may still take effect, after others have gone on.
"""

from datetime import datetime
from random import Random

from simulate.content import (
    TENANTS,
    Author,
    LogDelivery,
    Record,
    delivery_of,
    other_body,
    plain_record,
)
from simulate.events import (
    HOUR,
    MINUTE,
    SECOND,
    arrive,
    decision,
    release,
    replay,
    soon,
    spend_reads,
)
from simulate.fault_rates import CALM
from simulate.scenario import Scenario, WorkerLimits

_FIRST_RUN = 85 * MINUTE
"""After the start of an hour: it is old enough to be closed then, however wrong the clocks are."""


def beside_another_close(random: Random, hours: list[datetime]) -> Scenario:
    """Two runs begin at once; objects come between their closes; one of the closes is delayed."""
    worst = (
        "usage.put_hours", "rollups.put", "hours.finish", "hours.row", "closings.put",
        "usage.put_day",
    )  # fmt: skip
    scenario = _beset(random, hours, "close", worst)
    deliveries = list(Author(random, hours).deliveries(random.choice((2, 3, 4)), (0, 1)))
    at = hours[-1] + _FIRST_RUN
    for one in deliveries[1:]:
        one.arrives = soon(random, at, 150)
    arrive(random, scenario, deliveries)
    scenario.add_runs(at, *(soon(random, at, 120) for _ in range(2)))
    return scenario


def moved_between_two_closes(random: Random, hours: list[datetime]) -> Scenario:
    """A first close is delayed, and another begins; a replay finds other tenants in between."""
    worst = ("closings.newest", "closings.put", "closings.put", "hours.row")
    scenario = _stalled(random, hours, "close", worst)
    scenario.stall_ms = (200_000, 700_000)
    scenario.impatient, scenario.patience_ms = 0.7, (60_000,)
    deliveries = [_moved(random, hours[0], number) for number in range(random.choice((1, 2)))]
    arrive(random, scenario, deliveries)
    at = hours[0] + _FIRST_RUN
    scenario.add_runs(at)
    at = soon(random, at + 10 * SECOND, 40)
    scenario.events += [*release(at, at), *replay(random, deliveries, at, (0,))]
    return scenario


def an_overtaken_reading(random: Random, hours: list[datetime]) -> Scenario:
    """A reading is delayed; a newer release reads the same object meanwhile, on both lanes."""
    worst = (
        "evidence.put", "live.put_partial", "live.put_partial", "manifests.read", "manifests.put",
    )  # fmt: skip
    scenario = _beset(random, hours, "ingest", worst)
    deliveries = list(Author(random, hours, 0.8).deliveries(random.choice((1, 2)), (0, 1)))
    arrive(random, scenario, deliveries)
    at = soon(random, deliveries[-1].arrives + 2 * SECOND, 30)
    scenario.events += release(at, at)
    for one in deliveries:
        arguments = (one.key, random.random() < 0.8)
        scenario.add(soon(random, max(at, one.arrives), 60), "announce", arguments)
    scenario.add_runs(hours[-1] + _FIRST_RUN)
    return scenario


def taken_from_a_tenant(random: Random, hours: list[datetime]) -> Scenario:
    """A newer release finds other tenants, while only the live lane shows them; folds are lost."""
    scenario = _calm(random, hours)
    fault = random.choice(("dies after", "fails after"))
    share = random.choice((0.4, 0.7))
    scenario.set_rates(target="live.put_slot_totals", target_fault=fault, target_rate=share)
    deliveries = [_moved(random, hours[0], number) for number in range(random.choice((1, 2)))]
    arrive(random, scenario, deliveries)
    at = soon(random, hours[0] + 20 * MINUTE, 60)
    scenario.events += release(at, at)
    for one in deliveries:
        scenario.add(soon(random, at, 60), "announce", (one.key, True))
    scenario.events += spend_reads(random, at, hours[0] + 2 * HOUR)
    return scenario


def a_takeover(random: Random, hours: list[datetime]) -> Scenario:
    """A log object is overwritten after its first reading died half-way."""
    scenario = _failing(random, hours, ("manifests.put", "evidence.put", "quarantine.put"))
    fault = random.choice(("dies after", "dies after", "late"))
    scenario.set_rates(target_fault=fault)
    deliveries = list(Author(random, hours).deliveries(random.choice((1, 2)), (0, 1)))
    arrive(random, scenario, deliveries)
    for one in deliveries:
        at = soon(random, one.arrives, 15)
        scenario.add(at, "overwrite", (one.key, other_body(one, 20)))
        if random.random() < 0.5:
            scenario.add(soon(random, at, 60), "announce", (one.key, True))
    scenario.add_runs(hours[-1] + _FIRST_RUN)
    return scenario


def an_edge_left(random: Random, hours: list[datetime]) -> Scenario:
    """A request has records on both sides of an edge; a release finds the larger one elsewhere."""
    hours = [hours[0], hours[0] + HOUR]
    scenario = _calm(random, hours)
    times = [
        hours[0] + random.choice((46, 52, 59)) * MINUTE,
        hours[1] + random.choice((0, 3, 14)) * MINUTE,
    ]
    random.shuffle(times)
    large, small = (_record(random, 4, at) for at in times)
    small["input"]["inputTokenCount"] = 2
    large["x2"] = {"timestamp": f"{large['timestamp'][:13]}:30:00Z"}
    come = hours[1] + 20 * MINUTE
    deliveries = [delivery_of(come, n, [one]) for n, one in enumerate((large, small))]
    arrive(random, scenario, deliveries)
    at = hours[-1] + _FIRST_RUN
    scenario.add_runs(at, at + HOUR)
    at += random.choice((20, 30)) * MINUTE
    scenario.events += [*release(at, at), *replay(random, deliveries[:1], at, (0, 60))]
    return scenario


def while_hours_become_final(random: Random, hours: list[datetime]) -> Scenario:
    """A release finds calls in a later hour, and dies half-way; the earlier hour becomes final."""
    later = random.choice((2, 3))
    hours = [hours[0], hours[0] + later * HOUR]
    scenario = _calm(random, hours)
    scenario.keep_open = (
        later * HOUR
    )  # the earlier is about to be final an hour after the later began
    scenario.drops_messages = random.choice((0.0, 0.5))
    target = random.choice(("evidence.put", "evidence.put_empty", "manifests.put"))
    deliveries = []
    for number in range(random.choice((1, 2))):
        record = _record(random, number, hours[0] + 20 * MINUTE)
        record["x2"] = {"timestamp": f"{hours[1]:%Y-%m-%dT%H}:20:00Z"}
        deliveries.append(delivery_of(hours[1] + 31 * MINUTE, number, [record]))
    arrive(random, scenario, deliveries)
    at = hours[1] + random.choice((35, 72, 72, 75, 97, 100)) * MINUTE
    scenario.events += [*release(at, at), *replay(random, deliveries, at, (0, 60))]
    scenario.set_rates(target=target, target_fault="dies after", target_rate=0.5)
    scenario.add_runs(*(hours[1] + n * 25 * MINUTE for n in range(14)))
    return scenario


def just_before_a_run(random: Random, hours: list[datetime]) -> Scenario:
    """Objects come late, just before a run, and the workers that meter them are delayed."""
    worst = ("evidence.put", "evidence.put", "evidence.put", "hours.row", "hours.ask")
    scenario = _stalled(random, hours, "ingest", worst)
    scenario.stall_ms = (60_000, 200_000)
    deliveries = list(Author(random, hours).deliveries(random.choice((2, 3)), (0, 1)))
    at = hours[-1] + _FIRST_RUN
    for one in deliveries[:-1]:
        one.arrives = soon(random, at + HOUR, 60)
    arrive(random, scenario, deliveries)
    scenario.add_runs(at, soon(random, at + HOUR + MINUTE, 60))
    return scenario


def before_it_is_marked(random: Random, hours: list[datetime]) -> Scenario:
    """An operator decides on a policy or a book, just while a close begins."""
    scenario = _stalled(random, hours, "close", ("hours.mark", "evidence.body"))
    deliveries = list(Author(random, hours, departments=0.8).deliveries(2, (0, 1)))
    arrive(random, scenario, deliveries)
    at = hours[-1] + _FIRST_RUN
    scenario.add_runs(at)
    scenario.events.append(decision(random, hours, soon(random, at, 60)))
    return scenario


def a_slow_decision(random: Random, hours: list[datetime]) -> Scenario:
    """The decision of an operator is delayed for whole runs."""
    worst = ("decisions.append", "decisions.append", "hours.ask", "decisions.note_asked")
    scenario = _stalled(random, hours, "decide", worst)
    scenario.stall_ms = (200_000, 5_000_000)
    deliveries = list(Author(random, hours, departments=0.8).deliveries(2, (0, 1)))
    arrive(random, scenario, deliveries)
    at = hours[-1] + _FIRST_RUN
    scenario.events.append(decision(random, hours, soon(random, at + 30 * MINUTE, 600)))
    scenario.add_runs(*(at + minutes * MINUTE for minutes in (0, 40, 60)))
    return scenario


def unreadable_for_long(random: Random, hours: list[datetime]) -> Scenario:
    """A log object cannot be read for longer than its folder is listed again."""
    scenario = _calm(random, hours)
    scenario.constants = {"looked_back": random.choice((2, 3)) * HOUR}
    scenario.hidden_ms = random.choice((60_000, 1_800_000))
    deliveries = list(Author(random, hours).deliveries(random.choice((1, 2, 3)), (0, 1)))
    arrive(random, scenario, deliveries)
    one = random.choice(deliveries)
    scenario.poisoned[one.key] = one.arrives + random.choice((5, 8)) * HOUR
    scenario.add_runs(*(hours[-1] + _FIRST_RUN + n * HOUR for n in range(8)))
    return scenario


def short_lives(random: Random, hours: list[datetime]) -> Scenario:
    """More hours of a day are due than a close can do before its time-out."""
    hours = [hours[0] + n * HOUR for n in range(random.choice((9, 12)))]
    ms = random.choice((1_000, 1_500))
    scenario = Scenario(hours[0], hours, CALM._replace(call_ms=ms), calm_ms=ms)
    scenario.limits = WorkerLimits(close=random.choice((200_000, 300_000)))
    deliveries = [
        delivery_of(hour + 31 * MINUTE, n, [_record(random, n, hour + 20 * MINUTE)])
        for n, hour in enumerate(hours)
    ]
    last = arrive(random, scenario, deliveries) + 30 * MINUTE
    scenario.add_runs(last, last + HOUR)
    return scenario


def _calm(random: Random, hours: list[datetime]) -> Scenario:
    """Begin a scenario without faults."""
    return Scenario(hours[0], hours, CALM._replace(call_ms=random.choice((50, 300))))


def _beset(random: Random, hours: list[datetime], kind: str, calls: tuple[str, ...]) -> Scenario:
    """Begin a scenario whose only fault is in one kind of call of one kind of worker."""
    if random.random() < 0.5:
        return _stalled(random, hours, kind, calls)
    return _failing(random, hours, calls)


def _stalled(random: Random, hours: list[datetime], kind: str, calls: tuple[str, ...]) -> Scenario:
    """Begin a scenario in which workers of a kind stall before one of these calls."""
    scenario = _calm(random, hours)
    scenario.stalls, scenario.stalls_before = kind, random.choice(calls)
    scenario.stalling = random.choice((0.4, 0.8))
    scenario.stall_ms = (20_000, 60_000, 200_000)
    return scenario


def _failing(random: Random, hours: list[datetime], calls: tuple[str, ...]) -> Scenario:
    """Begin a scenario in which one of these calls often fails, and mostly takes effect later."""
    target, rate = random.choice(calls), random.choice((0.3, 0.6))
    late = random.choice((60_000, 600_000))
    fault = random.choice(("late", "conflict")) if target == "closings.put" else "late"
    scenario = Scenario(
        hours[0], hours, CALM._replace(call_ms=random.choice((50, 300)), late_ms=late)
    )
    scenario.set_rates(target=target, target_fault=fault, target_rate=rate)
    scenario.hidden_ms = random.choice((20_000, 60_000))
    return scenario


def _moved(random: Random, hour: datetime, number: int) -> LogDelivery:
    """Write a log object of one slot, whose calls a newer release attributes to other tenants."""
    lines = []
    for index in range(random.choice((1, 2))):
        record = _record(random, 2 * number + index, hour + 6 * MINUTE)
        others = [name for name in TENANTS[:-1] if name != record["requestMetadata"]["tenantId"]]
        record["x2"] = {"requestMetadata": {"tenantId": random.choice(others)}}
        lines.append(record)
    return delivery_of(hour + 16 * MINUTE, number, lines)


def _record(random: Random, number: int, at: datetime) -> Record:
    tenant = random.choice(TENANTS[:-1])
    return plain_record(number, at) | {"requestMetadata": {"tenantId": tenant}}
