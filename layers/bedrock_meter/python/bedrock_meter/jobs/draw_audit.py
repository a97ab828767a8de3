"""Draw an hour to audit, among those whose log objects still exist."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bedrock_meter.domain.audit import Audit, CannotAudit
from bedrock_meter.domain.hours import Hour, hour_after, hour_of
from bedrock_meter.jobs.audit_hour import AuditStores
from bedrock_meter.jobs.close_hour import closing_of
from bedrock_meter.ports import Remaining

MOST_DRAWS = 20
MARGIN = timedelta(days=2)
"""Log objects this close to their end may be gone any moment."""
FOR_ONE_MORE = timedelta(minutes=8)
"""The time there must be for another hour."""

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

    An hour that cannot be audited gives way to another, at most 20 times. Raises `CannotAudit` when
    there is none; the message names the last reason.
    """
    hours = _hours_with_logs(now - kept + MARGIN, stores)
    reason = "no hour is published whose log objects are still there"
    for _ in range(min(MOST_DRAWS, len(hours))):
        if remaining() < FOR_ONE_MORE:
            raise CannotAudit("no hour could be audited: there is no time left for one more")
        hour = choose(hours)
        hours.remove(hour)
        if not _has_calls(hour, stores):
            continue
        try:
            return audit(hour)
        except CannotAudit as refused:
            reason = str(refused)
    raise CannotAudit(f"no hour could be audited: {reason}")


def _hours_with_logs(since: datetime, stores: AuditStores) -> list[Hour]:
    """Name the hours with evidence whose logs, and those of the hour before, have not ended.

    The first hour of all is left out: logging may have been switched on in the middle of it.
    """
    progress = stores.hours.progress()
    past, first = progress.data_up_to, hour_after(hour_of(since))
    return [
        hour
        for hour in list(stores.evidence.hours())[1:]
        if past and first < hour < past and not progress.is_sealed(hour)
    ]


def _has_calls(hour: Hour, stores: AuditStores) -> bool:
    closing = closing_of(hour, stores.hours.row(hour).published, stores.closings)
    return any(total.requests for total in closing.totals.values())
