"""What each scope prefix means: scope sets the price, so each Region of a prefix has its source."""

import pytest

from bedrock_meter.domain.pricing.model import model_of
from bedrock_meter.domain.pricing.region import (
    COMMERCIAL,
    GEOGRAPHIES,
    GOVERNMENT,
    geographies_of,
    geography_around,
)

# The Regions from which AWS offered a profile of each prefix on 2026-08-21, as
# mirai73/bedrock-models@3c07e5f recorded it; GovCloud: aws/aws-cdk@01d78ea,
# cross-region-inference-profile.ts.
OFFERED = {
    "us": "us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 ca-west-1",
    "ca": "ca-central-1 ca-west-1",
    "eu": "eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2"
    " eu-west-3 il-central-1",
    "apac": "ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2"
    " ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-7",
    "jp": "ap-northeast-1 ap-northeast-3",
    "au": "ap-southeast-2 ap-southeast-4 ap-southeast-6",
    "in": "ap-south-1 ap-south-2",
    "us-gov": "us-gov-east-1 us-gov-west-1",
}
# No profile was offered there, but these stand beside Regions where one was; the Middle East is a
# destination of `apac` (aws/aws-cdk@01d78ea).
BESIDE = {"apac": {"ap-east-1", "ap-southeast-6", "me-central-1", "me-south-1"}}


@pytest.mark.parametrize("geography", GEOGRAPHIES)
def test_a_prefix_means_the_regions_from_which_its_profiles_were_offered(geography: str) -> None:
    meant = {one for one in COMMERCIAL | GOVERNMENT if geography in geographies_of(one)}

    assert meant == set(OFFERED[geography].split()) | BESIDE.get(geography, set())


@pytest.mark.parametrize("geography", GEOGRAPHIES)
def test_a_profile_to_all_regions_of_a_prefix_is_of_that_prefix(geography: str) -> None:
    assert geography_around(OFFERED[geography].split()) == geography
    assert model_of(f"{geography}.amazon.nova-pro-v1:0").geo == geography


def test_a_region_belongs_to_its_nation_and_to_what_is_around_it() -> None:
    assert geographies_of("ap-southeast-6") == ("apac", "au")
    assert geographies_of("ca-west-1") == ("us", "ca")
    assert geographies_of("sa-east-1") == geographies_of("cn-north-1") == ()


def test_no_geography_is_around_nothing_or_around_regions_far_apart() -> None:
    assert geography_around([]) is None
    assert geography_around(["us-east-1", "eu-west-1"]) is None
    assert geography_around(["us-gov-west-1", "us-east-1"]) is None
