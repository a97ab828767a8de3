"""Pricing: the daily comparison with what AWS publishes."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from bedrock_meter import prices
from bedrock_meter.compose.functions import load, stores_by
from bedrock_meter.compose.settings import PriceSettings
from bedrock_meter.jobs.put_book_in_force import put_book_in_force
from bedrock_meter.jobs.refresh_prices import refresh_prices as refresh
from bedrock_meter.ports.prices import Outcome

load("dynamodb_decisions", "dynamodb_hours", "price_feed", "s3_books", "s3_evidence")


def refresh_prices() -> Callable[..., Outcome]:
    """Join `refresh_prices`; call it with now."""
    stores = stores_by(PriceSettings.from_environment())
    decide = partial(put_book_in_force, **stores.named("decisions", "evidence", "hours"))
    work = partial(
        refresh,
        feed=stores.feed,
        shelf=stores.shelf,
        names=prices.shipped_names(),
        layered=prices.layered,
    )

    def job(*, now: datetime) -> Outcome:
        return work(now=now, in_force=partial(decide, now=now))

    return job
