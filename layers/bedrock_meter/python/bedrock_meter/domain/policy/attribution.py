"""Attribution: which tenant a call belongs to, which rule says so, and how far to trust it."""

from collections.abc import Callable, Mapping
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
    """Who a call is attributed to; `tenant` None means unattributed, which is never a tenant.

    `rule` is `request_metadata`, `profile_tags`, `principal` or `none`; `trust` is `caller_stated`,
    `aws_witnessed` or `none`. `conflict` says that something named another tenant too, or that
    somebody stated an id who may not.
    """

    tenant: Tenant
    rule: str
    trust: str
    conflict: bool
    dimensions: Mapping[str, str]


class _Said(NamedTuple):
    """What one source says: slot (`tenant` or a dimension) to what was found."""

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

    Pure: equal arguments give equal answers, so callers may remember them. `profile` is the fact
    about the application inference profile the call named, one that was not found when nothing is
    known but its ARN, None when the call named none; `principal` is the ARN of the caller as
    logged, possibly empty.
    """
    known = policy.recognition
    said = [
        _Said(source, slots)
        for source in known.sources
        if (slots := _SOURCES[source](known, metadata or {}, profile, principal))
    ]
    named = _said_of(TENANT, said)
    believed = [each for each in named if _is_believed(known, *each, principal)]
    rule, tenant = _decided(known, [each for each in believed if known.stating.knows(each[1])])
    split = any(source.slots[TENANT].conflict for source in said if TENANT in source.slots)
    return Attribution(
        tenant=tenant,
        rule=rule,
        trust=TRUST[rule],
        conflict=split or _differ(named) or (bool(named) and not believed),
        dimensions=_dimensions(known, said, policy.attributes_of(tenant)),
    )


type _Named = list[tuple[str, str]]
"""Rules and the values they give, in the order of the sources."""


def _said_of(slot: str, said: list[_Said]) -> _Named:
    return [(source.rule, source.slots[slot].value) for source in said if slot in source.slots]


def _is_believed(known: Recognition, rule: str, tenant: str, principal: str) -> bool:
    """Return whether what a source says counts; what AWS witnessed does, whoever called."""
    return rule != REQUEST_METADATA or known.stating.believes(tenant, principal)


def _differ(named: _Named) -> bool:
    return any(value != named[0][1] for _, value in named)


def _decided(known: Recognition, named: _Named) -> tuple[str, str | None]:
    """Choose the first source that speaks, or, if sources differ, as the policy decides."""
    if not named:
        return NO_RULE, None
    if known.when_sources_disagree == AWS_WITNESSED_WINS and _differ(named):
        return next((each for each in named if TRUST[each[0]] == AWS_WITNESSED), named[0])
    return named[0]


def _dimensions(
    known: Recognition, said: list[_Said], attributes: Mapping[str, str]
) -> dict[str, str]:
    """Read each dimension from the sources, else from what the policy lists for the tenant."""
    values = {
        name: _decided(known, _said_of(name, said))[1] or attributes.get(name)
        for name in known.dimensions
        if name in attributes or any(name in source.slots for source in said)
    }
    return {name: value for name, value in values.items() if value is not None}


type _Source = Callable[
    [Recognition, Mapping[str, str], ProfileFact | None, str], Mapping[str, AliasValue]
]


def _by_metadata(
    known: Recognition, metadata: Mapping[str, str], profile: ProfileFact | None, principal: str
) -> Mapping[str, AliasValue]:
    return _renamed(known, known.index.read(metadata)) if metadata else {}


def _by_profile(
    known: Recognition, metadata: Mapping[str, str], profile: ProfileFact | None, principal: str
) -> Mapping[str, AliasValue]:
    """Read the tags; a profile that the policy gives to a tenant is that tenant's, known or not."""
    if profile is None:
        return {}
    tagged = _renamed(known, known.index.read(profile.tags))
    owner = known.profiles.get(profile.arn)
    if owner is None:
        return tagged
    tag = tagged.get(TENANT, AliasValue(owner))
    return {**tagged, TENANT: AliasValue(owner, tag.conflict or tag.value != owner)}


def _by_principal(
    known: Recognition, metadata: Mapping[str, str], profile: ProfileFact | None, principal: str
) -> Mapping[str, AliasValue]:
    tenant = known.principals.tenant_of(principal) if principal else None
    if tenant is None or not usable(tenant):
        return {}
    return {TENANT: AliasValue(known.names.get(tenant, tenant))}


def _renamed(known: Recognition, slots: dict[str, AliasValue]) -> dict[str, AliasValue]:
    """Return the tenant the id that the policy has for the spelling found."""
    found = slots.get(TENANT)
    if found is not None and found.value in known.names:
        slots[TENANT] = found._replace(value=known.names[found.value])
    return slots


_SOURCES: Mapping[str, _Source] = {
    REQUEST_METADATA: _by_metadata,
    PROFILE_TAGS: _by_profile,
    PRINCIPAL: _by_principal,
}
