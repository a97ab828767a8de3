"""What must hold after every single call, and the record of what was ever there to be seen.

`after` names the law that a call broke. The record (pulses, closings, publications, each with the
number of the call) lets `reader` say afterwards which answers were right at that time.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from bedrock_meter.domain.hours import Hour, hour_after, hours_between, part_at
from bedrock_meter.logs.spool import empty_evidence
from simulate.facts import Facts
from simulate.oracle import POOLED

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

    def minus(self, other: "Sum") -> "Sum":
        return Sum(*(a - b for a, b in zip(self, other, strict=True)))


NOTHING = Sum()


def sum_of(sums: Iterable[Sum]) -> Sum:
    """Add any number of sums."""
    whole = NOTHING
    for one in sums:
        whole = whole.plus(one)
    return whole


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

    def __init__(self, world: "World", facts: Facts | None = None) -> None:
        self._raw = world.raw
        self._world = world
        self._facts = facts or Facts()
        self.begun = self._before = ""
        self.ended: set[str] = set()
        self.erased: dict[str | None, str] = {}
        """Tenants whose erasing was begun, and their pseudonyms."""
        self.erasing: set[str] = set()
        """Those of them whose erasing is not finished: some names stand, some do not."""
        self.pulses: dict[Key, list[tuple[int, Sum]]] = defaultdict(list)
        self.closings: dict[str, list[tuple[int, int, dict[str | None, Sum]]]] = defaultdict(list)
        self.published: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._hours: dict[Key, list[Sum]] = defaultdict(list)
        self._days: dict[Key, dict[int, tuple[int, Sum]]] = defaultdict(dict)
        self._numbers: dict[Any, int] = {}
        self._evidence: dict[tuple[str, str, int], bytes] = {}
        self._settled: dict[str, str] = {}
        self.metered: set[str] = set()
        self.given_up: set[str] = set()
        self._laws: dict[tuple[str, str], Callable[[tuple[Any, ...], Any], str]] = {
            ("manifests", "put"): self._manifest,
            ("live", "put_partial"): self._partial,
            ("live", "put_board"): self._board,
            ("evidence", "put"): self._put,
            ("evidence", "put_empty"): self._put,
            ("hours", "ask"): lambda args, _: self._hour(args[0]),
            ("hours", "mark"): lambda args, _: self._hour(args[0]),
            ("hours", "finish"): self._finished,
            ("hours", "begin_at"): lambda _, hour: self._begun(hour),
            ("hours", "note_published"): lambda *_: self._beyond(),
            ("hours", "advance"): lambda *_: self._reached(),
            ("hours", "seal"): lambda *_: self._sealed(),
            ("hours", "begin_sealing"): lambda *_: self._sealing(),
            ("usage", "put_pulse"): self._pulse,
            ("usage", "put_hours"): self._closed,
            ("usage", "put_day"): self._day,
            ("usage", "put_month"): self._month,
            ("closings", "put"): self._closing,
            ("rollups", "put"): self._rollup,
            ("names", "begin"): self._erasing,
            ("names", "finish"): lambda args, _: self.erasing.discard(args[0]) or "",
            ("usage", "put_renamed"): self._renamed,
            ("usage", "delete_closed"): self._deleted,
            ("usage", "drop_live"): self._dropped,
            ("closings", "rename_files"): self._renamed_files,
        }

    @property
    def now(self) -> int:
        """The number of calls so far."""
        return self._world.wire.calls

    def after(self, store: str, method: str, args: tuple[Any, ...], answer: Any) -> str:
        """Name the law that a call broke; empty if none."""
        law = self._laws.get((store, method))
        return law(args, answer) if law else ""

    def expired(self, name: Any) -> None:
        """An item is gone: its versions begin anew."""
        for kind in ("pulse", "board", "partial"):
            self._numbers.pop((kind, name), None)
        if name in self.pulses:
            self.pulses[name].append((self.now, NOTHING))

    def closing(self, hour: str, epoch: int) -> dict[str | None, Sum]:
        """Give what a close found, as it was announced; nothing if it found an empty hour."""
        return next((sums for _, one, sums in self.closings[hour] if one == epoch), {})

    def _grows(self, name: tuple[Any, ...], number: int, by: int | None = None) -> str:
        before = self._numbers.get(name, 0)
        self._numbers[name] = number
        if number < before or (by is not None and number != before + by):
            return f"{name} went from {before} to {number}"
        return ""

    def _manifest(self, args: tuple[Any, ...], tag: str | None) -> str:
        """What stands was put by this call: a higher revision, never a lower generation."""
        manifest = args[0]
        if tag is None:
            return ""
        name = manifest.object_id
        if not manifest.digest:  # an operator gives it up: whatever comes is welcome
            self._settled.pop(name, None)
        if self._settled.get(name, manifest.digest) != manifest.digest:
            return f"other bytes take the place of {name}, which is metered"
        if manifest.settled:
            self._settled[name] = manifest.digest
            self.metered.add(name)
        if manifest.aside:
            self.given_up.add(name)
        return self._grows(("manifest", name), manifest.revision) or self._grows(
            ("generation", name), manifest.generation
        )

    def _put(self, args: tuple[Any, ...], done: bool) -> str:
        """Whoever writes evidence of a generation writes the same bytes, even if in vain."""
        part, object_id, generation, *rest = args
        body = _bytes_of(rest[0]) if rest else empty_evidence()
        if self._evidence.setdefault((part, object_id, generation), body) != body:
            return f"two kinds of evidence of {object_id} in {part} are generation {generation}"
        standing, kept = self._raw["evidence"].kept[part, object_id]
        if done and (standing, kept) != (generation, body):
            return f"evidence of {object_id} in {part} was not put as given"
        return self._grows(("evidence", part, object_id), standing)

    def _partial(self, args: tuple[Any, ...], _: Any) -> str:
        partial = args[0]
        part = part_at(Hour(partial.slot[:13]), int(partial.slot[14:]))
        kept = self._raw["evidence"].kept.get((part, partial.object_id), (0, b""))
        if kept[0] < partial.version:
            return f"the live lane shows {partial.slot} of {partial.object_id} before its evidence"
        standing = self._raw["live"].partials[partial.slot, partial.object_id].version
        return self._grows(("partial", (partial.slot, partial.object_id)), standing)

    def _board(self, args: tuple[Any, ...], done: bool) -> str:
        return self._grows(("board", args[0].slot), args[0].version, 1) if done else ""

    def _pulse(self, args: tuple[Any, ...], done: bool) -> str:
        if not done:
            return ""
        name = (args[0].tenant, args[0].hour)
        self.pulses[name].append((self.now, pulse_sum(args[0])))
        return self._grows(("pulse", name), args[0].version, 1)

    def _hour(self, hour: str) -> str:
        row = self._raw["hours"].kept[hour]
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
            self._facts.published[mark.hour].append(self.now)
        return self._hour(mark.hour) or self.agree(mark.hour)

    def _begun(self, hour: str) -> str:
        self.begun = self.begun or hour
        reached = self._raw["hours"].state.data_up_to
        return "" if hour == reached else f"metering begins at {hour} again"

    def _beyond(self) -> str:
        """What is said to be published beyond `data up to` is."""
        progress = self._raw["hours"].state
        rows = self._raw["hours"].kept
        for hour in sorted(progress.beyond):
            if hour < progress.data_up_to or not rows[hour].published:
                return f"{hour} is said to be published beyond {progress.data_up_to}"
        return ""

    def _reached(self) -> str:
        reached = self._raw["hours"].state.data_up_to
        rows = self._raw["hours"].kept
        walked = hours_between(Hour(self.begun), reached)
        open_hours = [hour for hour in walked if hour not in rows or not rows[hour].published]
        if open_hours:
            return f"data up to {reached}, though {open_hours[0]} is not published"
        before, self._before = self._before, reached
        return (
            self._beyond()
            or self._outstanding(before or self.begun, reached)
            or self._grows(("reached",), int(reached.translate(_DIGITS)))
        )

    def _outstanding(self, before: str, reached: str) -> str:
        """No hour is passed that a log object may touch which waits, and which its plan could see.

        What was delivered before these hours had been passed when it came.
        """
        task, facts = self._world.stage.current, self._facts
        since = task.since if task else 0
        for key, arrived in facts.arrived.items():
            item = self._world.log_object(key)
            is_waiting = item.object_id not in self.metered | self.given_up and arrived < since
            if is_waiting and self.is_swept(key) and before <= item.delivered <= reached:
                return f"data up to {reached}, though {key[-36:]} waits to be metered"
        return ""

    def is_swept(self, key: str) -> bool:
        """Tell whether a sweep must find a log object."""
        delivered, facts = self._world.log_object(key).delivered, self._facts
        has_begun = bool(self.begun) and delivered >= hour_after(Hour(self.begun), -1)
        return has_begun and key not in facts.out_of_reach | facts.gone

    def _sealed(self) -> str:
        """Final hours are published, and take nothing; there are never fewer of them."""
        state = self._raw["hours"].state
        self._facts.sealed.append((self.now, state.sealed))
        if state.sealed > (state.data_up_to or "") or state.sealed > (state.sealing or ""):
            return f"hours before {state.sealed} are final: {state}"
        return self._grows(("sealed",), int(state.sealed.translate(_DIGITS)))

    def _sealing(self) -> str:
        sealing = self._raw["hours"].state.sealing
        self._facts.sealing.append((self.now, sealing))
        return self._grows(("sealing",), int(sealing.translate(_DIGITS)))

    def _closing(self, args: tuple[Any, ...], _: Any) -> str:
        closing = args[0]
        sums = {tenant: total_sum(total) for tenant, total in closing.totals.items()}
        self.closings[closing.hour].append((self.now, closing.epoch, sums))
        self._facts.named[closing.hour].append((self.now, frozenset(sums)))
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
        row = self._raw["hours"].kept[hour]
        is_busy = row.cleaned != row.dirty or row.published != row.epoch
        if not row.published or is_busy or self.erasing:
            return ""
        told = self._raw["closings"].closings.get((hour, row.published))
        sums = {tenant: total_sum(total) for tenant, total in told.totals.items()} if told else {}
        stored = {
            tenant: total_sum(total.total)
            for (tenant, one), total in self._raw["usage"].hours.items()
            if one == hour
        }
        stored, sums = self._folded(stored), self._folded(sums)
        if stored != sums:
            return f"{hour} is clean, its totals {stored} are not its closing {sums}"
        rows = self._raw["rollups"].hours.get(hour, (0, ()))[1]
        sums = {name: one for name, one in sums.items() if one != NOTHING}
        if _pooled(self._folded(_rollup_sums(rows)), sums) != sums:
            return f"{hour} is clean, its Parquet is not its closing"
        return ""

    def _folded(self, sums: dict[str | None, Sum]) -> dict[str | None, Sum]:
        """Take tenants that are being erased for their pseudonyms."""
        if not self.erased:
            return sums
        folded: dict[str | None, Sum] = {}
        for name, one in sums.items():
            name = self.erased.get(name, name)
            folded[name] = folded.get(name, NOTHING).plus(one)
        return folded

    def _erasing(self, args: tuple[Any, ...], erasing: Any) -> str:
        self.erased[args[0]] = erasing.pseudonym
        self.erasing.add(args[0])
        return ""

    def _renamed(self, args: tuple[Any, ...], _: Any) -> str:
        """A pseudonym has what the tenant had, unless a close was quicker."""
        kind, period, pseudonym, item = args
        name = next(name for name, other in self.erased.items() if other == pseudonym)
        if getattr(self._raw["usage"], kind)[pseudonym, period] != item:
            return ""
        if kind == "hours":
            self._numbers["hour", pseudonym, period] = item.epoch
            self._hours[pseudonym, period].append(total_sum(item.total))
            return ""
        self._numbers[kind.removesuffix("s"), pseudonym, period] = item.version
        if kind == "days":
            self._days[pseudonym, period] |= self._days[name, period]
        return ""

    def _deleted(self, args: tuple[Any, ...], _: Any) -> str:
        kind, period, tenant = args[:3]
        self._numbers.pop((kind.removesuffix("s"), tenant, period), None)
        return ""

    def _dropped(self, args: tuple[Any, ...], _: Any) -> str:
        self.expired(args)
        self.ended.add(args[1])
        return ""

    def _renamed_files(self, args: tuple[Any, ...], _: Any) -> str:
        hour = args[0]
        self.closings[hour] = [
            (step, epoch, self._folded(sums)) for step, epoch, sums in self.closings[hour]
        ]
        return ""

    def _day(self, args: tuple[Any, ...], done: bool) -> str:
        tenant, day = args
        if not done:
            return ""
        hours = [f"{day.day}T{n:02d}" for n in range(24) if day.mask >> n & 1]
        self._days[tenant, day.day][day.version] = (day.mask, total_sum(day.total))
        if not _adds_up(total_sum(day.total), (self._hours[tenant, hour] for hour in hours)):
            return f"the day {day.day} of {tenant} is not the sum of {hours}"
        return self._grows(("day", tenant, day.day), day.version, 1)

    def _month(self, args: tuple[Any, ...], done: bool) -> str:
        """A month is the sum of those versions of its days that it names."""
        tenant, month = args
        if not done:
            return ""
        parts = {day: self._days[tenant, day].get(n) for day, n in month.days.items()}
        masks = {day: part[0] for day, part in parts.items() if part}
        sums = [[part[1]] for part in parts.values() if part]
        if masks != month.masks or not _adds_up(total_sum(month.total), sums):
            return f"the month {month.month} of {tenant} is not the sum of {month.days}"
        return self._grows(("month", tenant, month.month), month.version, 1)


_DIGITS = {ord("-"): None, ord("T"): None}


def _bytes_of(body: Any) -> bytes:
    body.seek(0)
    read: bytes = body.read()
    return read


def _adds_up(whole: Sum, parts: Iterable[Iterable[Sum]]) -> bool:
    """Tell whether a sum is made of one value of each part."""
    for choice in product(*(set(part) for part in parts)):
        total = NOTHING
        for one in choice:
            total = total.plus(one)
        if total == whole:
            return True
    return False


def _pooled(rows: dict[str | None, Sum], closing: dict[str | None, Sum]) -> dict[str | None, Sum]:
    """Add up the names of Parquet that a closing has among the pooled ones."""
    if POOLED not in closing:
        return rows
    pooled: dict[str | None, Sum] = {}
    for name, one in rows.items():
        name = name if name in closing else POOLED
        pooled[name] = pooled.get(name, NOTHING).plus(one)
    return pooled


def _rollup_sums(calls: Iterable[Any]) -> dict[str | None, Sum]:
    """Add up the rows of an hour. A failed call has the counts it showed; they are in no total."""
    sums: dict[str | None, Sum] = {}
    for call in calls:
        usage = {} if call.evidence.error_code is not None else call.evidence.usage
        tokens = sum(n for kind, n in usage.items() if kind.endswith("_tokens"))
        tenant = call.attribution.tenant
        sums[tenant] = sums.get(tenant, NOTHING).plus(Sum(1, tokens, call.charge.priced))
    return sums
