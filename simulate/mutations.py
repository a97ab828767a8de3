"""Bugs put in on purpose: each of them patches a shipped function in place, and must be caught.

A mutation is a context manager; inside it the meter has the bug. What none of the histories notices
would be a promise that nothing keeps.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from bedrock_meter.domain import merge as merging
from bedrock_meter.domain.correction import corrections_for
from bedrock_meter.domain.hours import Hour
from bedrock_meter.domain.total import EMPTY, Total
from bedrock_meter.jobs import (
    close_day,
    close_hour,
    close_months,
    decide,
    finish_hours,
    fold_slot,
    ingest,
    plan_hours,
)
from bedrock_meter.jobs import read_spend as reading
from bedrock_meter.local.hours import MemoryHourTable
from bedrock_meter.local.live import MemoryLiveTable
from bedrock_meter.local.objects import MemoryEvidenceStore, MemoryRollupStore
from bedrock_meter.local.usage import MemoryUsageTable
from bedrock_meter.ports import HourTable
from simulate import careless

type Mutation = Callable[[], AbstractContextManager[None]]

MUTATIONS: dict[str, Mutation] = {}


@contextmanager
def patched(*patches: tuple[object, str, object]) -> Iterator[None]:
    """Put other values in the place of attributes for a while."""
    with ExitStack() as undo:
        for owner, name, value in patches:
            undo.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)
        yield


def _mutation(name: str) -> Callable[[Mutation], Mutation]:
    def keep(mutation: Mutation) -> Mutation:
        MUTATIONS[name] = mutation
        return mutation

    return keep


def _simple(name: str, *patches: tuple[object, str, object]) -> None:
    MUTATIONS[name] = lambda: patched(*patches)


def _first_of(same: Iterable[Any]) -> Any:
    return min(same, key=merging.Sighting.place)


def _as_it_came(store: Any, hour: Hour) -> list[str]:
    return [object_id for touched, object_id in store.files if touched == hour]


class _LateReach:
    """Which hours are published, asked only when somebody wants to know."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask

    def __getattr__(self, name: str) -> Any:
        self.__dict__.update(self._ask()._asdict())
        return self.__dict__[name]


def _ask_nobody(touched: Iterable[Hour], edges: set[Hour], hours: HourTable) -> set[Hour]:
    return {hour for hour in touched if hours.row(hour).published}


_ask_again, _put_evidence, _put_partials = (
    ingest._ask_again,
    ingest._put_evidence,
    ingest._put_partials,
)


def _ask_without_edges(touched: Iterable[Hour], edges: set[Hour], hours: HourTable) -> set[Hour]:
    return _ask_again(touched, set(), hours)


def _put_no_empty(row: Any, files: Any, version: int, evidence: Any) -> None:
    _put_evidence(row._replace(hours=tuple(sorted(files))), files, version, evidence)


_simple("finish sets cleaned to dirty", (MemoryHourTable, "finish", careless.finish_with_dirty))
_simple("Parquet by plain put", (MemoryRollupStore, "put", careless.plain_rollup))
_simple(
    "names from the current evidence only",
    *((module, "names_of", careless.names_now) for module in (close_hour, close_day, close_months)),
)
_simple("no re-check of the epoch", (close_hour, "_superseded", lambda row, mark: False))
_simple("the mask left out", (reading, "holds_hour", lambda mask, hour: False))
_simple("pick instead of merge", (merging, "one_of", _first_of))
_simple(
    "tie broken by arrival",
    (merging.Sighting, "place", lambda sighting: ()),
    (MemoryEvidenceStore, "object_ids", _as_it_came),
)
_simple("evidence put without generation", (MemoryEvidenceStore, "_put", careless.plain_evidence))
_simple("partials put without generation", (MemoryLiveTable, "put_partial", careless.plain_partial))
_simple("board put without version", (MemoryLiveTable, "put_board", careless.plain_board))
_simple("pulse put without version", (MemoryUsageTable, "put_pulse", careless.plain_pulse))
_simple("day put without version", (MemoryUsageTable, "put_day", careless.plain_day))
_simple("month put without version", (MemoryUsageTable, "put_month", careless.plain_month))
_simple("hours put without epoch", (MemoryUsageTable, "put_hours", careless.plain_hours))
_simple("finish without looking at the epoch", (MemoryHourTable, "finish", careless.finish_anyway))
_simple(
    "older reading announced after newer", (MemoryLiveTable, "announce", careless.announce_anyway)
)
_simple("no empty evidence", (ingest, "_put_evidence", _put_no_empty))
_simple("edges ask for no neighbour", (ingest, "_ask_again", _ask_without_edges))
_simple("tenants that shrank forgotten", (fold_slot, "shrunk_by", lambda *_: set()))
_simple("nothing holds data up to back", (plan_hours, "_hold", lambda waiting: None))


