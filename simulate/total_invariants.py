"""Invariants of totals, which also hold when tenants are renamed."""

from typing import Any

from bedrock_meter.domain.totals.live_page import page_of
from simulate.object_invariants import Invariant
from simulate.observations import Observations
from simulate.sums import NOTHING, adds_up, pooled, rollup_sums, total_sum


class TotalInvariants:
    """Invariants by the call that may violate them."""

    def __init__(self, observed: Observations) -> None:
        self._observed = observed
        self._raw = observed.raw
        self.invariants: dict[tuple[str, str], Invariant] = {
            ("usage", "put_live_page"): self._live_page,
            ("usage", "put_hours"): self._closed,
            ("usage", "put_day"): self._day,
            ("usage", "put_month"): self._month,
            ("closings", "put"): self._closing,
            ("rollups", "put"): self._rollup,
            ("facts", "remember"): self._remembered,
            ("names", "begin"): self._erasing,
            ("names", "finish"): lambda args, _: observed.erasing.discard(args[0]) or "",
            ("usage", "put_renamed"): self._renamed,
            ("usage", "delete_closed"): self._deleted,
            ("usage", "drop_live"): self._dropped,
            ("closings", "rename_files"): self._renamed_files,
        }

    def agree(self, hour: str) -> str:
        """A clean hour that is not being closed has equal totals, Parquet and closing."""
        row = self._raw["hours"].kept[hour]
        is_busy = row.cleaned != row.dirty or row.published != row.epoch
        if not row.published or is_busy or self._observed.erasing:
            return ""
        folded = self._observed.folded
        closing = self._raw["closings"].closings.get((hour, row.published))
        totals = closing.totals if closing else {}
        sums = {tenant: total_sum(total) for tenant, total in totals.items()}
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
        names = (self._observed.erased, {})
        shown = [folded(pooled(rollup_sums(rows), sums, erased)) for erased in names]
        if folded(sums) not in shown:
            return f"{hour} is clean, its Parquet is not its closing"
        return ""

    def _live_page(self, args: tuple[Any, ...], done: bool) -> str:
        """The pages of an hour are as many as its page 0 says, and each row is on its own page."""
        if not done:
            return ""
        page = args[0]
        first = self._raw["usage"].pages.get((page.hour, 0))
        if first and page.of != first.of:
            return f"page {page.number} of {page.hour} is one of {page.of}, page 0 of {first.of}"
        if any(page_of(tenant, page.of) != page.number for tenant in page.uses):
            return f"page {page.number} of {page.hour} has rows of other pages"
        return self._observed.grows(("page", (page.hour, page.number)), page.version, 1)

    def _closing(self, args: tuple[Any, ...], _: Any) -> str:
        closing, observed = args[0], self._observed
        sums = {tenant: total_sum(total) for tenant, total in closing.totals.items()}
        observed.closings[closing.hour].append((observed.now, closing.epoch, sums))
        observed.facts.named[closing.hour].append((observed.now, frozenset(sums)))
        return self.agree(closing.hour)

    def _closed(self, args: tuple[Any, ...], _: Any) -> str:
        hour, observed = args[0], self._observed
        for tenant in args[2]:
            stored = self._raw["usage"].hours[tenant, hour]
            observed.hours[tenant, hour].append(total_sum(stored.total))
            if violated := observed.grows(("hour", tenant, hour), stored.epoch):
                return violated
        return self.agree(hour)

    def _rollup(self, args: tuple[Any, ...], _: Any) -> str:
        epoch, _calls = self._raw["rollups"].hours[args[0]]
        return self._observed.grows(("rollup", args[0]), epoch) or self.agree(args[0])

    def _day(self, args: tuple[Any, ...], done: bool) -> str:
        tenant, day = args
        if not done:
            return ""
        observed = self._observed
        hours = [f"{day.day}T{n:02d}" for n in range(24) if day.mask >> n & 1]
        observed.days[tenant, day.day][day.version] = (day.mask, total_sum(day.total))
        if not adds_up(total_sum(day.total), (observed.hours[tenant, hour] for hour in hours)):
            return f"the day {day.day} of {tenant} is not the sum of {hours}"
        return observed.grows(("day", tenant, day.day), day.version, 1)

    def _month(self, args: tuple[Any, ...], done: bool) -> str:
        """A month is the sum of the versions of its days that it names."""
        tenant, month = args
        if not done:
            return ""
        observed = self._observed
        parts = {day: observed.days[tenant, day].get(n) for day, n in month.days.items()}
        masks = {day: part[0] for day, part in parts.items() if part}
        sums = [[part[1]] for part in parts.values() if part]
        if masks != month.masks or not adds_up(total_sum(month.total), sums):
            return f"the month {month.month} of {tenant} is not the sum of {month.days}"
        return observed.grows(("month", tenant, month.month), month.version, 1)

    def _remembered(self, args: tuple[Any, ...], _: Any) -> str:
        if args[0].found:
            self._observed.facts.answered.setdefault(args[0].arn, self._observed.now)
        return ""

    def _erasing(self, args: tuple[Any, ...], erasing: Any) -> str:
        self._observed.erased[args[0]] = erasing.pseudonym
        self._observed.erasing.add(args[0])
        return ""

    def _renamed(self, args: tuple[Any, ...], _: Any) -> str:
        """A pseudonym has what the tenant had, unless a close was quicker."""
        kind, period, pseudonym, item = args
        observed = self._observed
        name = next(name for name, other in observed.erased.items() if other == pseudonym)
        if getattr(self._raw["usage"], kind)[pseudonym, period] != item:
            return ""
        if kind == "hours":
            observed.numbers["hour", pseudonym, period] = item.epoch
            observed.hours[pseudonym, period].append(total_sum(item.total))
            return ""
        observed.numbers[kind.removesuffix("s"), pseudonym, period] = item.version
        if kind == "days":
            observed.days[pseudonym, period] |= observed.days[name, period]
        return ""

    def _deleted(self, args: tuple[Any, ...], _: Any) -> str:
        kind, period, tenant = args[:3]
        self._observed.numbers.pop((kind.removesuffix("s"), tenant, period), None)
        return ""

    def _dropped(self, args: tuple[Any, ...], _: Any) -> str:
        """A page without the row of an erased tenant is the next version of the page."""
        for key, page in self._raw["usage"].pages.items():
            if page.hour == args[1]:
                self._observed.numbers["page", key] = page.version
        self._observed.ended.add(args[1])
        return ""

    def _renamed_files(self, args: tuple[Any, ...], _: Any) -> str:
        hour, observed = args[0], self._observed
        observed.closings[hour] = [
            (step, epoch, observed.folded(sums)) for step, epoch, sums in observed.closings[hour]
        ]
        return ""
