"""Plots about one thing, just at the worst moment.

Everything else is kept out of its way: what comes later (another late object, another decision)
would have the hour closed again and cover up what went wrong.
"""

from datetime import datetime
from random import Random

from simulate.bedrock import ProfilePlan
from simulate.content import PROFILES, Author
from simulate.incidents import (
    HOUR,
    MINUTE,
    READERS,
    SECOND,
    arrive,
    closings,
    decision,
    expiries,
    mishaps,
    overwritten,
    readings,
    release,
    replay,
    runs,
    some_time,
    soon,
)
from simulate.odds import constants, dials, stall, stalling
from simulate.scene import Event, Scene


def a_release(random: Random, hours: list[datetime]) -> Scene:
    """A newer reading goes out and logs are replayed, just while hours are closed."""
    scene = stalling(random, hours, ("ingest", "close"))
    deliveries = list(Author(random, hours, 0.8).deliveries(random.choice((1, 2, 3)), (0, 1)))
    arrive(random, scene, deliveries)
    at = closings(random, scene)
    scene.events += release(at, at + random.choice((0, 5)) * MINUTE)
    share = random.choice((0.5, 1.0))
    scene.events += replay(random, deliveries, at, (0, 20, 60, 120, 300), share)
    return scene


def a_slow_reading(random: Random, hours: list[datetime]) -> Scene:
    """A newer reading overtakes an older one that is still at work, on both lanes."""
    scene = stalling(random, hours, ("ingest",))
    deliveries = list(Author(random, hours, 0.8).deliveries(random.choice((1, 2)), (0, 1)))
    last = arrive(random, scene, deliveries, (1, 1, 2))
    for one in deliveries[:1]:
        at = soon(random, one.arrives, 60)
        scene.events += release(at, at + random.choice((0, 2)) * MINUTE)
        for seconds in (0, 20, 60, 120):
            told = (one.key, random.random() < 0.5)
            scene.events.append(Event(soon(random, at, 10) + seconds * SECOND, "announce", told))
    scene.events += runs(random, hours[0], last)
    return scene


def the_live_lane(random: Random, hours: list[datetime]) -> Scene:
    """Folds stall and die; logs are read anew, or replaced before they were metered."""
    scene = stalling(random, hours, ("fold", "ingest"))
    scene.dials = scene.dials._replace(dies=random.choice((0.0, 0.02, 0.05)))
    scene.again = random.choice((0.0, 0.3))
    scene.hidden_ms = 60_000
    deliveries = list(Author(random, hours, 0.7).deliveries(random.choice((1, 2, 3)), (0, 1)))
    last = arrive(random, scene, deliveries)
    at = some_time(random, hours[0], last)
    scene.events += release(at, at)
    for one in deliveries:
        told = (one.key, random.random() < 0.8)
        scene.events.append(Event(soon(random, max(at, one.arrives), 300), "announce", told))
        if random.random() < 0.3:
            scene.events += overwritten(random, one)
    if random.random() < 0.4:
        scene.events += expiries(random, hours[0], last)
    scene.events += readings(random, hours[0], last)
    if random.random() < 0.5:
        scene.events += runs(random, hours[0], last)
    return scene


def a_decision(random: Random, hours: list[datetime]) -> Scene:
    """An operator decides on a policy or a book, just while hours are closed."""
    scene = stalling(random, hours, ("decide", "close"))
    author = Author(random, hours, departments=0.7)
    arrive(random, scene, list(author.deliveries(random.choice((1, 2, 3)), (0, 1))))
    at = soon(random, closings(random, scene), 300)
    scene.events.append(decision(random, hours, at))
    return scene


def other_keys(random: Random, hours: list[datetime]) -> Scene:
    """Policies read other keys from some hour on; then old logs are delivered again."""
    scene = stalling(random, hours, ("ingest",))
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


def late_twins(random: Random, hours: list[datetime]) -> Scene:
    """Requests are logged twice, over the edges of hours, and the second record comes late."""
    scene = stalling(random, hours, ("ingest", "close", "read"))
    author = Author(random, hours, twins=0.6, at_the_edge=0.7)
    late = (0, 1, 70, 130, 200)
    last = arrive(random, scene, list(author.deliveries(random.choice((2, 3, 4)), late)))
    scene.events += runs(random, hours[0], last) + readings(random, hours[0], last)
    return scene


