"""Sweep: look through the listing of the log bucket for log objects that nobody metered.

Events are hints; the listing is the truth. A sweep goes on where the last one stopped, however long
ago that was, and skips nothing: what is not metered is put on the wait list and stays there until
it is metered, or until an operator gives it up.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched, takewhile
from typing import NamedTuple

from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.waiting import Swept, Waiting, hold_for, listing_of
from bedrock_meter.domain.time.hours import (
    Hour,
    end_of_hour,
    hour_after,
    hour_of,
    hours_between,
    start_of,
)
from bedrock_meter.ports import IngestQueue, LiveTable, LogStore, ManifestStore, Remaining, WaitList

PROMPT = timedelta(minutes=10)
"""How long an event may take to lead to a metered object before the object is announced again."""

LOOKED_BACK = timedelta(hours=48)
"""How long after its hour a folder is looked at again: deliveries may be late."""

READ_ANEW = timedelta(minutes=20)
"""Longer than any ingest lives: a reading that began so long ago has ended, or died."""

MOST_READS = 1_000
"""Manifests that one sweep reads where there is no copy: some twenty seconds."""

_RESERVE = timedelta(seconds=60)
_TOGETHER = 500


class Sweep(NamedTuple):
    """What a sweep found.

    `hold` is the first hour that waiting log objects may still touch (None: none waits),
    `outstanding` their number; `announced` counts those that this sweep announced; `failed` says
    what went wrong.
    """

    hold: Hour | None
    outstanding: int
    announced: int
    failed: str = ""


class LogStores(NamedTuple):
    """What a sweep reads and writes."""

    logs: LogStore
    manifests: ManifestStore
    live: LiveTable
    waits: WaitList
    queue: IngestQueue


def sweep_logs(first: Hour, *, now: datetime, left: Remaining, stores: LogStores) -> Sweep:
    """Announce what waits; `first` is `data up to`, or the hour where metering begins.

    What no sweep has looked at comes first; with the time left, folders are looked at again, those
    first that `data up to` has yet to pass.
    """
    # Before the list: what another sweep notes of a folder is on the list that is read next.
    swept = stores.waits.swept()
    waiting, again = _still_waiting(now, left, stores)
    found = _Found({one.object_id for one in waiting}, now, left, stores)
    until = swept.until or hour_after(first, -1)
    reached = swept.reached or until
    listed, looked = dict(swept.listed), set[Hour]()
    held: list[Hour | None] = [one.log_object.delivered for one in waiting if one.holds]
    last = hour_after(hour_of(now), 2)
    again_at = sorted(hours_between(until, reached), key=lambda hour: hour < first)
    todo = [*hours_between(reached, last), *again_at]
    for hour in todo:
        if left() < _RESERVE:
            break
        held += found.look_at(hour, listed)
        looked.add(hour)
    # A folder that was not looked at may hold anything. Where there was nothing to wait for last
    # time, what came since is too late only for hours that `data up to` has passed.
    unseen = [hour for hour in todo if hour not in looked]
    held += [hour for hour in unseen if hour >= first or hour not in listed]
    stores.waits.sweep_to(_after(until, looked, hour_of(now), listed))
    outstanding = len({one.object_id for one in waiting}) + found.missing
    return Sweep(hold_for(held), outstanding, again + found.announced)


def _after(until: Hour, looked: set[Hour], current: Hour, listed: Mapping[Hour, int]) -> Swept:
    """Return where the next sweep goes on: it looks no more at old folders.

    It passes only folders of which everything is settled or on the list.
    """
    old = start_of(current) - LOOKED_BACK
    while until in looked and until in listed and start_of(until) <= old:
        until = hour_after(until)
    reached = until
    while reached < current and (reached in looked or reached in listed):
        reached = hour_after(reached)
    return Swept(until, reached, {hour: n for hour, n in listed.items() if hour >= until})


class _Found:
    """What a sweep has found so far, and how long it may go on."""

    def __init__(self, known: set[str], now: datetime, left: Remaining, stores: LogStores) -> None:
        self.missing = self.announced = 0
        self._known, self._now, self._left, self._stores = known, now, left, stores
        self._reads = MOST_READS

    def look_at(self, hour: Hour, listed: dict[Hour, int]) -> list[Hour | None]:
        """Look at what was delivered in an hour; return the hour once for each missing object.

        An hour whose objects are all settled or on the list is noted, and not looked at again while
        its listing stays the same. Where objects are missing for which no time is left, the next
        sweep continues: those announced until then are on the list.
        """
        delivered = {item.object_id: item for item in self._stores.logs.delivered(hour)}
        listing = listing_of(delivered)
        if listed.get(hour) == listing:
            return []
        listed.pop(hour, None)
        missing = self._not_metered(delivered.keys() - self._known)
        late = [
            Waiting(one.bucket, one.key, self._now)
            for one in map(delivered.__getitem__, sorted(missing))
            if _stamp_of(one, hour) + PROMPT <= self._now
        ]
        announced = _announce(late, _RESERVE, self._left, self._stores)
        self.announced += announced
        self.missing += len(missing)
        if announced == len(missing):
            listed[hour] = listing
        return [hour] * len(missing)

    def _not_metered(self, object_ids: Iterable[str]) -> set[str]:
        """Return the log objects that are not settled; an expired copy of a manifest is renewed.

        Manifests are read one by one, so their number is bounded: an object that is announced
        although it is settled is known to the ingest, which renews the copy.
        """
        missing = self._stores.live.undone(object_ids)
        for object_id in sorted(missing)[: self._reads]:
            self._reads -= 1
            if _is_done(object_id, self._stores):
                missing.discard(object_id)
            if self._left() < 2 * _RESERVE:
                break
        return missing


def _announce(
    late: Sequence[Waiting], reserve: timedelta, left: Remaining, stores: LogStores
) -> int:
    """Announce log objects and put them on the list, as many as there is time for; count them.

    First the queue: what is on the list is not announced again for hours.
    """
    announced = 0
    for some in batched(late, _TOGETHER):
        if left() < reserve:
            break
        stores.queue.announce(one.log_object for one in some)
        stores.waits.wait(some)
        announced += len(some)
    return announced


def _is_done(object_id: str, stores: LogStores) -> bool:
    """Return whether a manifest says settled or given up; if so, renew its copy."""
    noted = stores.manifests.read(object_id)
    if noted is None or not (noted.manifest.settled or noted.manifest.is_given_up):
        return False
    stores.live.keep_copy(noted.manifest)
    return True


def _stamp_of(item: LogObject, delivered: Hour) -> datetime:
    """Return the time in the name of a log object, within the hour of its folder."""
    return min(item.stamp or start_of(delivered), end_of_hour(delivered))


def _still_waiting(now: datetime, left: Remaining, stores: LogStores) -> tuple[list[Waiting], int]:
    """Take off the list what is metered; announce again what has waited for long."""
    waiting = stores.waits.waiting()
    undone = stores.live.undone(one.object_id for one in waiting)
    still = [one for one in waiting if one.object_id in undone or _is_read_anew(one, now, stores)]
    done = _without_copy([one for one in still if one.is_overdue(now)], left, stores)
    still = [one for one in still if one.object_id not in done]
    stores.waits.met(sorted({*waiting} - {*still}))
    overdue = [one._replace(announced=now) for one in still if one.is_overdue(now)]
    return still, _announce(overdue, 2 * _RESERVE, left, stores)


def _without_copy(overdue: Sequence[Waiting], left: Remaining, stores: LogStores) -> set[str]:
    """Return those that their manifests call settled or given up: the copies have expired.

    Announcing them would have the same effect, but only while the log objects exist.
    """
    in_time = takewhile(lambda _: left() >= 3 * _RESERVE, overdue[:MOST_READS])
    return {one.object_id for one in in_time if _is_done(one.object_id, stores)}


def _is_read_anew(one: Waiting, now: datetime, stores: LogStores) -> bool:
    """Return whether a log object that was metered before is being read once more.

    Its copy still describes the reading before; only the manifest knows of this one. The copy is
    renewed here: as long as it says that all is written, an ingest of the object does nothing.
    """
    if one.holds:
        return False
    if now < one.announced + READ_ANEW:
        return True
    noted = stores.manifests.read(one.object_id)
    if noted is None or noted.manifest.settled or noted.manifest.is_given_up:
        return False
    stores.live.keep_copy(noted.manifest)
    return True
