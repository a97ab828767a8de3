"""Deliver notices: send each change of level once, through every channel."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bedrock_meter.domain.levels.notice import Notice
from bedrock_meter.ports.levels import Claim, NoticeChannel, NoticeOutbox, NotSent

CLAIM = timedelta(minutes=5)

RETRY_AFTER = timedelta(minutes=50)
"""How long a channel that failed is not tried: until the next hourly run."""

MOST_ATTEMPTS = 6
"""How often a notice is tried; then the channels that still fail are given up."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many notices were sent through every channel, and how many another delivery had taken.

    `unsent` has a line for each channel that could not send a notice, and why.
    """

    sent: int
    taken: int
    unsent: tuple[str, ...]


def deliver_notices(
    *, outbox: NoticeOutbox, channels: Iterable[NoticeChannel], now: datetime
) -> Delivery:
    """Send all pending notices through every channel.

    A notice is claimed before it is sent, so that two deliveries do not both send it. A channel
    that fails stops neither the other channels nor the other notices: it alone is tried again
    later, `MOST_ATTEMPTS` times in all. A crash between sending a notice and noting it sends it
    twice: no channel can avoid that; both carry the same id.
    """
    channels = tuple(channels)
    sent = taken = 0
    unsent: list[str] = []
    for notice in list(outbox.pending()):
        claim = outbox.claim(notice, now, now + CLAIM)
        if claim is None:
            taken += 1
            continue
        failures = _notify(notice, claim, channels)
        if failures and claim.attempt < MOST_ATTEMPTS:
            sent_by = {channel.name for channel in channels} - failures.keys()
            outbox.defer(notice, sent_by, now + RETRY_AFTER)
        else:
            outbox.acknowledge(notice, now, failures.keys())
        sent += not failures
        unsent += [f"{name}, notice {notice.id}: {why}" for name, why in failures.items()]
    return Delivery(sent, taken, tuple(unsent))


def _notify(notice: Notice, claim: Claim, channels: Iterable[NoticeChannel]) -> dict[str, str]:
    """Send a notice through the channels that have not sent it; return failed ones, and why."""
    failures = {}
    for channel in channels:
        if channel.name in claim.sent:
            continue
        try:
            channel.notify(notice)
        except NotSent as reason:
            failures[channel.name] = str(reason)
    return failures
