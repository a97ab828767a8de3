"""Sweep: look through the listing of the log bucket for log objects that nobody metered.

Events are hints; the listing is the truth. The sweep goes on where the last one stopped, however
long ago that was, and passes nothing: what is not metered is put on the wait list, and there it
stays until it is, or until an operator gives it up.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import batched
from typing import NamedTuple

from bedrock_meter.domain.hours import (
    Hour,
    end_of_hour,
    hour_after,
    hour_of,
    hours_between,
    start_of,
)
from bedrock_meter.domain.log_object import LogObject
from bedrock_meter.domain.waiting import Swept, Waiting, hold_for
from bedrock_meter.ports import IngestQueue, LiveTable, LogStore, ManifestStore, WaitList

PROMPT = timedelta(minutes=10)
"""How long an event may take to lead to a metered object before the object is announced again."""

LOOKED_BACK = timedelta(hours=48)
"""How long after its hour a folder is looked at again: deliveries may be late."""

READ_ANEW = timedelta(minutes=20)
"""Longer than any ingest lives: a reading that began so long ago has ended, or died."""

AT_ONCE = 500
"""Log objects between two looks at the clock: about 15 seconds, where all of them are missing."""

_RESERVE = timedelta(seconds=60)

type Remaining = Callable[[], timedelta]
"""How long the worker has still to live."""


class Sweep(NamedTuple):
    """The first hour that waiting log objects may still touch (None: none waits); their number.

    `announced` counts those that were announced by this sweep.
    """

    hold: Hour | None
    outstanding: int
    announced: int


class LogStores(NamedTuple):
    """What a sweep reads and writes."""

    logs: LogStore
    manifests: ManifestStore
    live: LiveTable
    waits: WaitList
    queue: IngestQueue


def sweep_logs(first: Hour, *, now: datetime, left: Remaining, stores: LogStores) -> Sweep:
    """Announce what waits; `first` is the hour where metering begins, for the first sweep.

    What no sweep has looked at comes first; with the time left, folders are looked at again. What
    has waited for long is announced again in half of the time, and in what the folders leave of
    theirs. A sweep that runs out of time ends; the next one goes on.
    """
    waiting = _still_waiting(now, stores)
    again, half = _Again(waiting, now, stores), left() / 2
    again.announce(lambda: left() > max(half, _RESERVE))
    found = _Found({one.object_id for one in waiting}, now, stores)
    swept = stores.waits.swept()
    until = swept.until or hour_after(first, -1)
    reached = swept.reached or until
    counts, looked = dict(swept.counts), set[Hour]()
    held: list[Hour | None] = [one.log_object.delivered for one in waiting if one.holds]
    last = hour_after(hour_of(now), 2)
    todo = [*hours_between(reached, last), *hours_between(until, reached)]
    for hour in todo:
        missing = found.look_at(hour, counts, lambda: left() > _RESERVE)
        if missing is None:
            break
        held += missing
        looked.add(hour)
    # What was not looked at may hold anything, unless there was nothing to wait for last time.
    held += [hour for hour in todo if hour not in looked and hour not in counts]
    again.announce(lambda: left() > _RESERVE)
    stores.waits.sweep_to(_after(until, looked, hour_of(now), counts))
    outstanding = len(waiting) + found.missing
    return Sweep(hold_for(held), outstanding, again.announced + found.announced)


def _after(until: Hour, looked: set[Hour], current: Hour, counts: Mapping[Hour, int]) -> Swept:
    """Work out where the next sweep goes on: folders old enough are not looked at any more."""
    old = start_of(current) - LOOKED_BACK
    while until in looked and start_of(until) <= old:
        until = hour_after(until)
    reached = until
    while reached < current and (reached in looked or reached in counts):
        reached = hour_after(reached)
    return Swept(until, reached, {hour: n for hour, n in counts.items() if hour >= until})


class _Found:
    """What a sweep has found so far."""

    def __init__(self, known: set[str], now: datetime, stores: LogStores) -> None:
        self.missing = self.announced = 0
        self._known, self._now, self._stores = known, now, stores

    def look_at(
        self, hour: Hour, counts: dict[Hour, int], has_time: Callable[[], bool]
    ) -> list[Hour | None] | None:
        """Look at what was delivered in an hour; give the hour for everything that is missing.

        An hour whose objects are all settled or on the list is counted, and not looked at again
        while the listing shows as many. None when there was no time to see all of it.
        """
        if not has_time():
            return None
        delivered = {item.object_id: item for item in self._stores.logs.delivered(hour)}
        if counts.get(hour) == len(delivered):
            return []
        counts.pop(hour, None)
        missing, late = self.missing, 0
        for some in batched(sorted(delivered.keys() - self._known), AT_ONCE, strict=False):
            if not has_time():
                return None
            absent = [delivered[object_id] for object_id in _not_metered(some, self._stores)]
            self.missing += len(absent)
            late += self._announce(absent, hour)
        missing = self.missing - missing
        if late == missing:
            counts[hour] = len(delivered)
        return [hour] * missing

    def _announce(self, absent: list[LogObject], hour: Hour) -> int:
        """Announce what an event should have led to by now, put it on the list, and count it."""
        late = [
            Waiting(item.bucket, item.key, self._now)
            for item in absent
            if _stamp_of(item, hour) + PROMPT <= self._now
        ]
        _announce(late, self._stores)
        self.announced += len(late)
        return len(late)


class _Again:
    """What has waited for so long that it has to be announced once more, the longest first."""

    def __init__(self, waiting: Iterable[Waiting], now: datetime, stores: LogStores) -> None:
        overdue = [one for one in waiting if one.is_overdue(now)]
        self.announced = 0
        self._left = deque(sorted(overdue, key=lambda one: one.announced))
        self._now, self._stores = now, stores

    def announce(self, has_time: Callable[[], bool]) -> None:
        """Announce as much as there is time for."""
        while self._left and has_time():
            some = [self._left.popleft() for _ in range(min(AT_ONCE, len(self._left)))]
            _announce([one._replace(announced=self._now) for one in some], self._stores)
            self.announced += len(some)


def _announce(waiting: list[Waiting], stores: LogStores) -> None:
    """Announce log objects, then note it: who dies in between announces them once more."""
    stores.queue.announce(one.log_object for one in waiting)
    stores.waits.wait(waiting)


def _stamp_of(item: LogObject, delivered: Hour) -> datetime:
    """Give the time in the name of a log object, within the hour of its folder."""
    return min(item.stamp or start_of(delivered), end_of_hour(delivered))


def _still_waiting(now: datetime, stores: LogStores) -> list[Waiting]:
    """Take off the list what is metered; give what is left of it."""
    waiting = {one.object_id: one for one in stores.waits.waiting()}
    undone = stores.live.undone(waiting)
    still = {
        object_id: one
        for object_id, one in waiting.items()
        if object_id in undone or _is_read_anew(one, now, stores)
    }
    stores.waits.met(sorted(waiting.keys() - still.keys()))
    return list(still.values())


def _is_read_anew(one: Waiting, now: datetime, stores: LogStores) -> bool:
    """Tell whether a log object that was metered before is being read once more.

    Its copy still speaks of the reading before: only the manifest knows.
    """
    if one.holds:
        return False
    if now < one.announced + READ_ANEW:
        return True
    noted = stores.manifests.read(one.object_id)
    return noted is not None and not noted.manifest.settled and not noted.manifest.aside


def _not_metered(object_ids: Iterable[str], stores: LogStores) -> list[str]:
    """Name the log objects that are not settled, in order; a copy that has ended is made anew."""
    undone, missing = sorted(stores.live.undone(object_ids)), []
    for object_id, noted in zip(undone, stores.manifests.read_all(undone), strict=True):
        if noted and (noted.manifest.settled or noted.manifest.aside):
            stores.live.keep_copy(noted.manifest)
        else:
            missing.append(object_id)
    return missing