def twins_read_anew(random: Random, hours: list[datetime]) -> Scene:
    """Requests are logged twice over the edges of hours; a release reads some of that otherwise."""
    scene = stalling(random, hours, ("ingest",))
    author = Author(random, hours, 0.6, twins=0.6, at_the_edge=0.8)
    deliveries = list(author.deliveries(random.choice((2, 3, 4)), (0, 1)))
    arrive(random, scene, deliveries)
    at = closings(random, scene) + random.choice((0, 3)) * HOUR
    share = random.choice((0.4, 0.7, 1.0))
    scene.events += [*release(at, at), *replay(random, deliveries, at, (60, 1_200), share)]
    return scene


def mishap(random: Random, hours: list[datetime]) -> Scene:
    """Log objects are replaced, cannot be read, vanish, are given up; events are lost."""
    scene = stalling(random, hours, ("ingest",))
    scene.dials = scene.dials._replace(dies=random.choice((0.0, 0.01, 0.05)))
    scene.hidden_ms = random.choice((20_000, 300_000))
    scene.drops_messages = random.choice((0.0, 0.3, 0.8))
    scene.constants = constants(random)
    moves = random.choice((0.0, 0.0, 0.5))
    deliveries = list(Author(random, hours, moves).deliveries(random.choice((1, 2, 3))))
    last = arrive(random, scene, deliveries)
    scene.events += runs(random, hours[0], last)
    if moves:
        at = some_time(random, hours[0], last)
        scene.events += [*release(at, at), *replay(random, deliveries, at, (0, 60), 0.7)]
    mishaps(random, scene, deliveries, 0.3)
    return scene


def final_hours(random: Random, hours: list[datetime]) -> Scene:
    """Hours become final soon; logs come late, are replayed, decided about, and evidence ends."""
    scene = stalling(random, hours, ("ingest", "close"))
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


def an_erasing(random: Random, hours: list[datetime]) -> Scene:
    """A tenant is erased while hours are closed, logs are replayed, and policies name it."""
    scene = stalling(random, hours, ("erase", "close", "ingest"))
    scene.dials = scene.dials._replace(dies=random.choice((0.0, 0.0, 0.01)))
    scene.constants = constants(random)
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


def profiles(random: Random, hours: list[datetime]) -> Scene:
    """Calls name inference profiles: throttled, refused for a while, or not there yet."""
    scene = Scene(hours[0], hours, dials(random))
    stall(random, scene, ("close",))
    for arn in PROFILES:
        until = random.choice((None, None, some_time(random, hours[0], hours[-1] + 4 * HOUR)))
        since = random.choice((None, None, some_time(random, hours[0], hours[-1] + 4 * HOUR)))
        tenant = random.choice(("nebula", "orion", "acme"))
        scene.profiles[arn] = ProfilePlan(tenant, since, until)
    author = Author(random, hours, profiled=0.7)
    deliveries = list(author.deliveries(random.choice((1, 2, 3)), (0, 1, 70)))
    last = arrive(random, scene, deliveries) + HOUR
    scene.events += runs(random, hours[0], last)
    for _ in range(random.choice((0, 1))):
        scene.events.append(decision(random, hours, some_time(random, hours[0], last)))
    scene.events += readings(random, hours[0], last)
    return scene


def readers(random: Random, hours: list[datetime]) -> Scene:
    """Somebody reads slowly, just while hours are closed."""
    scene = stalling(random, hours, ("read",))
    worst = ("hours.progress", "hours.progress", "usage.month", "usage.day", "usage.live_hours_of")
    scene.stalls_before = random.choice(worst)
    deliveries = list(Author(random, hours, 0.0).deliveries(random.choice((2, 3, 4)), (0, 1)))
    arrive(random, scene, deliveries)
    at = closings(random, scene)
    scene.events += [
        Event(at + random.randrange(-60, 300) * SECOND, "read", (tenant,)) for tenant in 3 * READERS
    ]
    return scene
