"""The AWS Price List: every price of the three service codes that sell Bedrock.

GetProducts returns products as JSON texts; one has on-demand terms, each with price dimensions.
The service is called in us-east-1, one of the few Regions that have it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from bedrock_meter.domain.prices.published import Published

SERVICE_CODES = ("AmazonBedrock", "AmazonBedrockFoundationModels", "AmazonBedrockService")
REGION = "us-east-1"


class PriceList:
    """Everything on the Price List."""

    def __init__(self, pricing: Any) -> None:
        self._pricing = pricing

    def published(self) -> Iterator[Published]:
        for service_code in SERVICE_CODES:
            pages = self._pricing.get_paginator("get_products").paginate(
                ServiceCode=service_code, FormatVersion="aws_v1"
            )
            for page in pages:
                for text in page["PriceList"]:
                    yield from prices_of(json.loads(text, parse_float=Decimal))


def prices_of(product: Mapping[str, Any]) -> Iterator[Published]:
    """Yield the prices of one product; of tiers by quantity, only the first."""
    attributes = product["product"]["attributes"]
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            if dimension.get("beginRange", "0") == "0" and "USD" in dimension["pricePerUnit"]:
                yield Published(
                    origin="price_list",
                    usage_type=attributes["usagetype"],
                    region=attributes.get("regionCode", ""),
                    unit=dimension["unit"],
                    usd=dimension["pricePerUnit"]["USD"],
                    effective=term.get("effectiveDate", ""),
                    service=attributes.get("servicename", ""),
                )
