"""Refresh live pages: derive them from slot totals, where they do not show these yet.

A page is replaced under a version, so of two writers one reads again. How many pages an hour has is
decided once, by the first page 0; nobody writes or reads another page before that one is stored.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.records.use import Use
from bedrock_meter.domain.time.hours import Hour, Slot, hour_after, parse_time, start_of, text_of
from bedrock_meter.domain.totals.live import SlotTotals
from bedrock_meter.domain.totals.live_page import (
    LivePage,
    by_page,
    hour_uses,
    page_of,
    with_room,
)
from bedrock_meter.jobs.put_next import put_next
from bedrock_meter.ports import LiveTable, Remaining, UsageTable

FOR_NOTES = timedelta(seconds=10)
"""Refreshing pages stops when so much time remains."""

_ATTEMPTS = 12


class PageContext(NamedTuple):
    """What refreshing depends on; `listed` are the tenants that the policy names.

    `pages_for` returns how many pages an hour gets, by the number of tenants.
    """

    now: datetime
    listed: Collection[str]
    remaining: Remaining
    pages_for: Callable[[int], int]


class StoredPages(NamedTuple):
    """The pages of some tenants, as they were before the slot totals of their hour were read."""

    hour: Hour
    of: int
    pages: Mapping[int, LivePage]

    def page(self, tenant: Tenant) -> LivePage | None:
        """Return the page that has a tenant's row, if it is stored.

        Page 0 may have expired and been made again: pages of another number count as not there.
        """
        page = self.pages.get(page_of(tenant, self.of))
        return page if page and page.of == self.of else None

    def behind(
        self, tenants: Iterable[Tenant], versions: Iterable[tuple[Slot, int]]
    ) -> list[Tenant]:
        """Return the tenants whose pages do not show these slot totals."""
        wanted = tuple(versions)
        pages = ((tenant, self.page(tenant)) for tenant in tenants)
        return [tenant for tenant, page in pages if page is None or not page.shows(wanted)]

    def older_than(self, age: timedelta, tenants: Iterable[Tenant], now: datetime) -> list[Tenant]:
        """Return the tenants whose pages were derived so long ago, or never."""
        pages = ((tenant, self.page(tenant)) for tenant in tenants)
        return [
            tenant for tenant, page in pages if page is None or now - parse_time(page.as_of) >= age
        ]


def stored_pages(
    hour: Hour,
    tenants: Iterable[Tenant],
    given: PageContext,
    live: LiveTable,
    usage: UsageTable,
) -> StoredPages:
    """Read the pages of tenants; decide how many the hour has if nobody has yet."""
    first = _first_page(hour, given, live, usage)
    numbers = {page_of(tenant, first.of) for tenant in tenants} - {0}
    others = usage.live_pages(hour, sorted(numbers)) if numbers else {}
    return StoredPages(hour, first.of, {0: first} | others)


def put_pages(
    tenants: Sequence[Tenant],
    stored: StoredPages,
    slot_totals: Sequence[SlotTotals],
    given: PageContext,
    *,
    live: LiveTable,
    usage: UsageTable,
) -> list[Tenant]:
    """Derive the pages of tenants and put them, in the order of the tenants.

    Return the tenants whose pages there was no time for.
    """
    hour = stored.hour
    todo = list(dict.fromkeys(page_of(tenant, stored.of) for tenant in tenants))

    def turn() -> list[int] | None:
        nonlocal todo, stored, slot_totals
        lost: list[int] = []
        derived = _Derived(stored, slot_totals, given)
        for done, number in enumerate(todo):
            if given.remaining() < FOR_NOTES:
                return lost + todo[done:]
            if not derived.is_put(number, usage):
                lost.append(number)
        if not lost:
            return []
        todo = lost
        stored = StoredPages(hour, stored.of, usage.live_pages(hour, todo))
        slot_totals = live.slot_totals_of(hour)
        return None

    undone = put_next(turn, _ATTEMPTS, f"live pages of {hour} were replaced by others")
    left = set(undone)
    return [tenant for tenant in tenants if page_of(tenant, stored.of) in left] if left else []


class _Derived:
    """The pages of an hour as its slot totals say."""

    def __init__(
        self, stored: StoredPages, slot_totals: Sequence[SlotTotals], given: PageContext
    ) -> None:
        self._stored, self._given = stored, given
        self._uses = by_page(hour_uses(slot_totals), stored.of)
        self._versions = {totals.slot: totals.version for totals in slot_totals}

    def is_put(self, number: int, usage: UsageTable) -> bool:
        """Put a page unless it shows these slot totals; False when another writer was quicker.

        Equal rows are put, too: otherwise a slower worker could still put those of older totals.
        """
        before = self._stored.pages.get(number)
        if before and before.of == self._stored.of and before.shows(self._versions.items()):
            return True
        return usage.put_live_page(self._page(number, before.version + 1 if before else 1))

    def _page(self, number: int, version: int) -> LivePage:
        stored, given = self._stored, self._given
        uses: Mapping[Tenant, Use] = self._uses.get(number, {})
        kept = with_room(uses, given.listed)
        return LivePage(
            stored.hour,
            number,
            stored.of,
            version,
            kept,
            text_of(given.now),
            self._versions,
            len(uses) - len(kept),
        )


def _first_page(hour: Hour, given: PageContext, live: LiveTable, usage: UsageTable) -> LivePage:
    """Read page 0, or put an empty one, which fixes how many pages there are.

    As many tenants are expected as used something in the hour before, or in this one so far.
    """
    found = usage.live_pages(hour, [0])
    if 0 in found:
        return found[0]
    near = (hour_after(hour, -1), hour)
    tenants = max(len(hour_uses(live.slot_totals_of(one))) for one in near)
    empty = LivePage(hour, 0, given.pages_for(tenants), 1, {}, text_of(start_of(hour)))
    if usage.put_live_page(empty):
        return empty
    found = usage.live_pages(hour, [0])
    if 0 not in found:
        raise Contended(f"page 0 of {hour} went away; try again")
    return found[0]
