"""Which values can be a tenant's id."""

LONGEST_TENANT = 256
"""Characters; Bedrock accepts no longer values in its request metadata."""


def trouble_with(tenant: object) -> str:
    """Return in one line why a value is not a tenant id, and what would be; empty when it is."""
    if not isinstance(tenant, str):
        return f"the tenant is {shortened(tenant)}, it must be a text, the tenant's id"
    if not tenant or tenant.isspace():
        return (
            f"the tenant is {shortened(tenant)}, it must be the tenant's id, which is never empty"
        )
    if len(tenant) > LONGEST_TENANT:
        return (
            f"the tenant {shortened(tenant)} has {len(tenant)} characters,"
            f" it must have {LONGEST_TENANT} at the most"
        )
    if any("\ud800" <= char <= "\udfff" for char in tenant):
        return f"the tenant {shortened(tenant)} is not text: it holds half a character"
    return ""


def shortened(value: object) -> str:
    """Return a value for a message, in at most 40 characters."""
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:39]}…"
