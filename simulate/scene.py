"""What happens in a history, drawn from its seed: who does what when, and how much goes wrong."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from simulate.content import Author, Delivery, packed
from simulate.wire import Dials

_BEGINNINGS = (
    datetime(2026, 11, 21, 9, tzinfo=UTC),
    datetime(2026, 11, 21, 23, tzinfo=UTC),
    datetime(2026, 11, 30, 22, tzinfo=UTC),
)
READERS = ("acme", "globex", "sales")
_MINUTE = timedelta(minutes=1)


class Event(NamedTuple):
    """Something from outside: `what` names a method of `History`, with its arguments."""

    at: datetime
    what: str
    args: tuple[object, ...] = ()


class PolicyPlan(NamedTuple):
    """A policy in a few words: which metadata keys name a tenant, and who pays half of list."""

    tenant_keys: tuple[str, ...]
    half_price: tuple[str, ...]


POLICIES = (
    PolicyPlan(("tenantId",), ()),
    PolicyPlan(("department", "tenantId"), ()),
    PolicyPlan(("tenantId",), ("acme",)),
)


class Decided(NamedTuple):
    """A decision in a few words: from when on which of the policies holds, and for which hours."""

    at: datetime
    policy: int
    since: str | None


@dataclass
class Scene:
    """Everything drawn from a seed before a history begins."""

    begin: datetime
    hours: list[datetime]
    dials: Dials
    events: list[Event] = field(default_factory=list)
    paces: tuple[float, ...] = (1.0,)
    """How readily workers go on; each draws one of these."""
    haste: float = 0.1
    """How readily the next event happens while work is under way."""
    again: float = 0.0
    """How often a message or a stream record is delivered once more."""
    loses_records: float = 0.0
    drops_messages: float = 0.0
    impatient: float = 0.0
    """How often the state machine gives up on a worker that is still at work."""
    prompt: frozenset[str] = frozenset()
    """Keys of the log objects that arrive in time for a sweep to find them."""


def scene_of(random: Random) -> Scene:
    """Draw a scene."""
    begin = random.choice(_BEGINNINGS)
    hours = [begin + timedelta(hours=index) for index in range(random.choice((1, 2, 2, 3)))]
    scene = Scene(begin, hours, _dials(random))
    scene.paces = random.choice(((1.0,), (1.0, 1.0, 0.1), (1.0, 0.1, 0.01), (1.0, 0.01)))
    scene.haste = random.choice((0.02, 0.1, 0.3))
    scene.again = random.choice((0.0, 0.1, 0.3))
    scene.loses_records = random.choice((0.0, 0.0, 0.1))
    scene.drops_messages = random.choice((0.0, 0.0, 0.1))
    scene.impatient = random.choice((0.0, 0.0, 0.02))
    moves = random.random() < 0.5
    deliveries = list(Author(random, hours, moves).deliveries(random.choice((1, 2, 3, 4, 5))))
    scene.prompt = frozenset(delivery.key for delivery in deliveries if delivery.is_prompt)
    last = max([hours[-1], *(delivery.arrives for delivery in deliveries)])
    last += timedelta(hours=1)
    scene.events += _arrivals(random, deliveries)
    scene.events += _runs(random, begin, last)
    if moves:
        scene.events += _deployment(random, begin, last, deliveries)
    if random.random() < 0.4:
        scene.events += _decisions(random, scene)
    scene.events += [
        Event(_some_time(random, begin, last), "read", (random.choice(READERS),))
        for _ in range(random.randrange(1, 5))
    ]
    if random.random() < 0.3:
        scene.events.append(Event(_some_time(random, hours[-1], last), "expire"))
    scene.events.sort(key=lambda event: event.at)
    return scene


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


def _arrivals(random: Random, deliveries: list[Delivery]) -> list[Event]:
    events = []
    for delivery in deliveries:
        events.append(Event(delivery.arrives, "arrive", (delivery.key, delivery.body)))
        told = random.choice((1, 1, 1, 1, 2, 3))
        for _ in range(told):
            later = delivery.arrives + random.choice((0, 0, 2, 30, 90)) * _MINUTE
            events.append(Event(later, "announce", (delivery.key, True)))
        if random.random() < 0.05:
            other = packed([b'{"schemaType": "ModelInvocationLog", "other": "content"}'])
            later = delivery.arrives + 200 * _MINUTE
            events.append(Event(later, "overwrite", (delivery.key, other)))
            events.append(Event(later, "announce", (delivery.key, True)))
    return events


def _runs(random: Random, begin: datetime, last: datetime) -> list[Event]:
    events, at = [], begin + timedelta(minutes=25)
    while at < last:
        events += [Event(at, "run")] * random.choice((1, 1, 1, 2))
        at += timedelta(minutes=random.choice((20, 60, 60)))
    return events


def _deployment(
    random: Random, begin: datetime, last: datetime, deliveries: list[Delivery]
) -> list[Event]:
    """A release with a newer reading goes out while older workers linger; logs are replayed."""
    at = _some_time(random, begin, last)
    events = [Event(at, "deploy"), Event(at + 30 * _MINUTE, "retire")]
    if random.random() < 0.8:
        for delivery in deliveries:
            later = max(at, delivery.arrives) + random.choice((1, 20, 80)) * _MINUTE
            events.append(Event(later, "announce", (delivery.key, False)))
    return events


def _decisions(random: Random, scene: Scene) -> list[Event]:
    events = []
    for _ in range(random.choice((1, 2))):
        at = _some_time(random, scene.begin, scene.hours[-1] + timedelta(hours=2))
        since = random.choice((None, None, f"{scene.hours[-1]:%Y-%m-%dT%H}"))
        decided = Decided(at, random.randrange(len(POLICIES)), since)
        events.append(Event(at, "decide", (decided,)))
    return events


def _some_time(random: Random, begin: datetime, last: datetime) -> datetime:
    return begin + random.randrange(max(1, (last - begin) // _MINUTE)) * _MINUTE
