"""Virtual time: workers side by side, of which one runs at a time, and what they do takes time.

A worker is a thread that runs until it has to wait for one that is due earlier. Nothing is random:
the same work takes the same time in every process.
"""

import heapq
from _thread import start_new_thread
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from simulate.scheduler import taken_lock

TIMED_OUT = "Sandbox.Timedout"
KILLED = "Runtime.ExitError"
"""The errors of Lambda for an invocation that used up its time, or its memory."""


class Died(BaseException):
    """The worker died, for the reason that Lambda gives; nothing of it runs any more."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Ended(BaseException):
    """The simulation ends here, whatever is still under way."""


class Cost:
    """The cost of something: requests, one after the other, and seconds of one whole processor."""

    __slots__ = ("cpu", "kind", "requests")

    def __init__(self, kind: str, requests: int, cpu: float) -> None:
        self.kind = kind
        self.requests = requests
        self.cpu = cpu


class Invocation:
    """One invocation: when it ends at the latest, and the requests it has made so far.

    `share` is how much of a processor it has; `seconds` is its time-out. It dies after `dies_after`
    seconds without knowing that before.
    """

    def __init__(
        self, begun: float, seconds: float, share: float, dies_after: float | None
    ) -> None:
        self.begun = begun
        self.ends = begun + seconds
        self.share = share
        self.requests: Counter[str] = Counter()
        self._dies = None if dies_after is None else begun + dies_after

    def end(self) -> tuple[float, str]:
        """Return when it ends at the latest, and why."""
        if self._dies is not None and self._dies < self.ends:
            return self._dies, KILLED
        return self.ends, TIMED_OUT


class Activity:
    """Something under way. `error` is what it raised; a `Died` when it was killed."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_begun = self.is_over = self.is_doomed = False
        self.turn = taken_lock()
        self.waiting: list[Activity] = []
        self.life: Invocation | None = None
        self.side_by_side: list[Cost] | None = None


class VirtualTime:
    """The clock and all activities. `request_seconds` is how long one request takes."""

    def __init__(self, begun: datetime, request_seconds: float) -> None:
        self.seconds = 0.0
        self._begun = begun
        self._request_seconds = request_seconds
        self._until = 0.0
        self._due: list[tuple[float, int, Activity]] = []
        self._numbers = count()
        self._turn = taken_lock()
        self._current: Activity | None = None
        self._all: set[Activity] = set()

    def now(self) -> datetime:
        """Read the clock."""
        return self._begun + timedelta(seconds=self.seconds)

    def start(self, work: Callable[[], Any], after: float = 0.0) -> Activity:
        """Begin something, now or in some seconds."""
        activity = Activity(work)
        self._all.add(activity)
        self._enqueue(activity, self.seconds + after)
        return activity

    def run(self, until: float) -> None:
        """Let all activities go on until a moment, in seconds since the beginning."""
        self._until = until
        while self._due and self._due[0][0] <= until:
            self.seconds, _, activity = heapq.heappop(self._due)
            self._go_on(activity)
            if activity.is_over and isinstance(activity.error, Exception) and not activity.waiting:
                raise activity.error
        self.seconds = max(self.seconds, until)

    def close(self) -> None:
        """End all activities that are still under way."""
        for activity in list(self._all):
            activity.is_doomed = True
            if activity.is_begun and not activity.is_over:
                self._go_on(activity)

    def sleep(self, seconds: float) -> None:
        """Let time pass for the current activity."""
        at = self.seconds + seconds
        if at <= self._until and (not self._due or self._due[0][0] > at):
            self.seconds = at  # nothing else is due before: no need to take turns
            return
        me = self._me()
        self._enqueue(me, at)
        self._rest(me)

    def wait(self, activities: Iterable[Activity]) -> None:
        """Wait until all of them are over."""
        me = self._me()
        for activity in activities:
            if not activity.is_over:
                activity.waiting.append(me)
                self._rest(me)

    @contextmanager
    def life(self, seconds: float, share: float, dies_after: float | None) -> Iterator[Invocation]:
        """Let the current activity be an invocation of a function."""
        me = self._me()
        me.life = Invocation(self.seconds, seconds, share, dies_after)
        try:
            yield me.life
        finally:
            me.life = None

    def remaining(self) -> timedelta:
        """Return how long a function may still run, as its context does; others have no limit."""
        life = self._me().life
        return timedelta(seconds=life.ends - self.seconds) if life else timedelta.max

    def pay(self, cost: Cost) -> None:
        """Let the time pass that something costs; an invocation with less time left dies."""
        me = self._current
        life = me.life if me else None
        if me is None or life is None:
            return
        life.requests[cost.kind] += cost.requests
        if me.side_by_side is not None:
            me.side_by_side.append(cost)
            return
        self._pass(life, cost.requests * self._request_seconds + cost.cpu / life.share)

    @contextmanager
    def many_at_once(self, number: int) -> Iterator[None]:
        """Send requests side by side; there is still one processor."""
        me = self._me()
        me.side_by_side = costs = []
        try:
            yield
        finally:
            me.side_by_side = None
        if me.life:
            requests = -(-sum(cost.requests for cost in costs) // number)
            cpu = sum(cost.cpu for cost in costs) / me.life.share
            self._pass(me.life, max(requests * self._request_seconds, cpu))

    def _pass(self, life: Invocation, seconds: float) -> None:
        ends, reason = life.end()
        if self.seconds + seconds < ends:
            self.sleep(seconds)
            return
        self.sleep(max(0.0, ends - self.seconds))
        raise Died(reason)

    def _me(self) -> Activity:
        assert self._current is not None, "only an activity can wait"
        return self._current

    def _enqueue(self, activity: Activity, at: float) -> None:
        heapq.heappush(self._due, (at, next(self._numbers), activity))

    def _go_on(self, activity: Activity) -> None:
        self._current = activity
        if activity.is_begun:
            activity.turn.release()
        else:
            activity.is_begun = True
            start_new_thread(self._body, (activity,))
        self._turn.acquire()
        self._current = None

    def _rest(self, me: Activity) -> None:
        self._turn.release()
        me.turn.acquire()
        if me.is_doomed:
            raise Ended

    def _body(self, activity: Activity) -> None:
        try:
            activity.result = activity.work()
        except BaseException as error:  # noqa: BLE001
            activity.error = error
        activity.is_over = True
        self._all.discard(activity)
        for one in activity.waiting:
            self._enqueue(one, self.seconds)
        self._turn.release()
