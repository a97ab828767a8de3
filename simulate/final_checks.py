"""Final checks: everything stored is compared with what the logs say, and with itself."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from simulate.catalogue import id_of_decided
from simulate.invariants import Invariants
from simulate.lines import MeteredAs
from simulate.oracle import HourDecisions, Recomputed, added, new_total, truth_of
from simulate.scenario import BOOKS, POLICIES, DecisionPlan
from simulate.sums import NOTHING, UsageSum, sum_of, total_sum, use_sum
from simulate.world import World

type Totals = dict[tuple[str | None, str], dict[str, Any]]
type Outcomes = Mapping[str, MeteredAs]
type Profiles = Mapping[str, tuple[str, str]]


class FinalState(Protocol):
    """The end of a history, or of a starting point: what happened, and what is stored."""

    world: World
    invariants: Invariants
    lost_records: int

    def outcomes(self) -> Iterator[Outcomes]:
        """Return all that may have become of the log objects, the likeliest first."""

    def decided(self, hour: str, before: int = 0) -> list[DecisionPlan]:
        """Return the decisions that may have been about an hour, or those made before a call."""

    def profiles(self, hour: str) -> Profiles:
        """Return model and tenant of the profiles that were known when an hour was closed."""

    def ended(self) -> int:
        """Count the records whose evidence has expired."""

    def violations(self, chosen: Outcomes) -> Iterator[str]:
        """Return what else is wrong, given these outcomes of the log objects."""


def differences(state: FinalState) -> list[str]:
    """Return all differences from the likeliest of the possible outcomes."""
    first: list[str] = []
    for chosen in state.outcomes():
        found = list(_wrong(state, chosen))
        if not found:
            first = []
            break
        first = first or found
    return [*first, *_corrections(state), *_live(state)]


def _wrong(state: FinalState, chosen: Outcomes) -> Iterator[str]:
    def terms(hour: str, call: int) -> HourDecisions:
        return terms_of(hour, state.decided(hour, call), state.profiles(hour))

    truth = truth_of(chosen, terms)
    yield from _totals(state, truth)
    yield from _rejects(state, truth)
    yield from _lines(state, truth)
    yield from state.violations(chosen)


def terms_of(hour: str, decided: list[DecisionPlan], profiles: Profiles) -> HourDecisions:
    """Return what was decided last for an hour."""
    policy = _last(one for one in decided if not one.is_book and one.covers(hour))
    books = [_named_anew(one) for one in decided if one.is_book and one.covers(hour)]
    general = _last(one for one in books if one.tenant is None)
    own = {
        tenant: BOOKS[_number(_last(one for one in books if one.tenant in (None, tenant)))]
        for tenant in (one.tenant for one in books)
        if tenant
    }
    plan = POLICIES[_number(policy)]
    guard, names = plan.guard, dict(policy.renamed) if policy else {}
    return HourDecisions(
        plan.tenant_keys,
        tuple(names.get(name, name) for name in plan.half_price),
        BOOKS[_number(general)],
        own,
        frozenset(names.get(name, name) for name in plan.listed()),
        None if guard.may_state is None else frozenset(guard.may_state),
        {role: names.get(name, name) for role, name in guard.owners},
        frozenset(names.get(name, name) for name in guard.witness_only),
        guard.only_listed,
        guard.most_unlisted,
        profiles,
    )


def _named_anew(decided: DecisionPlan) -> DecisionPlan:
    """Return a decision for a tenant that may have been erased since."""
    names = dict(decided.renamed)
    return decided._replace(tenant=names.get(decided.tenant or "", decided.tenant))


def _last(decided: Iterator[DecisionPlan]) -> DecisionPlan | None:
    """Return the last decision; of the same moment, the one whose id is greatest."""
    return max(decided, key=lambda one: (one.at, id_of_decided(one)), default=None)


def _number(decided: DecisionPlan | None) -> int:
    return decided.number if decided else 0


def _plain(total: Any) -> dict[str, Any]:
    """Write a stored total as the oracle does."""
    return {
        "requests": total.requests,
        "errors": total.errors,
        "tokens": total_sum(total).tokens,
        "cost": total.cost,
        "unpriced_requests": total.unpriced_requests,
        "unpriced_tokens": sum(total.unpriced.values()),
        "conflicts": total.conflicts,
        "timed": total.timed,
        "latency_ms": total.latency_ms,
        "rules": {name: count for name, count in total.rules.items() if count},
        "models": {name: list(use) for name, use in total.models.items() if any(use)},
    }


def _totals(state: FinalState, truth: Recomputed) -> Iterator[str]:
    usage = state.world.raw["usage"]
    days, months = _summed(truth.totals, 10), _summed(truth.totals, 7)
    yield from _unequal("hour", usage.hours, truth.totals)
    yield from _unequal("day", usage.days, days)
    yield from _unequal("month", usage.months, months)
    for sums in (days, months):
        for period in sorted({period for _, period in sums}):
            costs = {t: one["cost"] for (t, p), one in sums.items() if p == period and one["cost"]}
            if dict(usage.top(period)) != costs:
                yield f"largest of {period}: {dict(usage.top(period))}, right is {costs}"


def _summed(hours: Totals, length: int) -> Totals:
    """Add hours up to the periods that so many characters name."""
    sums: Totals = {}
    for (tenant, hour), total in hours.items():
        key = (tenant, hour[:length])
        sums[key] = added(sums.get(key, new_total()), total)
    return sums


def _unequal(name: str, stored: Mapping[Any, Any], right: Totals) -> Iterator[str]:
    for key in sorted({*stored, *right}, key=str):
        is_there = _plain(stored[key].total) if key in stored else new_total()
        must = right.get(key, new_total())
        if is_there != must:
            yield f"{name} {key}: {_unlike(is_there, must)}"


def _unlike(stored: dict[str, Any], right: dict[str, Any]) -> str:
    names = [name for name in right if stored[name] != right[name]]
    return ", ".join(f"{name} {stored[name]}, right is {right[name]}" for name in names)


def _rejects(state: FinalState, truth: Recomputed) -> Iterator[str]:
    kept: dict[str, list[tuple[int, str]]] = {}
    for rejected in state.world.raw["quarantine"].files():
        for reject in rejected.rejects:
            if reject.reason != "identity_conflict":
                kept.setdefault(reject.object_id, []).append((reject.line, reject.reason))
    right = {state.world.log_object(key).object_id: lines for key, lines in truth.rejects.items()}
    if kept != right:
        yield f"rejects {kept}, right are {right}"


def _lines(state: FinalState, truth: Recomputed) -> Iterator[str]:
    """Evidence and rejects are the lines of the logs; calls and duplicates are the evidence."""
    raw = state.world.raw
    kept = raw["evidence"]
    evidence = sum(1 for hour in kept.hours() for file in kept.files(hour) for _ in kept.read(file))
    rejects = truth.refused + sum(
        reason != "sealed_hour" for lines in truth.rejects.values() for _, reason in lines
    )
    rows = sum(len(calls) for _, calls in raw["rollups"].hours.values())
    if evidence + state.ended() + rejects != truth.lines:
        yield f"{evidence} evidence and {rejects} rejects are not {truth.lines} lines"
    if rows + truth.merged + rejects != truth.lines:
        yield f"{rows} calls, {truth.merged} merged and {rejects} rejects, {truth.lines} lines"


def _corrections(state: FinalState) -> Iterator[str]:
    """What was published first and all corrections since are what is published now."""
    for hour, row in state.world.raw["hours"].kept.items():
        if not state.invariants.published[hour]:
            yield f"{hour} was never published"
        else:
            if row.is_due():
                yield f"{hour} is still due"
            yield from _corrections_of(hour, row.published, state)


def _corrections_of(hour: str, published: int, state: FinalState) -> Iterator[str]:
    raw, invariants = state.world.raw, state.invariants
    sums = dict(invariants.closing(hour, invariants.published[hour][0][1]))
    for one in raw["closings"].corrections(hour, published):
        old, new = total_sum(one.old), total_sum(one.new)
        if invariants.erased:  # names may have changed in the middle of the chain: compare sums
            old, new = old, sums.get(one.tenant, NOTHING).plus(new).minus(old)
        elif sums.get(one.tenant, NOTHING) != old:
            yield f"a correction of {one.tenant} in {hour} begins at {old}, not {sums}"
        sums[one.tenant] = new
    totals = raw["usage"].hours.items()
    stored = {tenant: total_sum(one.total) for (tenant, key), one in totals if key == hour}
    if invariants.erased:
        sums, stored = {None: sum_of(sums.values())}, {None: sum_of(stored.values())}
    if _not_zero(sums) != _not_zero(stored):
        yield f"{hour}: first published and corrections {sums}, totals {stored}"


def _not_zero(sums: dict[str | None, UsageSum]) -> dict[str | None, UsageSum]:
    return {name: one for name, one in sums.items() if one != NOTHING}


def _something(
    sums: dict[tuple[str | None, str], UsageSum], ended: set[str]
) -> dict[tuple[str | None, str], UsageSum]:
    """Leave out what is nothing, and hours whose live items have expired."""
    return {key: one for key, one in sums.items() if one != NOTHING and key[1][:13] not in ended}


def _live(state: FinalState) -> Iterator[str]:
    """Slot totals are the sum of their partials, and live pages the sum of their slot totals."""
    live, usage = state.world.raw["live"], state.world.raw["usage"]
    if state.lost_records:
        return
    partials: dict[tuple[str | None, str], UsageSum] = {}
    for (slot, _), partial in live.partials.items():
        for row in partial.rows:
            tokens = sum(n for kind, n in row.usage.items() if kind.endswith("_tokens"))
            before = partials.get((row.tenant, slot), NOTHING)
            partials[row.tenant, slot] = before.plus(UsageSum(row.requests, tokens, row.cost))
    slot_totals: dict[tuple[str | None, str], UsageSum] = {}
    hours: dict[tuple[str | None, str], UsageSum] = {}
    for slot, totals in live.slot_totals.items():
        for tenant, use in totals.tenants.items():
            one = use_sum(use)
            slot_totals[tenant, slot] = one
            hours[tenant, slot[:13]] = hours.get((tenant, slot[:13]), NOTHING).plus(one)
    live_hours = {
        (tenant, hour): use_sum(use)
        for (hour, _), page in usage.pages.items()
        for tenant, use in page.uses.items()
    }
    ended = state.invariants.ended
    if _something(partials, ended) != _something(slot_totals, ended):
        yield f"slot totals {slot_totals} of partials {partials}"
    if _something(live_hours, ended) != _something(hours, ended):
        found, right = _something(live_hours, ended), _something(hours, ended)
        yield f"live hours {found} of slot totals {right}"
