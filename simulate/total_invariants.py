"""What must hold of totals, also when tenants are renamed."""

from typing import Any

from simulate.object_invariants import Invariant
from simulate.record import Record
from simulate.sums import NOTHING, adds_up, live_hour_sum, pooled, rollup_sums, total_sum


class TotalInvariants:
    """Invariants by the call that may break them."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._raw = record.raw
        self.invariants: dict[tuple[str, str], Invariant] = {
            ("usage", "put_live_hour"): self._live_hour,
            ("usage", "put_hours"): self._closed,
            ("usage", "put_day"): self._day,
            ("usage", "put_month"): self._month,
            ("closings", "put"): self._closing,
            ("rollups", "put"): self._rollup,
            ("facts", "remember"): self._remembered,
            ("names", "begin"): self._erasing,
            ("names", "finish"): lambda args, _: record.erasing.discard(args[0]) or "",
            ("usage", "put_renamed"): self._renamed,
            ("usage", "delete_closed"): self._deleted,
            ("usage", "drop_live"): self._dropped,
            ("closings", "rename_files"): self._renamed_files,
        }

    def agree(self, hour: str) -> str:
        """A clean hour that nobody closes has totals, Parquet and closing that say the same."""
        row = self._raw["hours"].kept[hour]
        is_busy = row.cleaned != row.dirty or row.published != row.epoch
        if not row.published or is_busy or self._record.erasing:
            return ""
        folded = self._record.folded
        told = self._raw["closings"].closings.get((hour, row.published))
        sums = {tenant: total_sum(total) for tenant, total in told.totals.items()} if told else {}
        stored = {
            tenant: total_sum(total.total)
            for (tenant, one), total in self._raw["usage"].hours.items()
            if one == hour
        }
        if folded(stored) != folded(sums):
            return f"{hour} is clean, its totals {stored} are not its closing {sums}"
        rows = self._raw["rollups"].hours.get(hour, (0, ()))[1]
        sums = {name: one for name, one in sums.items() if one != NOTHING}
        # Pooled before folded: a name may have come back, and its pseudonym be among the pooled.
        names = (self._record.erased, {})
        shown = [folded(pooled(rollup_sums(rows), sums, erased)) for erased in names]
        if folded(sums) not in shown:
            return f"{hour} is clean, its Parquet is not its closing"
        return ""

    def _live_hour(self, args: tuple[Any, ...], done: bool) -> str:
        if not done:
            return ""
        name = (args[0].tenant, args[0].hour)
        self._record.live_hours[name].append((self._record.now, live_hour_sum(args[0])))
        return self._record.grows(("live_hour", name), args[0].version, 1)

    def _closing(self, args: tuple[Any, ...], _: Any) -> str:
        closing, record = args[0], self._record
        sums = {tenant: total_sum(total) for tenant, total in closing.totals.items()}
        record.closings[closing.hour].append((record.now, closing.epoch, sums))
        record.facts.named[closing.hour].append((record.now, frozenset(sums)))
        return self.agree(closing.hour)

    def _closed(self, args: tuple[Any, ...], _: Any) -> str:
        hour, record = args[0], self._record
        for tenant in args[2]:
            stored = self._raw["usage"].hours[tenant, hour]
            record.hours[tenant, hour].append(total_sum(stored.total))
            if broken := record.grows(("hour", tenant, hour), stored.epoch):
                return broken
        return self.agree(hour)

    def _rollup(self, args: tuple[Any, ...], _: Any) -> str:
        epoch, _calls = self._raw["rollups"].hours[args[0]]
        return self._record.grows(("rollup", args[0]), epoch) or self.agree(args[0])

    def _day(self, args: tuple[Any, ...], done: bool) -> str:
        tenant, day = args
        if not done:
            return ""
        record = self._record
        hours = [f"{day.day}T{n:02d}" for n in range(24) if day.mask >> n & 1]
        record.days[tenant, day.day][day.version] = (day.mask, total_sum(day.total))
        if not adds_up(total_sum(day.total), (record.hours[tenant, hour] for hour in hours)):
            return f"the day {day.day} of {tenant} is not the sum of {hours}"
        return record.grows(("day", tenant, day.day), day.version, 1)

    def _month(self, args: tuple[Any, ...], done: bool) -> str:
        """A month is the sum of those versions of its days that it names."""
        tenant, month = args
        if not done:
            return ""
        record = self._record
        parts = {day: record.days[tenant, day].get(n) for day, n in month.days.items()}
        masks = {day: part[0] for day, part in parts.items() if part}
        sums = [[part[1]] for part in parts.values() if part]
        if masks != month.masks or not adds_up(total_sum(month.total), sums):
            return f"the month {month.month} of {tenant} is not the sum of {month.days}"
        return record.grows(("month", tenant, month.month), month.version, 1)

    def _remembered(self, args: tuple[Any, ...], _: Any) -> str:
        if args[0].found:
            self._record.facts.answered.setdefault(args[0].arn, self._record.now)
        return ""

    def _erasing(self, args: tuple[Any, ...], erasing: Any) -> str:
        self._record.erased[args[0]] = erasing.pseudonym
        self._record.erasing.add(args[0])
        return ""

    def _renamed(self, args: tuple[Any, ...], _: Any) -> str:
        """A pseudonym has what the tenant had, unless a close was quicker."""
        kind, period, pseudonym, item = args
        record = self._record
        name = next(name for name, other in record.erased.items() if other == pseudonym)
        if getattr(self._raw["usage"], kind)[pseudonym, period] != item:
            return ""
        if kind == "hours":
            record.numbers["hour", pseudonym, period] = item.epoch
            record.hours[pseudonym, period].append(total_sum(item.total))
            return ""
        record.numbers[kind.removesuffix("s"), pseudonym, period] = item.version
        if kind == "days":
            record.days[pseudonym, period] |= record.days[name, period]
        return ""

    def _deleted(self, args: tuple[Any, ...], _: Any) -> str:
        kind, period, tenant = args[:3]
        self._record.numbers.pop((kind.removesuffix("s"), tenant, period), None)
        return ""

    def _dropped(self, args: tuple[Any, ...], _: Any) -> str:
        self._record.expired(args)
        self._record.ended.add(args[1])
        return ""

    def _renamed_files(self, args: tuple[Any, ...], _: Any) -> str:
        hour, record = args[0], self._record
        record.closings[hour] = [
            (step, epoch, record.folded(sums)) for step, epoch, sums in record.closings[hour]
        ]
        return ""
