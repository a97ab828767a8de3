"""Principals: which tenant an IAM identity belongs to, by the matchers of the policy."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

ANY = "*"
PLACEHOLDER = "{tenant}"


class Matcher(NamedTuple):
    """One pattern in which `*` stands for any text, and the tenant it means.

    A pattern of a session is `ROLE/SESSION`. Instead of a fixed tenant the pattern may hold
    `{tenant}`: the text in its place is the tenant.
    """

    pattern: str
    tenant: str | None

    def is_exact(self) -> bool:
        """Return whether the pattern matches nothing but itself."""
        return self.tenant is not None and ANY not in self.pattern

    def literal_length(self) -> int:
        """Count the characters that are neither wildcard nor placeholder."""
        return len(self.pattern.replace(PLACEHOLDER, "").replace(ANY, ""))

    def tenant_in(self, text: str) -> str | None:
        """Return the tenant if the text matches, else None."""
        match = _expression(self.pattern).fullmatch(text)
        if match is None:
            return None
        return self.tenant if self.tenant is not None else match["tenant"]


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    parts = (
        {ANY: ".*", PLACEHOLDER: "(?P<tenant>.+)"}.get(part, re.escape(part))
        for part in re.split(r"(\*|\{tenant\})", pattern)
    )
    return re.compile("".join(parts), re.DOTALL)


_ASSUMED = re.compile(
    r"arn:[^:]*:[^:]*:[^:]*:[^:]*:assumed-role/(?P<name>[^/]+)/?(?P<session>.*)", re.DOTALL
)


class Role(NamedTuple):
    """The role and the session in an assumed-role ARN."""

    name: str
    session: str


def role_of(principal: str) -> Role | None:
    """Read role and session from the ARN of an assumed role; None for any other identity.

    The path of a user may contain colons, so it can look like the ARN of a role.
    """
    match = _ASSUMED.fullmatch(principal)
    return Role(match["name"], match["session"]) if match else None


@dataclass(frozen=True, slots=True)
class Matchers:
    """Matchers of one kind of name: an exact name wins over patterns, a longer pattern over others.

    Equally long ones go by byte order: the order of the file never decides.
    """

    exact: Mapping[str, str] = field(default_factory=dict)
    patterns: tuple[Matcher, ...] = ()

    @staticmethod
    def of(matchers: Iterable[Matcher]) -> "Matchers":
        """Separate exact names from patterns, and put the patterns into the order of trial."""
        matchers = list(matchers)
        exact = {m.pattern: m.tenant for m in matchers if m.tenant is not None and m.is_exact()}
        patterns = [matcher for matcher in matchers if not matcher.is_exact()]
        patterns.sort(key=lambda matcher: (-matcher.literal_length(), matcher.pattern.encode()))
        return Matchers(exact, tuple(patterns))

    def tenant_of(self, text: str) -> str | None:
        """Return the tenant whose matcher fits a text; None when none fits."""
        exact = self.exact.get(text)
        if exact is not None:
            return exact
        return next(filter(None, (each.tenant_in(text) for each in self.patterns)), None)


@dataclass(frozen=True, slots=True)
class PrincipalRules:
    """All matchers of identities, the most specific first: exact ARN, session, role."""

    arns: Mapping[str, str] = field(default_factory=dict)
    sessions: Matchers = Matchers()
    roles: Matchers = Matchers()

    def tenant_of(self, principal: str) -> str | None:
        """Return the tenant of an identity; None when no matcher fits it."""
        tenant = self.arns.get(principal)
        role = role_of(principal) if tenant is None else None
        if role is None:
            return tenant
        by_session = self.sessions.tenant_of(f"{role.name}/{role.session}")
        return by_session if by_session is not None else self.roles.tenant_of(role.name)


NO_PRINCIPALS = PrincipalRules()
