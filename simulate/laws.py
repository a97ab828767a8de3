"""What must hold after every single call, and the record of what was ever there to be seen.

`after` names the law that a call broke. The record (pulses, closings, publications, each with the
number of the call) lets `reader` say afterwards which answers were right at that time.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from bedrock_meter.domain.hours import Hour, hour_after

if TYPE_CHECKING:
    from simulate.world import World

type Key = tuple[str | None, str]


class Sum(NamedTuple):
    """Requests, tokens and attodollars of something."""

    requests: int = 0
    tokens: int = 0
    cost: int = 0

    def plus(self, other: "Sum") -> "Sum":
        return Sum(*(a + b for a, b in zip(self, other, strict=True)))


NOTHING = Sum()


def total_sum(total: Any) -> Sum:
    """Give the sum of a closed total."""
    tokens = sum(n for kind, n in total.usage.items() if kind.endswith("_tokens"))
    return Sum(total.requests, tokens, total.cost)


def pulse_sum(pulse: Any) -> Sum:
    """Give the sum of a live hour."""
    uses = pulse.slots.values()
    return Sum(*(sum(getattr(use, name) for use in uses) for name in Sum._fields))


class Laws:
    """Looks at every call of a world."""

    def __init__(self, world: "World", prompt: frozenset[str]) -> None:
        self._raw = world.raw
        self._prompt = prompt
        self._world = world
        self.begun = ""
        self.ended: set[str] = set()
        self.decided: list[Any] = []
        self.contents: dict[str, bytes] = {}
        self.others: dict[str, bytes] = {}
        self.pulses: dict[Key, list[tuple[int, Sum]]] = defaultdict(list)
        self.closings: dict[str, list[tuple[int, int, dict[str | None, Sum]]]] = defaultdict(list)
        self.published: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._hours: dict[Key, list[Sum]] = defaultdict(list)
        self._days: dict[Key, list[tuple[int, Sum]]] = defaultdict(list)
        self._numbers: dict[Any, int] = {}
        self._digests: dict[str, str] = {}
        self.metered: set[str] = set()
        self._laws: dict[tuple[str, str], Callable[[tuple[Any, ...], Any], str]] = {
            ("live", "announce"): self._announced,
            ("live", "settle"): lambda args, _: self.metered.add(args[0].object_id) or "",
            ("live", "put_partial"): self._partial,
            ("live", "put_board"): self._board,
            ("evidence", "put"): self._charges,
            ("evidence", "put_empty"): self._charges,
            ("hours", "ask"): lambda args, _: self._hour(args[0]),
            ("hours", "mark"): lambda args, _: self._hour(args[0]),
            ("hours", "finish"): self._finished,
            ("hours", "begin_at"): lambda _, hour: self._begun(hour),
            ("hours", "advance"): lambda args, _: self._reached(args[0]),
            ("usage", "put_pulse"): self._pulse,
            ("usage", "put_hours"): self._closed,
            ("usage", "put_day"): self._day,
            ("usage", "put_month"): self._month,
            ("closings", "put"): self._closing,
            ("rollups", "put"): self._rollup,
        }

    @property
    def now(self) -> int:
        """The number of calls so far."""
        return self._world.wire.calls

    def after(self, store: str, method: str, args: tuple[Any, ...], answer: Any) -> str:
        """Name the law that a call broke; empty if none."""
        law = self._laws.get((store, method))
        return law(args, answer) if law else ""

    def arrived(self, key: str) -> None:
        """Note the first content of a log object."""
        self.contents.setdefault(key, self._raw["logs"].objects[key])

    def overwritten(self, key: str, _before: bytes, other: bytes) -> None:
        """Note that a log object has other content now."""
        self.others[key] = other

    def expired(self, name: Any) -> None:
        """An item is gone: its versions begin anew."""
        self._numbers.pop(("pulse", name), None)
        self._numbers.pop(("board", name), None)
        if isinstance(name, tuple):
            self.pulses[name].append((self.now, NOTHING))

    def _grows(self, name: tuple[Any, ...], number: int, by: int | None = None) -> str:
        before = self._numbers.get(name, 0)
        self._numbers[name] = number
        if number < before or (by is not None and number != before + by):
            return f"{name} went from {before} to {number}"
        return ""

    def _announced(self, _args: tuple[Any, ...], row: Any) -> str:
        digest = self._digests.setdefault(row.object_id, row.digest)
        if digest != row.digest:
            return f"the identity of {row.object_id} changed"
        return self._grows(("object", row.object_id), row.version)

    def _charges(self, args: tuple[Any, ...], _: Any) -> str:
        key = args[:2]
        return self._grows(("evidence", *key), self._raw["evidence"].files[key][0])

    def _partial(self, args: tuple[Any, ...], _: Any) -> str:
        partial = args[0]
        kept = self._raw["evidence"].files.get((partial.slot[:13], partial.object_id), (0, b""))
        if kept[0] < partial.version:
            return f"the live lane shows {partial.slot} of {partial.object_id} before its evidence"
        standing = self._raw["live"].partials[partial.slot, partial.object_id].version
        return self._grows(("partial", partial.slot, partial.object_id), standing)

    def _board(self, args: tuple[Any, ...], done: bool) -> str:
        return self._grows(("board", args[0].slot), args[0].version, 1) if done else ""

    def _pulse(self, args: tuple[Any, ...], done: bool) -> str:
        if not done:
            return ""
        name = (args[0].tenant, args[0].hour)
        self.pulses[name].append((self.now, pulse_sum(args[0])))
        return self._grows(("pulse", name), args[0].version, 1)

    def _hour(self, hour: str) -> str:
        row = self._raw["hours"].rows[hour]
        if (row.cleaned is not None and row.cleaned > row.dirty) or row.published > row.epoch:
            return f"impossible row {row}"
        return (
            self._grows(("epoch", hour), row.epoch)
            or self._grows(("dirty", hour), row.dirty)
            or self._grows(("published", hour), row.published)
        )

    def _finished(self, args: tuple[Any, ...], done: bool) -> str:
        mark = args[0]
        known = self.published[mark.hour]
        if done and (not known or known[-1][1] != mark.epoch):
            known.append((self.now, mark.epoch))
        return self._hour(mark.hour) or self.agree(mark.hour)

    def _begun(self, hour: str) -> str:
        self.begun = self.begun or hour
        return "" if hour == self._raw["hours"].reached else f"metering begins at {hour} again"

    def _reached(self, hour: str) -> str:
        reached = self._raw["hours"].reached
        open_hours = [
            one
            for one, row in self._raw["hours"].rows.items()
            if self.begun <= one < reached and not row.published
        ]
        if open_hours:
            return f"data up to {reached}, though {min(open_hours)} is not published"
        return self._outstanding(reached) or self._grows(
            ("reached",), int(reached.translate(_DIGITS))
        )

    def _outstanding(self, reached: str) -> str:
        """No log object that came in time may wait where no sweep looks any more."""
        for key in self.contents:
            item = self._world.log_object(key)
            is_waiting = item.object_id not in self.metered and key in self._prompt
            if is_waiting and self.begun <= item.delivered < hour_after(Hour(reached), -1):
                return f"data up to {reached}, though {key[-36:]} waits to be metered"
        return ""

    def _closing(self, args: tuple[Any, ...], _: Any) -> str:
        closing = args[0]
        sums = {tenant: total_sum(total) for tenant, total in closing.totals.items()}
        self.closings[closing.hour].append((self.now, closing.epoch, sums))
        return self.agree(closing.hour)

    def _closed(self, args: tuple[Any, ...], _: Any) -> str:
        hour = args[0]
        for tenant in args[2]:
            stored = self._raw["usage"].hours[tenant, hour]
            self._hours[tenant, hour].append(total_sum(stored.total))
            if broken := self._grows(("hour", tenant, hour), stored.epoch):
                return broken
        return self.agree(hour)

    def _rollup(self, args: tuple[Any, ...], _: Any) -> str:
        epoch, _calls = self._raw["rollups"].hours[args[0]]
        return self._grows(("rollup", args[0]), epoch) or self.agree(args[0])

    def agree(self, hour: str) -> str:
        """A clean hour that nobody closes has totals, Parquet and closing that say the same."""
        row = self._raw["hours"].rows[hour]
        if not row.published or row.cleaned != row.dirty or row.published != row.epoch:
            return ""
        told = self._raw["closings"].closings.get((hour, row.published))
        sums = {tenant: total_sum(total) for tenant, total in told.totals.items()} if told else {}
        stored = {
            tenant: total_sum(total.total)
            for (tenant, one), total in self._raw["usage"].hours.items()
            if one == hour
        }
        if {name: one for name, one in stored.items() if one != NOTHING} != sums:
            return f"{hour} is clean, its totals {stored} are not its closing {sums}"
        rows = self._raw["rollups"].hours.get(hour, (0, ()))[1]
        if _rollup_sums(rows) != sums:
            return f"{hour} is clean, its Parquet is not its closing"
        return ""

    def _day(self, args: tuple[Any, ...], done: bool) -> str:
        tenant, day = args
        if not done:
            return ""
        hours = [f"{day.day}T{n:02d}" for n in range(24) if day.mask >> n & 1]
        self._days[tenant, day.day].append((day.mask, total_sum(day.total)))
        if not _adds_up(total_sum(day.total), (self._hours[tenant, hour] for hour in hours)):
            return f"the day {day.day} of {tenant} is not the sum of {hours}"
        return self._grows(("day", tenant, day.day), day.version, 1)

    def _month(self, args: tuple[Any, ...], done: bool) -> str:
        tenant, month = args
        if not done:
            return ""
        parts = [
            [one for seen, one in self._days[tenant, day] if seen == mask]
            for day, mask in month.masks.items()
        ]
        if not _adds_up(total_sum(month.total), parts):
            return f"the month {month.month} of {tenant} is not the sum of {month.masks}"
        return self._grows(("month", tenant, month.month), month.version, 1)


_DIGITS = {ord("-"): None, ord("T"): None}


def _adds_up(whole: Sum, parts: Iterable[Iterable[Sum]]) -> bool:
    """Tell whether a sum is made of one value of each part."""
    for choice in product(*(set(part) for part in parts)):
        total = NOTHING
        for one in choice:
            total = total.plus(one)
        if total == whole:
            return True
    return False


def _rollup_sums(calls: Iterable[Any]) -> dict[str | None, Sum]:
    sums: dict[str | None, Sum] = {}
    for call in calls:
        usage = call.evidence.usage
        tokens = sum(n for kind, n in usage.items() if kind.endswith("_tokens"))
        tenant = call.attribution.tenant
        sums[tenant] = sums.get(tenant, NOTHING).plus(Sum(1, tokens, call.charge.priced))
    return sums
