"""Corrections: how a later publication of an hour differs from the one before it."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bedrock_meter.domain.records.tenant import Tenant, in_order
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.total import EMPTY, Total


class Correction(NamedTuple):
    """One tenant's hour, corrected: the totals of two consecutive published epochs."""

    hour: Hour
    tenant: Tenant
    old_epoch: int
    new_epoch: int
    old: Total
    new: Total


def corrections_for(
    hour: Hour,
    old_epoch: int,
    old: Mapping[Tenant, Total],
    new_epoch: int,
    new: Mapping[Tenant, Total],
) -> Iterator[Correction]:
    """Return every tenant whose hour changed; one that is gone went down to nothing."""
    for tenant in in_order({*old, *new}):
        before, after = old.get(tenant, EMPTY), new.get(tenant, EMPTY)
        if before != after:
            yield Correction(hour, tenant, old_epoch, new_epoch, before, after)
