"""Erasing: a pseudonym replaces a tenant's id, in evidence and in all that follows from it.

What was used and what it cost stays, under a name that leads nowhere.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.records.errors import MeterError
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.totals.total import EMPTY, Total

PREFIX = "erased-"


class CannotErase(MeterError):
    """The tenant cannot be erased now; the message says why and what would help."""


class Erasing(NamedTuple):
    """An erasing under way: the pseudonym, and every name of the tenant that it replaces."""

    pseudonym: str
    spellings: frozenset[str]


def spellings_of(tenant: str, policies: Iterable[Policy]) -> frozenset[str]:
    """Return the id and every other name that a policy knows the tenant by.

    Not those that mean somebody else by another policy, at other times: their calls hold them too.
    """
    known = list(policies)
    meanings = [meaning for policy in known for meaning in policy.recognition.names.items()]
    names = {name for name, meant in meanings if meant == tenant}
    others = (
        name for name in names - {tenant} if any(_means_other(name, tenant, each) for each in known)
    )
    return frozenset({tenant, *names}.difference(others))


def without_alias(
    evidence: Evidence, spellings: frozenset[str], pseudonym: str, policy: Policy
) -> Evidence:
    """Replace the tenant's names where request metadata states a tenant, and nowhere else."""
    aliases = {alias.casefold() for alias in policy.tenant_aliases}
    return evidence._replace(
        metadata=evidence.metadata
        and {
            key: pseudonym if value in spellings and key.casefold() in aliases else value
            for key, value in evidence.metadata.items()
        }
    )


def holds_name(evidence: Evidence, spellings: frozenset[str]) -> bool:
    """Return whether a call's metadata, or the end of its principal, is one of the names."""
    values = {*(evidence.metadata or {}).values(), evidence.principal.rpartition("/")[2]}
    return not spellings.isdisjoint(values)


def without_name(evidence: Evidence, spellings: frozenset[str], pseudonym: str) -> Evidence:
    """Replace the tenant's names wherever a call of its own holds them: metadata, session name."""
    *role, session = evidence.principal.split("/")
    return evidence._replace(
        metadata=evidence.metadata and tags_without(evidence.metadata, spellings, pseudonym),
        principal="/".join([*role, pseudonym if session in spellings else session]),
    )


def tags_without(
    tags: Mapping[str, str], spellings: frozenset[str], pseudonym: str
) -> dict[str, str]:
    """Replace the tenant's names among tags of a profile, or metadata."""
    return {key: pseudonym if value in spellings else value for key, value in tags.items()}


def renamed_totals(
    totals: Mapping[Tenant, Total], tenant: str, pseudonym: str
) -> dict[Tenant, Total]:
    """Return totals that name the pseudonym; what was found under either name is one total.

    A close during an erasing finds calls under the pseudonym and nothing any more under the id.
    """
    others = {name: total for name, total in totals.items() if name != tenant}
    both = others.get(pseudonym, EMPTY).plus(totals.get(tenant, EMPTY))
    return {**others, pseudonym: both.shortened()}


def _means_other(name: str, tenant: str, policy: Policy) -> bool:
    return name in policy.tenants or policy.recognition.names.get(name, tenant) != tenant
