"""Recognition: how a call is recognised as a tenant's."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bedrock_meter.domain.policy.document import Section
from bedrock_meter.domain.policy.matchers import (
    MATCHERS,
    matchers_of,
    principals_of,
    right_name,
    right_profile,
)
from bedrock_meter.domain.policy.principal import PLACEHOLDER, Matcher, PrincipalRules
from bedrock_meter.domain.policy.stating import Stating, stating_of
from bedrock_meter.domain.records.aliases import AliasIndex

REQUEST_METADATA = "request_metadata"
PROFILE_TAGS = "profile_tags"
PRINCIPAL = "principal"
SOURCES = (REQUEST_METADATA, PROFILE_TAGS, PRINCIPAL)

AWS_WITNESSED_WINS = "aws_witnessed_wins"
FIRST_SOURCE_WINS = "first_source_wins"

TENANT = "tenant"
"""The slot of the tenant's own aliases; no dimension can have this name."""

TENANT_ALIASES = ("tenantId", "tenant_id", "tenant-id", "tenant")
DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "application": ("application", "applicationId", "application_id", "application-id", "app"),
    "environment": ("environment", "env"),
    "department": ("department", "dept"),
    "company": ("company",),
    "cost_center": ("cost_center", "costCenter", "cost-center", "cost_centre", "costCentre"),
    "user": ("user", "userId", "user_id", "user-id"),
}
MOST_DIMENSIONS = 8
ATTRIBUTION_KEYS = (
    "sources", "when_sources_disagree", "tenant_keys", "dimensions", "session_patterns",
    "may_state", "unlisted", "most_unlisted",
)  # fmt: skip

_DIMENSION_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Recognition:
    """Everything that leads from a call to a tenant and its dimensions.

    `names` maps another name to its tenant, `profiles` an application inference profile to its
    tenant, whatever its tags are; `stating` is who may state ids.
    """

    tenant_aliases: tuple[str, ...] = TENANT_ALIASES
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DIMENSIONS)
    sources: tuple[str, ...] = SOURCES
    when_sources_disagree: str = AWS_WITNESSED_WINS
    principals: PrincipalRules = field(default_factory=PrincipalRules)
    names: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, str] = field(default_factory=dict)
    stating: Stating = field(default_factory=Stating)
    index: AliasIndex = field(init=False)

    def claim_of(self, principal: str) -> tuple[str | None, bool]:
        """Return all that an attribution reads of who called: whose it is, may it state ids.

        Callers of whom this is the same are attributed alike, however many sessions there are.
        """
        owner = self.principals.tenant_of(principal) if principal else None
        return owner, self.stating.may_state(principal)

    def __post_init__(self) -> None:
        slots = {TENANT: self.tenant_aliases, **self.dimensions}
        object.__setattr__(self, "index", AliasIndex.of(slots))


def recognition_of(attribution: Section, tenants: Mapping[str, Section]) -> Recognition:
    """Read the section `attribution` and what each tenant is `recognised_by`."""
    attribution.only(*ATTRIBUTION_KEYS)
    sections = {
        tenant: section.section("recognised_by")
        for tenant, section in tenants.items()
        if section.has("recognised_by")
    }
    for section in sections.values():
        section.only(*MATCHERS)
    patterns = _session_patterns_of(attribution)
    return Recognition(
        tenant_aliases=_aliases_of(attribution, "tenant_keys", TENANT_ALIASES),
        dimensions=_dimensions_of(attribution),
        sources=_sources_of(attribution),
        when_sources_disagree=attribution.word(
            "when_sources_disagree", (AWS_WITNESSED_WINS, FIRST_SOURCE_WINS), AWS_WITNESSED_WINS
        ),
        principals=principals_of(sections, patterns),
        names=_names_of(sections, tenants),
        profiles=matchers_of(sections, "profiles", right_profile),
        stating=stating_of(attribution, tenants),
    )


def _sources_of(section: Section) -> tuple[str, ...]:
    sources = section.texts("sources", SOURCES)
    for number, source in enumerate(sources):
        if source not in SOURCES:
            known = f"one of: {', '.join(SOURCES)}"
            section.complain("sources", f"{source!r} is not a source", known)
            return sources[:number]
    return sources


def _aliases_of(section: Section, key: str, default: Iterable[str]) -> tuple[str, ...]:
    aliases = section.texts(key, default)
    folded = [alias.casefold() for alias in aliases]
    for alias in aliases:
        if folded.count(alias.casefold()) > 1:
            right = "keys match in any case: write each once"
            section.complain(key, f"{alias!r} is given in upper and lower case", right)
    return aliases


def _dimensions_of(attribution: Section) -> Mapping[str, tuple[str, ...]]:
    if not attribution.has("dimensions"):
        return DIMENSIONS
    section = attribution.section("dimensions")
    if len(section.entries) > MOST_DIMENSIONS:
        what = f"{len(section.entries)} dimensions are too many"
        section.complain(None, what, f"keep at most {MOST_DIMENSIONS}")
    for name in section.entries:
        if name == TENANT or not _DIMENSION_NAME.fullmatch(name):
            right = "use lower-case letters, digits and _, but not the word tenant"
            section.complain(name, "cannot be the name of a dimension", right)
    return {name: _aliases_of(section, name, ()) or (name,) for name in section.entries}


def _session_patterns_of(section: Section) -> list[Matcher]:
    patterns = section.texts("session_patterns")
    for pattern in patterns:
        if pattern.count(PLACEHOLDER) != 1 or PLACEHOLDER in pattern.split("/")[0]:
            right = f'write ROLE/SESSION with one {PLACEHOLDER} in SESSION: "app-*/{PLACEHOLDER}"'
            section.complain("session_patterns", f"{pattern!r} names no tenant", right)
    return [Matcher(pattern, None) for pattern in patterns if pattern.count(PLACEHOLDER) == 1]


def _names_of(sections: Mapping[str, Section], tenants: Mapping[str, Section]) -> dict[str, str]:
    names = matchers_of(sections, "names", right_name)
    for name, tenant in names.items():
        if name in tenants and name != tenant:
            right = "one name cannot mean two tenants"
            sections[tenant].complain("names", f"{name!r} is a tenant itself", right)
    return names
