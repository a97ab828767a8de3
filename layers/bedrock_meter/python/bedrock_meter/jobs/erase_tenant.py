"""Erase a tenant's id: evidence, closings and totals name a pseudonym from then on.

Totals follow from evidence, so evidence is where a name has to go; what follows from it is renamed
beside it. Nothing is added up anew: rebuild differs by nothing before, between and after. Policies
give the tenant's calls to the pseudonym before evidence is renamed, and forget the old signs after
it. Dying in between is harmless, the same pseudonym is used until the erasing is finished.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import BinaryIO, NamedTuple, Protocol

from bedrock_meter.decision_source import DecisionLog, PolicyStore
from bedrock_meter.domain.decisions import POLICY
from bedrock_meter.domain.erased_policy import policy_during, policy_without, traces_in
from bedrock_meter.domain.erasure import (
    Erasing,
    holds_name,
    spellings_of,
    without_alias,
    without_name,
)
from bedrock_meter.domain.errors import MeterError
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.hours import Hour, Part, neighbours
from bedrock_meter.domain.manifest import erased
from bedrock_meter.domain.policy import Policy
from bedrock_meter.domain.profile import profile_arn_for
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.ports import EvidenceFile, EvidenceStore, HourTable, LiveTable, ManifestStore

type Write = Callable[[Part, Iterable[Evidence]], AbstractContextManager[BinaryIO]]
"""Make the evidence file of a part of an hour; as a context manager it gives its room back."""


class CannotErase(MeterError):
    """The tenant cannot be erased now; the message says why and what would help."""


class TenantNames(Protocol):
    """Everywhere but in evidence and policies that a tenant's id stands."""

    def hours(self, tenant: str) -> list[Hour]:
        """Name the closed hours that the tenant has a total of, oldest first."""

    def live_hours(self, tenant: str) -> list[Hour]:
        """Name the hours the tenant has a live item of, oldest first."""

    def begin(self, tenant: str, erasing: Erasing) -> Erasing:
        """Note that the tenant is being erased; answer what was noted first."""

    def rename_policy(self, old_id: str, new_id: str) -> None:
        """Let decisions for a policy speak of another one; drop the old document."""

    def rename_facts(self, arn: str, spellings: frozenset[str], pseudonym: str) -> None:
        """Replace names among the remembered tags of a profile."""

    def rename_files(self, hour: Hour, tenant: str, pseudonym: str) -> None:
        """Rename the tenant in the closings and corrections of an hour."""

    def rename_rows(self, tenant: str, pseudonym: str) -> None:
        """Rename the tenant's totals and decisions; drop live items, level, flag and history."""

    def finish(self, tenant: str) -> None:
        """Forget that the tenant was being erased."""


class Found(NamedTuple):
    """Where a tenant's id stands: closed hours; live hours that are not closed yet."""

    hours: tuple[Hour, ...]
    unclosed: tuple[Hour, ...]


class Erased(NamedTuple):
    """What an erasing did: the pseudonym, and what still leads to the tenant.

    `left` are places of the policies and what they say, `of_others` counts calls of other tenants
    that hold the same word.
    """

    pseudonym: str
    left: tuple[str, ...]
    of_others: int


def find_tenant(tenant: str, *, names: TenantNames, hours: HourTable) -> Found:
    """Name the hours that hold a tenant; nothing is written."""
    closed = tuple(names.hours(tenant))
    live = set(names.live_hours(tenant)) | set(closed)
    unclosed = tuple(hour for hour in sorted(live) if not _is_settled(hour, hours))
    return Found(closed, unclosed)


def erase_tenant(
    tenant: str,
    *,
    proposed: str,
    everywhere: bool,
    now: datetime,
    names: TenantNames,
    hours: HourTable,
    evidence: EvidenceStore,
    manifests: ManifestStore,
    live: LiveTable,
    decisions: DecisionLog,
    policies: PolicyStore,
    valuation_for: Callable[[Hour], Valuation],
    write: Write,
) -> Erased:
    """Put a pseudonym in a tenant's place.

    `everywhere` looks through all evidence, also of hours that have no total of the tenant: there
    callers may have stated the id and AWS witnessed another tenant.
    Raises `CannotErase` while hours of the tenant are not closed.
    """
    found = find_tenant(tenant, names=names, hours=hours)
    if found.unclosed:
        raise CannotErase(f"hours of {tenant!r} are not closed, the first {found.unclosed[0]}")
    known = _policies(decisions, policies)
    erasing = names.begin(tenant, Erasing(proposed, spellings_of(tenant, known)))
    _replace_policies(policy_during, erasing, decisions, policies, names)
    of_others = 0
    generations = _Generations(manifests, live, now)
    for hour in _concerned(found, evidence) if not everywhere else tuple(evidence.hours()):
        renaming = _Renaming(erasing, names, valuation_for, hour)
        files = evidence.files(hour)
        for file in files:
            _rename_evidence(file, generations, evidence, renaming, write)
        of_others += renaming.of_others
        names.rename_files(hour, tenant, erasing.pseudonym)
        if files and hours.row(hour).epoch:
            hours.ask(hour)  # the Parquet of the hour names the tenant until it is written anew
    after = _replace_policies(policy_without, erasing, decisions, policies, names)
    names.rename_rows(tenant, erasing.pseudonym)
    names.finish(tenant)
    left = {
        trace
        for policy in after
        for trace in traces_in(policy, erasing.spellings, erasing.pseudonym)
    }
    return Erased(erasing.pseudonym, tuple(sorted(left)), of_others)


