"""The outcomes of log objects that the facts allow.

There is nearly always one. Where a worker died, the facts do not say how far it had come: then
several outcomes are right, and what is stored must be one of them, in all its parts.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import combinations, islice, product
from operator import attrgetter

from simulate.facts import UNKNOWN, Attempt, Erasure, HistoryFacts
from simulate.lines import MeteredAs, RenamedTenant, calls_in
from simulate.oracle import POOLED

MOST_OUTCOMES = 256
"""Combinations that are tried."""


def outcomes(facts: HistoryFacts) -> Iterator[Mapping[str, MeteredAs]]:
    """Return every combination of outcomes that the facts allow, the likeliest first."""
    keys = sorted(facts.arrived)
    choices = [
        [named for read in _outcomes_of(key, facts) for named in _names_of(key, read, facts)]
        for key in keys
    ]
    for chosen in islice(product(*choices), MOST_OUTCOMES):
        yield dict(zip(keys, chosen, strict=True))


def _outcomes_of(key: str, facts: HistoryFacts) -> list[MeteredAs]:
    """Return the outcomes of a log object: in the end, or since it was last given up."""
    givings = facts.givings[key]
    last = max((one.begun for one in givings if one.is_well), default=0)
    begins = [one.begun for one in givings if one.begun >= last and one.ended > last]
    found: list[MeteredAs] = []
    for begin in [*begins, *([] if last else [0])]:
        for attempts in _effective(key, facts):
            found += _metered([one for one in attempts if one.ended >= begin], facts)
    well = facts.well(key)
    is_lost = not well and facts.is_nobodys(key)
    if is_lost or any(all(one.begun <= giving.ended for one in well) for giving in givings):
        found.insert(0, MeteredAs(None, 0))
    return list(dict.fromkeys(found)) or [MeteredAs(facts.bodies[key], 1)]


def _effective(key: str, facts: HistoryFacts) -> Iterator[list[Attempt]]:
    """Return the attempts at a log object, in the order of their ends, that could do anything.

    Those that came when it was final could not. Where hours became final while it was metered, the
    facts do not say what of it was kept before; nor whether an attempt that died had settled it.
    Where they became final during a later attempt, it may have seen that, or not: it looks once.
    """
    attempts = sorted(facts.attempts[key], key=lambda one: one.ended)
    first = min((one.begun for one in attempts), default=0)
    begun, ended = attrgetter("begun"), attrgetter("ended")
    well = [one for one in attempts if one.is_well]
    for asked, settled, since in product(
        (begun, ended), (well, attempts), (begun, ended, lambda _: first)
    ):
        yield [
            one
            for one in attempts
            if not any(_is_final(other, since(other), one, asked(one), facts) for other in settled)
        ]


def _is_final(settled: Attempt, since: int, late: Attempt, asked: int, facts: HistoryFacts) -> bool:
    """Return whether what one attempt had settled, or found settled, was final for a later one.

    `asked` is the call at which the later one may have looked which hours are.
    """
    if settled.ended > late.begun:
        return False
    then, now = facts.sealed_at(since), facts.sealed_at(asked)
    if now <= then:
        return False
    key = settled.key
    read = {
        MeteredAs(one.body, one.version)
        for one in facts.attempts[key]
        if one.body and one.begun <= settled.ended
    }
    calls = [one for each in read for one in calls_in(key, each)]
    return any(one.is_final(now) and not one.is_final(then) for one in calls)


def _metered(attempts: list[Attempt], facts: HistoryFacts) -> list[MeteredAs]:
    """Return the outcomes of these attempts, in the order of their ends.

    The first that ended well left the object settled, with the bytes of an attempt begun by then.
    """
    settled = next((one.ended for one in attempts if one.is_well), UNKNOWN)
    bodies = dict.fromkeys(one.body for one in attempts if one.body and one.begun <= settled)
    return [read for body in bodies for read in _readings(body, attempts, facts)]


def _readings(body: bytes, attempts: list[Attempt], facts: HistoryFacts) -> Iterator[MeteredAs]:
    """Return the readings of these bytes that may remain, the newest first.

    An attempt that ended well left a reading that is not older than its own.
    """
    tried = [one for one in attempts if one.body == body]
    known = [one for one in attempts if one.is_well and one.body in (None, body)]
    least = max((one.version for one in known), default=0)
    for version in sorted({one.version for one in tried if one.version >= least}, reverse=True):
        refused = dict.fromkeys(
            lines
            for one in tried
            if one.version == version
            for lines in _refused(one, [other for other in tried if other.begun < one.begun], facts)
        )
        for lines in refused:
            yield MeteredAs(body, version, lines)


def _refused(one: Attempt, earlier: list[Attempt], facts: HistoryFacts) -> Iterator[frozenset[int]]:
    """Return the lines that an attempt may have refused: those of parts that were final.

    Parts are written in their order; those that an earlier attempt had written stay.
    """
    calls = calls_in(one.key, MeteredAs(one.body, one.version))
    for call in (one.begun, one.ended):
        final = [each for each in calls if each.is_final(facts.sealed_at(call))]
        parts = sorted({each.part() for each in final})
        for kept in range(len(parts) + 1 if earlier else 1):
            yield frozenset(each.line for each in final if each.part() in parts[kept:])


def _names_of(key: str, read: MeteredAs, facts: HistoryFacts) -> Iterator[MeteredAs]:
    """Return an outcome with every possible set of renamed hours, for each tenant erased."""
    choices = []
    for one in facts.erasures:
        hours = {call.hour for call in calls_in(key, read) if one.tenant in call.metadata.values()}
        if hours and one.is_well:
            renaming = RenamedTenant(one.tenant, one.pseudonym, one.begun)
            choices.append([(renaming, some) for some in _renamed(key, hours, one, facts)])
    for renamed in product(*choices):
        yield read._replace(renamed=renamed)


def _renamed(
    key: str, hours: set[str], erasure: Erasure, facts: HistoryFacts
) -> Iterator[frozenset[str]]:
    """Return the sets of hours in which an erasing may have renamed the object's tenants."""
    doubts = {hour: _is_renamed(key, hour, erasure, facts) for hour in hours}
    sure = {hour for hour, is_renamed in doubts.items() if is_renamed}
    unsure = sorted(hour for hour, is_renamed in doubts.items() if is_renamed is None)
    for number in range(len(unsure), -1, -1):
        for some in combinations(unsure, number):
            yield frozenset({*sure, *some})


