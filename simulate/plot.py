"""Scenes: of everything at once, or of one thing at the worst moment.

A plot that is about one thing keeps everything else out of its way: what comes later (another late
object, another decision) would have the hour closed again and cover up what went wrong.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from simulate.baton import FOREVER
from simulate.content import Author
from simulate.incidents import (
    HOUR,
    MINUTE,
    READERS,
    SECOND,
    arrive,
    closings,
    decision,
    expiries,
    given_up,
    gone,
    overwritten,
    poisoned,
    readings,
    release,
    replay,
    runs,
    some_time,
    soon,
)
from simulate.scene import Event, Lives, Scene
from simulate.wire import CALM, Dials

_BEGINNINGS = (
    datetime(2026, 11, 21, 9, tzinfo=UTC),
    datetime(2026, 11, 21, 23, tzinfo=UTC),
    datetime(2026, 11, 30, 22, tzinfo=UTC),
)


def scene_of(random: Random) -> Scene:
    """Draw a scene."""
    begin = random.choice(_BEGINNINGS)
    hours = [begin + index * HOUR for index in range(random.choice((1, 2, 2, 3, 3, 5)))]
    plot = random.choice(_RARE_PLOTS if random.random() < 0.04 else _PLOTS)
    scene = plot(random, hours)
    scene.events.sort(key=lambda event: event.at)
    return scene


def _everything(random: Random, hours: list[datetime]) -> Scene:
    """Anything may happen at any time, any number of times."""
    scene = Scene(hours[0], hours, _dials(random), lives=_lives(random))
    scene.constants = _constants(random)
    scene.stalling = random.choice((0.0, 0.1, 0.3))
    scene.stalls = random.choice(("", "", "ingest", "close", "fold", "decide"))
    scene.again = random.choice((0.0, 0.1, 0.3))
    scene.hidden_ms = random.choice((60_000, 1_800_000))
    scene.loses_records = random.choice((0.0, 0.0, 0.1))
    scene.drops_messages = random.choice((0.0, 0.0, 0.1, 0.5))
    scene.impatient = random.choice((0.0, 0.0, 0.1))
    moves = random.random() < 0.5
    author = Author(random, hours, 0.5 if moves else 0.0)
    deliveries = list(author.deliveries(random.choice((1, 2, 3, 4, 5))))
    last = arrive(random, scene, deliveries, (1, 1, 1, 1, 2, 3), (0, 0, 2, 30, 90))
    scene.events += runs(random, hours[0], last)
    if moves:
        at = some_time(random, hours[0], last)
        scene.events += release(at, at + 30 * MINUTE)
        share = random.choice((0.0, 0.5, 1.0, 1.0))
        scene.events += replay(random, deliveries, at, (60, 1_200, 4_800), share)
    for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
        scene.events.append(decision(random, hours, some_time(random, hours[0], last)))
    if random.random() < 0.3:
        scene.events += expiries(random, hours[0], last)
    if random.random() < 0.15:
        tenant = random.choice(("acme", "globex"))
        scene.events.append(Event(some_time(random, hours[0], last), "erase", (tenant,)))
    if random.random() < 0.15:
        scene.keep_open = random.choice((6, 12)) * HOUR
        scene.events.append(Event(some_time(random, hours[0], last), "end_evidence"))
    _mishaps(random, scene, deliveries, 0.06)
    scene.events += readings(random, hours[0], last)
    return scene


def _mishaps(random: Random, scene: Scene, deliveries: list[Any], share: float) -> None:
    """Let what is not expected happen to some log objects, and operators see to it."""
    for one in deliveries:
        if random.random() < share:
            scene.events += overwritten(random, one)
        if random.random() < share:
            poisoned(random, scene, one)
        if random.random() < share / 2:
            scene.events.append(gone(random, one))
        if random.random() < share / 2:
            scene.events.append(given_up(random, one))
    if random.random() < 4 * share:
        at = some_time(random, scene.hours[0], scene.hours[-1] + 6 * HOUR)
        scene.events.append(Event(at, "redrive"))


def _a_release(random: Random, hours: list[datetime]) -> Scene:
    """A newer reading goes out and logs are replayed, just while hours are closed."""
    scene = _stalling(random, hours, ("ingest", "close"))
    deliveries = list(Author(random, hours, 0.8).deliveries(random.choice((1, 2, 3)), (0, 1)))
    arrive(random, scene, deliveries)
    at = closings(random, scene)
    scene.events += release(at, at + random.choice((0, 5)) * MINUTE)
    share = random.choice((0.5, 1.0))
    scene.events += replay(random, deliveries, at, (0, 20, 60, 120, 300), share)
    return scene


def _a_decision(random: Random, hours: list[datetime]) -> Scene:
    """An operator decides on a policy or a book, just while hours are closed."""
    scene = _stalling(random, hours, ("decide", "close"))
    author = Author(random, hours, departments=0.7)
    arrive(random, scene, list(author.deliveries(random.choice((1, 2, 3)), (0, 1))))
    at = soon(random, closings(random, scene), 300)
    scene.events.append(decision(random, hours, at))
    return scene


def _other_keys(random: Random, hours: list[datetime]) -> Scene:
    """Policies read other keys from some hour on; then old logs are delivered again."""
    scene = _stalling(random, hours, ("ingest",))
    author = Author(random, hours, departments=0.7)
    deliveries = list(author.deliveries(random.choice((2, 3)), (0, 1, 70)))
    last = arrive(random, scene, deliveries)
    scene.events += runs(random, hours[0], last + 3 * HOUR)
    for _ in range(random.choice((1, 2))):
        scene.events.append(decision(random, hours, some_time(random, hours[0], last)))
    for one in deliveries:
        at = some_time(random, one.arrives, last + 2 * HOUR)
        scene.events.append(Event(at, "announce", (one.key, random.random() < 0.5)))
    if random.random() < 0.5:
        scene.events.append(Event(some_time(random, hours[0], last), "expire", ("copies",)))
    return scene


def _late_twins(random: Random, hours: list[datetime]) -> Scene:
    """Requests are logged twice, over the edges of hours, and the second record comes late."""
    scene = _stalling(random, hours, ("ingest", "close", "read"))
    author = Author(random, hours, twins=0.6, at_the_edge=0.7)
    late = (0, 1, 70, 130, 200)
    last = arrive(random, scene, list(author.deliveries(random.choice((2, 3, 4)), late)))
    scene.events += runs(random, hours[0], last) + readings(random, hours[0], last)
    return scene


def _twins_read_anew(random: Random, hours: list[datetime]) -> Scene:
    """Requests are logged twice over the edges of hours; a release reads some of that otherwise."""
    scene = _stalling(random, hours, ("ingest",))
    author = Author(random, hours, 0.6, twins=0.6, at_the_edge=0.8)
    deliveries = list(author.deliveries(random.choice((2, 3, 4)), (0, 1)))
    arrive(random, scene, deliveries)
    at = closings(random, scene) + random.choice((0, 3)) * HOUR
    share = random.choice((0.4, 0.7, 1.0))
    scene.events += [*release(at, at), *replay(random, deliveries, at, (60, 1_200), share)]
    return scene


def _mishap(random: Random, hours: list[datetime]) -> Scene:
    """Log objects are replaced, cannot be read, vanish, are given up; events are lost."""
    scene = _stalling(random, hours, ("ingest",))
    scene.dials = scene.dials._replace(dies=random.choice((0.0, 0.01, 0.05)))
    scene.hidden_ms = random.choice((20_000, 300_000))
    scene.drops_messages = random.choice((0.0, 0.3, 0.8))
    scene.constants = _constants(random)
    moves = random.choice((0.0, 0.0, 0.5))
    deliveries = list(Author(random, hours, moves).deliveries(random.choice((1, 2, 3))))
    last = arrive(random, scene, deliveries)
    scene.events += runs(random, hours[0], last)
    if moves:
        at = some_time(random, hours[0], last)
        scene.events += [*release(at, at), *replay(random, deliveries, at, (0, 60), 0.7)]
    _mishaps(random, scene, deliveries, 0.3)
    return scene


def _final_hours(random: Random, hours: list[datetime]) -> Scene:
    """Hours become final soon; logs come late, are replayed, decided about, and evidence ends."""
    scene = _stalling(random, hours, ("ingest", "close"))
    scene.keep_open = random.choice((2, 3, 5)) * HOUR
    moves = random.choice((0.0, 0.5))
    author = Author(random, hours, moves, twins=0.5, at_the_edge=0.6, departments=0.5)
    deliveries = list(author.deliveries(random.choice((2, 3, 4)), (0, 0, 70, 200, 400)))
    last = arrive(random, scene, deliveries) + 4 * HOUR
    scene.events += runs(random, hours[0], last)
    at = some_time(random, hours[0], last)
    if moves:
        scene.events += release(at, at)
    scene.events += replay(random, deliveries, at, (0, 600, 3_600), 0.6)
    scene.events.append(decision(random, hours, some_time(random, hours[0], last)))
    for _ in range(random.choice((0, 1, 3))):
        scene.events.append(Event(some_time(random, hours[0], last), "end_evidence"))
    return scene


def _an_erasing(random: Random, hours: list[datetime]) -> Scene:
    """A tenant is erased while hours are closed, logs are replayed, and policies name it."""
    scene = _stalling(random, hours, ("erase", "close", "ingest"))
    scene.dials = scene.dials._replace(dies=random.choice((0.0, 0.0, 0.01)))
    scene.constants = _constants(random)
    moves = random.choice((0.0, 0.0, 0.4))
    author = Author(random, hours, moves, twins=0.4, at_the_edge=0.4, departments=0.4)
    deliveries = list(author.deliveries(random.choice((1, 2, 3)), (0, 0, 70, 200)))
    last = arrive(random, scene, deliveries) + 4 * HOUR
    scene.events += runs(random, hours[0], last)
    for _ in range(random.choice((0, 1, 2))):
        scene.events.append(decision(random, hours, some_time(random, hours[0], last)))
    for tenant in random.choice((("acme",), ("globex",), ("acme", "globex"))):
        scene.events.append(Event(some_time(random, hours[0], last), "erase", (tenant,)))
    at = some_time(random, hours[0], last)
    if moves:
        scene.events += release(at, at)
    scene.events += replay(random, deliveries, at, (0, 600, 3_600), random.choice((0.0, 0.5)))
    if random.random() < 0.3:
        scene.events += expiries(random, hours[0], last)
    return scene


def _readers(random: Random, hours: list[datetime]) -> Scene:
    """Somebody reads slowly, just while hours are closed."""
    scene = _stalling(random, hours, ("read",))
    deliveries = list(Author(random, hours, 0.0).deliveries(random.choice((2, 3, 4)), (0, 1)))
    arrive(random, scene, deliveries)
    at = closings(random, scene)
    scene.events += [
        Event(at + random.randrange(-60, 300) * SECOND, "read", (tenant,)) for tenant in READERS
    ]
    return scene


def _a_pause(random: Random, hours: list[datetime]) -> Scene:
    """For days no run begins; then workers that do not live long have all those hours to close."""
    hours = [hours[0] + n * HOUR for n in range(random.choice((20, 40, 75)))]
    scene = Scene(hours[0], hours, CALM._replace(call_ms=random.choice((100, 400, 1_500))))
    scene.calm_ms = scene.dials.call_ms
    scene.lives = Lives(close=random.choice((900_000, 200_000)), plan=300_000)
    scene.constants = _constants(random)
    deliveries = list(Author(random, hours).deliveries(random.choice((2, 4, 6)), (0, 70)))
    last = arrive(random, scene, deliveries)
    scene.events.append(Event(soon(random, hours[0] + 85 * MINUTE, 60), "run"))
    scene.events += runs(random, last, last + random.choice((2, 5)) * HOUR)
    return scene


def _a_back_fill(random: Random, hours: list[datetime]) -> Scene:
    """Once metering has begun, the logs of many days before that are replayed."""
    days = random.choice((10, 25, 52))
    before = [hours[0] - timedelta(days=day, hours=random.randrange(20)) for day in range(1, days)]
    scene = Scene(min(before), sorted(before), CALM._replace(call_ms=random.choice((20, 300))))
    scene.constants = _constants(random)
    scene.lives = _lives(random)
    now = list(Author(random, hours).deliveries(1, (0,)))
    old = [one for hour in before for one in Author(random, [hour]).deliveries(1, (0,))]
    arrive(random, scene, old, (0,))
    last = arrive(random, scene, now)
    at = last + HOUR
    scene.events.append(Event(last, "run"))
    scene.events += replay(random, old, at, (0, 600), random.choice((0.5, 1.0)))
    scene.events += runs(random, at, at + 2 * HOUR)
    return scene


def _stalling(random: Random, hours: list[datetime], kinds: tuple[str, ...]) -> Scene:
    """Nothing fails, but some workers of one kind stall while whole runs go by."""
    scene = Scene(hours[0], hours, CALM._replace(call_ms=random.choice((300, 1_500, 5_000))))
    scene.stalling = random.choice((0.3, 0.6))
    scene.stalls = random.choice(kinds)
    return scene


def _dials(random: Random) -> Dials:
    rare = (0.0, 0.0, 0.005, 0.02)
    return Dials(
        call_ms=random.choice((20, 300, 2_000, 6_000)),
        fails_before=random.choice(rare),
        fails_after=random.choice(rare),
        late=random.choice((0.0, 0.0, 0.01)),
        dies=random.choice(rare),
        conflicts=random.choice((0.0, 0.0, 0.05)),
        torn=random.choice((0.0, 0.2)),
        stale_index=random.choice((0.0, 0.5)),
        late_ms=random.choice((5_000, 60_000)),
    )


def _lives(random: Random) -> Lives:
    """Draw how long workers live, and what a close has room for: mostly as shipped."""
    return Lives(
        ingest=random.choice((300_000, 300_000, 60_000)),
        plan=random.choice((300_000, 300_000, 100_000)),
        close=random.choice((900_000, 900_000, 200_000)),
        machine=random.choice((10_800_000, 3_600_000)),
        room=random.choice((FOREVER, FOREVER, FOREVER, 5)),
    )


def _constants(random: Random) -> dict[str, Any]:
    """Draw other values for some constants of the jobs, so that they are reached."""
    return {
        "looked_back": random.choice((48, 48, 2, 3)) * HOUR,
        "announced_for": random.choice((6, 1)) * HOUR,
        "most_days": random.choice((8, 8, 2, 1)),
        "gathered": random.choice((timedelta(minutes=1), timedelta(), timedelta(minutes=10))),
        "most_gathered": random.choice((20_000, 3, 1)),
    }


_PLOTS = (
    _everything,
    _everything,
    _everything,
    _a_release,
    _a_decision,
    _a_decision,
    _other_keys,
    _late_twins,
    _twins_read_anew,
    _mishap,
    _mishap,
    _final_hours,
    _an_erasing,
    _readers,
)
_RARE_PLOTS = (_a_pause, _a_back_fill)
"""Those with very many hours."""
