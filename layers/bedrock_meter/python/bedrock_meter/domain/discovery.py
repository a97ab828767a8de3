"""Discovery: what in somebody's logs could name tenants, by spend, before there is any policy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bedrock_meter.domain.aliases import usable
from bedrock_meter.domain.attribution import Attribution
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.policy import DEFAULT_POLICY
from bedrock_meter.domain.principal import role_of
from bedrock_meter.domain.profile import profile_arn_for
from bedrock_meter.domain.recognition import TENANT

MOST_NAMES = 5_000
OTHERS = "(others)"
LIKELY = ("tenant", "customer", "client", "org", "account", "workspace", "team", "project")
"""Words in a key that suggest a tenant, the most telling first."""


class Seen(NamedTuple):
    """How often something was seen, and what those calls cost in attodollars."""

    calls: int = 0
    cost: int = 0

    def plus(self, other: "Seen") -> "Seen":
        """Add two sightings."""
        return Seen(self.calls + other.calls, self.cost + other.cost)


type Ranking = list[tuple[str, Seen]]


@dataclass
class Tally:
    """Sightings by name. Beyond 5,000 names only their sum is kept, as `(others)`."""

    seen: dict[str, Seen] = field(default_factory=dict)

    def add(self, name: str, seen: Seen) -> None:
        """Count a sighting."""
        if name not in self.seen and len(self.seen) >= MOST_NAMES:
            name = OTHERS
        self.seen[name] = self.seen.get(name, Seen()).plus(seen)

    def total(self) -> Seen:
        """Add up all names."""
        total = Seen()
        for seen in self.seen.values():
            total = total.plus(seen)
        return total

    def ranking(self) -> Ranking:
        """Give the names by spend, then by calls, then by name."""
        return sorted(self.seen.items(), key=lambda it: (-it[1].cost, -it[1].calls, it[0]))


@dataclass
class Discovery:
    """Everything about callers in a set of logs.

    `keys` holds the values of each metadata key, `profiles` the ARNs of application inference
    profiles, `identities` roles by name and other principals by ARN, `unnamed` those of them
    whose calls the default policy gives to nobody, `rules` which rule named the tenant. `stating`
    holds, for keys that may name tenants, who stated a value; "" is a caller without identity.
    """

    keys: dict[str, Tally] = field(default_factory=dict)
    profiles: Tally = field(default_factory=Tally)
    identities: Tally = field(default_factory=Tally)
    unnamed: Tally = field(default_factory=Tally)
    rules: Tally = field(default_factory=Tally)
    stating: dict[str, Tally] = field(default_factory=dict)

    def add(self, evidence: Evidence, attribution: Attribution, cost: int) -> None:
        """Count one call, with all its metadata, its default attribution and its attodollars."""
        seen = Seen(1, cost)
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
                self.unnamed.add(identity, seen)
        self.rules.add(attribution.rule, seen)

    def _add_stated(self, key: str, value: str, identity: str, seen: Seen) -> None:
        if key not in self.keys and len(self.keys) >= MOST_NAMES:
            key = OTHERS
        self.keys.setdefault(key, Tally()).add(value, seen)
        if key != OTHERS and _may_name_tenants(key):
            self.stating.setdefault(key, Tally()).add(identity, seen)

    def total(self) -> Seen:
        """Give all calls."""
        return self.rules.total()

    def key_ranking(self) -> Ranking:
        """Give the metadata keys by spend."""
        sums = Tally({key: values.total() for key, values in self.keys.items()})
        return sums.ranking()

    def tenant_key(self) -> str | None:
        """Choose the key that most likely names tenants: a default one, else one that sounds so."""
        ranked = [key for key, _ in self.key_ranking()]
        known = [key for key in ranked if _is_known(key)]
        return next(iter(known or _sounding(ranked, self.keys)), None)


def _is_known(key: str) -> bool:
    return TENANT in DEFAULT_POLICY.index.read({key: "x"})


def _may_name_tenants(key: str) -> bool:
    folded = key.casefold()
    return any(word in folded for word in LIKELY)


def _sounding(keys: Iterable[str], values: Mapping[str, Tally]) -> list[str]:
    """Keep keys that sound like tenants and have more than one value, by how telling they are."""
    telling = {
        key: min((n for n, word in enumerate(LIKELY) if word in key.casefold()), default=None)
        for key in keys
    }
    sounding = [
        (n, key) for key, n in telling.items() if n is not None and len(values[key].seen) > 1
    ]
    return [key for _, key in sorted(sounding, key=lambda pair: pair[0])]
