"""Three hours of traffic that end now, with everything in it that a meter will meet."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from engine.traffic.cast import CALLERS, RUNAWAY, Application
from engine.traffic.objects import LogFile, log_file, log_files, side_files
from engine.traffic.oddities import ODDITIES, REFUSED, Lines, line_of
from engine.traffic.records import TrafficContext, record_for
from engine.traffic.words import Words

SEED = 20_260_101
RECORDS = 5_200
RUNAWAY_CALLS = 320
RUNAWAY_LASTS = timedelta(minutes=18)
EARLIER_HOURS = timedelta(hours=2)
ECHOES = 3
"""So many lines are delivered a second time, in another object."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Objects to upload, and what was planted in them.

    `records` counts the lines of all log files, `planted` the incidents by name, `refused` the
    lines that must end in quarantine.
    """

    files: tuple[LogFile, ...]
    records: int
    refused: int
    planted: Mapping[str, int]


def traffic_for(
    now: datetime,
    *,
    account: str,
    region: str,
    bucket: str,
    profiles: Mapping[str, str],
    prefix: str = "",
    seed: int = SEED,
    records: int = RECORDS,
) -> Traffic:
    """Make the traffic of the current hour and the two before it; `profiles` is ARN by name.

    `now` is aware and in UTC; no record is later than it. The same arguments give the same bytes.
    """
    context = TrafficContext(Random(seed), Words(seed), account, region, bucket, prefix, profiles)
    start = now.replace(minute=0, second=0, microsecond=0) - EARLIER_HOURS
    lines = _ordinary(context, start, now, records) + _runaway(context, now)
    odd, planted, refused = _odd(context, start, now)
    files = log_files(context, lines + odd, now)
    files += _echoes(context, now, lines)
    total = sum(file.records for file in files)
    planted |= {"runaway_calls": RUNAWAY_CALLS, "echoed_lines": ECHOES}
    return Traffic((*files, *side_files(context, now)), total, refused, planted)


def _ordinary(context: TrafficContext, start: datetime, now: datetime, records: int) -> Lines:
    """Spread calls evenly over the time; callers by their weight."""
    callers = context.rng.choices(CALLERS, [caller.weight for caller in CALLERS], k=records)
    # Everybody calls at least once, however few records are asked for.
    callers[: len(CALLERS)] = CALLERS
    moments = [_moment(context.rng, start, now) for _ in callers]
    return [_call(context, caller, at) for caller, at in zip(callers, moments, strict=True)]


def _runaway(context: TrafficContext, now: datetime) -> Lines:
    """One tenant's agent calls in a loop during the last minutes, with large prompts."""
    caller = next(caller for caller in CALLERS if caller.tenant == RUNAWAY)
    lines = []
    for _ in range(RUNAWAY_CALLS):
        at = _moment(context.rng, now - RUNAWAY_LASTS, now)
        record = record_for(context, caller, at, "us.anthropic.claude-sonnet-4-6")
        if "input" in record:
            record["input"]["inputTokenCount"] += 60_000
        lines.append((at, line_of(record)))
    return lines


def _odd(
    context: TrafficContext, start: datetime, now: datetime
) -> tuple[Lines, dict[str, int], int]:
    """Plant every oddity once or twice."""
    lines: Lines = []
    planted: Counter[str] = Counter()
    refused = 0
    for oddity in ODDITIES:
        for _ in range(context.rng.choice((1, 2))):
            made = oddity(context, _moment(context.rng, start, now))
            lines += made
            planted[oddity.__name__] += 1
            refused += len(made) * (oddity in REFUSED)
    return lines, dict(planted), refused


def _echoes(context: TrafficContext, now: datetime, lines: Lines) -> list[LogFile]:
    """Deliver some lines again, each in an object of its own soon after the first."""
    again = context.rng.sample(lines, ECHOES)
    return [log_file(context, min(at + timedelta(minutes=4), now), [line]) for at, line in again]


def _call(context: TrafficContext, caller: Application, at: datetime) -> tuple[datetime, bytes]:
    return at, line_of(record_for(context, caller, at))


def _moment(rng: Random, start: datetime, end: datetime) -> datetime:
    """Choose a whole second between two moments."""
    seconds = int((end - start).total_seconds())
    return start.replace(microsecond=0) + timedelta(seconds=rng.randrange(max(1, seconds)))
