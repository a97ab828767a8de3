"""Completeness: what Bedrock counted itself, compared with what was metered.

CloudWatch counts calls that Bedrock took on, throttled ones left out. Whether it counts those that
failed later is documented in two ways, so failed calls may be missing there, never here.
"""

from collections.abc import Mapping
from typing import NamedTuple

from bedrock_meter.domain.time.hours import Hour

THROTTLED = "ThrottlingException"
"""The error code of calls that Bedrock logs, but does not count as invocations."""

_FEW = 2
"""Calls that may stand on either side of an edge between hours: counted at their end, logged by
their beginning."""

type Counts = Mapping[Hour, Mapping[str, int]]
"""Calls by hour and model."""


class Gap(NamedTuple):
    """A model of which more calls were made than metered, and the hour that lacks most."""

    model: str
    invoked: int
    metered: int
    worst: Hour

    def missing(self) -> int:
        """Count the calls that were not metered."""
        return self.invoked - self.metered


def gaps_between(invoked: Counts, metered: Counts, tolerance_percent: int) -> tuple[Gap, ...]:
    """Return the models that lack more calls than tolerated, over all these hours together.

    A call through an inference profile may be counted under the profile or under its model. So
    calls that were metered under names CloudWatch does not know are held against what seems
    missing; more calls of one known model never make up for another.
    """
    counted, found = _by_name(invoked), _by_name(metered)
    lacking = (_gap(name, hours, found.get(name, {})) for name, hours in sorted(counted.items()))
    beyond = tuple(
        gap for gap in lacking if gap.missing() > max(_FEW, gap.invoked * tolerance_percent // 100)
    )
    elsewhere = sum(sum(hours.values()) for name, hours in found.items() if name not in counted)
    return beyond if sum(gap.missing() for gap in beyond) > elsewhere else ()


def name_of(model_id: str) -> str:
    """Return the name that both sides use: an ARN's last part, or the id itself."""
    return model_id.rsplit("/", 1)[-1]


def _by_name(counts: Counts) -> dict[str, dict[Hour, int]]:
    names: dict[str, dict[Hour, int]] = {}
    for hour, models in counts.items():
        for model_id, count in models.items():
            hours = names.setdefault(name_of(model_id), {})
            hours[hour] = hours.get(hour, 0) + count
    return names


def _gap(name: str, invoked: Mapping[Hour, int], metered: Mapping[Hour, int]) -> Gap:
    worst = max(sorted(invoked), key=lambda hour: invoked[hour] - metered.get(hour, 0))
    return Gap(name, sum(invoked.values()), sum(metered.values()), worst)
