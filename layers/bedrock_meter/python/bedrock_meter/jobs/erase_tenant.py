"""Erase a tenant's id: evidence, closings and totals hold a pseudonym from then on.

Totals are derived from evidence, so the name goes from evidence first, then from what is derived.
Nothing is summed again: a rebuild finds no difference before, during and after. Policies give the
tenant's calls to the pseudonym before evidence is renamed, and lose the old matchers after it. A
crash is harmless: the same pseudonym is used until the erasing is finished.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.policy.decisions import POLICY
from bedrock_meter.domain.policy.erased_policy import policy_during, policy_without, traces_in
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.records.tenant import POOLED
from bedrock_meter.domain.time.hours import Hour, milliseconds_of, neighbours
from bedrock_meter.domain.totals.erasure import CannotErase, Erasing, spellings_of
from bedrock_meter.domain.totals.hour_row import HourRow, Mark
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.plan_hours import LONGEST_CLOSE
from bedrock_meter.jobs.rename_evidence import Generations, Renaming, Write, rename_evidence
from bedrock_meter.ports import EvidenceStore, HourTable, LiveTable, ManifestStore
from bedrock_meter.ports.decisions import DecisionLog, PolicyStore
from bedrock_meter.ports.tenant_names import TenantNames


class ErasableHours(NamedTuple):
    """The hours that hold a tenant's id: closed ones, and live ones that are not closed yet."""

    hours: tuple[Hour, ...]
    unclosed: tuple[Hour, ...]


class Erased(NamedTuple):
    """The result of an erasing: the pseudonym, and what still leads to the tenant.

    `left` are places in the policies with their text, `of_others` is the number of calls of other
    tenants that hold the same word.
    """

    pseudonym: str
    left: tuple[str, ...]
    of_others: int


def find_tenant(tenant: str, *, names: TenantNames, hours: HourTable) -> ErasableHours:
    """Return the hours that hold a tenant; nothing is written."""
    closed = tuple(names.hours(tenant))
    progress = hours.progress()
    every = sorted({*names.live_hours(tenant), *closed})
    rows = [hours.row(hour) for hour in every if not progress.is_sealed(hour)]
    return ErasableHours(
        closed, tuple(row.hour for row in rows if not row.published or row.is_due())
    )


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
    """Replace a tenant's id by a pseudonym.

    `everywhere` searches all evidence, also of hours without a total of the tenant: callers may
    have stated the id there while AWS witnessed another tenant. A `witness_only` tenant is always
    searched for everywhere: its stated id was refused, and would count once no policy lists it.
    Raise `CannotErase` while hours of the tenant are not closed.
    """
    found = find_tenant(tenant, names=names, hours=hours)
    if found.unclosed:
        raise CannotErase(f"hours of {tenant!r} are not closed, the first {found.unclosed[0]}")
    known = _policies(decisions, policies)
    erasing = names.begin(tenant, Erasing(proposed, spellings_of(tenant, known)))
    of_others = 0
    generations = Generations(manifests, live, now)
    # Totals of hours that were closed during an earlier erasing hold the pseudonym already.
    own = {*found.hours, *names.hours(erasing.pseudonym)}
    renamed = own.union(names.hours(POOLED))  # The id may be among those that were pooled.
    is_all = everywhere or _is_witness_only({*erasing.spellings, erasing.pseudonym}, known)
    concerned = tuple(evidence.hours()) if is_all else _concerned(renamed, evidence)
    _check_quiet(_open_rows(concerned, hours), now)  # Before anything holds the pseudonym.
    _replace_policies(policy_during, erasing, decisions, policies, names)
    marks = _shut_out(concerned, now, hours)
    try:
        for hour in concerned:
            renaming = Renaming(erasing, names, valuation_for, hour)
            for file in evidence.files(hour):
                of_others += rename_evidence(file, generations, evidence, renaming, write)
            names.rename_files(hour, tenant, erasing.pseudonym)
            if renaming.found:
                own.add(hour)
        for hour in _concerned(own, evidence):
            if hour in marks and evidence.files(hour):
                # The Parquet of the hour may hold the id until it is written again.
                hours.ask(hour)
        _check_no_other(names.hours(tenant) + names.hours(POOLED), {*renamed, *concerned})
        names.rename_rows(tenant, erasing.pseudonym)
    finally:
        for mark in marks.values():
            hours.leave(mark)
    _check_no_other(names.hours(tenant), ())
    _check_no_other(names.hours(erasing.pseudonym), {*renamed, *concerned})
    # Only now: with the old matchers a second erasing finds what was closed meanwhile.
    after = _replace_policies(policy_without, erasing, decisions, policies, names)
    names.finish(tenant)
    left = {
        trace
        for policy in after
        for trace in traces_in(policy, erasing.spellings, erasing.pseudonym)
    }
    return Erased(erasing.pseudonym, tuple(sorted(left)), of_others)


