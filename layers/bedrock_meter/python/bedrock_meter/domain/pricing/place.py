"""Where a rate holds: through which scope, called from which Region.

Written `in_region@us-east-1`, `geo:us@us-*`, `geo:*@*`, `global@*`, `any@us-gov-west-1`. The
Region is the source Region of the call. A pattern never leaves the partition of its rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bedrock_meter.domain.pricing.model import GEO, GLOBAL, IN_REGION, ModelRef
from bedrock_meter.domain.pricing.region import COMMERCIAL, GEOGRAPHIES, is_region, partition_of

ANY = "any"

# How closely a place names the caller's Region; the closest rate wins.
EXACT_REGION, REGIONS_OF_GEOGRAPHY, EVERY_REGION = 3, 2, 1

_SCOPES = (IN_REGION, GEO, GLOBAL, ANY)


class Place(NamedTuple):
    """A scope and a source Region; `*` stands for any geography, any Region, any ending of one."""

    scope: str
    geo: str
    region: str

    def __str__(self) -> str:
        scope = f"{self.scope}:{self.geo}" if self.geo else self.scope
        return f"{scope}@{self.region}"


def place_of(text: str) -> Place:
    """Read one place; ValueError says what is wrong with it."""
    called, at, region = text.partition("@")
    scope, colon, geo = called.partition(":")
    if not at or scope not in _SCOPES:
        raise ValueError(f"{text!r} is not a place (such as in_region@us-east-1 or geo:us@us-*)")
    if bool(colon) != (scope == GEO) or (colon and geo not in (*GEOGRAPHIES, "*")):
        raise ValueError(f"{text!r} has no geography that is known (such as geo:us@us-east-1)")
    if region != "*" and not is_region(region.replace("-*", "-east-1")):
        raise ValueError(f"{text!r} names no Region (such as us-east-1, us-* or *)")
    return Place(scope, geo, region)


def places_text(region: str, geographies: Iterable[str]) -> str:
    """Write the places of calls from one Region, in-Region and through geographic profiles."""
    return " ".join([f"{IN_REGION}@{region}", *(f"{GEO}:{geo}@{region}" for geo in geographies)])


def closeness_of(place: Place, partition: str, model: ModelRef, region: str) -> int:
    """Return how closely a place fits a call from a Region; 0 when it does not fit at all."""
    if partition_of(region) != partition or not _fits_scope(place, model):
        return 0
    if place.region == region:
        return EXACT_REGION
    if place.region == "*":
        return EVERY_REGION if place.scope == GLOBAL or region in COMMERCIAL else 0
    if place.region.endswith("*") and region.startswith(place.region[:-1]):
        return REGIONS_OF_GEOGRAPHY
    return 0


def _fits_scope(place: Place, model: ModelRef) -> bool:
    if place.scope == ANY:
        return True
    return place.scope == model.scope and (place.scope != GEO or place.geo in ("*", model.geo))
