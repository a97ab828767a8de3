"""Matchers: how a policy file names the callers of a tenant, read strictly."""

from collections.abc import Callable, Iterable, Mapping

from bedrock_meter.domain.policy.document import Section
from bedrock_meter.domain.policy.principal import (
    ANY,
    PLACEHOLDER,
    Matcher,
    Matchers,
    PrincipalRules,
)
from bedrock_meter.domain.records.aliases import RIGHT_ID, usable

MATCHERS = ("names", "profiles", "principals", "roles", "sessions")


def principals_of(
    sections: Mapping[str, Section], patterns: Iterable[Matcher] = ()
) -> PrincipalRules:
    """Read the sessions, principals and roles of each tenant; `patterns` are further sessions."""
    sessions = _as_matchers(matchers_of(sections, "sessions", _right_session))
    return PrincipalRules(
        arns=matchers_of(sections, "principals", _right_principal),
        sessions=Matchers.of([*sessions, *patterns]),
        roles=Matchers.of(_as_matchers(matchers_of(sections, "roles", _right_role))),
    )


def matchers_of(
    sections: Mapping[str, Section], key: str, right_for: Callable[[str], str | None]
) -> dict[str, str]:
    """Read one kind of matcher of all tenants; no two tenants can have the same one."""
    found: dict[str, str] = {}
    for tenant, section in sections.items():
        for matcher in section.texts(key):
            right = right_for(matcher)
            if right:
                section.complain(key, f"{matcher!r} is never seen in a log", right)
            elif matcher in found:
                what = f"{matcher!r} belongs to {found[matcher]!r} too"
                section.complain(key, what, "leave it to one of them")
            found.setdefault(matcher, tenant)
    return found


def _as_matchers(found: Mapping[str, str]) -> list[Matcher]:
    return [Matcher(pattern, tenant) for pattern, tenant in found.items()]


def right_name(name: str) -> str | None:
    """Return what would be right instead of another name of a tenant; None when it is right."""
    return None if usable(name) else RIGHT_ID


def _right_principal(arn: str) -> str | None:
    if ":role/" in arn:
        return "logs show sessions of a role: write its name under roles"
    return None if arn.startswith("arn:") else "write the ARN as logged in identity.arn"


def _right_role(role: str) -> str | None:
    if "/" in role or role.startswith("arn:"):
        return "write the bare name of the role: logs drop its path"
    return _without_placeholder(role)


def _right_session(session: str) -> str | None:
    if session.count("/") != 1:
        return f"write ROLE/SESSION, or {ANY}/SESSION for any role"
    return _without_placeholder(session)


def right_profile(arn: str) -> str | None:
    """Return what would be right instead of the ARN of a profile; None when it is right."""
    if ":application-inference-profile/" in arn and arn.startswith("arn:"):
        return None
    return "write the ARN of an application inference profile"


def _without_placeholder(pattern: str) -> str | None:
    if PLACEHOLDER in pattern:
        return f"{PLACEHOLDER} belongs under attribution.session_patterns"
    return None
