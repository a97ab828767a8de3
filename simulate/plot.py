"""Scenes: of everything at once, or of one thing at the worst moment.

A plot that is about one thing keeps everything else out of its way: what comes later (another late
object, another decision) would have the hour closed again and cover up what went wrong.
"""

from datetime import UTC, datetime, timedelta
from random import Random

from simulate.content import Author, Delivery, packed
from simulate.scene import POLICIES, Decided, Event, Scene
from simulate.wire import CALM, Dials

_BEGINNINGS = (
    datetime(2026, 11, 21, 9, tzinfo=UTC),
    datetime(2026, 11, 21, 23, tzinfo=UTC),
    datetime(2026, 11, 30, 22, tzinfo=UTC),
)
_READERS = ("acme", "globex", "sales")
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)


def scene_of(random: Random) -> Scene:
    """Draw a scene."""
    begin = random.choice(_BEGINNINGS)
    hours = [begin + index * _HOUR for index in range(random.choice((1, 2, 2, 3)))]
    plot = random.choice(_PLOTS)
    scene = plot(random, hours)
    scene.events.sort(key=lambda event: event.at)
    return scene


def _everything(random: Random, hours: list[datetime]) -> Scene:
    """Anything may happen at any time, any number of times."""
    scene = Scene(hours[0], hours, _dials(random))
    scene.stalling = random.choice((0.0, 0.1, 0.3))
    scene.stalls = random.choice(("", "", "ingest", "close", "fold", "decide"))
    scene.haste = random.choice((0.02, 0.1, 0.3))
    scene.again = random.choice((0.0, 0.1, 0.3))
    scene.loses_records = random.choice((0.0, 0.0, 0.1))
    scene.drops_messages = random.choice((0.0, 0.0, 0.1))
    scene.impatient = random.choice((0.0, 0.0, 0.02))
    moves = random.random() < 0.5
    author = Author(random, hours, 0.5 if moves else 0.0)
    deliveries = list(author.deliveries(random.choice((1, 2, 3, 4, 5))))
    last = _arrive(random, scene, deliveries, (1, 1, 1, 1, 2, 3), (0, 0, 2, 30, 90))
    scene.events += _runs(random, hours[0], last)
    if moves:
        at = _some_time(random, hours[0], last)
        scene.events += _release(at, at + 30 * _MINUTE)
        if random.random() < 0.8:
            scene.events += _replay(random, deliveries, at, (1, 20, 80))
    if random.random() < 0.4:
        for _ in range(random.choice((1, 2))):
            scene.events.append(_decision(random, hours, _some_time(random, hours[0], last)))
    if random.random() < 0.3:
        scene.events.append(Event(_some_time(random, hours[-1], last), "expire"))
    scene.events += _overwritten(random, deliveries) + _readings(random, hours[0], last)
    return scene


def _a_release(random: Random, hours: list[datetime]) -> Scene:
    """A newer reading goes out and logs are replayed, just while hours are closed."""
    scene = _stalling(random, hours, ("ingest", "close"))
    deliveries = list(Author(random, hours, 0.8).deliveries(random.choice((1, 2, 3)), (0, 1)))
    _arrive(random, scene, deliveries, (1,), (0,))
    at = _closings(random, scene)
    scene.events += _release(at, at + random.choice((0, 5)) * _MINUTE)
    scene.events += _replay(random, deliveries, at, (0, 1))
    return scene


def _a_decision(random: Random, hours: list[datetime]) -> Scene:
    """An operator decides on a policy, just while hours are closed."""
    scene = _stalling(random, hours, ("decide", "close"))
    author = Author(random, hours, departments=0.7)
    _arrive(random, scene, list(author.deliveries(random.choice((1, 2, 3)), (0, 1))), (1,), (0,))
    scene.events.append(_decision(random, hours, _closings(random, scene)))
    return scene


def _late_twins(random: Random, hours: list[datetime]) -> Scene:
    """Requests are logged twice, over the edges of hours, and the second record comes late."""
    scene = _stalling(random, hours, ("ingest", "close", "read"))
    author = Author(random, hours, twins=0.6, at_the_edge=0.7)
    late = (0, 1, 70, 130, 200)
    last = _arrive(
        random, scene, list(author.deliveries(random.choice((2, 3, 4)), late)), (1,), (0,)
    )
    scene.events += _runs(random, hours[0], last) + _readings(random, hours[0], last)
    return scene


