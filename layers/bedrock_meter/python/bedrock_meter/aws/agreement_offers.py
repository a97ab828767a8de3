"""Agreement offers: the rate cards of models sold through AWS Marketplace, keyed by model id.

ListFoundationModelAgreementOffers takes a bare model id. A model without offers, or not sold this
way, has no rate card; with more than one public offer, a person must decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from bedrock_meter.aws.s3_objects import code_of
from bedrock_meter.domain.prices.published import Published

# Those whose models are billed through Marketplace.
MARKETPLACE_PROVIDERS = (
    *("ai21", "anthropic", "cohere", "luma", "openai", "stability", "twelvelabs", "writer"),
)

_NONE = {"ResourceNotFoundException", "ValidationException"}


class OffersUnclear(RuntimeError):
    """A model has more than one public offer, and it is not clear which one bills."""


class AgreementOffers:
    """The agreement offers of models, one model at a time.

    `regions` maps the prefixes of dimensions (`USW2`) to Regions, as the Price List pairs them; a
    dimension without a prefix belongs to the Region that was asked.
    """

    def __init__(self, bedrock: Any, model_ids: Iterable[str], regions: Mapping[str, str]) -> None:
        self._bedrock = bedrock
        self.model_ids = [
            one for one in model_ids if one.partition(".")[0] in MARKETPLACE_PROVIDERS
        ]
        self._regions = regions

    def published(self, model_id: str) -> list[Published]:
        """Read the rate card of a model; raise `OffersUnclear`, or the service's refusal."""
        return [self._published(model_id, entry) for entry in self._rate_card(model_id)]

    def _rate_card(self, model_id: str) -> list[dict[str, str]]:
        try:
            answer = self._bedrock.list_foundation_model_agreement_offers(
                modelId=model_id, offerType="PUBLIC"
            )
        except ClientError as error:
            if code_of(error) in _NONE:
                return []
            raise
        offers = answer["offers"]
        if len(offers) > 1:
            raise OffersUnclear(f"{model_id} has {len(offers)} public offers")
        terms = offers[0]["termDetails"]["usageBasedPricingTerm"] if offers else {}
        card: list[dict[str, str]] = terms.get("rateCard", [])
        return card

    def _published(self, model_id: str, entry: Mapping[str, str]) -> Published:
        dimension = entry["dimension"]
        prefix = dimension.partition("_")[0]
        here = str(self._bedrock.meta.region_name)
        return Published(
            origin="agreement_offer",
            usage_type=dimension,
            region=self._regions.get(prefix, "") if prefix.isupper() else here,
            unit=entry["unit"],
            usd=entry["price"],
            effective="",
            model=model_id,
        )
