"""Draw an hour to audit, among those whose log objects still exist."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bedrock_meter.domain.time.hours import Hour, hour_after, hour_of, hours_between
from bedrock_meter.domain.totals.audit import Audit, CannotAudit
from bedrock_meter.domain.totals.hour_row import HourRow
from bedrock_meter.jobs.audit_hour import AuditStores
from bedrock_meter.jobs.close_hour import closing_of
from bedrock_meter.ports import Remaining

MOST_DRAWS = 20
MARGIN = timedelta(days=2)
"""Log objects this close to their end may be gone any moment."""
FOR_ONE_MORE = timedelta(minutes=8)
"""The time there must be for another hour."""
MOST_LOOKED_AT = 2_000
"""Hours without evidence whose closings are read, the latest first: about 80 days, in a minute."""

type Choose = Callable[[Sequence[Hour]], Hour]
"""Choose one of several hours; any as likely as any other."""


def audit_any_hour(
    *,
    now: datetime,
    kept: timedelta,
    choose: Choose,
    stores: AuditStores,
    audit: Callable[[Hour], Audit],
    remaining: Remaining,
) -> Audit:
    """Audit one hour that has calls; `kept` is how long the log bucket keeps log objects.

    An hour that was published with calls may be drawn though none of its evidence is left.

    Where an hour cannot be audited another is drawn, at most 20 times. Raise `CannotAudit` when
    there is none; the message names the last reason.
    """
    hours = _hours_with_logs(now - kept + MARGIN, stores)
    reason = "no hour is published whose log objects are still there"
    for _ in range(min(MOST_DRAWS, len(hours))):
        if remaining() < FOR_ONE_MORE:
            raise CannotAudit("no hour could be audited: there is no time left for one more")
        hour = choose(hours)
        hours.remove(hour)
        if not _has_calls(stores.hours.row(hour), stores):
            continue
        try:
            return audit(hour)
        except CannotAudit as refused:
            reason = str(refused)
    raise CannotAudit(f"no hour could be audited: {reason}")


def _hours_with_logs(since: datetime, stores: AuditStores) -> list[Hour]:
    """Return the hours that had calls and whose logs, and those of the hour before, have not ended.

    The first hour of all is left out: logging may have been switched on in the middle of it.
    """
    progress = stores.hours.progress()
    past, first = progress.data_up_to, hour_after(hour_of(since), 2)
    if past is None:
        return []
    with_evidence = set(stores.evidence.hours())
    drawable = list(hours_between(max(first, progress.sealed or first), past))
    bare = [hour for hour in drawable if hour not in with_evidence][-MOST_LOOKED_AT:]
    bereft = [row.hour for row in stores.hours.rows(bare).values() if _has_calls(row, stores)]
    had_calls = sorted({*with_evidence, *bereft})[1:]
    return sorted(set(drawable).intersection(had_calls))


def _has_calls(row: HourRow, stores: AuditStores) -> bool:
    if not row.published:
        return False
    closing = closing_of(row.hour, row.published, stores.closings)
    return any(total.requests for total in closing.totals.values())
