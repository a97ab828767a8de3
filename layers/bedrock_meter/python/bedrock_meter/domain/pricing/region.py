"""AWS Regions as prices see them: their form, their partition, the geographies they belong to."""

from __future__ import annotations

import re

# Scope prefixes that name a geography; `global` is a scope of its own.
GEOGRAPHIES = ("us-gov", "us", "eu", "apac", "jp", "au", "in", "ca")

_SIDES = "north|south|east|west|central|northeast|northwest|southeast|southwest"
_REGION = re.compile(rf"(us|us-gov|eu|ap|ca|sa|af|me|il|mx|cn)-({_SIDES})-[0-9]{{1,2}}")

# The commercial Regions this release knows. What holds "in every Region" holds in these: a Region
# nobody has looked at may have prices of its own.
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

_JAPAN = ("ap-northeast-1", "ap-northeast-3")
_AUSTRALIA = ("ap-southeast-2", "ap-southeast-4", "ap-southeast-6")
_INDIA = ("ap-south-1", "ap-south-2")


def is_region(text: str) -> bool:
    """Whether a text has the form of a Region code, such as `eu-central-1`."""
    return _REGION.fullmatch(text) is not None


def partition_of(region: str) -> str:
    """The partition of a Region: `aws`, `aws-us-gov` or `aws-cn`."""
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws-cn" if region.startswith("cn-") else "aws"


def geographies_of(region: str) -> tuple[str, ...]:
    """The geographies whose profiles a call from this Region may use; empty if none is known."""
    if region.startswith("us-gov-"):
        return ("us-gov",)
    if region.startswith("ap-"):
        return ("apac", *_nation_of(region))
    prefix = region.partition("-")[0]
    return (prefix,) if prefix in {"us", "eu", "ca"} else ()


def _nation_of(region: str) -> tuple[str, ...]:
    for code, regions in (("jp", _JAPAN), ("au", _AUSTRALIA), ("in", _INDIA)):
        if region in regions:
            return (code,)
    return ()
