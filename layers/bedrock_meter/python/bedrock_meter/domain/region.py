"""AWS Regions as prices see them: their form, their partition, the geographies they belong to."""

from __future__ import annotations

import re

# Scope prefixes that name a geography; `global` is a scope of its own.
GEOGRAPHIES = ("us-gov", "us", "eu", "apac", "jp", "au", "in", "ca")

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
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
