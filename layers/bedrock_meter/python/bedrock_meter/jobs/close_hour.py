"""Close an hour: derive its totals from all evidence, with the decisions in force."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from bedrock_meter.domain.records.errors import Contended, EvidenceMissing
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.hour_row import Mark
from bedrock_meter.domain.totals.total import EMPTY, Total
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.domain.totals.workload import Load
from bedrock_meter.jobs.derive_calls import Derive, files_of, pooled_by
from bedrock_meter.ports import (
    Closing,
    ClosingStore,
    EvidenceStore,
    HourTable,
    RollupStore,
    UsageTable,
)


class ClosedHour(NamedTuple):
    """A close whose totals are written and that waits to be published; how much work it was."""

    mark: Mark
    closing: Closing
    load: Load


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
    derive: Derive,
) -> ClosedHour | None:
    """Write an hour's totals and Parquet; None when a newer close has begun and does it all.

    Publishing comes after the day and the month. Until then a reader still adds the live hour, so
    no number is seen twice or not at all.
    Raise `EvidenceMissing` when a file that a published close contained has vanished.
    """
    mark = hours.mark(hour, now)
    with _left_when_it_fails(mark, hours):
        # Only now: a policy or a book decided after the mark makes the hour dirty again.
        valuation = valuation_for(hour)
        files = files_of(hour, evidence)
        names = files.names()
        _check_all_there(mark, names, closings)
        derived = derive(hour, files, evidence, valuation)
        totals = pooled_by(valuation.policy, derived.totals)
        found = Closing(hour, mark.epoch, totals, names, derived.apart)
        closing = _announced(found, closings)
        if hours.row(hour).epoch != mark.epoch:
            return None
        usage.put_hours(hour, mark.epoch, closing.totals)
        if closing.totals:
            rollups.put(hour, mark.epoch, derived.calls)
        return ClosedHour(mark, closing, files.load())


@contextmanager
def _left_when_it_fails(mark: Mark, hours: HourTable) -> Iterator[None]:
    """Leave the mark of a close that fails, so that the next plan need not wait for its worker."""
    try:
        yield
    except Exception:
        hours.leave(mark)
        raise


def _announced(found: Closing, closings: ClosingStore) -> Closing:
    """Write what a close found before any total is written; return what the store holds then.

    Every tenant that an earlier close named is named again, with an empty total where it is not
    found any more: a replay or a new policy may have left it behind. An earlier close that this one
    does not see yet will see this one's epoch, and write nothing.
    """
    before = closings.newest(found.hour)
    gone: dict[Tenant, Total] = dict.fromkeys(before.totals if before else (), EMPTY)
    closings.put(found._replace(totals={**gone, **found.totals}))
    stored = closings.read(found.hour, found.epoch)
    if stored is None:
        raise Contended(f"the closing of {found.hour} that was just written is not there")
    return stored


def closing_of(hour: Hour, epoch: int, closings: ClosingStore) -> Closing:
    """Read a published closing; `EvidenceMissing` when it is gone: an empty hour has one, too."""
    if not epoch:
        return Closing(hour, 0, {}, ())  # never published
    closing = closings.read(hour, epoch)
    if closing is None:
        raise EvidenceMissing(
            f"the closing {epoch} of {hour} that was published is gone; restore it"
        )
    return closing


def _check_all_there(mark: Mark, names: Iterable[str], closings: ClosingStore) -> None:
    if not mark.published:
        return
    lost = set(closing_of(mark.hour, mark.published, closings).files) - set(names)
    if lost:
        raise EvidenceMissing(
            f"{len(lost)} evidence files that the published close of {mark.hour} contained are "
            f"gone, the first {min(lost)}; restore them, or replay these log objects"
        )
