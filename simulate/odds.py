"""How much goes wrong in a scene, how long workers live, and where they stall."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulate.baton import FOREVER
from simulate.dials import CALM, Dials
from simulate.incidents import HOUR
from simulate.scene import Lives, Scene

_MOST_NAMES = 12
"""More names than one hour has in any history."""

_WORST = {
    "ingest": (
        "logs.open", "manifests.put", "evidence.put", "evidence.put", "live.put_partial",
        "hours.ask", "hours.row", "live.keep_copy", "waits.met", "quarantine.put",
    ),
    "close": (
        "hours.mark", "evidence.body", "closings.newest", "closings.put", "usage.put_hours",
        "rollups.put", "hours.row", "usage.put_day", "usage.put_month", "hours.finish",
        "closings.retire", "hours.note_published",
    ),
    "decide": ("decisions.append", "evidence.hours", "hours.ask", "decisions.note_asked"),
    "fold": ("live.partials_of", "live.put_slot_totals", "live.slot_totals_of", "usage.put_live_hour"),
    "read": ("hours.progress", "usage.month", "usage.day", "usage.live_hours_of"),
    "erase": (
        "names.begin", "evidence.put", "closings.rename_files", "hours.ask", "usage.put_renamed",
        "usage.delete_closed", "decisions.replace", "names.finish",
    ),
    "plan": ("waits.waiting", "logs.delivered", "waits.sweep_to", "hours.seal", "hours.advance"),
}  # fmt: skip
"""The calls before which a worker of a kind does most harm when it stalls."""


def stall(random: Random, scene: Scene, kinds: tuple[str, ...]) -> None:
    """Let some workers of a kind stall while whole runs go by: before one kind of call, or any."""
    scene.stalling = random.choice((0.3, 0.6, 0.9))
    scene.stalls = random.choice(kinds)
    if random.random() < 0.7:
        scene.stalls_before = random.choice(_WORST[scene.stalls])


def stalling(random: Random, hours: list[datetime], kinds: tuple[str, ...]) -> Scene:
    """Begin a scene in which nothing fails, but some workers of one kind stall."""
    scene = Scene(hours[0], hours, CALM._replace(call_ms=random.choice((300, 1_500, 5_000))))
    stall(random, scene, kinds)
    return scene


def dials(random: Random) -> Dials:
    """Draw how many calls fail, and how slow they are."""
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
        late_ms=random.choice((5_000, 60_000, 600_000)),
    )


def lives(random: Random, constants: dict[str, Any]) -> Lives:
    """Draw how long workers live, and what a close has room for: mostly as shipped."""
    most = constants["most_gathered"]
    return Lives(
        ingest=random.choice((300_000, 300_000, 60_000)),
        plan=random.choice((300_000, 300_000, 200_000)),
        close=random.choice((900_000, 900_000, 200_000)),
        machine=random.choice((10_800_000, 3_600_000)),
        room=random.choice((FOREVER, FOREVER, FOREVER, 5)),
        totals=most + _MOST_NAMES if most < 20_000 else FOREVER,
    )


def constants(random: Random) -> dict[str, Any]:
    """Draw other values for some constants of the jobs, so that they are reached."""
    return {
        "looked_back": random.choice((48, 48, 2, 3)) * HOUR,
        "announced_for": random.choice((6, 1)) * HOUR,
        "most_days": random.choice((8, 8, 2, 1)),
        "gathered": random.choice((timedelta(minutes=1), timedelta(), timedelta(minutes=10))),
        "most_gathered": random.choice((20_000, 3, 1)),
    }
