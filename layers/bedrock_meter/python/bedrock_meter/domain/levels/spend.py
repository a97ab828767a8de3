"""Spend: all that an assessment knows about what one tenant used."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.time.hours import SLOT_MINUTES, Slot, start_of
from bedrock_meter.domain.time.period import Period

SLOT_LENGTH = timedelta(minutes=SLOT_MINUTES)


class SlotUse(NamedTuple):
    """One tenant's use of one 5-minute slot; `cost` in attodollars, `requests` include `errors`."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """What a tenant used so far, as known at `as_of`; money in attodollars.

    `day` and `month` (and their requests and tokens) belong to `day_period` and `month_period`, the
    budget periods that hold `as_of`. `slots` are those of the last hour before `data_up_to`, oldest
    first, slots without use left out. `data_up_to` is the moment up to which calls are known, in
    event time: at least the end of the newest live slot of any tenant, never later than `as_of`.
    """

    tenant: str
    day: int
    month: int
    day_period: Period
    month_period: Period
    requests_day: int = 0
    requests_month: int = 0
    tokens_day: int = 0
    tokens_month: int = 0
    unpriced_tokens_day: int = 0
    unpriced_tokens_month: int = 0
    slots: tuple[SlotUse, ...] = ()
    data_up_to: datetime
    as_of: datetime
