"""Flags read from DynamoDB, seldom: one read per tenant and period, however many threads call.

A thread of this library reads, callers wait for it: so a caller never waits longer than promised,
whatever the DynamoDB client does, and an event loop never stands still.
"""

import asyncio
import math
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from bedrock_meter_client.crew import Crew
from bedrock_meter_client.faults import FAILED, SLOW, Fault, Faults, described
from bedrock_meter_client.flag import Flag
from bedrock_meter_client.forks import after_fork
from bedrock_meter_client.table import FlagTable, Fresh

GREEN_SECONDS = 30.0
NOT_GREEN_SECONDS = 10.0
JITTER = 0.2
STALE_SECONDS = 300.0
READ_SECONDS = 2.0
HURRY_SECONDS = 60.0
"""So long nobody waits after a read that did not come in time, or until one comes in time."""
LOST_SECONDS = 60.0
"""A read that takes longer is given up: its thread may be gone, its answer would be old."""
MOST_TENANTS = 10_000

_MEANWHILE = (
    "Until it can be read, its last copy counts for 5 minutes, then the copy's stale_rule;"
    " without a copy, when_unknown"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one tenant's flag. Moments are of the monotonic clock.

    `flag` None: the table has no item, which means green. `read_at` None: never read.
    `server_ahead`: seconds to add to the monotonic clock to get DynamoDB's time.
    """

    flag: Flag | None = None
    read_at: float | None = None
    server_ahead: float = 0.0


@dataclass(slots=True, eq=False)
class _Reading:
    """A read under way, since `began`; `told` when somebody reported that it is late."""

    began: float
    done: "Future[None]" = field(default_factory=Future)
    told: bool = False

    def __post_init__(self) -> None:
        self.done.set_running_or_notify_cancel()  # From now on no waiter can cancel it.


@dataclass(slots=True, eq=False)
class _Entry:
    """What is kept of a tenant: what is known, when to read again, and the read under way."""

    known: Known = field(default_factory=Known)
    due_at: float = -math.inf
    reading: _Reading | None = None


class FlagReader:
    """Cached flags. `known` never raises: what cannot be read stays as it was, and is reported.

    `dynamodb` is a boto3 client or resource of DynamoDB, `table` the name of the Flags table.
    `on_fault` is called with a `Fault` whenever a flag could not be read; the log gets one warning
    per kind of fault and five minutes.
    """

    def __init__(
        self,
        dynamodb: Any,
        table: str,
        *,
        on_fault: Callable[[Fault], object] | None = None,
        read_seconds: float = READ_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        most_tenants: int = MOST_TENANTS,
    ) -> None:
        if not read_seconds > 0:
            raise ValueError(f"read_seconds is {read_seconds}, it must be more than 0")
        self.faults = Faults(on_fault, monotonic=monotonic)
        self._table = FlagTable(dynamodb, table)
        self._read_seconds = read_seconds
        self._monotonic = monotonic
        self._wall = wall
        self._most = most_tenants
        self._tenants: OrderedDict[str, _Entry] = OrderedDict()
        self._hurried_until = -math.inf
        self._crew = Crew()
        self._lock = Lock()
        after_fork(self)

    def known(self, tenant: str) -> Known:
        """Return what is known of a tenant, read again when it is due.

        Who finds it due has it read and waits, `read_seconds` at the most; others meanwhile go on
        with what they have, and wait only when that is nothing or too old to be trusted.
        """
        entry, reading = self._asked(tenant)
        if reading is not None:
            wait([reading.done], self._left(reading))
            self._look_after(tenant, entry, reading)
        return entry.known

    async def aknown(self, tenant: str) -> Known:
        """Do the same without blocking the event loop."""
        entry, reading = self._asked(tenant)
        if reading is not None:
            await asyncio.wait([asyncio.wrap_future(reading.done)], timeout=self._left(reading))
            self._look_after(tenant, entry, reading)
        return entry.known

    def now(self, known: Known) -> float:
        """Return DynamoDB's time: the `Date` of its response, advanced by the monotonic clock."""
        if known.read_at is None:
            return self._wall()
        return self._monotonic() + known.server_ahead

    def stale(self, known: Known) -> bool:
        """Return whether the last successful read is too long ago to be trusted."""
        return known.read_at is None or self._monotonic() - known.read_at > STALE_SECONDS

    def after_fork(self) -> None:
        """Begin anew in a child process: it has the copies, but neither the threads nor locks."""
        self._lock = Lock()
        self._crew = Crew()
        for entry in self._tenants.values():
            entry.reading = None

    def _entry(self, tenant: str) -> _Entry:
        with self._lock:
            entry = self._tenants.setdefault(tenant, _Entry())
            self._tenants.move_to_end(tenant)
            if len(self._tenants) > self._most:
                self._tenants.popitem(last=False)
            return entry

    def _asked(self, tenant: str) -> tuple[_Entry, _Reading | None]:
        """Return a tenant's entry, and the read to wait for; None when there is none to wait for."""
        entry = self._entry(tenant)
        now = self._monotonic()
        if now < entry.due_at:
            return entry, None
        with self._lock:
            reading, mine = entry.reading, False
            if now >= entry.due_at and (reading is None or now - reading.began > LOST_SECONDS):
                reading, mine = _Reading(now), True
                entry.reading = reading
        if reading is None:
            return entry, None
        if mine:
            self._start(tenant, entry, reading)
        elif self._left(reading) <= 0:
            self._look_after(tenant, entry, reading)
        waits = (mine or self.stale(entry.known)) and now >= self._hurried_until
        return entry, reading if waits else None

    def _left(self, reading: _Reading) -> float:
        return max(0.0, reading.began + self._read_seconds - self._monotonic())

    def _start(self, tenant: str, entry: _Entry, reading: _Reading) -> None:
        try:
            self._crew.do(lambda: self._read(tenant, entry, reading))
        except RuntimeError as error:
            self._report(tenant, FAILED, f"no thread can read it ({described(error)})", error)
            self._finish(entry, reading, None)

    def _read(self, tenant: str, entry: _Entry, reading: _Reading) -> None:
        fresh = None
        try:
            fresh = self._table.read(tenant)
        except BaseException as error:  # noqa: BLE001 - a client passed in may raise anything
            if not reading.told:
                self._report(tenant, *self._table.why(error), error)
        finally:
            self._finish(entry, reading, fresh)

    def _finish(self, entry: _Entry, reading: _Reading, fresh: Fresh | None) -> None:
        """Keep what a read brought; after a failure keep what was known, and ask again later."""
        now = self._monotonic()
        with self._lock:
            if entry.reading is reading:
                entry.reading = None
                entry.due_at = now + _jittered(NOT_GREEN_SECONDS)
                if fresh is not None and now - reading.began <= LOST_SECONDS:
                    self._hurried_until = -math.inf
                    entry.known = self._newer(entry.known.flag, fresh, now)
                    entry.due_at = now + _jittered(_period(entry.known.flag))
        reading.done.set_result(None)

    def _newer(self, before: Flag | None, fresh: Fresh, now: float) -> Known:
        # Reads may lag: a flag is never replaced by an older one, and items are never deleted.
        flag = fresh.flag
        if before is not None and (flag is None or flag.version < before.version):
            flag = before
        told = fresh.server_time
        return Known(flag, now, (self._wall() if told is None else told) - now)

    def _look_after(self, tenant: str, entry: _Entry, reading: _Reading) -> None:
        """Report a read that is late, once in ten seconds; nobody waits for the next ones."""
        now = self._monotonic()
        with self._lock:
            if reading.done.done() or entry.reading is not reading or now < entry.due_at:
                return
            reading.told = True
            entry.due_at = now + _jittered(NOT_GREEN_SECONDS)
            self._hurried_until = now + HURRY_SECONDS
        self._report(tenant, SLOW, f"DynamoDB did not answer within {self._read_seconds:g} s")

    def _report(self, tenant: str, kind: str, why: str, error: BaseException | None = None) -> None:
        message = f"the flag of tenant {tenant!r} cannot be read: {why}. {_MEANWHILE}"
        self.faults.report(kind, tenant, message, error)


def _period(flag: Flag | None) -> float:
    green = flag is None or (flag.action == "none" and flag.then is None)
    return GREEN_SECONDS if green else NOT_GREEN_SECONDS


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)
