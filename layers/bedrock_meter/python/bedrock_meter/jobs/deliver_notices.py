"""Deliver notices: tell each change of level once, through every channel."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bedrock_meter.domain.levels.notice import Notice
from bedrock_meter.ports.levels import Claim, NoticeChannel, NoticeOutbox, NotSent

CLAIM = timedelta(minutes=5)

PUT_OFF = timedelta(minutes=50)
"""How long a channel that failed is left alone: the next hourly run tries it again."""

MOST_ATTEMPTS = 6
"""Times a notice is tried; whoever has not heard of it by then is given up."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many notices everybody was told of now, and how many somebody else had taken.

    `unsent` says, a line each, whom a notice could not be told, and why.
    """

    sent: int
    taken: int
    unsent: tuple[str, ...]


def deliver_notices(
    *, outbox: NoticeOutbox, channels: Iterable[NoticeChannel], now: datetime
) -> Delivery:
    """Tell all pending notices through every channel.

    Whoever tells a notice claims it first, so that two deliverers do not both tell it. A channel
    that fails stops neither the other channels nor the other notices: it alone is tried again
    later, `MOST_ATTEMPTS` times in all. Between telling and noting it there is a moment in which a
    crash makes a notice told twice: no channel can avoid that; both carry the same id.
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
        _settle(notice, claim, failures.keys(), channels, outbox, now)
        sent += not failures
        unsent += [f"{name}, notice {notice.id}: {why}" for name, why in failures.items()]
    return Delivery(sent, taken, tuple(unsent))


def _notify(notice: Notice, claim: Claim, channels: Iterable[NoticeChannel]) -> dict[str, str]:
    """Tell a notice to whom it was not told yet; give the reason by channel where that failed."""
    failures = {}
    for channel in channels:
        if channel.name in claim.sent:
            continue
        try:
            channel.notify(notice)
        except NotSent as reason:
            failures[channel.name] = str(reason)
    return failures


def _settle(
    notice: Notice,
    claim: Claim,
    failed: Iterable[str],
    channels: Iterable[NoticeChannel],
    outbox: NoticeOutbox,
    now: datetime,
) -> None:
    """Note who was told; put the others off, or give them up when they were tried often enough."""
    left = set(failed)
    if left and claim.attempt < MOST_ATTEMPTS:
        outbox.put_off(notice, {one.name for one in channels} - left, now + PUT_OFF)
    else:
        outbox.acknowledge(notice, now, left)
