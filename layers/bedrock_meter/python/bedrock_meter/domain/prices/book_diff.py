"""The difference of two price books, rate by rate."""

from __future__ import annotations

from typing import NamedTuple

from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.pricing.rate import Rate, shown_time


class RateChange(NamedTuple):
    """One rate that came, went, or costs something else. Dollars are per `per` units."""

    what: str  # added | removed | changed | closed | billing
    model: str
    kind: str
    where: str
    tier: str
    since: str
    old_usd: str | None
    new_usd: str | None
    per: int
    rates: tuple[str, ...]

    def __str__(self) -> str:
        price = f"{self.old_usd or '-'} → {self.new_usd or '-'} per {self.per}"
        since = f" since {self.since}" if self.since else ""
        where = f"{self.model} {self.kind} {self.tier} {self.where}{since}"
        return f"{self.what:8}{where}: {price} [{' '.join(self.rates)}]"


def changes_between(old: PriceBook, new: PriceBook) -> list[RateChange]:
    """Return what differs between two books, sorted."""
    before = {_key(rate): rate for rate in old.rates()}
    after = {_key(rate): rate for rate in new.rates()}
    found = [_change("removed", before[key], None) for key in before.keys() - after.keys()]
    found += [_change("added", None, after[key]) for key in after.keys() - before.keys()]
    for key in before.keys() & after.keys():
        one, two = before[key], after[key]
        if one.atto != two.atto:
            found.append(_change("changed", one, two))
        elif one.until != two.until:
            found.append(_change("closed", one, two))
        elif old.bills(one) != new.bills(two):
            found.append(_change("billing", one, two))
    return sorted(found, key=lambda change: (*change[1:6], change.what))


def _key(rate: Rate) -> tuple[object, ...]:
    return (*rate.product, rate.places, rate.partition, rate.tier, rate.since)


def _change(what: str, old: Rate | None, new: Rate | None) -> RateChange:
    rate = new or old
    assert rate is not None
    ids = tuple(dict.fromkeys(one.id for one in (old, new) if one))
    return RateChange(
        what=what,
        model=rate.model,
        kind=rate.shown_kind,
        where=rate.shown_places,
        tier=rate.tier,
        since=shown_time(rate.since),
        old_usd=old.usd if old else None,
        new_usd=new.usd if new else None,
        per=rate.per,
        rates=ids,
    )
