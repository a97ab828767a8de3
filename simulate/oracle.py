"""The oracle: totals recomputed from the log objects alone. It knows nothing of the meter.

Rates are dollars per million tokens; amounts come out in attodollars, so a token at one dollar per
million is 10**12.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from simulate.lines import LoggedCall, MeteredAs, RenamedTenant, found_in

_ATTO_PER_TOKEN = 10**12
_EDGE = timedelta(minutes=15)
_HOUR = timedelta(hours=1)


POOLED = ""
"""The name of an hour's unlisted ids that are too many to keep apart."""


@dataclass
class Recomputed:
    """Totals by tenant and hour as plain numbers, rejects by log object, and lines."""

    totals: dict[tuple[str | None, str], dict[str, Any]] = field(default_factory=dict)
    rejects: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    calls: int = 0
    merged: int = 0
    refused: int = 0
    lines: int = 0


class HourDecisions(NamedTuple):
    """What was decided for an hour.

    The metadata keys that name a tenant, and who pays half of list; the rates of models, and those
    of single tenants. Who is listed; which roles may state ids (None: all), and which tenant owns
    which role; who is named by AWS only; whether unlisted ids name no tenant, and how many of them
    an hour keeps apart. Model and tenant of the inference profiles that were known.
    """

    tenant_keys: tuple[str, ...]
    half_price: tuple[str, ...]
    rates: Mapping[str, int]
    own_rates: Mapping[str, Mapping[str, int]]
    listed: frozenset[str] = frozenset()
    may_state: frozenset[str] | None = None
    owners: Mapping[str, str] = {}
    witness_only: frozenset[str] = frozenset()
    only_listed: bool = False
    most_unlisted: int = 50_000
    profiles: Mapping[str, tuple[str, str]] = {}


def truth_of(
    objects: Mapping[str, MeteredAs], terms_of: Callable[[str, int], HourDecisions]
) -> Recomputed:
    """Recompute everything from log objects, and from what was decided for an hour.

    `terms_of` an hour at a call, at which a tenant was erased, or at the end, which is call 0.
    """
    truth = Recomputed()
    calls: list[LoggedCall] = []
    for key, read in objects.items():
        calls += _taken(key, read, truth, terms_of)
    for hour in sorted({call.hour for call in calls}):
        kept = _merged(hour, calls)
        truth.calls += len(kept)
        terms = terms_of(hour, 0)
        totals: dict[str | None, dict[str, Any]] = {}
        for call in kept:
            _add(totals, call, terms)
        for tenant, total in _pooled(totals, terms).items():
            truth.totals[tenant, hour] = total
    truth.merged = len(calls) - truth.calls
    return truth


def _taken(
    key: str, read: MeteredAs, truth: Recomputed, terms_of: Callable[[str, int], HourDecisions]
) -> Iterator[LoggedCall]:
    """Return the calls of a log object that count, and note the lines that do not."""
    refused = set()
    for number, found in enumerate(found_in(key, read), start=1):
        truth.lines += 1
        if isinstance(found, str):
            truth.rejects.setdefault(key, []).append((number, found))
        elif number in read.refused:
            truth.refused += 1
            refused.add(found.hour)
        else:
            for renaming, hours in read.renamed:
                if found.hour in hours:
                    found = _nameless(found, renaming, terms_of(found.hour, renaming.call))
            yield found
    if refused:
        truth.rejects.setdefault(key, []).extend((0, "sealed_hour") for _ in refused)


def _nameless(call: LoggedCall, renaming: RenamedTenant, terms: HourDecisions) -> LoggedCall:
    """Rename a tenant where metadata name one; in all metadata, if the call is its own."""
    tenant, pseudonym, _ = renaming
    is_own = _name_of(call, terms).tenant in (tenant, pseudonym)
    return call._replace(
        metadata={
            key: pseudonym if value == tenant and (is_own or key in terms.tenant_keys) else value
            for key, value in call.metadata.items()
        }
    )


def _merged(hour: str, calls: Iterable[LoggedCall]) -> list[LoggedCall]:
    """Return the calls that belong to an hour, one for each request."""
    begin = datetime.fromisoformat(hour + ":00:00+00:00")
    requests: dict[str, list[LoggedCall]] = {}
    for call in calls:
        if call.hour == hour or _is_across_the_edge(call.at, begin):
            requests.setdefault(call.request_id, []).append(call)
    kept = []
    for same in requests.values():
        same.sort(key=LoggedCall.place)
        largest = max(call.tokens for call in same)
        winner = next(call for call in same if call.tokens == largest)
        if winner.hour == hour:
            others = [call for call in same if call is not winner]
            kept.append(_with_what_others_know(winner, others))
    return kept


def _is_across_the_edge(at: datetime, begin: datetime) -> bool:
    end = begin + _HOUR
    return begin - _EDGE <= at < begin or end <= at < end + _EDGE


