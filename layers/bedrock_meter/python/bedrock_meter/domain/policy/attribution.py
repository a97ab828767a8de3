"""Attribution: which tenant a call belongs to, by which rule, and how far to trust that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.policy.recognition import (
    AWS_WITNESSED_WINS,
    PRINCIPAL,
    PROFILE_TAGS,
    REQUEST_METADATA,
    TENANT,
    Recognition,
)
from bedrock_meter.domain.records.aliases import AliasValue, usable
from bedrock_meter.domain.records.tenant import Tenant

NO_RULE = "none"
CALLER_STATED = "caller_stated"
AWS_WITNESSED = "aws_witnessed"
NO_TRUST = "none"

TRUST = {
    REQUEST_METADATA: CALLER_STATED,
    PROFILE_TAGS: AWS_WITNESSED,
    PRINCIPAL: AWS_WITNESSED,
    NO_RULE: NO_TRUST,
}


@dataclass(frozen=True, slots=True)
class Attribution:
    """The tenant of a call; None means unattributed, which is never a tenant.

    `rule` is `request_metadata`, `profile_tags`, `principal` or `none`; `trust` is `caller_stated`,
    `aws_witnessed` or `none`. `conflict`: another source named another tenant, or a caller stated
    an id that it may not state.
    """

    tenant: Tenant
    rule: str
    trust: str
    conflict: bool
    dimensions: Mapping[str, str]


class _Found(NamedTuple):
    """What one source has: by slot (`tenant` or a dimension) the value."""

    rule: str
    slots: Mapping[str, AliasValue]


def attribution_for(
    policy: Policy,
    *,
    metadata: Mapping[str, str] | None,
    profile: ProfileFact | None,
    principal: str,
) -> Attribution:
    """Return the tenant and the dimensions of a call from everything known about its caller.

    Pure: equal arguments give equal results, so they may be remembered. `profile` is the fact about
    the application inference profile in the call (not `found` when only its ARN is known), None
    when there is none; `principal` is the ARN of the caller as logged, possibly empty.
    """
    known = policy.recognition
    by_source = {
        REQUEST_METADATA: _renamed(known, known.index.read(metadata)) if metadata else {},
        PROFILE_TAGS: _by_profile(known, profile) if profile else {},
        PRINCIPAL: _by_principal(known, principal) if principal else {},
    }
    found = [_Found(source, by_source[source]) for source in known.sources if by_source[source]]
    named = _values_of(TENANT, found)
    believed = [each for each in named if _is_believed(known, *each, principal)]
    rule, tenant = _decided(known, [each for each in believed if known.stating.knows(each[1])])
    split = any(source.slots[TENANT].conflict for source in found if TENANT in source.slots)
    return Attribution(
        tenant=tenant,
        rule=rule,
        trust=TRUST[rule],
        conflict=split or _differ(named) or (bool(named) and not believed),
        dimensions=_dimensions(known, found, policy.terms_for(tenant).attributes),
    )


type _Named = list[tuple[str, str]]
"""Rules and their values, in the order of the sources."""


def _values_of(slot: str, found: list[_Found]) -> _Named:
    return [(source.rule, source.slots[slot].value) for source in found if slot in source.slots]


def _is_believed(known: Recognition, rule: str, tenant: str, principal: str) -> bool:
    """Return whether a value counts: AWS witnessed it, or the caller may state it."""
    return rule != REQUEST_METADATA or known.stating.believes(tenant, principal)


def _differ(named: _Named) -> bool:
    return any(value != named[0][1] for _, value in named)


def _decided(known: Recognition, named: _Named) -> tuple[str, str | None]:
    """Return the first rule and value, or, if the values differ, those that the policy prefers."""
    if not named:
        return NO_RULE, None
    if known.when_sources_disagree == AWS_WITNESSED_WINS and _differ(named):
        return next((each for each in named if TRUST[each[0]] == AWS_WITNESSED), named[0])
    return named[0]


def _dimensions(
    known: Recognition, found: list[_Found], attributes: Mapping[str, str]
) -> dict[str, str]:
    """Return each dimension from the sources, else from the tenant's attributes in the policy."""
    values = {
        name: _decided(known, _values_of(name, found))[1] or attributes.get(name)
        for name in known.dimensions
        if name in attributes or any(name in source.slots for source in found)
    }
    return {name: value for name, value in values.items() if value is not None}


def _by_profile(known: Recognition, profile: ProfileFact) -> Mapping[str, AliasValue]:
    """Read the tags; a profile that the policy gives to a tenant is that tenant's in any case."""
    tagged = _renamed(known, known.index.read(profile.tags))
    owner = known.profiles.get(profile.arn)
    if owner is None:
        return tagged
    tag = tagged.get(TENANT, AliasValue(owner))
    return {**tagged, TENANT: AliasValue(owner, tag.conflict or tag.value != owner)}


def _by_principal(known: Recognition, principal: str) -> Mapping[str, AliasValue]:
    tenant = known.principals.tenant_of(principal)
    if tenant is None or not usable(tenant):
        return {}
    return {TENANT: AliasValue(known.names.get(tenant, tenant))}


def _renamed(known: Recognition, slots: dict[str, AliasValue]) -> dict[str, AliasValue]:
    """Replace another name of a tenant by its id."""
    found = slots.get(TENANT)
    if found is not None and found.value in known.names:
        slots[TENANT] = found._replace(value=known.names[found.value])
    return slots
