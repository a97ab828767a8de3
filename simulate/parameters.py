"""The parameters of a scenario, drawn: fault rates, limits of workers, and where they stall."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulate.events import HOUR
from simulate.fault_rates import CALM, FaultRates
from simulate.scenario import Scenario, WorkerLimits
from simulate.scheduler import FOREVER

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
    "fold": (
        "live.partials_of", "live.put_slot_totals", "live.slot_totals_of", "usage.put_live_page",
    ),
    "read": ("hours.progress", "usage.month", "usage.day", "live.slot_totals_of"),
    "erase": (
        "names.begin", "evidence.put", "closings.rename_files", "hours.ask", "usage.put_renamed",
        "usage.delete_closed", "decisions.replace", "names.finish",
    ),
    "plan": ("waits.waiting", "logs.delivered", "waits.sweep_to", "hours.seal", "hours.advance"),
}  # fmt: skip
"""The calls before which a stalled worker of a kind does most harm."""


def stall(random: Random, scenario: Scenario, kinds: tuple[str, ...]) -> None:
    """Let some workers of a kind stall for whole runs: before one kind of call, or any."""
    scenario.stalling = random.choice((0.3, 0.6, 0.9))
    scenario.stalls = random.choice(kinds)
    if random.random() < 0.7:
        scenario.stalls_before = random.choice(_WORST[scenario.stalls])


def stalling(random: Random, hours: list[datetime], kinds: tuple[str, ...]) -> Scenario:
    """Begin a scenario in which nothing fails, but some workers of one kind stall."""
    scenario = Scenario(hours[0], hours, CALM._replace(call_ms=random.choice((300, 1_500, 5_000))))
    stall(random, scenario, kinds)
    return scenario


def fault_rates(random: Random) -> FaultRates:
    """Draw how many calls fail, and how slow they are."""
    rare = (0.0, 0.0, 0.005, 0.02)
    return FaultRates(
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


def limits(random: Random, constants: dict[str, Any]) -> WorkerLimits:
    """Draw the time-outs of workers and the memory of a close: mostly as shipped."""
    most = constants["most_gathered"]
    return WorkerLimits(
        ingest=random.choice((300_000, 300_000, 60_000)),
        plan=random.choice((300_000, 300_000, 200_000)),
        close=random.choice((900_000, 900_000, 200_000)),
        machine=random.choice((10_800_000, 3_600_000)),
        room=random.choice((FOREVER, FOREVER, FOREVER, 5)),
        totals=most + _MOST_NAMES if most < 20_000 else FOREVER,
    )


def constants(random: Random) -> dict[str, Any]:
    """Draw other values for some constants of the jobs, so that their limits are reached."""
    return {
        "looked_back": random.choice((48, 48, 2, 3)) * HOUR,
        "announced_for": random.choice((6, 1)) * HOUR,
        "most_days": random.choice((8, 8, 2, 1)),
        "gathered": random.choice((timedelta(minutes=1), timedelta(), timedelta(minutes=10))),
        "most_gathered": random.choice((20_000, 3, 1)),
    }
