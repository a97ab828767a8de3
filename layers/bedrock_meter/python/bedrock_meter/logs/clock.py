"""The times of records, remembered by the minute: thousands of records share one."""

from datetime import datetime, timedelta

from msgspec import Struct

from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.time.hours import (
    Hour,
    Part,
    Slot,
    part_at,
    slot_at,
    start_of,
    text_of,
)
from bedrock_meter.logs.evidence import MOST_AHEAD, MOST_BEHIND, time_of
from bedrock_meter.logs.sums import MeteringContext, SlotSums

MOST_HOURS = 72
# What follows the minute in nearly every timestamp.
SECONDS = frozenset(f":{second:02d}Z" for second in range(60))
_MINUTE = timedelta(minutes=1)


class TooManyHours(Exception):
    """The records of one log object lie in more hours than a log object can touch."""


class PartSoFar(Struct):
    """A part of an hour, and the evidence of it that is still to be written."""

    part: Part
    evidence: list[Evidence] = []


class Minute(Struct):
    """Where a minute of event time belongs: to one part of an hour, and to one slot."""

    part: PartSoFar
    slot: SlotSums


class Clock:
    """Places the times of one log object.

    `minutes` maps the first 16 characters of a time in its normal form to their minute: only
    minutes that the object's stamp allows from end to end. What follows must be in `SECONDS`.
    """

    def __init__(self, given: MeteringContext) -> None:
        self.minutes: dict[str, Minute] = {}
        self.parts: dict[Part, PartSoFar] = {}
        self.slots: dict[Slot, SlotSums] = {}
        self._hours: set[Hour] = set()
        self._given = given
        self._stamp = given.source.stamp

    def place(self, timestamp: str) -> tuple[Minute, str]:
        """Place a time that no known minute holds, and write it in the normal form.

        Raise `UnmeterableLine` when it is not a time, or too far from the object's stamp.
        """
        at = time_of(timestamp, self._stamp)
        text = text_of(at)
        hour = Hour(text[:13])
        minute = Minute(
            self._part(part_at(hour, at.minute), hour), self._slot(slot_at(hour, at.minute))
        )
        if text == timestamp and text[16:] in SECONDS and self._holds_whole(at):
            self.minutes[text[:16]] = minute
        return minute, text

    def _holds_whole(self, at: datetime) -> bool:
        begin = at.replace(second=0)
        stamp = self._stamp
        return stamp is None or (
            stamp - MOST_BEHIND <= begin and begin + _MINUTE <= stamp + MOST_AHEAD
        )

    def _part(self, part: Part, hour: Hour) -> PartSoFar:
        if part not in self.parts:
            self._hours.add(hour)
            if len(self._hours) > MOST_HOURS:
                raise TooManyHours
            self.parts[part] = PartSoFar(part)
        return self.parts[part]

    def _slot(self, slot: Slot) -> SlotSums:
        if slot not in self.slots:
            self.slots[slot] = SlotSums(self._given, start_of(slot))
        return self.slots[slot]
