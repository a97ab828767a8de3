"""Plots that are laid for one race each: two workers meet where one of them is held up.

Who is held up stalls before one kind of call, or that call fails, and its caller tries again: then
it may take effect after all, when others have gone on.
"""

from datetime import datetime
from random import Random

from simulate.content import (
    TENANTS,
    Author,
    Delivery,
    Record,
    delivery_of,
    other_body,
    plain_record,
)
from simulate.dials import CALM
from simulate.incidents import (
    HOUR,
    MINUTE,
    SECOND,
    arrive,
    decision,
    readings,
    release,
    replay,
    soon,
)
from simulate.scene import Event, Lives, Scene

_FIRST_RUN = 85 * MINUTE
"""After the begin of an hour: then it is old enough to be closed, whatever the clocks show."""


def beside_another_close(random: Random, hours: list[datetime]) -> Scene:
    """Two runs begin at once; objects come between their closes; one of the closes is held up."""
    worst = (
        "usage.put_hours", "rollups.put", "hours.finish", "hours.row", "closings.put",
        "usage.put_day",
    )  # fmt: skip
    scene = _beset(random, hours, "close", worst)
    deliveries = list(Author(random, hours).deliveries(random.choice((2, 3, 4)), (0, 1)))
    at = hours[-1] + _FIRST_RUN
    for one in deliveries[1:]:
        one.arrives = soon(random, at, 150)
    arrive(random, scene, deliveries)
    scene.events += [Event(at, "run"), *(Event(soon(random, at, 120), "run") for _ in range(2))]
    return scene


def moved_between_two_closes(random: Random, hours: list[datetime]) -> Scene:
    """A first close is held up, and another one begun; a replay finds other tenants in between."""
    worst = ("closings.newest", "closings.put", "closings.put", "hours.row")
    scene = _stalled(random, hours, "close", worst)
    scene.stall_ms = (200_000, 700_000)
    scene.impatient, scene.patience_ms = 0.7, (60_000,)
    deliveries = [_moved(random, hours[0], number) for number in range(random.choice((1, 2)))]
    arrive(random, scene, deliveries)
    at = hours[0] + _FIRST_RUN
    scene.events.append(Event(at, "run"))
    at = soon(random, at + 10 * SECOND, 40)
    scene.events += [*release(at, at), *replay(random, deliveries, at, (0,))]
    return scene


def an_overtaken_reading(random: Random, hours: list[datetime]) -> Scene:
    """A reading is held up; a newer release reads the same object meanwhile, on both lanes."""
    worst = (
        "evidence.put", "live.put_partial", "live.put_partial", "manifests.read", "manifests.put",
    )  # fmt: skip
    scene = _beset(random, hours, "ingest", worst)
    deliveries = list(Author(random, hours, 0.8).deliveries(random.choice((1, 2)), (0, 1)))
    arrive(random, scene, deliveries)
    at = soon(random, deliveries[-1].arrives + 2 * SECOND, 30)
    scene.events += release(at, at)
    for one in deliveries:
        told = (one.key, random.random() < 0.8)
        scene.events.append(Event(soon(random, max(at, one.arrives), 60), "announce", told))
    scene.events.append(Event(hours[-1] + _FIRST_RUN, "run"))
    return scene


def taken_from_a_tenant(random: Random, hours: list[datetime]) -> Scene:
    """A newer release finds other tenants, while only the live lane shows them; folds are lost."""
    scene = Scene(hours[0], hours, CALM._replace(call_ms=random.choice((50, 300))))
    strike = random.choice(("dies after", "fails after"))
    share = random.choice((0.4, 0.7))
    scene.dials = scene.dials._replace(struck="live.put_slot_totals", strike=strike, strikes=share)
    deliveries = [_moved(random, hours[0], number) for number in range(random.choice((1, 2)))]
    arrive(random, scene, deliveries)
    at = soon(random, hours[0] + 20 * MINUTE, 60)
    scene.events += release(at, at)
    for one in deliveries:
        scene.events.append(Event(soon(random, at, 60), "announce", (one.key, True)))
    scene.events += readings(random, at, hours[0] + 2 * HOUR)
    return scene


