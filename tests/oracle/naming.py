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
    said = {
        "request_metadata": _tenants_in(record.get("requestMetadata") or {}),
        "profile_tags": _tenants_in(tags or {}),
        "principal": _of_principal((record.get("identity") or {}).get("arn") or "", policy),
    }
    speaking = [rule for rule, names in said.items() if names]
    everything = {name for names in said.values() for name in names}
    if not speaking:
        return Name(None, "none", False)
    firsts = {said[rule][0] for rule in speaking}
    rule = speaking[0]
    if len(firsts) > 1:
        rule = next((rule for rule in speaking if rule in WITNESSED), rule)
    return Name(said[rule][0], rule, len(everything) > 1)


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
    role = re.search(r":assumed-role/([^/]+)/", arn)
    return [
        tenant
        for tenant, section in (policy.get("tenants") or {}).items()
        if role and role[1] in ((section or {}).get("recognised_by") or {}).get("roles", ())
    ]