def _with_what_others_know(call: LoggedCall, others: list[LoggedCall]) -> LoggedCall:
    metadata = next((one.metadata for one in [call, *others] if one.metadata), {})
    latency = next((one.latency for one in [call, *others] if one.latency is not None), None)
    return call._replace(metadata=metadata, latency=latency)


class _Name(NamedTuple):
    """The tenant of a call, the rule that found it, and whether anything contradicts."""

    tenant: str | None
    rule: str
    conflict: bool


def _name_of(call: LoggedCall, terms: HourDecisions) -> _Name:
    """Return the tenant that a call states, if the caller is believed, or else AWS's.

    AWS names one by the tag of the profile that was called, then by the role of the caller.
    """
    stated = [call.metadata[key] for key in terms.tenant_keys if key in call.metadata]
    witnessed = _witnessed(call, terms)
    may_state = terms.may_state is None or call.role in terms.may_state
    is_believed = bool(stated) and may_state and stated[0] not in terms.witness_only
    said = [("request_metadata", stated[0])] if is_believed else []
    said += witnessed
    named = [one for one in said if one[1] in terms.listed or not terms.only_listed]
    names = {*stated, *(name for _, name in witnessed)}
    conflict = len(names) > 1 or (bool(stated) and not said)
    if not named:
        return _Name(None, "none", conflict)
    is_one = all(one[1] == named[0][1] for one in named)
    rule, tenant = named[0] if is_one else next(one for one in named if one in witnessed)
    return _Name(tenant, rule, conflict)


def _witnessed(call: LoggedCall, terms: HourDecisions) -> list[tuple[str, str]]:
    _, tagged = terms.profiles.get(call.model, ("", ""))
    owner = terms.owners.get(call.role)
    found = [("profile_tags", tagged)] if tagged and "tenantId" in terms.tenant_keys else []
    return [*found, *([("principal", owner)] if owner else [])]


def _pooled(
    totals: dict[str | None, dict[str, Any]], terms: HourDecisions
) -> dict[str | None, dict[str, Any]]:
    """Add up the unlisted ids except the largest; equal ones stay or go together."""
    numbers = ("cost", "tokens", "requests")
    ranks = {
        tenant: tuple(total[number] for number in numbers)
        for tenant, total in totals.items()
        if tenant is not None and tenant not in terms.listed
    }
    if len(ranks) <= terms.most_unlisted:
        return totals
    edge = sorted(ranks.values())[-terms.most_unlisted - 1]
    kept = {tenant: one for tenant, one in totals.items() if ranks.get(tenant, ()) > edge}
    kept |= {tenant: one for tenant, one in totals.items() if tenant not in ranks}
    pool = new_total()
    for tenant, total in totals.items():
        pool = pool if tenant in kept else added(pool, total)
    return kept | {POOLED: pool}


def _add(totals: dict[str | None, dict[str, Any]], call: LoggedCall, terms: HourDecisions) -> None:
    tenant, rule, conflict = _name_of(call, terms)
    model_id, _ = terms.profiles.get(call.model, (call.model, ""))
    rate = terms.own_rates.get(tenant or "", terms.rates).get(model_id)
    cost = call.tokens * (rate or 0) * _ATTO_PER_TOKEN // (2 if tenant in terms.half_price else 1)
    unpriced = rate is None and call.tokens > 0
    total = totals.setdefault(tenant, new_total())
    total["requests"] += 1
    total["errors"] += call.failed
    total["tokens"] += call.tokens
    total["cost"] += cost
    total["unpriced_requests"] += unpriced
    total["unpriced_tokens"] += call.tokens if unpriced else 0
    total["conflicts"] += conflict
    total["timed"] += call.latency is not None
    total["latency_ms"] += call.latency or 0
    total["rules"][rule] = total["rules"].get(rule, 0) + 1
    model = total["models"].setdefault(call.model, [0, 0, 0])
    for index, amount in enumerate((1, call.tokens, cost)):
        model[index] += amount


def new_total() -> dict[str, Any]:
    """Return a total of nothing."""
    numbers = (
        "requests", "errors", "tokens", "cost", "unpriced_requests", "unpriced_tokens",
        "conflicts", "timed", "latency_ms",
    )  # fmt: skip
    return dict.fromkeys(numbers, 0) | {"rules": {}, "models": {}}


def added(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Add two totals."""
    result = {name: one[name] + other[name] for name in one if name not in ("rules", "models")}
    rules, models = dict(one["rules"]), {name: list(two) for name, two in one["models"].items()}
    for name, count in other["rules"].items():
        rules[name] = rules.get(name, 0) + count
    for name, numbers in other["models"].items():
        held = models.get(name, [0, 0, 0])
        models[name] = [a + b for a, b in zip(held, numbers, strict=True)]
    return result | {"rules": rules, "models": models}
