"""Bedrock's inference profiles in a history: throttled, refused, or not there yet."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from bedrock_meter.domain.policy.profile import ProfileFact, missing_profile, scope_hint_for
from bedrock_meter.ports.profiles import ProfileRefused, ProfilesUnavailable
from simulate.content import CHEAP
from simulate.fault_rates import ServiceFailure

_MODEL = f"arn:aws:bedrock:::foundation-model/{CHEAP.removeprefix('global.')}"


class ProfilePlan(NamedTuple):
    """A profile of the cheap model, whose tag names a tenant: from when it exists, and is seen."""

    tenant: str
    since: datetime | None = None
    refused_until: datetime | None = None


class ProfileService:
    """The service behind the wire: answers questions about profiles."""

    def __init__(self, profiles: Mapping[str, ProfilePlan], clock: Callable[[], datetime]) -> None:
        self._profiles = profiles
        self._clock = clock

    def ask(self, arn: str, at: datetime) -> ProfileFact:
        """Return the profile as it is now; `at` is what the worker's clock shows."""
        plan, now = self._profiles.get(arn), self._clock()
        if plan is None or (plan.since and now < plan.since):
            return missing_profile(arn, at, "no such profile")
        if plan.refused_until and now < plan.refused_until:
            raise ProfileRefused(f"{arn} is none of ours")
        hint = scope_hint_for([_MODEL])
        return ProfileFact(arn, (_MODEL,), hint, {"tenantId": plan.tenant}, at, found=True)


class WiredProfiles:
    """`ProfileSource` in front of the wire: a failure there is a question without an answer."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def is_ours(self, _arn: str) -> bool:
        return True

    def ask(self, arn: str, at: datetime) -> ProfileFact:
        try:
            answer: ProfileFact = self._port.ask(arn, at)
        except ServiceFailure as failure:
            raise ProfilesUnavailable(str(failure)) from failure
        return answer