def a_takeover(random: Random, hours: list[datetime]) -> Scene:
    """Other bytes take the place of a log object whose first reading died half-way."""
    scene = _struck(random, hours, ("manifests.put", "evidence.put", "quarantine.put"))
    strike = random.choice(("dies after", "dies after", "late"))
    scene.dials = scene.dials._replace(strike=strike)
    deliveries = list(Author(random, hours).deliveries(random.choice((1, 2)), (0, 1)))
    arrive(random, scene, deliveries)
    for one in deliveries:
        at = soon(random, one.arrives, 15)
        scene.events.append(Event(at, "overwrite", (one.key, other_body(one, 20))))
        if random.random() < 0.5:
            scene.events.append(Event(soon(random, at, 60), "announce", (one.key, True)))
    scene.events.append(Event(hours[-1] + _FIRST_RUN, "run"))
    return scene


def an_edge_left(random: Random, hours: list[datetime]) -> Scene:
    """A request has records on both sides of an edge; a release finds the larger one elsewhere."""
    hours = [hours[0], hours[0] + HOUR]
    scene = Scene(hours[0], hours, CALM._replace(call_ms=random.choice((50, 300))))
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
    arrive(random, scene, deliveries)
    at = hours[-1] + _FIRST_RUN
    scene.events += [Event(at, "run"), Event(at + HOUR, "run")]
    at += random.choice((20, 30)) * MINUTE
    scene.events += [*release(at, at), *replay(random, deliveries[:1], at, (0, 60))]
    return scene


def while_hours_become_final(random: Random, hours: list[datetime]) -> Scene:
    """A release finds calls in a later hour, and dies half-way; the earlier hour becomes final."""
    later = random.choice((2, 3))
    hours = [hours[0], hours[0] + later * HOUR]
    scene = Scene(hours[0], hours, CALM._replace(call_ms=random.choice((50, 300))))
    scene.keep_open = later * HOUR  # the earlier is about to be final an hour after the later began
    scene.drops_messages = random.choice((0.0, 0.5))
    struck = random.choice(("evidence.put", "evidence.put_empty", "manifests.put"))
    deliveries = []
    for number in range(random.choice((1, 2))):
        record = _record(random, number, hours[0] + 20 * MINUTE)
        record["x2"] = {"timestamp": f"{hours[1]:%Y-%m-%dT%H}:20:00Z"}
        deliveries.append(delivery_of(hours[1] + 31 * MINUTE, number, [record]))
    arrive(random, scene, deliveries)
    at = hours[1] + random.choice((35, 72, 72, 75, 97, 100)) * MINUTE
    scene.events += [*release(at, at), *replay(random, deliveries, at, (0, 60))]
    scene.dials = scene.dials._replace(struck=struck, strike="dies after", strikes=0.5)
    scene.events += [Event(hours[1] + n * 25 * MINUTE, "run") for n in range(14)]
    return scene


def just_before_a_run(random: Random, hours: list[datetime]) -> Scene:
    """Objects come late, just before a run, and those who meter them are held up."""
    worst = ("evidence.put", "evidence.put", "evidence.put", "hours.row", "hours.ask")
    scene = _stalled(random, hours, "ingest", worst)
    scene.stall_ms = (60_000, 200_000)
    deliveries = list(Author(random, hours).deliveries(random.choice((2, 3)), (0, 1)))
    at = hours[-1] + _FIRST_RUN
    for one in deliveries[:-1]:
        one.arrives = soon(random, at + HOUR, 60)
    arrive(random, scene, deliveries)
    scene.events += [Event(at, "run"), Event(soon(random, at + HOUR + MINUTE, 60), "run")]
    return scene


def before_it_is_marked(random: Random, hours: list[datetime]) -> Scene:
    """An operator decides on a policy or a book, just while a close begins."""
    scene = _stalled(random, hours, "close", ("hours.mark", "evidence.body"))
    deliveries = list(Author(random, hours, departments=0.8).deliveries(2, (0, 1)))
    arrive(random, scene, deliveries)
    at = hours[-1] + _FIRST_RUN
    scene.events.append(Event(at, "run"))
    scene.events.append(decision(random, hours, soon(random, at, 60)))
    return scene


