"""Scenes: of everything at once, of one thing at the worst moment, or of very many hours."""

from datetime import UTC, datetime, timedelta
from random import Random

from simulate import ambushes, moments
from simulate.content import Author
from simulate.dials import CALM
from simulate.incidents import (
    HOUR,
    MINUTE,
    arrive,
    decision,
    expiries,
    mishaps,
    readings,
    release,
    replay,
    runs,
    some_time,
    soon,
)
from simulate.odds import constants, dials, lives, stall
from simulate.scene import Event, Lives, Scene

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
    scene = Scene(hours[0], hours, dials(random))
    scene.constants = constants(random)
    scene.lives = lives(random, scene.constants)
    if random.random() < 0.5:
        stall(random, scene, ("ingest", "close", "fold", "decide", "erase", "plan", "read"))
    else:
        scene.stalling = random.choice((0.0, 0.1, 0.3))
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
    mishaps(random, scene, deliveries, 0.06)
    scene.events += readings(random, hours[0], last)
    return scene


def _a_pause(random: Random, hours: list[datetime]) -> Scene:
    """For days no run begins; then workers that do not live long have all those hours to close."""
    hours = [hours[0] + n * HOUR for n in range(random.choice((20, 40, 75)))]
    scene = Scene(hours[0], hours, CALM._replace(call_ms=random.choice((100, 400, 1_500))))
    scene.calm_ms = scene.dials.call_ms
    scene.lives = Lives(close=random.choice((900_000, 200_000)), plan=300_000)
    scene.constants = constants(random)
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
    scene.constants = constants(random)
    scene.lives = lives(random, scene.constants)
    now = list(Author(random, hours).deliveries(1, (0,)))
    old = [one for hour in before for one in Author(random, [hour]).deliveries(1, (0,))]
    arrive(random, scene, old, (0,))
    last = arrive(random, scene, now)
    at = last + HOUR
    scene.events.append(Event(last, "run"))
    scene.events += replay(random, old, at, (0, 600), random.choice((0.5, 1.0)))
    scene.events += runs(random, at, at + 2 * HOUR)
    return scene


_PLOTS = (
    _everything,
    _everything,
    _everything,
    _everything,
    moments.a_release,
    moments.a_release,
    moments.a_slow_reading,
    moments.the_live_lane,
    moments.a_decision,
    moments.a_decision,
    moments.other_keys,
    moments.late_twins,
    moments.twins_read_anew,
    moments.mishap,
    moments.mishap,
    moments.final_hours,
    moments.an_erasing,
    moments.profiles,
    moments.readers,
    ambushes.beside_another_close,
    ambushes.beside_another_close,
    ambushes.moved_between_two_closes,
    ambushes.an_overtaken_reading,
    ambushes.an_overtaken_reading,
    ambushes.taken_from_a_tenant,
    ambushes.a_takeover,
    ambushes.an_edge_left,
    ambushes.just_before_a_run,
    ambushes.just_before_a_run,
    ambushes.before_it_is_marked,
    ambushes.a_slow_decision,
    ambushes.unreadable_for_long,
    ambushes.short_lives,
    ambushes.while_hours_become_final,
)
_RARE_PLOTS = (_a_pause, _a_back_fill)
"""Those with very many hours."""
