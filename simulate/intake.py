"""Log objects by the hundred thousand: delivered by the minute, announced, metered by workers.

A metered log object leaves behind what the shipped ingest leaves (tests/simulate/test_intake.py
compares the two); the time it takes is that of its requests and calls.
"""

from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from random import Random

from bedrock_meter.domain.records.log_object import LogObject, log_object_of
from bedrock_meter.domain.time.hours import Hour, Part, beside, hour_of, hour_of_part, part_of
from bedrock_meter.local.hours import MemoryHourTable
from simulate.bulk_stores import BulkEvidence, BulkLive
from simulate.virtual_time import VirtualTime

WORKERS = 50
METERED, KNOWN, FAILED = 0.5, 0.06, 1.0
"""Seconds to meter an object (15 requests, 20 calls), to find it known, to fail."""
HIDDEN = timedelta(minutes=30).total_seconds()
MOST_RECEIVED = 5
"""How long a message stays hidden after a receive, and the receives before it is dead."""
TICK, MINUTE = 10.0, 60.0
LATE = timedelta(minutes=5)
"""How long after its calls an object is delivered."""

UP, STOPPED, FAILING = "up", "stopped", "failing"


class BulkLogs:
    """`LogStore`: the log objects delivered so far, by hour."""

    def __init__(self) -> None:
        self.objects: dict[Hour, list[LogObject]] = {}

    def delivered(self, hour: Hour) -> Iterator[LogObject]:
        return iter(self.objects.get(hour, []))


class Intake:
    """The log bucket, the queue and the ingest, whose condition is `state`.

    Of a hundred announcements `lost_percent` get lost. What is `spoiled` is never metered.
    """

    def __init__(
        self,
        time: VirtualTime,
        hours: MemoryHourTable,
        evidence: BulkEvidence,
        live: BulkLive,
        *,
        objects_an_hour: int,
        lost_percent: int = 0,
    ) -> None:
        self.logs = BulkLogs()
        self.state = UP
        self.spoiled: dict[str, LogObject] = {}
        self.dead: list[LogObject] = []
        self.delivered = self.announced = 0
        self._time, self._hours, self._evidence = time, hours, evidence
        self._live = live
        self._an_hour = objects_an_hour
        self._lost_percent = lost_percent
        self._parts: dict[str, Part] = {}
        self._queue: deque[tuple[LogObject, int]] = deque()
        self._hidden: deque[tuple[float, LogObject, int]] = deque()
        self._spoil_next = False
        self._random = Random(7)

    def spoil_next(self) -> None:
        """Let the next log object be one that cannot be metered."""
        self._spoil_next = True

    def begin(self) -> None:
        """Begin to deliver and meter objects."""
        self._time.start(self._deliver_for_ever)
        self._time.start(self._meter_for_ever)

    def announce(self, log_object: LogObject) -> None:
        """Put a message into the queue, unless it gets lost."""
        self.announced += 1
        if self._random.randrange(100) >= self._lost_percent:
            self._queue.append((log_object, 0))

    def _deliver_for_ever(self) -> None:
        while True:
            self._time.sleep(MINUTE)
            now = self._time.now()
            minute = now.minute
            for number in range(self._an_hour * minute // 60, self._an_hour * (minute + 1) // 60):
                self._deliver(f"{now:%Y%m%dT%H%M%S}{number % 1000:03d}Z_{number:016x}")

    def _deliver(self, name: str) -> None:
        now = self._time.now()
        place = f"AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/{now:%Y/%m/%d/%H}"
        log_object = log_object_of("logs", f"{place}/{name}.json.gz")
        self.delivered += 1
        self._parts[log_object.object_id] = part_of(now - LATE)
        if self._spoil_next:
            self.spoiled[log_object.object_id], self._spoil_next = log_object, False
        self.logs.objects.setdefault(hour_of(now), []).append(log_object)
        self.announce(log_object)

    def _meter_for_ever(self) -> None:
        while True:
            self._time.sleep(TICK)
            while self._hidden and self._hidden[0][0] <= self._time.seconds:
                _, log_object, received = self._hidden.popleft()
                self._queue.append((log_object, received))
            left = WORKERS * TICK if self.state != STOPPED else 0.0
            while left > 0 and self._queue:
                left -= self._receive(*self._queue.popleft())

    def _receive(self, log_object: LogObject, received: int) -> float:
        if log_object.object_id in self._live.done:
            return KNOWN
        if self.state == UP and log_object.object_id not in self.spoiled:
            self.meter(log_object)
            return METERED
        if received + 1 < MOST_RECEIVED:
            self._hidden.append((self._time.seconds + HIDDEN, log_object, received + 1))
        else:
            self.dead.append(log_object)
        return FAILED

    def meter(self, log_object: LogObject) -> None:
        """Leave behind what the ingest leaves: evidence, hours asked for, a settled object."""
        part = self._parts[log_object.object_id]
        self._evidence.add(part)
        ask_for(part, self._hours)
        self._live.done.add(log_object.object_id)  # the next plan takes it off the wait list


def ask_for(part: Part, hours: MemoryHourTable) -> None:
    """Ask for a new close of the hours that calls in a part of an hour concern."""
    hour, near = hour_of_part(part), beside(part)
    data_up_to = hours.progress().data_up_to
    if hours.row(hour).epoch or (data_up_to and hour < data_up_to):
        hours.ask(hour)
    if near and hours.row(near).epoch:
        hours.ask(near)
