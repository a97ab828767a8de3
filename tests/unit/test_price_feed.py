"""What AWS answers, in the documented wire shapes, becomes published prices."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from bedrock_meter.aws.price_feed import AwsPriceFeed, prefixes_in
from bedrock_meter.aws.price_list import SERVICE_CODES, PriceList

GOLDEN = Path(__file__).parents[1] / "golden" / "price_list"
PRODUCTS = json.loads((GOLDEN / "get_products.json").read_text())
OFFERS = json.loads((GOLDEN / "agreement_offers.json").read_text())
LUNA = "openai.gpt-5.6-luna"


def stubbed(service: str) -> tuple[Any, Stubber]:
    client = boto3.client(
        service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    return client, Stubber(client)


def products(*service_codes: str) -> dict[str, Any]:
    listed = [one for one in PRODUCTS["PriceList"] if one["serviceCode"] in service_codes]
    return {"FormatVersion": "aws_v1", "PriceList": [json.dumps(one) for one in listed]}


def listing() -> Any:
    """The Price List service: the first offer on two pages, the others on one."""
    pricing, stub = stubbed("pricing")
    for number, code in enumerate(SERVICE_CODES):
        asked = {"ServiceCode": code, "FormatVersion": "aws_v1"}
        if number == 0:
            page = {"FormatVersion": "aws_v1", "PriceList": [], "NextToken": "more"}
            stub.add_response("get_products", page, asked)
            asked = asked | {"NextToken": "more"}
        stub.add_response("get_products", products(code), asked)
    stub.activate()
    return pricing


def test_the_price_list_is_read_of_all_three_services_and_all_pages():
    published = list(PriceList(listing()).published())

    assert [(one.usage_type, one.region, one.unit, one.usd) for one in published] == [
        ("USE1-NovaLite-input-tokens", "us-east-1", "1K tokens", "0.0000600000"),
        ("EU-MP:EU_InputTokenCount-Units", "eu-west-1", "Units", "5.5000000000"),
    ]
    assert {one.effective for one in published} == {"2026-11-01T00:00:00Z"}
    assert published[1].service == "Claude Opus 5 (Amazon Bedrock Edition)"


def test_the_price_list_teaches_which_prefix_is_which_region():
    published = list(PriceList(listing()).published())

    assert prefixes_in(published) == {"USE1": "us-east-1", "EU": "eu-west-1"}


def test_rate_cards_are_read_by_model_id_and_only_of_models_sold_that_way():
    bedrock, stub = stubbed("bedrock")
    asked = {"modelId": LUNA, "offerType": "PUBLIC"}
    stub.add_response("list_foundation_model_agreement_offers", OFFERS, asked)
    stub.activate()
    feed = AwsPriceFeed(listing(), bedrock, [LUNA, "amazon.nova-lite-v1:0"])

    published = [one for one in feed.read().published if one.origin == "agreement_offer"]

    assert len(published) == 7
    assert {one.model for one in published} == {LUNA}
    assert published[0].region == ""  # USW2 is in nothing that was listed: it will not parse
    assert published[6].region == "us-east-1"  # without prefix: the Region that was asked
    stub.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ValidationException"])
def test_a_model_without_offers_has_none(code):
    bedrock, stub = stubbed("bedrock")
    stub.add_client_error("list_foundation_model_agreement_offers", code)
    stub.activate()

    feed = AwsPriceFeed(listing(), bedrock, [LUNA]).read()

    assert [one.origin for one in feed.published] == ["price_list"] * 2
    assert feed.unread == {}


def test_being_refused_for_one_model_is_no_empty_card_and_costs_no_other_price():
    bedrock, stub = stubbed("bedrock")
    stub.add_client_error("list_foundation_model_agreement_offers", "AccessDeniedException")
    stub.add_response("list_foundation_model_agreement_offers", OFFERS)
    stub.activate()

    feed = AwsPriceFeed(listing(), bedrock, ["openai.other", LUNA]).read()

    assert {one.origin for one in feed.published} == {"price_list", "agreement_offer"}
    assert len(feed.published) == 2 + 7
    assert list(feed.unread) == ["openai.other"]
    assert "AccessDeniedException" in feed.unread["openai.other"]


def test_without_the_price_list_there_is_no_feed():
    pricing, stub = stubbed("pricing")
    stub.add_client_error("get_products", "AccessDeniedException")
    stub.activate()

    with pytest.raises(ClientError, match="AccessDenied"):
        AwsPriceFeed(pricing, None, [LUNA]).read()


def test_more_than_one_public_offer_is_a_question_for_a_person():
    answer = {"modelId": LUNA, "offers": OFFERS["offers"] * 2}
    bedrock = SimpleNamespace(
        list_foundation_model_agreement_offers=lambda **_: answer,
        meta=SimpleNamespace(region_name="us-east-1"),
    )

    feed = AwsPriceFeed(listing(), bedrock, [LUNA]).read()

    assert feed.unread == {LUNA: f"{LUNA} has 2 public offers"}
