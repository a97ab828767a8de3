"""Tenants, their order, and how they are named in keys."""

from collections.abc import Iterable

from bedrock_meter.domain.records.shown_text import shown_text

MOST_SHOWN = 300
"""Characters of an id that are shown; Bedrock's have 256 at most."""

UNATTRIBUTED = "UNATTRIBUTED"
"""The key of calls that no rule could give to a tenant; a reason, never a tenant."""

POOLED = ""
"""In a tenant's place: the sum of ids that nobody listed and that are too many to keep apart.
Blank, so it cannot be stated; like the unattributed calls a reason, never a tenant."""

POOL = "POOLED"
"""The key of that sum."""

type Tenant = str | None
"""A tenant's id, or what stands in its place: None for unattributed calls, and `POOLED`.

An id is hostile input: any text a caller could send."""

_PREFIX = "T#"
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _.:/+-@")


def tenant_order(tenant: Tenant) -> tuple[bool, str]:
    """Return what tenants are sorted by everywhere: unattributed first, then ids as text."""
    return tenant is not None, tenant or ""


def in_order(tenants: Iterable[Tenant]) -> list[Tenant]:
    """Return tenants in their order."""
    return sorted(tenants, key=tenant_order)


def tenant_key(tenant: Tenant) -> str:
    """Return the partition key of a tenant's rows; `T#` keeps every id apart from other rows."""
    if tenant is None:
        return UNATTRIBUTED
    return POOL if tenant == POOLED else _PREFIX + tenant


def tenant_of_key(key: str) -> Tenant:
    """Return the tenant that a partition key was made from; None for unattributed."""
    if key == UNATTRIBUTED:
        return None
    return POOLED if key == POOL else key.removeprefix(_PREFIX)


def shown_tenant(tenant: Tenant) -> str:
    """Return what people are shown for a tenant, and for what stands in a tenant's place."""
    if tenant is None:
        return "(unattributed)"
    return "(pooled)" if tenant == POOLED else f"'{shown_text(tenant, MOST_SHOWN)}'"


def flag_key(tenant: str) -> str:
    """Spell a tenant id for the Flags table, where IAM session tags must be able to match it.

    Every character that a session tag cannot carry becomes `=HH` per UTF-8 byte, so two tenants
    never share a key: `a#b` is `a=23b`, and `=` itself is `=3D`.
    """
    return "".join(
        char if char in _PLAIN else "".join(f"={byte:02X}" for byte in char.encode())
        for char in tenant
    )
