"""Which values can be a tenant's id."""

LONGEST_TENANT = 256
"""Characters; Bedrock accepts no longer value in its request metadata."""


def trouble_with(tenant: object) -> str:
    """Return in one line why a value is no tenant id and what would be; empty when it is one."""
    if not isinstance(tenant, str):
        return f"the tenant is {_short(tenant)}, it must be a text, the tenant's id"
    if not tenant or tenant.isspace():
        return f"the tenant is {_short(tenant)}, it must be the tenant's id, which is never empty"
    if len(tenant) > LONGEST_TENANT:
        return (
            f"the tenant {_short(tenant)} has {len(tenant)} characters,"
            f" it must have {LONGEST_TENANT} at the most"
        )
    if any("\ud800" <= char <= "\udfff" for char in tenant):
        return f"the tenant {_short(tenant)} is not text: it holds half a character"
    return ""


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:39]}…"