def _concerned(found: Found, evidence: EvidenceStore) -> list[Hour]:
    """Name the tenant's hours and those around: a duplicate may lie over an edge."""
    around = {near for hour in found.hours for near in neighbours(hour)}
    return sorted({*found.hours, *(hour for hour in around if evidence.files(hour))})


class _Renaming:
    """Renames evidence of one hour, and checks that it leads to nobody but the pseudonym."""

    def __init__(
        self,
        erasing: Erasing,
        names: TenantNames,
        valuation_for: Callable[[Hour], Valuation],
        hour: Hour,
    ) -> None:
        self._pseudonym, self._spellings = erasing
        self._names = names
        self._value = partial(valuation_for, hour)
        self._renamed_profiles: set[str] = set()
        self.of_others = 0
        self._decide()

    def _decide(self) -> None:
        """Take the valuation in force: by it a call is the tenant's whatever name it holds."""
        self._during = self._value()
        after = policy_without(self._during.policy, self._spellings, self._pseudonym)
        self._after = self._during.under(after)

    def of(self, evidence: Evidence) -> Evidence:
        is_own = _named_by(evidence, self._during) in {self._pseudonym, *self._spellings}
        stated = without_alias(evidence, self._spellings, self._pseudonym, self._during.policy)
        if not is_own:
            self.of_others += holds_name(stated, self._spellings)
            return stated
        renamed = without_name(stated, self._spellings, self._pseudonym)
        self._rename_profile(renamed)
        if _named_by(renamed, self._after) != self._pseudonym:
            raise CannotErase(
                f"a call of {evidence.at} would not lead to {self._pseudonym!r}, but to "
                f"{_named_by(renamed, self._after)!r}, by {renamed.principal}"
            )
        return renamed

    def _rename_profile(self, evidence: Evidence) -> None:
        """The tags of the profile may hold the name: facts about it are renamed, and read again."""
        arn = profile_arn_for(evidence.model_id, account=evidence.account, region=evidence.region)
        if arn and arn not in self._renamed_profiles:
            self._renamed_profiles.add(arn)
            self._names.rename_facts(arn, self._spellings, self._pseudonym)
            self._decide()


def _named_by(evidence: Evidence, valuation: Valuation) -> str | None:
    return valuation.of(evidence)[0].tenant


class _Generations:
    """Raises the generation of each log object once, before its evidence names a pseudonym."""

    def __init__(self, manifests: ManifestStore, live: LiveTable, now: datetime) -> None:
        self._manifests, self._live, self._now = manifests, live, now
        self._raised: dict[str, int] = {}

    def of(self, object_id: str) -> int:
        """Give the generation to write with; what an older reading still writes stays out."""
        if object_id not in self._raised:
            self._raised[object_id] = self._raise(object_id)
        return self._raised[object_id]

    def _raise(self, object_id: str) -> int:
        noted = self._manifests.read(object_id)
        if noted and noted.manifest.settled:
            manifest = erased(noted.manifest, self._now)
            if self._manifests.put(manifest, noted.tag) is not None:
                self._live.keep_copy(manifest)
                return manifest.generation
        raise CannotErase(f"{object_id} is being metered just now; erase again in some minutes")


def _rename_evidence(
    file: EvidenceFile,
    generations: _Generations,
    evidence: EvidenceStore,
    renaming: _Renaming,
    write: Write,
) -> None:
    before = list(evidence.read(file))
    after = [renaming.of(one) for one in before]
    if after == before:
        return
    generation = generations.of(file.object_id)
    with write(file.part, after) as body:
        if not evidence.put(file.part, file.object_id, generation, body):
            raise CannotErase(f"{file.object_id} was read anew meanwhile; erase again")


def _policies(decisions: DecisionLog, policies: PolicyStore) -> tuple[Policy, ...]:
    ids = {decision.id for decision in decisions.decisions(POLICY)}
    return tuple(policies.policy(policy_id) for policy_id in sorted(ids))


def _replace_policies(
    change: Callable[[Policy, frozenset[str], str], Policy],
    erasing: Erasing,
    decisions: DecisionLog,
    policies: PolicyStore,
    names: TenantNames,
) -> list[Policy]:
    """Let every decision speak of the changed policy; give the policies they speak of now."""
    after = []
    for policy in _policies(decisions, policies):
        changed = change(policy, erasing.spellings, erasing.pseudonym)
        after.append(changed)
        if changed.id != policy.id:
            policies.put(changed)
            names.rename_policy(policy.id, changed.id)
    return after


def _is_settled(hour: Hour, hours: HourTable) -> bool:
    row = hours.row(hour)
    return bool(row.published) and not row.is_due()
