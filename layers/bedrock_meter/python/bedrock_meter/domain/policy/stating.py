"""Stating: which callers may name a tenant in request metadata, and which ids name one.

A caller can write any id. A backend that serves many tenants writes the right one; any other caller
that writes a tenant's id could have its calls counted as that tenant's, and the tenant blocked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bedrock_meter.domain.policy.document import Section
from bedrock_meter.domain.policy.matchers import principals_of
from bedrock_meter.domain.policy.principal import PrincipalRules

TENANT_OF_ITS_OWN = "tenant"
UNATTRIBUTED = "unattributed"
MOST_UNLISTED = 50_000


@dataclass(frozen=True, slots=True)
class Stating:
    """Who may state ids (`stated_by` None: everybody), and which ids count (`listed` None: any).

    The ids in `witness_only` count only where AWS witnessed the caller. Of the unlisted ids an hour
    keeps only the `most_unlisted` largest separate (0: all).
    """

    stated_by: PrincipalRules | None = None
    witness_only: frozenset[str] = frozenset()
    listed: frozenset[str] | None = None
    most_unlisted: int = MOST_UNLISTED

    def may_state(self, principal: str) -> bool:
        """Return whether a caller may name tenants; without a logged ARN only if everybody may."""
        return self.stated_by is None or (
            bool(principal) and self.stated_by.tenant_of(principal) is not None
        )

    def believes(self, tenant: str, principal: str) -> bool:
        """Return whether a tenant is meant when this caller states its id."""
        return tenant not in self.witness_only and self.may_state(principal)

    def knows(self, tenant: str) -> bool:
        """Return whether an id names a tenant, whoever states it."""
        return self.listed is None or tenant in self.listed


def stating_of(attribution: Section, tenants: Mapping[str, Section]) -> Stating:
    """Read `may_state` and `unlisted`, and which tenants are `witness_only`."""
    words = (TENANT_OF_ITS_OWN, UNATTRIBUTED)
    unlisted = attribution.word("unlisted", words, TENANT_OF_ITS_OWN)
    witnessed = {name for name, section in tenants.items() if section.truth("witness_only", False)}
    most = attribution.count("most_unlisted", MOST_UNLISTED)
    return Stating(
        stated_by=_stated_by(attribution),
        witness_only=frozenset(witnessed),
        listed=frozenset(tenants) if unlisted == UNATTRIBUTED else None,
        most_unlisted=most or 0,
    )


def _stated_by(attribution: Section) -> PrincipalRules | None:
    """Read the identities that may state ids; null or no key means everybody."""
    if attribution.entries.get("may_state") is None:
        return None
    section = attribution.section("may_state")
    section.only("principals", "roles", "sessions")
    is_mapping = isinstance(attribution.entries["may_state"], Mapping)
    if is_mapping and not any(section.entries.values()):
        right = "list roles, sessions or principals, or leave request_metadata out of sources"
        attribution.complain("may_state", "nobody is named", right)
    return principals_of({"anybody": section})
