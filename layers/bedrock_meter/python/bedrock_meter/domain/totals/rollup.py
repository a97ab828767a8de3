"""The rows of a closed hour: every call once, with its tenant, its price, and why."""

from typing import NamedTuple

from bedrock_meter.domain.policy.attribution import Attribution
from bedrock_meter.domain.pricing.charge import Charge
from bedrock_meter.domain.records.evidence import Evidence


class ClosedCall(NamedTuple):
    """One call of a closed hour: evidence, and the verdicts derived from it at closing."""

    object_id: str
    evidence: Evidence
    attribution: Attribution
    charge: Charge