@_mutation("item read before the published hours")
def _item_first() -> AbstractContextManager[None]:
    reach_at = reading.reach_at

    def later(*args: Any, **kwargs: Any) -> Any:
        return _LateReach(lambda: reach_at(*args, **kwargs))

    return patched((reading, "reach_at", later))


@_mutation("the question asked before the evidence")
def _question_first() -> AbstractContextManager[None]:
    held = threading.local()

    def hold(*args: Any) -> None:
        held.args = args

    def ask(*args: Any) -> set[Hour]:
        published = _ask_again(*args)
        _put_evidence(*held.args)
        return published

    return patched((ingest, "_put_evidence", hold), (ingest, "_ask_again", ask))


@_mutation("partial before evidence")
def _partial_first() -> AbstractContextManager[None]:
    held = threading.local()

    def hold(*args: Any) -> None:
        held.args = args

    def partials_first(reading: Any, published: Any, live: Any) -> None:
        _put_partials(reading, published, live)
        _put_evidence(*held.args)

    return patched((ingest, "_put_evidence", hold), (ingest, "_put_partials", partials_first))


@_mutation("the stream asks instead of the ingest")
def _stream_asks() -> AbstractContextManager[None]:
    known: dict[str, HourTable] = {}
    fold = fold_slot._fold

    def ask_nobody(touched: Iterable[Hour], edges: set[Hour], hours: HourTable) -> set[Hour]:
        known["hours"] = hours
        return _ask_nobody(touched, edges, hours)

    def fold_and_ask(slot: Any, object_ids: Any, live: Any) -> Any:
        tenants = fold(slot, object_ids, live)
        if known["hours"].row(Hour(slot[:13])).epoch:
            known["hours"].ask(Hour(slot[:13]))
        return tenants

    return patched((ingest, "_ask_again", ask_nobody), (fold_slot, "_fold", fold_and_ask))


@_mutation("corrections from totals")
def _corrections_from_totals() -> AbstractContextManager[None]:
    before: dict[tuple[Hour, int], dict[str | None, Total]] = {}
    put_hours, begin = MemoryUsageTable.put_hours, MemoryUsageTable.__init__

    def forget(table: Any) -> None:
        before.clear()
        begin(table)

    def remember(table: Any, hour: Hour, epoch: int, totals: Mapping[str | None, Total]) -> None:
        for tenant in totals:
            standing = table.hours.get((tenant, hour))
            old = standing.total if standing else EMPTY
            before.setdefault((hour, epoch), {}).setdefault(tenant, old)
        put_hours(table, hour, epoch, totals)

    def publish(mark: Any, closings: Any, hours: Any) -> bool:
        if mark.published and mark.published != mark.epoch:
            old = before.get((mark.hour, mark.epoch), {})
            new = close_hour.closing_of(mark.hour, mark.epoch, closings).totals
            changes = corrections_for(mark.hour, mark.published, old, mark.epoch, new)
            closings.put_corrections(mark.hour, mark.published, mark.epoch, list(changes))
        return bool(hours.finish(mark))

    return patched(
        (MemoryUsageTable, "__init__", forget),
        (MemoryUsageTable, "put_hours", remember),
        (finish_hours, "_publish", publish),
    )


@_mutation("policy read before the mark")
def _policy_first() -> AbstractContextManager[None]:
    close = close_hour.close_hour

    def close_too_early(hour: Hour, *, valuation_for: Any, **ports: Any) -> Any:
        valuation = valuation_for(hour)
        return close(hour, valuation_for=lambda _: valuation, **ports)

    return patched((close_hour, "close_hour", close_too_early))


@_mutation("decision written after the hours were asked for")
def _ask_first() -> AbstractContextManager[None]:
    shipped = decide.decide

    class Later:
        def append(self, decision: Any) -> None:
            self.decision = decision

    def decided(decision: Any, *, decisions: Any, **ports: Any) -> Any:
        begun = shipped(decision, decisions=Later(), **ports)
        decisions.append(decision)
        return begun

    return patched((decide, "decide", decided))
