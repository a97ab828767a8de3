"""The times of records, remembered by the minute: thousands of records share one."""

from datetime import datetime, timedelta

from bedrock_meter.domain.hours import Hour, Slot, hour_after, hour_of, slot_of, start_of, text_of
from bedrock_meter.domain.merge import EDGE
from bedrock_meter.logs.evidence import MOST_AHEAD, MOST_BEHIND, time_of
from bedrock_meter.logs.sums import Given, SlotSums

MOST_HOURS = 72
# What follows the minute in nearly every timestamp.
SECONDS = frozenset(f":{second:02d}Z" for second in range(60))
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


class TooManyHours(Exception):
    """The records of one log object lie in more hours than a log object can touch."""


class HourSoFar:
    """An hour, and the evidence of it that is still to be written."""

    __slots__ = ("evidence", "hour")

    def __init__(self, hour: Hour) -> None:
        self.hour = hour
        self.evidence: list[tuple[object, ...]] = []


class Minute:
    """Where a minute of event time belongs."""

    __slots__ = ("hour", "slot")

    def __init__(self, hour: HourSoFar, slot: SlotSums) -> None:
        self.hour = hour
        self.slot = slot


class Clock:
    """Places the times of one log object.

    `minutes` maps the first 16 characters of a time in its normal form to their minute: only
    minutes that the object's stamp allows from end to end. What follows must be in `SECONDS`.
    """

    def __init__(self, given: Given) -> None:
        self.minutes: dict[str, Minute] = {}
        self.hours: dict[Hour, HourSoFar] = {}
        self.slots: dict[Slot, SlotSums] = {}
        self.edges: set[Hour] = set()
        self._given = given
        self._stamp = given.source.stamp

    def place(self, timestamp: str) -> tuple[Minute, str]:
        """Place a time that no known minute holds, and write it in the normal form.

        `UnmeterableLine` when it is no time, or too far from the object's stamp.
        """
        at = time_of(timestamp, self._stamp)
        text = text_of(at)
        minute = Minute(self._hour(at), self._slot(at))
        self._note_edge(at)
        if text == timestamp and text[16:] in SECONDS and self._holds_whole(at):
            self.minutes[text[:16]] = minute
        return minute, text

    def _holds_whole(self, at: datetime) -> bool:
        begin = at.replace(second=0)
        stamp = self._stamp
        return stamp is None or (
            stamp - MOST_BEHIND <= begin and begin + _MINUTE <= stamp + MOST_AHEAD
        )

    def _hour(self, at: datetime) -> HourSoFar:
        hour = hour_of(at)
        if hour not in self.hours:
            if len(self.hours) >= MOST_HOURS:
                raise TooManyHours
            self.hours[hour] = HourSoFar(hour)
        return self.hours[hour]

    def _slot(self, at: datetime) -> SlotSums:
        slot = slot_of(at)
        if slot not in self.slots:
            self.slots[slot] = SlotSums(self._given, start_of(slot))
        return self.slots[slot]

    def _note_edge(self, at: datetime) -> None:
        """Note the neighbouring hour in which this record may have a twin."""
        past = timedelta(minutes=at.minute)
        if past < EDGE:
            self.edges.add(hour_after(hour_of(at), -1))
        elif past >= _HOUR - EDGE:
            self.edges.add(hour_after(hour_of(at)))
