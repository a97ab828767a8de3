"""Erase a tenant's id: evidence, closings and totals name a pseudonym from then on.

Totals follow from evidence, so evidence is where a name has to go; what follows from it is renamed
beside it. Nothing is added up anew: rebuild differs by nothing before, between and after. Dying in
between is harmless, the same pseudonym is used until the erasing is finished.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial
from typing import BinaryIO, NamedTuple, Protocol

from bedrock_meter.decision_source import DecisionLog, PolicyStore
from bedrock_meter.domain.decisions import POLICY
from bedrock_meter.domain.erasure import (
    Erasing,
    policy_without,
    spellings_of,
    without_alias,
    without_name,
)
from bedrock_meter.domain.errors import MeterError
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.hour_row import HourRow, Mark
from bedrock_meter.domain.hours import Hour, Part, milliseconds_of, neighbours
from bedrock_meter.domain.manifest import erased
from bedrock_meter.domain.policy import Policy
from bedrock_meter.domain.profile import profile_arn_for
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.jobs.plan_hours import LONGEST_CLOSE
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


def find_tenant(tenant: str, *, names: TenantNames, hours: HourTable) -> Found:
    """Name the hours that hold a tenant; nothing is written."""
    closed = tuple(names.hours(tenant))
    live = set(names.live_hours(tenant)) | set(closed)
    progress = hours.progress()
    unclosed = tuple(
        hour
        for hour in sorted(live)
        if not progress.is_sealed(hour) and not _is_settled(hour, hours)
    )
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
) -> str:
    """Put a pseudonym in a tenant's place; answer it.

    `everywhere` looks through all evidence, also of hours that have no total of the tenant: there
    callers may have stated the id and AWS witnessed another tenant.
    Raises `CannotErase` while hours of the tenant are not closed.
    """
    found = find_tenant(tenant, names=names, hours=hours)
    if found.unclosed:
        raise CannotErase(f"hours of {tenant!r} are not closed, the first {found.unclosed[0]}")
    known = _policies(decisions, policies)
    erasing = names.begin(tenant, Erasing(proposed, spellings_of(tenant, known)))
    _rename_policies(known, erasing, policies, names)
    generations = _Generations(manifests, live, now)
    # Of hours that were closed while it was erased before, totals have the pseudonym already.
    renamed = {*found.hours, *names.hours(erasing.pseudonym)}
    concerned = tuple(evidence.hours()) if everywhere else _concerned(renamed, evidence)
    marks = _shut_out(concerned, now, hours)
    try:
        for hour in concerned:
            renaming = _Renaming(tenant, erasing, names, valuation_for, hour)
            files = evidence.files(hour)
            for file in files:
                _rename_evidence(file, generations, evidence, renaming, write)
            names.rename_files(hour, tenant, erasing.pseudonym)
            if files and hour in marks:
                # The Parquet of the hour may name the tenant until it is written anew.
                hours.ask(hour)
        _check_no_other(names.hours(tenant), {*renamed, *concerned})
        names.rename_rows(tenant, erasing.pseudonym)
    finally:
        for mark in marks.values():
            hours.leave(mark)
    _check_no_other(names.hours(tenant), ())
    _check_no_other(names.hours(erasing.pseudonym), {*renamed, *concerned})
    names.finish(tenant)
    return erasing.pseudonym


def _check_no_other(named: Iterable[Hour], known: Collection[Hour]) -> None:
    """Check that no hour was closed meanwhile whose evidence names the tenant still."""
    other = sorted(set(named).difference(known))
    if other:
        raise CannotErase(f"{other[0]} was closed meanwhile and names the tenant; erase again")


def _concerned(own: Collection[Hour], evidence: EvidenceStore) -> tuple[Hour, ...]:
    """Name the tenant's hours and those around: a duplicate may lie over an edge."""
    around = {near for hour in own for near in neighbours(hour)}
    return tuple(sorted({*own, *(hour for hour in around if evidence.files(hour))}))


