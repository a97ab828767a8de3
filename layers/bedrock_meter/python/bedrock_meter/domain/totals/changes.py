"""Changes: the moments within an hour at which a price, a contract or a profile becomes another.

Between two of them equal calls are valued alike, whenever they were made.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.records.usage import SERVICE_OF
from bedrock_meter.domain.totals.valuation import Tariff

_LEAST = timedelta(microseconds=1)


def changes_within(
    first: datetime,
    last: datetime,
    *,
    tariffs: Iterable[Tariff],
    counting: PriceBook,
    models: Iterable[str],
) -> list[datetime]:
    """Return the moments after `first`, up to `last`, at which a rate, a contract or the meaning
    of an input count begins or ends, for calls to these models (their keys)."""
    keys = {*models, *SERVICE_OF.values()}
    bounds: set[datetime | None] = set()
    for book, contract in tariffs:
        bounds.update(_bounds_of(book, keys))
        if contract:
            bounds.update((contract.since, contract.until))
    for count in counting.input_counts:
        bounds.update((count.since, count.until))
    return sorted(bound for bound in bounds if bound is not None and first < bound <= last)


def _bounds_of(book: PriceBook, models: Iterable[str]) -> Iterator[datetime | None]:
    for model in models:
        for rate in book.rates_of(model):
            yield from (rate.since, rate.until)


def facts_within(
    first: datetime, last: datetime, fact_at: Callable[[datetime], ProfileFact | None]
) -> Iterator[datetime]:
    """Return the moments after `first`, up to `last`, from which another fact counts.

    Facts follow one another and never come back, so halving finds every moment.
    """
    if _said(fact_at(first)) == _said(fact_at(last)):
        return
    if last - first <= _LEAST:
        yield last
        return
    middle = first + (last - first) // 2
    yield from facts_within(first, middle, fact_at)
    yield from facts_within(middle, last, fact_at)


def _said(fact: ProfileFact | None) -> object:
    """Return what tells one fact from another; of what is not known only that it is not."""
    return (fact.arn, fact.asked_at) if fact and fact.found else None
