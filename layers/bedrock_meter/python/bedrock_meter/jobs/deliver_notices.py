"""Deliver notices: tell each change of level once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bedrock_meter.domain.notice import Notice
from bedrock_meter.level_store import NoticeChannel, NoticeOutbox

CLAIM = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many notices were told now, and how many somebody else had taken."""

    told: int
    taken: int


def deliver_notices(
    notices: Iterable[Notice] | None,
    *,
    outbox: NoticeOutbox,
    channels: Iterable[NoticeChannel],
    now: datetime,
) -> Delivery:
    """Tell the given notices, or (None) all pending ones, through every channel.

    Whoever tells a notice claims it first, so that two deliverers do not both tell it. A channel
    that fails ends the run: the claim ends by itself and the notice is told again later. Between
    telling and acknowledging there is a moment in which a crash makes a notice told twice: no
    channel can avoid that; both carry the same id.
    """
    channels = tuple(channels)
    told = taken = 0
    for notice in list(outbox.pending() if notices is None else notices):
        if not outbox.claim(notice, now, now + CLAIM):
            taken += 1
            continue
        for channel in channels:
            channel.tell(notice)
        outbox.acknowledge(notice, now)
        told += 1
    return Delivery(told, taken)