class _Renaming:
    """Renames evidence of one hour, and checks that it no longer leads to the tenant."""

    def __init__(
        self,
        tenant: str,
        erasing: Erasing,
        names: TenantNames,
        valuation_for: Callable[[Hour], Valuation],
        hour: Hour,
    ) -> None:
        self._tenant = tenant
        self._pseudonym, self._spellings = erasing
        self._names = names
        self._value = partial(valuation_for, hour)
        self._valuation = valuation_for(hour)

    def of(self, evidence: Evidence) -> Evidence:
        stated = without_alias(evidence, self._spellings, self._pseudonym, self._valuation.policy)
        if self._named_by(stated) not in {self._pseudonym, *self._spellings}:
            return stated
        renamed = without_name(stated, self._spellings, self._pseudonym)
        if self._named_by(renamed) in self._spellings:
            self._rename_profile(renamed)
        if self._named_by(renamed) in self._spellings:
            raise CannotErase(
                f"a call of {evidence.at} still leads to {self._tenant!r}, by {evidence.principal}"
            )
        return renamed

    def _named_by(self, evidence: Evidence) -> str | None:
        return self._valuation.of(evidence)[0].tenant

    def _rename_profile(self, evidence: Evidence) -> None:
        """The tags of the profile name the tenant: facts about it are renamed, and read again."""
        arn = profile_arn_for(evidence.model_id, account=evidence.account, region=evidence.region)
        if arn:
            self._names.rename_facts(arn, self._spellings, self._pseudonym)
            self._valuation = self._value()


def _shut_out(concerned: Iterable[Hour], now: datetime, hours: HourTable) -> dict[Hour, Mark]:
    """Begin a close of every hour concerned that is not final: one that began earlier stops.

    It would put back the names that it has read. One that is past the point where it looks must not
    be under way at all; `CannotErase` while there is one.
    """
    progress, rows = hours.progress(), map(hours.row, concerned)
    begun = (row for row in rows if row.epoch and not progress.is_sealed(row.hour))
    return {row.hour: _marked(row, now, hours) for row in begun}


def _marked(row: HourRow, now: datetime, hours: HourTable) -> Mark:
    """Mark an hour that nobody closes, and that no plan may have named."""
    longest = LONGEST_CLOSE // timedelta(milliseconds=1)
    if row.is_due():
        raise CannotErase(f"{row.hour} waits to be closed")
    if not row.is_being_closed(milliseconds_of(now), longest):
        mark = hours.mark(row.hour, now)
        if (mark.follows, mark.seen) == (row.epoch, row.dirty):
            return mark  # nothing has happened since the row was read
    raise CannotErase(f"{row.hour} is being closed just now")


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
    if not _renamed(file, evidence, renaming):
        return
    generation = generations.of(file.object_id)
    # Read again: whoever read the object anew in between has lost its turn, but not its evidence.
    after = _renamed(file, evidence, renaming)
    if after is None:
        return
    with write(file.part, after) as body:
        if not evidence.put(file.part, file.object_id, generation, body):
            raise CannotErase(f"{file.object_id} was read anew meanwhile; erase again")


def _renamed(
    file: EvidenceFile, evidence: EvidenceStore, renaming: _Renaming
) -> list[Evidence] | None:
    """Give a file's evidence with the pseudonym in it; None where it has no place there."""
    before = list(evidence.read(file))
    after = [renaming.of(one) for one in before]
    return None if after == before else after


def _policies(decisions: DecisionLog, policies: PolicyStore) -> tuple[Policy, ...]:
    ids = {decision.id for decision in decisions.decisions(POLICY)}
    return tuple(policies.policy(policy_id) for policy_id in sorted(ids))


def _rename_policies(
    known: Iterable[Policy], erasing: Erasing, policies: PolicyStore, names: TenantNames
) -> None:
    for policy in known:
        renamed = policy_without(policy, erasing.spellings, erasing.pseudonym)
        if renamed.id != policy.id:
            policies.put(renamed)
            names.rename_policy(policy.id, renamed.id)


def _is_settled(hour: Hour, hours: HourTable) -> bool:
    row = hours.row(hour)
    return bool(row.published) and not row.is_due()
