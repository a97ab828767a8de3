"""Who pays: request metadata, tags of the profile, the policy's principals; by the published rules.

`policy` is the parsed tenants.yaml itself; `profiles` holds the tags by profile ARN.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

ALIASES = ("tenantId", "tenant_id", "tenant-id", "tenant")
WITNESSED = ("profile_tags", "principal")


class Name(NamedTuple):
    """A tenant (None: unattributed), the rule that named it, and whether anything disagreed."""

    tenant: str | None
    rule: str
    conflict: bool


def name_of(
    record: Mapping[str, Any], tags: Mapping[str, str] | None, policy: Mapping[str, Any]
) -> Name:
    """Name the tenant of a record."""
    arn = (record.get("identity") or {}).get("arn") or ""
    said = {
        "request_metadata": _tenants_in(record.get("requestMetadata") or {}),
        "profile_tags": _tenants_in(tags or {}),
        "principal": _of_principal(arn, policy),
    }
    everything = {name for names in said.values() for name in names}
    believed = {
        rule: names[0]
        for rule, names in said.items()
        if names and (rule in WITNESSED or _is_believed(names[0], arn, policy))
    }
    named = {rule: name for rule, name in believed.items() if _is_known(name, policy)}
    conflict = len(everything) > 1 or bool(everything and not believed)
    if not named:
        return Name(None, "none", conflict)
    rule = next(iter(named))
    if len(set(named.values())) > 1:
        rule = next((rule for rule in named if rule in WITNESSED), rule)
    return Name(named[rule], rule, conflict)


def _is_believed(tenant: str, arn: str, policy: Mapping[str, Any]) -> bool:
    """Tell whether a caller may state a tenant's id: one of the roles listed, or anybody."""
    if ((policy.get("tenants") or {}).get(tenant) or {}).get("witness_only"):
        return False
    roles = ((policy.get("attribution") or {}).get("may_state") or {}).get("roles")
    return roles is None or _role_of(arn) in roles


def _is_known(tenant: str, policy: Mapping[str, Any]) -> bool:
    """Tell whether an id names anybody: where the policy says so, only one that it lists."""
    only_listed = (policy.get("attribution") or {}).get("unlisted") == "unattributed"
    return not only_listed or tenant in (policy.get("tenants") or {})


def _tenants_in(entries: Mapping[str, str]) -> list[str]:
    """List the values under any spelling of the tenant key, the deciding one first."""
    ranked = []
    for key, value in entries.items():
        for rank, alias in enumerate(ALIASES):
            if key.casefold() == alias.casefold() and value.strip():
                ranked.append((rank, key != alias, key.encode(), value))
    return [value for *_, value in sorted(ranked)]


def _of_principal(arn: str, policy: Mapping[str, Any]) -> list[str]:
    """Look up who claims the caller's role in the policy."""
    role = _role_of(arn)
    return [
        tenant
        for tenant, section in (policy.get("tenants") or {}).items()
        if role and role in ((section or {}).get("recognised_by") or {}).get("roles", ())
    ]


def _role_of(arn: str) -> str | None:
    """Read the role of an assumed role, None for anybody else."""
    found = re.search(r":assumed-role/([^/]+)/", arn)
    return found[1] if found else None
