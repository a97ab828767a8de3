"""Both sources of published prices as one feed; the Price List shows the prefixes of Regions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bedrock_meter.aws.agreement_offers import AgreementOffers, OffersUnclear
from bedrock_meter.aws.price_list import PriceList
from bedrock_meter.domain.prices.published import Published
from bedrock_meter.ports.prices import Feed

_PREFIX = re.compile(r"([A-Z]{2,4}[0-9]?)-")


class AwsPriceFeed:
    """`PriceFeed` on the Price List and the agreement offers."""

    def __init__(self, pricing: Any, bedrock: Any, model_ids: Iterable[str]) -> None:
        self._pricing = pricing
        self._bedrock = bedrock
        self._model_ids = list(model_ids)

    def read(self) -> Feed:
        # Without the list, the Regions of offers are unknown: if it fails, so does the feed.
        listed = list(PriceList(self._pricing).published())
        offers = AgreementOffers(self._bedrock, self._model_ids, prefixes_in(listed))
        offered: list[Published] = []
        unread: dict[str, str] = {}
        for model_id in offers.model_ids:
            try:
                offered += offers.published(model_id)
            except (OffersUnclear, ClientError, BotoCoreError) as error:
                unread[model_id] = str(error)
        return Feed((*listed, *offered), unread)


def prefixes_in(listed: Iterable[Published]) -> dict[str, str]:
    """Return the Region of each prefix of usage types, which follow no rule."""
    found: dict[str, str] = {}
    for price in listed:
        if price.region and (match := _PREFIX.match(price.usage_type)):
            found.setdefault(match[1], price.region)
    return found
