"""AWS Regions as prices see them: their form, their partition, the geographies they belong to."""

from __future__ import annotations

import re
from collections.abc import Collection
from fnmatch import fnmatchcase

# Scope prefixes that name a geography, and the Regions whose callers may use its profiles and
# where those profiles lead. A nation comes after the geography around it. From the pairs of
# profile and Region that AWS offered on 2026-08-21 (mirai73/bedrock-models@3c07e5f); the
# destinations in GovCloud and the Middle East from aws/aws-cdk@01d78ea,
# cross-region-inference-profile.ts. `global` is a scope of its own.
_REGIONS_OF = {
    "us-gov": ("us-gov-*",),
    "us": ("us-east-*", "us-west-*", "ca-*"),
    "eu": ("eu-*", "il-*"),
    "apac": ("ap-*", "me-*"),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "au": ("ap-southeast-2", "ap-southeast-4", "ap-southeast-6"),
    "in": ("ap-south-1", "ap-south-2"),
    "ca": ("ca-*",),
}
GEOGRAPHIES = tuple(_REGIONS_OF)

_SIDES = "north|south|east|west|central|northeast|northwest|southeast|southwest"
_REGION = re.compile(rf"(us|us-gov|eu|ap|ca|sa|af|me|il|mx|cn)-({_SIDES})-[0-9]{{1,2}}")

# The commercial Regions this release knows. What holds "in every Region" holds in these: a Region
# that is not listed may have prices of its own.
_NUMBERED = {
    "us-east": 2,
    "us-west": 2,
    "ca-central": 1,
    "ca-west": 1,
    "mx-central": 1,
    "sa-east": 1,
    "eu-central": 2,
    "eu-north": 1,
    "eu-south": 2,
    "eu-west": 3,
    "ap-east": 2,
    "ap-northeast": 3,
    "ap-south": 2,
    "ap-southeast": 7,
    "af-south": 1,
    "il-central": 1,
    "me-central": 1,
    "me-south": 1,
}
COMMERCIAL = frozenset(
    f"{name}-{number}" for name, last in _NUMBERED.items() for number in range(1, last + 1)
)
GOVERNMENT = frozenset({"us-gov-east-1", "us-gov-west-1"})

AWS, GOVCLOUD, CHINA = PARTITIONS = ("aws", "aws-us-gov", "aws-cn")


def is_region(text: str) -> bool:
    """Return whether a text has the form of a Region code, such as `eu-central-1`."""
    return _REGION.fullmatch(text) is not None


def partition_of(region: str) -> str:
    """Return the partition of a Region: `aws`, `aws-us-gov` or `aws-cn`."""
    if region.startswith("us-gov-"):
        return GOVCLOUD
    return CHINA if region.startswith("cn-") else AWS


def geographies_of(region: str) -> tuple[str, ...]:
    """Return the geographies whose profiles a call from a Region may use, in order of size."""
    return tuple(
        geography
        for geography, patterns in _REGIONS_OF.items()
        if any(fnmatchcase(region, pattern) for pattern in patterns)
    )


def geography_around(regions: Collection[str]) -> str | None:
    """Return the smallest geography that holds all of these Regions; None when none does."""
    shared = [set(geographies_of(region)) for region in regions]
    around = [one for one in GEOGRAPHIES if all(one in its for its in shared)]
    return around[-1] if regions and around else None
