"""Check completeness: were all calls metered that Bedrock counted, and does it still log to us?

The worst failure is silent: without logs, nothing seems to be missing. CloudWatch counts calls
whether they are logged or not.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.time.hours import Hour, hour_after, hour_of, hours_between
from bedrock_meter.domain.totals.completeness import Gap, gaps_between
from bedrock_meter.ports import HourTable, RollupStore
from bedrock_meter.ports.bedrock import InvocationCounts, LoggingPlace

SETTLED = timedelta(hours=2)
"""How long after its end an hour may still gain calls although nothing is wrong."""

_HOURS = 6
"""Hours compared in one run; each is compared in so many runs, so one may be missed."""


class Completeness(NamedTuple):
    """What was compared, what is missing, and what is wrong with the logging (None: nothing)."""

    hours: tuple[Hour, ...]
    gaps: tuple[Gap, ...]
    logging: str | None

    def missing(self) -> int:
        """Count the calls that nobody metered."""
        return sum(gap.missing() for gap in self.gaps)


def check_completeness(
    *,
    now: datetime,
    account: str,
    region: str,
    log_bucket: str,
    log_prefix: str,
    tolerance_percent: int,
    hours: HourTable,
    metered: RollupStore,
    counts: InvocationCounts,
    logging: LoggingPlace,
) -> Completeness:
    """Compare the latest published hours with Bedrock's own counts, model by model.

    Hours before metering began are left out, and so is the first one: logging may have been
    switched on in the middle of it.
    """
    compared = tuple(_comparable(now, hours))
    invoked = counts.invocations(compared)
    found = {hour: metered.calls_by_model(hour, account, region) for hour in compared}
    return Completeness(
        compared,
        gaps_between(invoked, found, tolerance_percent),
        _wrong_with(logging.place(), (log_bucket, log_prefix.strip("/"))),
    )


def _comparable(now: datetime, hours: HourTable) -> Iterator[Hour]:
    past = min(hours.progress().data_up_to or hour_of(now), hour_of(now - SETTLED))
    before = hours.row(hour_after(past, -_HOURS - 1)).published
    for hour in hours_between(hour_after(past, -_HOURS), past):
        published = hours.row(hour).published
        if published and before:
            yield hour
        before = published


def _wrong_with(place: tuple[str, str] | None, wanted: tuple[str, str]) -> str | None:
    if place == wanted:
        return None
    if place is None:
        return "Bedrock does not deliver invocation logs to S3"
    return f"Bedrock delivers to {'/'.join(filter(None, place))}, not to the log bucket"
