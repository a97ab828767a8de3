"""The account of a simulation: what was detected and when, and which alarms were false."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from bedrock_meter.domain.levels.level import Level
from engine.simulate_levels.month import DAYS
from engine.simulate_levels.run import Changes
from engine.simulate_levels.truth import truth_of


@dataclass(frozen=True)
class Line:
    """The result of one tenant's month. Times are minutes of the month; None: never."""

    tenant: str
    kind: str
    days: float
    runaway_from: int | None
    over_by_tenth: int | None
    orange: int | None
    red: int | None
    orange_by: str
    share_at_red: float | None
    false_alarms: tuple[tuple[int, str], ...]
    alarms: int
    changes: int
    assessments: int

    @property
    def red_in_time(self) -> bool:
        """Whether it was red before the budget was exceeded by a tenth, if it ever was."""
        if self.over_by_tenth is None:
            return True
        return self.red is not None and self.red <= self.over_by_tenth

    @property
    def hours_to_orange(self) -> float | None:
        """Hours from the start of the runaway to the first orange after it."""
        if self.runaway_from is None or self.orange is None:
            return None
        return (self.orange - self.runaway_from) / 60


def line_of(changes: Changes) -> Line:
    """Compare what the levels did with the truth of the series."""
    month, truth = changes.month, truth_of(changes.month)
    start = truth.runaway_from
    orange, red = (changes.first(level, start or 0) for level in (Level.ORANGE, Level.RED))
    alarms = _alarms(changes, until=start)
    return Line(
        tenant=month.tenant,
        kind=month.kind or ("runaway" if start is not None else "other"),
        days=len(month.cost) / 1440,
        runaway_from=start,
        over_by_tenth=truth.over_by_tenth,
        orange=orange,
        red=red,
        orange_by=_signal_at(changes, orange),
        share_at_red=_share_at(changes, red),
        false_alarms=tuple(alarm for alarm in alarms if not truth.justified(alarm[0])),
        alarms=len(alarms),
        changes=len(changes.steps),
        assessments=changes.assessments,
    )


def _alarms(changes: Changes, until: int | None) -> list[tuple[int, str]]:
    """Return every rise above yellow: before a runaway began, or in the whole month."""
    before, found = Level.GREEN, []
    for minute, level, signal in changes.steps:
        if level > before and level > Level.YELLOW and (until is None or minute < until):
            found.append((minute, signal))
        before = level
    return found


def _signal_at(changes: Changes, minute: int | None) -> str:
    at = [signal for when, _, signal in changes.steps if minute is not None and when <= minute]
    return at[-1] if at else ""


def _share_at(changes: Changes, minute: int | None) -> float | None:
    month = changes.month
    if minute is None:
        return None
    shares = []
    if month.budget_month:
        shares.append(sum(month.cost[:minute]) / month.budget_month)
    if month.budget_day:
        shares.append(sum(month.cost[minute // 1440 * 1440 : minute]) / month.budget_day)
    return max(shares, default=None)


def summary(lines: Sequence[Line]) -> dict[str, float | int | None]:
    """Return the five numbers of the goals."""
    runaways = [line for line in lines if line.runaway_from is not None]
    behaved = [line for line in lines if line.runaway_from is None]
    hours = [line.hours_to_orange for line in runaways if line.hours_to_orange is not None]
    months = sum(line.days for line in behaved) / DAYS
    days = sum(line.days for line in behaved)
    return {
        "runaways": len(runaways),
        "red_before_110_percent": sum(line.red_in_time for line in runaways),
        "median_hours_to_orange": round(median(hours), 3) if hours else None,
        "false_alarms_per_tenant_month": _per(sum(len(x.false_alarms) for x in behaved), months),
        "level_changes_per_tenant_day": _per(sum(line.changes for line in behaved), days),
    }


def _per(count: int, of: float) -> float:
    return round(count / of, 4) if of else 0.0


def goals_missed(numbers: dict[str, float | int | None]) -> list[str]:
    """Return the goals that a month missed."""
    missed = []
    if numbers["red_before_110_percent"] != numbers["runaways"]:
        missed.append("a runaway exceeded its budget by a tenth before it was red")
    if (numbers["false_alarms_per_tenant_month"] or 0) > 0.1:
        missed.append("more than 0.1 false alarms per tenant-month")
    if (numbers["level_changes_per_tenant_day"] or 0) > 2:
        missed.append("more than 2 level changes per tenant-day")
    return missed


def table_of(lines: Iterable[Line]) -> str:
    """Return a table: a row per kind, a row per runaway, a row per false alarm."""
    lines = list(lines)
    rows = [f"{'kind':<10}{'tenants':>8}{'alarms':>8}{'false':>7}{'changes/day':>13}"]
    for kind in sorted({line.kind for line in lines}):
        some = [line for line in lines if line.kind == kind]
        changes = sum(line.changes for line in some) / sum(line.days for line in some)
        alarms, false = sum(x.alarms for x in some), sum(len(x.false_alarms) for x in some)
        rows.append(f"{kind:<10}{len(some):>8}{alarms:>8}{false:>7}{changes:>13.3f}")
    rows += ["", "alarms: rises above yellow; of runaways only those before it began", ""]
    rows.append(
        f"{'runaway':<14}{'began':>9}{'orange':>9}{'by':>19}{'red':>9}{'used at red':>13}  in time"
    )
    for line in sorted(lines, key=lambda line: line.runaway_from or 0):
        if line.runaway_from is not None:
            rows.append(_runaway_row(line))
    for line in lines:
        for minute, signal in line.false_alarms:
            rows.append(f"false alarm: {line.tenant} at {_when(minute)} by {signal}")
    return "\n".join(rows)


def _runaway_row(line: Line) -> str:
    began = line.runaway_from or 0
    share = "" if line.share_at_red is None else f"{line.share_at_red:.0%}"
    return (
        f"{line.tenant:<14}{_when(began):>9}{_after(line.orange, began):>9}{line.orange_by:>19}"
        f"{_after(line.red, began):>9}{share:>13}  {'yes' if line.red_in_time else 'NO'}"
    )


def _when(minute: int) -> str:
    return f"{minute // 1440 + 1:02d} {minute % 1440 // 60:02d}:{minute % 60:02d}"


def _after(minute: int | None, began: int) -> str:
    return "never" if minute is None else f"+{(minute - began) / 60:.1f} h"
