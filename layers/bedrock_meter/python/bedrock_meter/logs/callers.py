"""Who calls, remembered: reading the same metadata keys and names again costs a look-up.

Nearly every record has metadata of its own (users, sessions), but few sets of keys and few tenants
occur in it. So the keys are planned once per set of keys, and a tenant is recognised once per
name; dimensions are not looked at, since no live total needs them. Where the policy says who may
state a tenant's id, a name is remembered once for those who may and once for those who may not.
"""

from collections.abc import Hashable
from typing import NamedTuple

from bedrock_meter.domain.policy.attribution import Attribution, attribution_for
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.policy.principal import NO_PRINCIPALS, Matchers, role_of
from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.policy.recognition import (
    FIRST_SOURCE_WINS,
    REQUEST_METADATA,
    TENANT,
)
from bedrock_meter.domain.records.evidence import bounded
from bedrock_meter.domain.records.memory import forget_if_full
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.logs.records import Record

UNKNOWN = ""
"""Stands for what is not remembered; no tenant has this id, and None means unattributed."""


class Keys(NamedTuple):
    """Which of a set of metadata keys name a tenant: `tenant` if it is only one, `tenants` all."""

    tenant: Tenant
    tenants: tuple[str, ...]


NO_KEYS = Keys(None, ())

type Recognised = str | tuple[Tenant, bool] | None
"""The tenant that the policy gives a principal; where only some principals may state ids, with
whether this one may. None: the policy says nothing of the principal."""


class Callers:
    """Recognises the callers of a policy; good for as many log objects as the policy holds."""

    def __init__(self, policy: Policy) -> None:
        stating = policy.recognition.stating
        rules = (policy.recognition.principals, stating.stated_by or NO_PRINCIPALS)
        self._policy = policy
        self._stating = stating if stating.stated_by is not None else None
        self._is_by_session = any(each.sessions != Matchers() for each in rules)
        self._named = {_role_in(arn) for each in rules for arn in each.arns}
        self.has_principals = any(each != NO_PRINCIPALS for each in rules)
        known = policy.recognition
        self._metadata_may_settle = (
            known.when_sources_disagree == FIRST_SOURCE_WINS
            and known.sources[:1] == (REQUEST_METADATA,)
        )
        # By the name in the metadata: whether it is the tenant, whoever calls.
        self.settled: dict[Hashable, bool] = {}
        # By ARN without what follows its last slash, for roles; nearly all sessions are unique.
        self.roles: dict[str, Recognised] = {}
        self._principals: dict[str, Recognised] = {}
        self.plans: dict[tuple[str, ...], Keys] = {}
        # Only those whose call named no profile: its tags would speak too.
        self.tenants: dict[Hashable, Tenant] = {}

    def plan(self, names: tuple[str, ...]) -> Keys:
        """Sort out a set of metadata keys that was not seen before.

        Keys that evidence leaves out name no tenant here either: live and closed totals must agree.
        """
        forget_if_full(self.plans)
        read = self._policy.recognition.index.read
        known = bounded(dict.fromkeys(names, TENANT)) or {}
        tenants = tuple(name for name in known if TENANT in read({name: TENANT}))
        keys = self.plans[names] = Keys(tenants[0] if len(tenants) == 1 else None, tenants)
        return keys

    def settles(self, record: Record, keys: Keys, name: Hashable) -> bool:
        """Return whether metadata alone decide the tenant, and remember it by their `name`.

        So it is where metadata are the first source, the first source wins, and what they name
        counts for a caller of whom nothing is known: what comes behind them is not looked at.
        """
        if not self._metadata_may_settle or name is None:
            return False
        forget_if_full(self.settled)
        found = self._attribution(record, keys, None, "")
        settled = self.settled[name] = found.rule == REQUEST_METADATA
        return settled

    def recognised(self, principal: str) -> Recognised:
        """Return what the policy says of a principal whose role is not remembered.

        A role is remembered without its session only where no session of it is named.
        """
        found = self._principals.get(principal, UNKNOWN)
        if found == UNKNOWN:
            found = self._recognise(principal)
            role, name = role_of(principal), _role_in(principal)
            if role and role.session and not self._is_by_session and name not in self._named:
                forget_if_full(self.roles)
                self.roles[name] = found
            else:
                forget_if_full(self._principals)
                self._principals[principal] = found
        return found

    def _recognise(self, principal: str) -> Recognised:
        tenant = self._policy.recognition.principals.tenant_of(principal)
        if self._stating is None:
            return tenant
        return tenant, self._stating.may_state(principal)

    def tenant_of(
        self, record: Record, keys: Keys, name: Hashable, fact: ProfileFact | None
    ) -> Tenant:
        """Find out the tenant of a record, and remember it by name where there is no `fact`.

        `name` is everything else that the tenant depends on.
        """
        principal = (record.identity.arn if record.identity else None) or ""
        tenant = self._attribution(record, keys, fact, principal).tenant
        if fact is None:
            forget_if_full(self.tenants)
            self.tenants[name] = tenant
        return tenant

    def _attribution(
        self, record: Record, keys: Keys, fact: ProfileFact | None, principal: str
    ) -> Attribution:
        metadata = record.requestMetadata
        stated = {key: metadata[key] for key in keys.tenants} if metadata else None
        return attribution_for(self._policy, metadata=stated, profile=fact, principal=principal)


def _role_in(principal: str) -> str:
    """Return an ARN without its session."""
    return principal[: principal.rfind("/")]
