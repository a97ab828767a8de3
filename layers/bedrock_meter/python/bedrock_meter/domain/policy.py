"""The policy: how tenants are recognised, what they have agreed, and how the meter reacts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bedrock_meter.domain.aliases import AliasIndex
from bedrock_meter.domain.principal import NO_PRINCIPALS, PrincipalRules

REQUEST_METADATA = "request_metadata"
PROFILE_TAGS = "profile_tags"
PRINCIPAL = "principal"
SOURCES = (REQUEST_METADATA, PROFILE_TAGS, PRINCIPAL)

AWS_WITNESSED_WINS = "aws_witnessed_wins"
FIRST_SOURCE_WINS = "first_source_wins"

TENANT = "tenant"
"""The slot of tenant aliases; no dimension may be called so."""

TENANT_ALIASES = ("tenantId", "tenant_id", "tenant-id", "tenant")
DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "application": ("application", "applicationId", "application_id", "application-id", "app"),
    "environment": ("environment", "env"),
    "department": ("department", "dept"),
    "company": ("company",),
    "cost_center": ("cost_center", "costCenter", "cost-center", "cost_centre", "costCentre"),
    "user": ("user", "userId", "user_id", "user-id"),
}


def _default_index() -> AliasIndex:
    return AliasIndex.of({TENANT: TENANT_ALIASES, **DIMENSIONS})


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything decided about tenants."""

    id: str
    index: AliasIndex = field(default_factory=_default_index)
    tenant_aliases: tuple[str, ...] = TENANT_ALIASES
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DIMENSIONS)
    sources: tuple[str, ...] = SOURCES
    when_sources_disagree: str = AWS_WITNESSED_WINS
    principals: PrincipalRules = NO_PRINCIPALS
    names: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, str] = field(default_factory=dict)

    def kept(self, metadata: Mapping[str, str] | None) -> dict[str, str] | None:
        """Keep the entries of request metadata that this policy reads; None when there are none."""
        return (self.index.kept(metadata) or None) if metadata else None

    def known_name(self, name: str) -> str:
        """Give the tenant id that a spelling means: itself, unless the policy says otherwise."""
        return self.names.get(name, name)

    def owner_of_profile(self, arn: str) -> str | None:
        """Name the tenant to whom the policy gives a profile, whatever its tags say."""
        return self.profiles.get(arn)

    def attributes_of(self, tenant: str | None) -> Mapping[str, str]:
        """Give the fixed dimensions that the policy lists for a tenant."""
        return {}


DEFAULT_POLICY = Policy(id="default")
