"""Who calls, remembered: reading the same metadata keys and names again costs a look-up.

Nearly every record has metadata of its own (users, sessions), but few sets of keys and few tenants
occur in it. So the keys are planned once per set of keys, and a tenant is recognised once per
name; the dimensions, which no live total needs, are only carried.
"""

from collections.abc import Hashable
from typing import NamedTuple

from bedrock_meter.domain.attribution import attribution_for
from bedrock_meter.domain.policy import Policy
from bedrock_meter.domain.principal import NO_PRINCIPALS
from bedrock_meter.domain.profile import ProfileFact
from bedrock_meter.domain.recognition import TENANT
from bedrock_meter.logs.records import Record

MOST_REMEMBERED = 20_000

type Tenants = dict[Hashable, str | None]
"""Tenants by the name that was given for them (and by what the principal means)."""


class Keys(NamedTuple):
    """What to do with metadata that has a certain set of keys.

    `kept` are the keys the policy names, None when these are all; `tenant` the one key that names a
    tenant, `tenants` all of them.
    """

    kept: tuple[str, ...] | None
    tenant: str | None
    tenants: tuple[str, ...]


NO_KEYS = Keys((), None, ())


class Callers:
    """Recognises the callers of a policy; good for as many log objects as the policy holds."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._principals: dict[str, str | None] = {}
        self.has_principals = policy.principals != NO_PRINCIPALS
        self.plans: dict[tuple[str, ...], Keys] = {}
        # By name, and by the tenant that the principal means where the policy says so.
        self.tenants: Tenants = {}

    def plan(self, names: tuple[str, ...]) -> Keys:
        """Sort out a set of metadata keys that was not seen before."""
        forget_if_full(self.plans)
        kept = self._policy.kept(dict.fromkeys(names, TENANT)) or {}
        tenants = tuple(name for name in kept if TENANT in self._policy.index.read({name: TENANT}))
        keys = Keys(
            None if len(kept) == len(names) else tuple(kept),
            tenants[0] if len(tenants) == 1 else None,
            tenants,
        )
        self.plans[names] = keys
        return keys

    def tenant_of(
        self, record: Record, keys: Keys, fact: ProfileFact | None, tenants: Tenants
    ) -> str | None:
        """Name the tenant of a record; `tenants` remembers those whose profile is `fact`.

        Where a single key names the tenant, its value is all that the answer depends on.
        """
        metadata = record.requestMetadata
        name: Hashable = None
        if metadata:
            if keys.tenant is not None:
                name = metadata[keys.tenant]
            elif keys.tenants:
                name = tuple((key, metadata[key]) for key in keys.tenants)
        principal = ""
        if self.has_principals:
            principal = (record.identity.arn if record.identity else None) or ""
            name = (name, self._claimed_by(principal))
        try:
            return tenants[name]
        except KeyError:
            forget_if_full(tenants)
            stated = {key: metadata[key] for key in keys.tenants} if metadata else None
            tenant = tenants[name] = attribution_for(
                self._policy, metadata=stated, profile=fact, principal=principal
            ).tenant
            return tenant

    def _claimed_by(self, principal: str) -> str | None:
        try:
            return self._principals[principal]
        except KeyError:
            forget_if_full(self._principals)
            tenant = self._policy.principals.tenant_of(principal)
            self._principals[principal] = tenant
            return tenant


def forget_if_full[Key, Value](memory: dict[Key, Value]) -> None:
    """Empty a memory that hostile input could fill without end; it fills again by itself."""
    if len(memory) >= MOST_REMEMBERED:
        memory.clear()
