"""Add up the calls of an hour, tenant by tenant."""

from collections.abc import Iterable, Mapping

from bedrock_meter.domain.pricing.charge import PARTIAL_UNPRICED, UNPRICED, UNRESOLVED_MODEL
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.records.use import tokens_in
from bedrock_meter.domain.totals.rollup import ClosedCall
from bedrock_meter.domain.totals.total import ModelUse, Total

_WITHOUT_RATE = frozenset({PARTIAL_UNPRICED, UNPRICED, UNRESOLVED_MODEL})


class _Sum:
    """A total in the making, of the same fields; one addition per number and call."""

    def __init__(self) -> None:
        self.requests = self.errors = self.cost = self.unpriced_requests = 0
        self.conflicts = self.timed = self.latency_ms = 0
        self.usage: dict[str, int] = {}
        self.unpriced: dict[str, int] = {}
        self.models: dict[str, list[int]] = {}
        self.rules: dict[str, int] = {}

    def add(self, call: ClosedCall) -> None:
        evidence, attribution, charge = call.evidence, call.attribution, call.charge
        self.requests += 1
        self.errors += evidence.error_code is not None
        self.cost += charge.priced
        for kind, quantity in charge.usage.items():
            self.usage[kind] = self.usage.get(kind, 0) + quantity
        if charge.status in _WITHOUT_RATE:
            self.unpriced_requests += 1
            for kind, quantity in charge.unpriced.items():
                self.unpriced[kind] = self.unpriced.get(kind, 0) + quantity
        model = self.models.setdefault(evidence.model_id, [0, 0, 0])
        model[0] += 1
        model[1] += tokens_in(charge.usage)
        model[2] += charge.priced
        self.rules[attribution.rule] = self.rules.get(attribution.rule, 0) + 1
        self.conflicts += attribution.conflict
        if evidence.latency_ms is not None:
            self.timed += 1
            self.latency_ms += evidence.latency_ms

    def total(self) -> Total:
        models = {name: ModelUse(*numbers) for name, numbers in self.models.items()}
        return Total(**vars(self) | {"models": models}).shortened()


def tally(calls: Iterable[ClosedCall]) -> Mapping[Tenant, Total]:
    """Return every tenant's total; the order of the calls never matters."""
    sums: dict[Tenant, _Sum] = {}
    for call in calls:
        tenant = call.attribution.tenant
        held = sums.get(tenant)
        if held is None:
            held = sums[tenant] = _Sum()
        held.add(call)
    return {tenant: held.total() for tenant, held in sums.items()}
