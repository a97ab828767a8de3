"""What must hold in every state of the explorer, beside the invariants of single hours."""

from collections.abc import Iterator, Mapping
from typing import Any

from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.time.hours import day_of, month_of
from bedrock_meter.domain.totals.total import holds_hour


def violations(raw: Mapping[str, Any]) -> Iterator[str]:
    """Return the invariants that do not hold."""
    yield from _published_alone(raw)
    yield from _settled_without_evidence(raw)


def _published_alone(raw: Mapping[str, Any]) -> Iterator[str]:
    """An hour that is published is part of the day and the month of each of its tenants."""
    usage = raw["usage"]
    for hour, row in raw["hours"].kept.items():
        closing = raw["closings"].closings.get((hour, row.published))
        for tenant in closing.totals if closing else ():
            day = usage.days.get((tenant, day_of(hour)))
            month = usage.months.get((tenant, month_of(hour)))
            in_day = day and holds_hour(day.mask, hour)
            in_month = month and holds_hour(month.masks.get(day_of(hour), 0), hour)
            if not (in_day and in_month):
                yield f"{hour} is published, and not part of the day and the month of {tenant}"


def _settled_without_evidence(raw: Mapping[str, Any]) -> Iterator[str]:
    """All evidence of a log object that is settled is there, none older than its reading."""
    kept = raw["evidence"].kept
    for manifest in raw["manifests"].manifests.values():
        if manifest.settled and not manifest.is_erased:
            for part in manifest.parts:
                generation, _ = kept.get((part, manifest.object_id), (0, b""))
                if generation < manifest.generation:
                    yield f"{manifest.key[-36:]} is settled, its evidence of {part} is not there"


def manifest_violation(before: Manifest | None, after: Manifest | None) -> str:
    """Return what no manifest may do: lose its bytes, or go back to an older reading."""
    if before is None or after is None or after == before:
        return ""
    if before.settled and before.digest != after.digest:
        return f"other bytes take the place of {after.key[-36:]}, which is metered"
    if after.generation < before.generation or after.revision != before.revision + 1:
        return f"{after.key[-36:]}: {after} follows {before}"
    return ""