def _readers(random: Random, hours: list[datetime]) -> Scene:
    """Somebody reads slowly, just while hours are closed."""
    scene = _stalling(random, hours, ("read",))
    deliveries = list(Author(random, hours, 0.0).deliveries(random.choice((2, 3, 4)), (0, 1)))
    _arrive(random, scene, deliveries, (1,), (0,))
    at = _closings(random, scene)
    scene.events += [
        Event(at + random.choice((-1, 0, 1)) * _MINUTE, "read", (tenant,)) for tenant in _READERS
    ]
    return scene


def _stalling(random: Random, hours: list[datetime], kinds: tuple[str, ...]) -> Scene:
    """Nothing fails, but some workers of one kind stall while whole runs go by."""
    switch = random.choice((0.03, 0.1, 0.3))
    scene = Scene(hours[0], hours, CALM._replace(switch=switch))
    scene.stalling = random.choice((0.3, 0.6))
    scene.stalls = random.choice(kinds)
    scene.haste = random.choice((0.02, 0.1, 0.3))
    return scene


def _closings(random: Random, scene: Scene) -> datetime:
    """Let runs begin when everything is there; give the time of the first or the second."""
    last = max(scene.hours[-1], max(event.at for event in scene.events))
    first = last.replace(minute=25) + (_HOUR if last.minute >= 20 else 0 * _HOUR)
    runs = [first, first + 2 * _MINUTE, first + _HOUR, first + _HOUR + 2 * _MINUTE]
    at = random.choice((runs[0], runs[2]))
    scene.events += [Event(one, "run") for one in runs if one <= at + 2 * _MINUTE]
    scene.events += _readings(random, first, first + 2 * _HOUR)
    return at


def _dials(random: Random) -> Dials:
    rare = (0.0, 0.0, 0.005, 0.02)
    return Dials(
        switch=random.choice((0.03, 0.1, 0.3, 0.7)),
        fails_before=random.choice(rare),
        fails_after=random.choice(rare),
        dies=random.choice(rare),
        torn=random.choice((0.0, 0.2)),
        stale_index=random.choice((0.0, 0.5)),
    )


def _arrive(
    random: Random,
    scene: Scene,
    deliveries: list[Delivery],
    told: tuple[int, ...],
    later: tuple[int, ...],
) -> datetime:
    """Deliver log objects, each announced so many times so many minutes later; give the end."""
    for one in deliveries:
        scene.events.append(Event(one.arrives, "arrive", (one.key, one.body)))
        for _ in range(random.choice(told)):
            at = one.arrives + random.choice(later) * _MINUTE
            scene.events.append(Event(at, "announce", (one.key, True)))
    return max([scene.hours[-1], *(one.arrives for one in deliveries)]) + _HOUR


def _overwritten(random: Random, deliveries: list[Delivery]) -> list[Event]:
    """Let somebody put other bytes in the place of a log object."""
    events = []
    other = packed([b'{"schemaType": "ModelInvocationLog", "other": "content"}'])
    for one in deliveries:
        if random.random() < 0.05:
            at = one.arrives + 200 * _MINUTE
            events.append(Event(at, "overwrite", (one.key, other)))
            events.append(Event(at, "announce", (one.key, True)))
    return events


def _runs(random: Random, begin: datetime, last: datetime) -> list[Event]:
    events, at = [], begin + 25 * _MINUTE
    while at < last:
        events += [Event(at, "run")] * random.choice((1, 1, 1, 2))
        at += random.choice((20, 60, 60)) * _MINUTE
    return events


def _release(at: datetime, until: datetime) -> list[Event]:
    """A release with a newer reading goes out; older workers linger for a while."""
    return [Event(at, "deploy"), Event(until, "retire")]


def _replay(
    random: Random, deliveries: list[Delivery], at: datetime, pauses: tuple[int, ...]
) -> list[Event]:
    """Logs are announced again, for the closing lane alone."""
    return [
        Event(max(at, one.arrives) + random.choice(pauses) * _MINUTE, "announce", (one.key, False))
        for one in deliveries
    ]


def _decision(random: Random, hours: list[datetime], at: datetime) -> Event:
    since = random.choice((None, None, f"{hours[-1]:%Y-%m-%dT%H}"))
    return Event(at, "decide", (Decided(at, random.randrange(len(POLICIES)), since),))


def _readings(random: Random, begin: datetime, last: datetime) -> list[Event]:
    return [
        Event(_some_time(random, begin, last), "read", (random.choice(_READERS),))
        for _ in range(random.randrange(1, 5))
    ]


def _some_time(random: Random, begin: datetime, last: datetime) -> datetime:
    return begin + random.randrange(max(1, (last - begin) // _MINUTE)) * _MINUTE


_PLOTS = (
    _everything,
    _everything,
    _a_release,
    _a_decision,
    _a_decision,
    _late_twins,
    _readers,
)
