"""Discovery: what in given logs could name tenants, by spend, before there is any policy."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bedrock_meter.domain.policy.attribution import Attribution
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
from bedrock_meter.domain.policy.principal import PLACEHOLDER, Role, role_of
from bedrock_meter.domain.policy.profile import profile_arn_for
from bedrock_meter.domain.policy.recognition import TENANT
from bedrock_meter.domain.records.aliases import usable
from bedrock_meter.domain.records.evidence import Evidence

MOST_NAMES = 5_000
OTHERS = "(others)"
LIKELY = ("tenant", "customer", "client", "org", "account", "workspace", "team", "project")
"""Words in a key that suggest a tenant, the likeliest first."""

_ROLE_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}")
_SESSION = re.compile(r"((?:tenant|customer|client|org|workspace)[-_=.])([A-Za-z0-9_+=,.@-]+)")


class Seen(NamedTuple):
    """How many calls had something, and what those calls cost in attodollars."""

    calls: int = 0
    cost: int = 0

    def plus(self, other: "Seen") -> "Seen":
        """Add two occurrences."""
        return Seen(self.calls + other.calls, self.cost + other.cost)


type Ranking = list[tuple[str, Seen]]


@dataclass
class Tally:
    """Occurrences by name; beyond 5,000 names only their sum, as `(others)`."""

    seen: dict[str, Seen] = field(default_factory=dict)

    def add(self, name: str, seen: Seen) -> None:
        """Count an occurrence."""
        if name not in self.seen and len(self.seen) >= MOST_NAMES:
            name = OTHERS
        self.seen[name] = self.seen.get(name, Seen()).plus(seen)

    def total(self) -> Seen:
        """Return the sum over all names."""
        total = Seen()
        for seen in self.seen.values():
            total = total.plus(seen)
        return total

    def ranking(self) -> Ranking:
        """Return the names by spend, then by calls, then by name."""
        return sorted(self.seen.items(), key=lambda it: (-it[1].cost, -it[1].calls, it[0]))


class Caller(NamedTuple):
    """The origin of calls that are unattributed by the default policy.

    `identity` is a role by name or another principal by ARN; `keys` are the metadata keys of the
    call that may name a tenant; `pattern` is the session pattern that would name one, or empty.
    """

    identity: str
    keys: frozenset[str]
    pattern: str


@dataclass
class Discovery:
    """Everything about callers in a set of logs.

    `keys` holds the values of each metadata key, `profiles` the ARNs of application inference
    profiles, `identities` roles by name and other principals by ARN, `unnamed` the callers of
    unattributed calls, `sessions` the tenants that session patterns would name, `rules` the rules
    of attribution. `stating` holds, for keys that may name tenants, the identities that state
    values; "" is a caller without identity. `without_rate` counts calls of unknown cost.
    """

    keys: dict[str, Tally] = field(default_factory=dict)
    profiles: Tally = field(default_factory=Tally)
    identities: Tally = field(default_factory=Tally)
    unnamed: dict[Caller, Seen] = field(default_factory=dict)
    sessions: dict[str, Tally] = field(default_factory=dict)
    rules: Tally = field(default_factory=Tally)
    without_rate: int = 0
    stating: dict[str, Tally] = field(default_factory=dict)

    def add(
        self, evidence: Evidence, attribution: Attribution, cost: int, *, rated: bool = True
    ) -> None:
        """Count one call, with all its metadata, its default attribution and its attodollars."""
        seen = Seen(1, cost)
        self.without_rate += not rated
        role = role_of(evidence.principal)
        identity = role.name if role else evidence.principal
        for key, value in (evidence.metadata or {}).items():
            if usable(value):
                self._add_stated(key, value, identity, seen)
        arn = profile_arn_for(evidence.model_id, account=evidence.account, region=evidence.region)
        if arn:
            self.profiles.add(arn, seen)
        if identity:
            self.identities.add(identity, seen)
            if attribution.tenant is None:
                self._add_unnamed(identity, role, evidence.metadata or {}, seen)
        self.rules.add(attribution.rule, seen)

    def _add_stated(self, key: str, value: str, identity: str, seen: Seen) -> None:
        if key not in self.keys and len(self.keys) >= MOST_NAMES:
            key = OTHERS
        self.keys.setdefault(key, Tally()).add(value, seen)
        if key != OTHERS and _rank(key):
            self.stating.setdefault(key, Tally()).add(identity, seen)

    def _add_unnamed(
        self, identity: str, role: Role | None, metadata: Mapping[str, str], seen: Seen
    ) -> None:
        keys = frozenset(key for key, value in metadata.items() if _rank(key) and usable(value))
        pattern, tenant = _session_pattern(role)
        caller = Caller(identity, keys, pattern)
        if caller not in self.unnamed and len(self.unnamed) >= MOST_NAMES:
            caller = Caller(OTHERS, frozenset(), "")
        self.unnamed[caller] = self.unnamed.get(caller, Seen()).plus(seen)
        if pattern and (pattern in self.sessions or len(self.sessions) < MOST_NAMES):
            self.sessions.setdefault(pattern, Tally()).add(tenant, seen)

    def session_patterns(self) -> Ranking:
        """Return patterns of sessions that look like tenants and have no other name, by spend.

        One session `tenant-…` is enough; of other words it takes two.
        """
        found = Tally()
        for caller, seen in self._without(self.tenant_key()).items():
            known = self.sessions.get(caller.pattern, Tally()).seen
            if len(known) > 1 or (known and "/tenant" in caller.pattern):
                found.add(caller.pattern, seen)
        return found.ranking()

    def left_over(self) -> Ranking:
        """Return the identities of calls with neither the chosen key nor a session pattern."""
        patterns = {pattern for pattern, _ in self.session_patterns()}
        found = Tally()
        for caller, seen in self._without(self.tenant_key()).items():
            if caller.pattern not in patterns:
                found.add(caller.identity, seen)
        return found.ranking()

    def _without(self, key: str | None) -> dict[Caller, Seen]:
        return {who: seen for who, seen in self.unnamed.items() if key not in who.keys}

    def total(self) -> Seen:
        """Return all calls."""
        return self.rules.total()

    def key_ranking(self) -> Ranking:
        """Return the metadata keys by spend."""
        sums = Tally({key: values.total() for key, values in self.keys.items()})
        return sums.ranking()

    def tenant_key(self) -> str | None:
        """Return the key that most likely names tenants: a default one, else a likely word."""
        ranked = [key for key, _ in self.key_ranking()]
        known = [key for key in ranked if _is_known(key)]
        return next(iter(known or _sounding(ranked, self.keys)), None)


def _is_known(key: str) -> bool:
    return TENANT in DEFAULT_POLICY.recognition.index.read({key: "x"})


def _sounding(keys: Iterable[str], values: Mapping[str, Tally]) -> list[str]:
    """Return the keys that sound like tenants and have more than one value, the likeliest first."""
    return sorted((key for key in keys if _rank(key) and len(values[key].seen) > 1), key=_rank)


def _rank(key: str) -> int:
    """Return the rank of a key's likeliest word, from 1; 0 when it has none."""
    folded = key.casefold()
    return next((n for n, word in enumerate(LIKELY, 1) if word in folded), 0)


def _session_pattern(role: Role | None) -> tuple[str, str]:
    """Return the pattern of a session such as `tenant-acme`, and its tenant; or two empty texts."""
    match = _SESSION.fullmatch(role.session) if role else None
    if role is None or match is None or not _ROLE_NAME.fullmatch(role.name):
        return "", ""
    return f"{role.name}/{match[1]}{PLACEHOLDER}", match[2]
