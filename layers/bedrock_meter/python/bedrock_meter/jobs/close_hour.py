"""Close an hour: derive its totals from all evidence, with the decisions in force."""

from collections.abc import Callable
from datetime import datetime

from bedrock_meter.domain.errors import EvidenceMissing
from bedrock_meter.domain.hour_row import HourRow, Mark
from bedrock_meter.domain.hours import Hour
from bedrock_meter.domain.tally import tally
from bedrock_meter.domain.total import EMPTY
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.jobs.derive_calls import merged_calls, valued_calls
from bedrock_meter.ports import (
    Closing,
    ClosingStore,
    EvidenceStore,
    HourTable,
    RollupStore,
    UsageTable,
)


def close_hour(
    hour: Hour,
    *,
    now: datetime,
    hours: HourTable,
    evidence: EvidenceStore,
    closings: ClosingStore,
    usage: UsageTable,
    rollups: RollupStore,
    valuation_for: Callable[[Hour], Valuation],
) -> Mark | None:
    """Write an hour's totals and Parquet; None when a newer close has begun and does it all.

    Publishing is `finish_hours`' part, after the days and months. Until then a reader still adds
    the live hour, so no number is seen twice or not at all.
    Raises `EvidenceMissing` when a file that a published close contained has vanished.
    """
    mark = hours.mark(hour, now)
    # Only now: a policy or a book decided after the mark makes the hour dirty again.
    valuation = valuation_for(hour)
    object_ids = evidence.object_ids(hour)
    _check_all_there(mark, object_ids, closings)
    merged = merged_calls(hour, object_ids, evidence)
    calls = tuple(valued_calls(merged, valuation))
    totals = tally(calls)
    if totals or closings.epochs(hour):
        # Announced before any total is written: whoever closes next learns every name from here,
        # and takes down to zero the tenants that a replay or a new policy left behind.
        closings.put(Closing(hour, mark.epoch, totals, tuple(object_ids), merged.apart))
    if _superseded(hours.row(hour), mark):
        return None
    names = names_of(hour, closings)
    usage.put_hours(hour, mark.epoch, {name: totals.get(name, EMPTY) for name in names})
    if names:
        rollups.put(hour, mark.epoch, calls)
    return mark


def names_of(hour: Hour, closings: ClosingStore) -> set[str | None]:
    """Name every tenant that any close of the hour ever found."""
    found = (closings.read(hour, epoch).totals for epoch in closings.epochs(hour))
    return set[str | None]().union(*found)


def closing_of(hour: Hour, epoch: int, closings: ClosingStore) -> Closing:
    """Read a closing; an epoch that announced nothing found an empty hour."""
    if epoch in closings.epochs(hour):
        return closings.read(hour, epoch)
    return Closing(hour, epoch, {}, ())


def _superseded(row: HourRow, mark: Mark) -> bool:
    return row.epoch != mark.epoch


def _check_all_there(mark: Mark, object_ids: list[str], closings: ClosingStore) -> None:
    if not mark.published:
        return
    published = closing_of(mark.hour, mark.published, closings)
    lost = set(published.object_ids) - set(object_ids)
    if lost:
        raise EvidenceMissing(
            f"{len(lost)} evidence files of {mark.hour} that were published are gone, "
            f"the first {min(lost)}; restore them, or replay these log objects"
        )
