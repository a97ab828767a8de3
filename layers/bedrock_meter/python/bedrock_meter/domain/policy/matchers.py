"""Signs: what a policy file may name callers by, read strictly."""

from collections.abc import Callable, Mapping

from bedrock_meter.domain.policy.document import Section
from bedrock_meter.domain.policy.principal import ANY, PLACEHOLDER, Matcher
from bedrock_meter.domain.records.aliases import RIGHT_ID, usable

MATCHERS = ("names", "profiles", "principals", "roles", "sessions")


def matchers_of(
    signs: Mapping[str, Section], key: str, right_for: Callable[[str], str | None]
) -> dict[str, str]:
    """Read one kind of sign of all tenants; two tenants cannot have the same one."""
    claimed: dict[str, str] = {}
    for tenant, section in signs.items():
        for sign in section.texts(key):
            right = right_for(sign)
            if right:
                section.complain(key, f"{sign!r} is never seen in a log", right)
            elif sign in claimed:
                what = f"{sign!r} is claimed by {claimed[sign]!r} too"
                section.complain(key, what, "leave it to one of them")
            claimed.setdefault(sign, tenant)
    return claimed


def as_matchers(claimed: Mapping[str, str]) -> list[Matcher]:
    """Return patterns of one kind with the tenants that they mean."""
    return [Matcher(pattern, tenant) for pattern, tenant in claimed.items()]


def right_name(name: str) -> str | None:
    """Return what would be right instead of another spelling of a tenant; None when it is."""
    return None if usable(name) else RIGHT_ID


def right_principal(arn: str) -> str | None:
    """Return what would be right instead of the ARN of an identity; None when it is."""
    if ":role/" in arn:
        return "logs show sessions of a role: write its name under roles"
    return None if arn.startswith("arn:") else "write the ARN as logged in identity.arn"


def right_role(role: str) -> str | None:
    """Return what would be right instead of the name of a role; None when it is."""
    if "/" in role or role.startswith("arn:"):
        return "write the bare name of the role: logs drop its path"
    return _without_placeholder(role)


def right_session(session: str) -> str | None:
    """Return what would be right instead of a session; None when it is."""
    if session.count("/") != 1:
        return f"write ROLE/SESSION, or {ANY}/SESSION for any role"
    return _without_placeholder(session)


def right_profile(arn: str) -> str | None:
    """Return what would be right instead of the ARN of a profile; None when it is."""
    if ":application-inference-profile/" in arn and arn.startswith("arn:"):
        return None
    return "write the ARN of an application inference profile"


def _without_placeholder(pattern: str) -> str | None:
    if PLACEHOLDER in pattern:
        return f"{PLACEHOLDER} belongs under attribution.session_patterns"
    return None
