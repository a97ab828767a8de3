"""Erasing a tenant in a history: every request that renames something is a call of its own."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from bedrock_meter.domain.policy.decisions import BOOK, POLICY, Decision
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.erasure import Erasing
from bedrock_meter.jobs.erase_tenant import erase_tenant
from bedrock_meter.jobs.value_calls import closing_valuation
from bedrock_meter.logs.spool import evidence_file
from simulate.catalogue import price_book
from simulate.direct_requests import DIRECT_REQUESTS
from simulate.steps import Ports

_STORES = ("hours", "evidence", "manifests", "live", "decisions", "policies")


def _replace(decisions: Any, old: Decision, new: Decision) -> None:
    """Replace a decision by another one."""
    decisions.kept = {new if one == old else one for one in decisions.kept}


def _drop(policies: Any, policy_id: str) -> None:
    policies.kept.pop(policy_id, None)


ERASER_REQUESTS: Mapping[str, Callable[..., Any]] = {
    **{
        name: act
        for name, act in DIRECT_REQUESTS.items()
        if name.startswith(("usage.", "closings.rename"))
    },
    "decisions.replace": _replace,
    "policies.drop": _drop,
}
"""The requests that only erasing makes, by store and method."""


class StepwiseNames:
    """`TenantNames` that makes its requests one by one, each through the wire."""

    def __init__(self, ports: Ports) -> None:
        self._usage, self._closings, self._names = (
            ports["usage"],
            ports["closings"],
            ports["names"],
        )
        self._decisions, self._policies = ports["decisions"], ports["policies"]

    def hours(self, tenant: str) -> list[Hour]:
        return [Hour(at) for kind, at, _ in self._usage.closed_of(tenant) if kind == "hours"]

    def live_hours(self, tenant: str) -> list[Hour]:
        return [Hour(at) for at in self._usage.live_hours(tenant)]

    def begin(self, tenant: str, erasing: Erasing) -> Erasing:
        begun: Erasing = self._names.begin(tenant, erasing)
        return begun

    def rename_policy(self, old_id: str, new_id: str) -> None:
        for one in self._decisions.decisions(POLICY):
            if one.id == old_id:
                self._decisions.replace(one, one._replace(id=new_id))
        self._policies.drop(old_id)

    def rename_facts(self, arn: str, spellings: frozenset[str], pseudonym: str) -> None:
        raise NotImplementedError("no tags name a tenant that is erased")

    def rename_files(self, hour: Hour, tenant: str, pseudonym: str) -> None:
        self._closings.rename_files(hour, tenant, pseudonym)

    def rename_rows(self, tenant: str, pseudonym: str) -> None:
        items = self._usage.closed_of(tenant)
        for period in sorted({at[:size] for _, at, _ in items for size in (10, 7)}):
            self._usage.rename_in_top(period, tenant, pseudonym)
        for kind, period, item in items:
            self._usage.put_renamed(kind, period, pseudonym, item)
            self._usage.delete_closed(kind, period, tenant, item)
        for hour in self._usage.live_hours(tenant):
            self._usage.drop_live(tenant, hour)
        for one in self._decisions.decisions(BOOK):
            if one.tenant == tenant:
                self._decisions.replace(one, one._replace(tenant=pseudonym))

    def finish(self, tenant: str) -> None:
        self._names.finish(tenant)


def pseudonym_of(tenant: str) -> str:
    """Return the name that is proposed for a tenant."""
    return f"erased-{tenant}"


def erase(tenant: str, ports: Ports, now: datetime) -> str:
    """Erase a tenant, as the command line does."""
    valuation_for = partial(
        closing_valuation,
        now=now,
        decisions=ports["decisions"],
        policies=ports["policies"],
        books=price_book,
        source=ports["bedrock"],
        facts=ports["facts"],
    )
    return erase_tenant(
        tenant,
        proposed=pseudonym_of(tenant),
        everywhere=False,
        now=now,
        names=StepwiseNames(ports),
        valuation_for=valuation_for,
        write=evidence_file,
        **{name: ports[name] for name in _STORES},
    ).pseudonym
