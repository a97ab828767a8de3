"""Live pages: the live hours of many tenants in one item.

DynamoDB counts writes in whole kilobytes, and a live hour has forty bytes: an item for each tenant
would cost twenty times more. The pages of an hour are numbered from 0. How many there are is fixed
when the first one is made, and stands on each; a hash of the tenant's key says which page is whose.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from bedrock_meter.domain.records.tenant import Tenant, tenant_key
from bedrock_meter.domain.records.use import NOTHING, Use
from bedrock_meter.domain.time.hours import Hour, Slot
from bedrock_meter.domain.totals.live import SlotTotals, by_spend

ON_A_PAGE = 256
"""Tenants of a page at most, if they spread evenly: ten kilobytes. In pages of one kilobyte most
would be written for one row that moved, half empty; a reader of larger ones pays for more."""

MOST_PAGES = 4_096

MOST_BYTES = 300 * 1024
"""Of the rows of a page; an item has 400 KB at most. Anybody can make up ids that share a page."""

_BYTES_OF_NUMBERS = 60
_BYTES_OF_HASH = 4


class LivePage(NamedTuple):
    """What some tenants used in an hour so far: page `number` of `of` pages.

    `versions` are those of the slot totals it was derived from. `left_out` tenants had no room.
    """

    hour: Hour
    number: int
    of: int
    version: int
    uses: Mapping[Tenant, Use]
    as_of: str
    versions: Mapping[Slot, int] = MappingProxyType({})
    left_out: int = 0

    def shows(self, versions: Iterable[tuple[Slot, int]]) -> bool:
        """Return whether it was derived from these slot totals, or from newer ones."""
        return all(self.versions.get(slot, 0) >= version for slot, version in versions)


def pages_for(tenants: int) -> int:
    """Return how many pages an hour gets in which so many tenants are expected; a power of two."""
    wanted = max(1, -(-tenants // ON_A_PAGE))
    return min(MOST_PAGES, 1 << (wanted - 1).bit_length())


def page_of(tenant: Tenant, pages: int) -> int:
    """Return the number of a tenant's page: the first 32 bits of a hash of its key, modulo."""
    if pages == 1:
        return 0
    digest = hashlib.sha256(tenant_key(tenant).encode()).digest()
    return int.from_bytes(digest[:_BYTES_OF_HASH]) % pages


def hour_uses(slot_totals: Sequence[SlotTotals]) -> dict[Tenant, Use]:
    """Add up what each tenant used in the slots of an hour."""
    uses: dict[Tenant, Use] = {}
    for totals in slot_totals:
        for tenant, use in totals.tenants.items():
            uses[tenant] = uses.get(tenant, NOTHING).plus(use)
    return uses


def by_page(uses: Mapping[Tenant, Use], pages: int) -> dict[int, dict[Tenant, Use]]:
    """Return the uses of each page that has any."""
    found: dict[int, dict[Tenant, Use]] = {}
    for tenant, use in uses.items():
        found.setdefault(page_of(tenant, pages), {})[tenant] = use
    return found


def with_room(uses: Mapping[Tenant, Use], listed: Collection[str]) -> dict[Tenant, Use]:
    """Return the rows that a page has room for: listed tenants first, then the largest."""
    if sum(map(_size, uses)) <= MOST_BYTES:
        return dict(uses)
    kept: dict[Tenant, Use] = {}
    room = MOST_BYTES
    for tenant in by_spend(uses, [uses], listed):
        room -= _size(tenant)
        if room < 0:
            break
        kept[tenant] = uses[tenant]
    return kept


def _size(tenant: Tenant) -> int:
    return len(tenant_key(tenant).encode()) + _BYTES_OF_NUMBERS