def _is_witness_only(names: Iterable[str], policies: Iterable[Policy]) -> bool:
    """Return whether the tenant is `witness_only` in any policy, under any of its names."""
    known = (policy.recognition.stating.witness_only for policy in policies)
    return not frozenset[str]().union(*known).isdisjoint(names)


def _check_no_other(named: Iterable[Hour], known: Collection[Hour]) -> None:
    """Check that no other hour was closed meanwhile: its evidence may still hold the id."""
    other = sorted(set(named).difference(known))
    if other:
        raise CannotErase(f"{other[0]} was closed meanwhile and may name the tenant; erase again")


def _concerned(own: Collection[Hour], evidence: EvidenceStore) -> tuple[Hour, ...]:
    """Return the tenant's hours and their neighbours, which may hold a duplicate of a call."""
    around = {near for hour in own for near in neighbours(hour)}
    return tuple(sorted({*own, *(hour for hour in sorted(around) if evidence.files(hour))}))


def _open_rows(concerned: Iterable[Hour], hours: HourTable) -> list[HourRow]:
    """Return the rows of those hours that were closed and are not final."""
    progress, rows = hours.progress(), map(hours.row, concerned)
    return [row for row in rows if row.epoch and not progress.is_sealed(row.hour)]


def _shut_out(concerned: Iterable[Hour], now: datetime, hours: HourTable) -> dict[Hour, Mark]:
    """Begin a close of every hour concerned that is not final, so that an earlier one stops.

    The earlier one would write the id again. If it is already past the check that would stop it,
    raise `CannotErase`.
    """
    marks: dict[Hour, Mark] = {}
    try:
        for row in _open_rows(concerned, hours):
            marks[row.hour] = _marked(row, now, hours)
    except Exception:
        for mark in marks.values():
            hours.leave(mark)
        raise
    return marks


def _marked(row: HourRow, now: datetime, hours: HourTable) -> Mark:
    """Mark an hour that is not being closed."""
    _check_quiet([row], now)
    mark = hours.mark(row.hour, now)
    if (mark.follows, mark.seen) == (row.epoch, row.dirty):
        return mark  # Nothing has happened since the row was read.
    hours.leave(mark)
    raise CannotErase(f"{row.hour} is being closed just now")


def _check_quiet(rows: Iterable[HourRow], now: datetime) -> None:
    """Check that these hours are not being closed, and that no plan has chosen them."""
    longest = LONGEST_CLOSE // timedelta(milliseconds=1)
    for row in rows:
        if row.is_due():
            raise CannotErase(f"{row.hour} waits to be closed")
        if row.is_being_closed(milliseconds_of(now), longest):
            raise CannotErase(f"{row.hour} is being closed just now")


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
    """Point every decision to its changed policy; return the policies decided now."""
    after = []
    for policy in _policies(decisions, policies):
        changed = change(policy, erasing.spellings, erasing.pseudonym)
        after.append(changed)
        if changed.id != policy.id:
            policies.put(changed)
            names.rename_policy(policy.id, changed.id)
    return after