def a_slow_decision(random: Random, hours: list[datetime]) -> Scene:
    """An operator who decides is held up; whole runs go by."""
    worst = ("decisions.append", "decisions.append", "hours.ask", "decisions.note_asked")
    scene = _stalled(random, hours, "decide", worst)
    scene.stall_ms = (200_000, 5_000_000)
    deliveries = list(Author(random, hours, departments=0.8).deliveries(2, (0, 1)))
    arrive(random, scene, deliveries)
    at = hours[-1] + _FIRST_RUN
    scene.events.append(decision(random, hours, soon(random, at + 30 * MINUTE, 600)))
    scene.events += [Event(at + minutes * MINUTE, "run") for minutes in (0, 40, 60)]
    return scene


def unreadable_for_long(random: Random, hours: list[datetime]) -> Scene:
    """A log object cannot be read for longer than folders are looked at again."""
    scene = Scene(hours[0], hours, CALM._replace(call_ms=random.choice((50, 300))))
    scene.constants = {"looked_back": random.choice((2, 3)) * HOUR}
    scene.hidden_ms = random.choice((60_000, 1_800_000))
    deliveries = list(Author(random, hours).deliveries(random.choice((1, 2, 3)), (0, 1)))
    arrive(random, scene, deliveries)
    one = random.choice(deliveries)
    scene.poisoned[one.key] = one.arrives + random.choice((5, 8)) * HOUR
    scene.events += [Event(hours[-1] + _FIRST_RUN + n * HOUR, "run") for n in range(8)]
    return scene


def short_lives(random: Random, hours: list[datetime]) -> Scene:
    """More hours of a day are due than a close can do before its time is over."""
    hours = [hours[0] + n * HOUR for n in range(random.choice((9, 12)))]
    ms = random.choice((1_000, 1_500))
    scene = Scene(hours[0], hours, CALM._replace(call_ms=ms), calm_ms=ms)
    scene.lives = Lives(close=random.choice((200_000, 300_000)))
    deliveries = [
        delivery_of(hour + 31 * MINUTE, n, [_record(random, n, hour + 20 * MINUTE)])
        for n, hour in enumerate(hours)
    ]
    last = arrive(random, scene, deliveries) + 30 * MINUTE
    scene.events += [Event(last, "run"), Event(last + HOUR, "run")]
    return scene


def _beset(random: Random, hours: list[datetime], kind: str, calls: tuple[str, ...]) -> Scene:
    """Begin a scene in which nothing goes wrong but one kind of call of one kind of worker."""
    if random.random() < 0.5:
        return _stalled(random, hours, kind, calls)
    return _struck(random, hours, calls)


def _stalled(random: Random, hours: list[datetime], kind: str, calls: tuple[str, ...]) -> Scene:
    """Begin a scene in which workers of a kind stall before one of these calls."""
    scene = Scene(hours[0], hours, CALM._replace(call_ms=random.choice((50, 300))))
    scene.stalls, scene.stalls_before = kind, random.choice(calls)
    scene.stalling = random.choice((0.4, 0.8))
    scene.stall_ms = (20_000, 60_000, 200_000)
    return scene


def _struck(random: Random, hours: list[datetime], calls: tuple[str, ...]) -> Scene:
    """Begin a scene in which one of these calls often fails, and mostly takes effect later."""
    struck, strikes = random.choice(calls), random.choice((0.3, 0.6))
    late = random.choice((60_000, 600_000))
    strike = random.choice(("late", "conflict")) if struck == "closings.put" else "late"
    scene = Scene(hours[0], hours, CALM._replace(call_ms=random.choice((50, 300)), late_ms=late))
    scene.dials = scene.dials._replace(struck=struck, strike=strike, strikes=strikes)
    scene.hidden_ms = random.choice((20_000, 60_000))
    return scene


def _moved(random: Random, hour: datetime, number: int) -> Delivery:
    """Write a log object of one slot, whose calls a newer release finds to be other tenants'."""
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
