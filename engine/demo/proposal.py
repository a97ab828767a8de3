"""A first `tenants.yaml` for somebody's own logs: what names a tenant there, as far as one can see.

A proposal to be read and changed, not a verdict: comments say what each line rests on.
"""

from collections.abc import Mapping

from engine.demo.own_logs import OwnLogs

KNOWN = ("tenantid", "tenant_id", "tenant-id", "tenant")
LIKELY = ("customer", "client", "org", "team", "account", "workspace", "project", "user")
DIMENSIONS = {
    "application": ("application", "app"),
    "environment": ("environment", "env", "stage"),
    "department": ("department", "dept"),
    "company": ("company",),
    "cost_center": ("cost_center", "costcenter", "cost-center"),
    "user": ("user", "userid", "user_id"),
}
MOST_TENANTS = 20


def proposed(logs: OwnLogs, calls: int) -> str:
    """Write the proposal as YAML."""
    lines = ["version: 1"]
    key = tenant_key_in(logs.metadata)
    if key is None:
        lines.append("# No metadata key names a tenant here; callers are told apart by their role.")
        return "\n".join([*lines, *_by_role(logs)])
    share = sum(logs.metadata[key].values()) * 100 // max(calls, 1)
    lines.append("attribution:")
    lines.append(f"  tenant_keys: [{_quoted(key)}] # on {share} % of the calls")
    lines += _dimensions(logs, key)
    lines.append("tenants:")
    for tenant, count in logs.metadata[key].most_common(MOST_TENANTS):  # type: ignore[attr-defined]
        lines.append(f"  {_quoted(tenant)}: {{}} # {count} calls")
    return "\n".join(lines)


def tenant_key_in(metadata: Mapping[str, Mapping[str, int]]) -> str | None:
    """Choose the key that most likely names tenants; None when none does."""

    def rank(key: str) -> tuple[int, int]:
        known = key.casefold() in KNOWN
        likely = any(word in key.casefold() for word in LIKELY)
        return (2 if known else 1 if likely else 0, sum(metadata[key].values()))

    best = max(metadata, key=rank, default=None)
    return best if best is not None and rank(best)[0] else None


def _dimensions(logs: OwnLogs, tenant_key: str) -> list[str]:
    found = {
        name: key
        for name, spellings in DIMENSIONS.items()
        for key in logs.metadata
        if key.casefold() in spellings and key != tenant_key
    }
    if not found:
        return []
    return ["  dimensions:", *(f"    {name}: [{_quoted(key)}]" for name, key in found.items())]


def _by_role(logs: OwnLogs) -> list[str]:
    lines = ["tenants:"]
    for number, (role, count) in enumerate(sorted(logs.roles.items(), key=lambda it: -it[1])):
        if number == MOST_TENANTS or not role:
            break
        kind = "principals" if role.startswith("arn:") else "roles"
        name = role.rpartition("/")[2] or role
        lines.append(f"  {_quoted(name)}: # {count} calls")
        lines.append(f"    recognised_by: {{ {kind}: [{_quoted(role)}] }}")
    return lines if len(lines) > 1 else ["tenants: {}"]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