def _is_renamed(key: str, hour: str, erasure: Erasure, facts: HistoryFacts) -> bool | None:
    """Return whether an erasing renamed an object's tenants in an hour; None: it cannot be known.

    It covers the hours that had a total of the tenant, and those beside. What is replayed
    afterwards has its name again.
    """
    attempts = facts.attempts[key]
    before = [one for one in attempts if one.ended <= erasure.begun]
    after = [one for one in attempts if one.begun >= erasure.ended]
    beside = [one for one in attempts if one not in before and one not in after]
    replayed = [one for one in after if not one.is_live]
    if not before and not beside:
        return False
    concerned = _is_concerned(hour, erasure, facts)
    if concerned is False:
        return False
    if any(one.is_well for one in replayed) and len({one.version for one in attempts}) == 1:
        return False
    if beside or replayed or not any(one.is_well for one in before):
        return None
    return concerned


def _is_concerned(hour: str, erasure: Erasure, facts: HistoryFacts) -> bool | None:
    """Return whether an erasing covered an hour; None: it cannot be known."""
    if facts.is_witness_only(erasure.tenant, erasure.begun):
        return True  # what others stated was refused: no total names it
    names = {erasure.tenant, erasure.pseudonym, POOLED}
    found: bool | None = False
    for near in (_hour_after(hour, -1), hour, _hour_after(hour, 1)):
        named = [at for at, said in facts.named[near] if names & said and at < erasure.ended]
        if any(
            at < published < erasure.begun for at in named for published in facts.published[near]
        ):
            return True
        if named:
            found = None
    return found


def _hour_after(hour: str, hours: int) -> str:
    at = datetime.fromisoformat(f"{hour}:00:00") + timedelta(hours=hours)
    return f"{at:%Y-%m-%dT%H}"
