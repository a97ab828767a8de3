"""Spend: what the assessor is told about one tenant, and nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.time.hours import SLOT_MINUTES, Slot, start_of

SLOT_LENGTH = timedelta(minutes=SLOT_MINUTES)


class SlotUse(NamedTuple):
    """One tenant's use of one 5-minute slot; `cost` in attodollars, `errors` are in `requests`."""

    slot: Slot
    requests: int = 0
    errors: int = 0
    tokens: int = 0
    cost: int = 0
    unpriced_tokens: int = 0

    @property
    def end(self) -> datetime:
        """The first moment after the slot."""
        return start_of(self.slot) + SLOT_LENGTH


@dataclass(frozen=True, slots=True)
class Spend:
    """What a tenant used so far, as known at `as_of`; money in attodollars.

    `day` and `month` (and their requests and tokens) belong to the budget day and budget month
    that hold `as_of`. `slots` are those of the last hour before `data_up_to`, oldest first, slots
    without use left out. `data_up_to` is the moment up to which calls are known, in event time: at
    least the end of the newest live slot of any tenant, never later than `as_of`.
    """

    tenant: str
    day: int
    month: int
    requests_day: int
    requests_month: int
    tokens_day: int
    tokens_month: int
    slots: tuple[SlotUse, ...]
    unpriced_tokens_day: int
    data_up_to: datetime
    as_of: datetime
    unpriced_tokens_month: int = 0
