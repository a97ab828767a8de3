"""Erasing: a tenant's id gives way to a pseudonym, in evidence and in the policies that name it.

What was used and what it cost stays, under a name that leads nowhere.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.policy import Policy
from bedrock_meter.domain.total import EMPTY, Total

PREFIX = "erased-"


class Erasing(NamedTuple):
    """An erasing under way: the pseudonym, and every name of the tenant that gives way to it."""

    pseudonym: str
    spellings: frozenset[str]


def spellings_of(tenant: str, policies: Iterable[Policy]) -> frozenset[str]:
    """Give the id and every other name that a policy knows the tenant by."""
    names = (policy.recognition.names for policy in policies)
    return frozenset({tenant}).union(*(_meaning(tenant, each) for each in names))


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


def without_name(evidence: Evidence, spellings: frozenset[str], pseudonym: str) -> Evidence:
    """Replace the tenant's names wherever a call of its own holds them: metadata, session name."""
    *role, session = evidence.principal.split("/")
    return evidence._replace(
        metadata=evidence.metadata
        and {
            key: pseudonym if value in spellings else value
            for key, value in evidence.metadata.items()
        },
        principal="/".join([*role, pseudonym if session in spellings else session]),
    )


def tags_without(
    tags: Mapping[str, str], spellings: frozenset[str], pseudonym: str
) -> dict[str, str]:
    """Replace the tenant's names among the tags of a profile."""
    return {key: pseudonym if value in spellings else value for key, value in tags.items()}


def renamed_totals(
    totals: Mapping[str | None, Total], tenant: str, pseudonym: str
) -> dict[str | None, Total]:
    """Give totals that name the pseudonym; what was found under either name is one total.

    A close during an erasing finds calls under the pseudonym and nothing any more under the id.
    """
    others = {name: total for name, total in totals.items() if name != tenant}
    both = others.get(pseudonym, EMPTY).plus(totals.get(tenant, EMPTY))
    return {**others, pseudonym: both.shortened()}


def policy_without(policy: Policy, spellings: frozenset[str], pseudonym: str) -> Policy:
    """Give the policy with the pseudonym in the tenant's place: same plan, same signs, same terms.

    Other names are left out, since no evidence holds them any more.
    """
    document = policy.to_document()
    tenants = document.get("tenants")
    if not isinstance(tenants, Mapping) or not spellings & set(tenants):
        return policy
    renamed = {
        (pseudonym if name in spellings else name): (
            _nameless(section, spellings, pseudonym) if name in spellings else section
        )
        for name, section in tenants.items()
    }
    return Policy.from_document({**document, "tenants": renamed})


def _nameless(section: Any, spellings: frozenset[str], pseudonym: str) -> Any:
    if not isinstance(section, Mapping) or "recognised_by" not in section:
        return section
    signs = {
        kind: [_sign(sign, spellings, pseudonym) for sign in given]
        for kind, given in section["recognised_by"].items()
        if kind != "names"
    }
    return {**section, "recognised_by": signs}


def _sign(sign: str, spellings: frozenset[str], pseudonym: str) -> str:
    *role, session = sign.split("/")
    return "/".join([*role, pseudonym if role and session in spellings else session])


def _meaning(tenant: str, names: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name for name, meant in names.items() if meant == tenant)
