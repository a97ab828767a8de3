"""Add up the calls of an hour, tenant by tenant."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bedrock_meter.domain.policy.attribution import Attribution
from bedrock_meter.domain.pricing.charge import PARTIAL_UNPRICED, UNPRICED, UNRESOLVED_MODEL
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.records.use import tokens_in
from bedrock_meter.domain.totals.rollup import ClosedCall
from bedrock_meter.domain.totals.total import ModelUse, Total

_WITHOUT_RATE = frozenset({PARTIAL_UNPRICED, UNPRICED, UNRESOLVED_MODEL})


class AlikeCalls(NamedTuple):
    """The sums of many calls of one model, attributed and priced alike; `usage` is as charged."""

    number: int
    attribution: Attribution
    model_id: str
    status: str
    failed: bool
    cost: int
    list_cost: int
    usage: Mapping[str, int]
    unpriced: Mapping[str, int]
    timed: int
    latency_ms: int


def add_quantities(sums: dict[str, int], quantities: Mapping[str, int]) -> None:
    """Add quantities to sums, kind by kind."""
    for kind, quantity in quantities.items():
        sums[kind] = sums.get(kind, 0) + quantity


class Sum:
    """A total in the making, of the same fields; one addition per number and call."""

    def __init__(self) -> None:
        self.requests = self.errors = self.cost = self.list_cost = self.unpriced_requests = 0
        self.conflicts = self.timed = self.latency_ms = 0
        self.usage: dict[str, int] = {}
        self.unpriced: dict[str, int] = {}
        self.models: dict[str, list[int]] = {}
        self.rules: dict[str, int] = {}

    def add(self, call: ClosedCall) -> None:
        """Add one call."""
        evidence, attribution, charge = call.evidence, call.attribution, call.charge
        self.requests += 1
        self.errors += evidence.error_code is not None
        self.cost += charge.priced
        self.list_cost += charge.list_cost
        add_quantities(self.usage, charge.usage)
        if charge.status in _WITHOUT_RATE:
            self.unpriced_requests += 1
            add_quantities(self.unpriced, charge.unpriced)
        model = self.models.setdefault(evidence.model_id, [0, 0, 0])
        model[0] += 1
        model[1] += tokens_in(charge.usage)
        model[2] += charge.priced
        self.rules[attribution.rule] = self.rules.get(attribution.rule, 0) + 1
        self.conflicts += attribution.conflict
        if evidence.latency_ms is not None:
            self.timed += 1
            self.latency_ms += evidence.latency_ms

    def add_alike(self, calls: AlikeCalls) -> None:
        """Add many calls that were attributed and priced alike."""
        number = calls.number
        self.requests += number
        self.errors += calls.failed and number
        self.cost += calls.cost
        self.list_cost += calls.list_cost
        add_quantities(self.usage, calls.usage)
        if calls.status in _WITHOUT_RATE:
            self.unpriced_requests += number
            add_quantities(self.unpriced, calls.unpriced)
        model = self.models.setdefault(calls.model_id, [0, 0, 0])
        model[0] += number
        model[1] += tokens_in(calls.usage)
        model[2] += calls.cost
        rule = calls.attribution.rule
        self.rules[rule] = self.rules.get(rule, 0) + number
        self.conflicts += calls.attribution.conflict and number
        self.timed += calls.timed
        self.latency_ms += calls.latency_ms

    def total(self) -> Total:
        """Return what was added up."""
        models = {name: ModelUse(*numbers) for name, numbers in self.models.items()}
        return Total(**vars(self) | {"models": models}).shortened()


def tally(calls: Iterable[ClosedCall]) -> Mapping[Tenant, Total]:
    """Return every tenant's total; the order of the calls never matters."""
    sums: dict[Tenant, Sum] = {}
    for call in calls:
        tenant = call.attribution.tenant
        held = sums.get(tenant)
        if held is None:
            held = sums[tenant] = Sum()
        held.add(call)
    return {tenant: held.total() for tenant, held in sums.items()}
