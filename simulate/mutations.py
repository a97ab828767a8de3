"""Bugs put in on purpose: each of them patches a shipped function in place, and must be caught.

A mutation is a context manager; inside it the meter has the bug. What none of the histories notices
would be a promise that nothing keeps.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from bedrock_meter.domain import merge as merging
from bedrock_meter.domain.correction import corrections_for
from bedrock_meter.domain.hours import Hour, Part, hour_of
from bedrock_meter.domain.manifest import Manifest
from bedrock_meter.domain.stating import Stating
from bedrock_meter.domain.tenant import POOLED
from bedrock_meter.domain.total import EMPTY, Total
from bedrock_meter.jobs import (
    close_day,
    close_hour,
    decide,
    derive_calls,
    fold_slot,
    ingest,
    plan_hours,
    sweep_logs,
)
from bedrock_meter.jobs import read_spend as reading
from bedrock_meter.local.hours import MemoryHourTable
from bedrock_meter.local.live import MemoryLiveTable
from bedrock_meter.local.objects import (
    MemoryClosingStore,
    MemoryEvidenceStore,
    MemoryRollupStore,
)
from bedrock_meter.local.usage import MemoryUsageTable
from bedrock_meter.ports import EvidenceFile, HourTable
from simulate import careless
from simulate.patching import patched

type Mutation = Callable[[], AbstractContextManager[None]]

MUTATIONS: dict[str, Mutation] = {}


def _mutation(name: str) -> Callable[[Mutation], Mutation]:
    def keep(mutation: Mutation) -> Mutation:
        MUTATIONS[name] = mutation
        return mutation

    return keep


def _simple(name: str, *patches: tuple[object, str, object]) -> None:
    MUTATIONS[name] = lambda: patched(*patches)


def _first_of(same: Iterable[Any]) -> Any:
    return min(same, key=merging.Sighting.place)


def _as_it_came(store: Any, period: str) -> list[EvidenceFile]:
    return [EvidenceFile(*key) for key in store.kept if key[0].startswith(period)]


class _LateReach:
    """Which hours are published, asked only when somebody wants to know."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask

    def __getattr__(self, name: str) -> Any:
        self.__dict__.update(self._ask()._asdict())
        return self.__dict__[name]


def _ask_nobody(manifest: Manifest, hours: HourTable, *_: Any) -> set[Hour]:
    return {hour for hour in manifest.hours() if hours.row(hour).published}


_ask_again, _put_evidence, _put_partials = (
    ingest.ask_again,
    ingest.put_evidence,
    ingest.put_partials,
)
_sweep, _still_waiting = plan_hours.sweep_logs, sweep_logs._still_waiting


def _put_no_empty(manifest: Manifest, files: Any, progress: Any, evidence: Any) -> None:
    _put_evidence(manifest._replace(parts=tuple(sorted(files))), files, progress, evidence)


def _ask_without_edges(manifest: Manifest, hours: HourTable, *more: Any) -> set[Hour]:
    return _ask_again(_inner(manifest), hours, *more)


def _inner(manifest: Manifest) -> Manifest:
    """Name hours by their middle, which has no neighbour."""
    return manifest._replace(parts=tuple(Part(f"{hour}:15") for hour in manifest.hours()))


def _sweep_for_nothing(*args: Any, **kwargs: Any) -> sweep_logs.Sweep:
    return _sweep(*args, **kwargs)._replace(hold=None)


def _waiting_of_late(now: Any, *more: Any) -> tuple[list[Any], int]:
    waiting, again = _still_waiting(now, *more)
    oldest = hour_of(now - sweep_logs.LOOKED_BACK)
    return [one for one in waiting if (one.log_object.delivered or oldest) >= oldest], again


def _older_after_newer(before: Manifest, found: Any, progress: Any, **_: Any) -> bool:
    return before.refuses(found.digest) or ingest.is_final(before, progress)


_simple("finish sets cleaned to dirty", (MemoryHourTable, "finish", careless.finish_with_dirty))
_simple("Parquet by plain put", (MemoryRollupStore, "put", careless.plain_rollup))
_simple(
    "names from the current evidence only",
    (MemoryClosingStore, "newest", lambda *_: None),
)
_simple("the mask left out", (reading, "holds_hour", lambda mask, hour: False))
_simple("pick instead of merge", (merging, "one_of", _first_of))
_simple(
    "tie broken by arrival",
    (merging.Sighting, "place", lambda sighting: ()),
    (MemoryEvidenceStore, "files", _as_it_came),
)
_simple("evidence put without generation", (MemoryEvidenceStore, "_put", careless.plain_evidence))
_simple("partials put without generation", (MemoryLiveTable, "put_partial", careless.plain_partial))
_simple("board put without version", (MemoryLiveTable, "put_board", careless.plain_board))
_simple("pulse put without version", (MemoryUsageTable, "put_pulse", careless.plain_pulse))
_simple("day put without version", (MemoryUsageTable, "put_day", careless.plain_day))
_simple("month put without version", (MemoryUsageTable, "put_month", careless.plain_month))
_simple("hours put without epoch", (MemoryUsageTable, "put_hours", careless.plain_hours))
_simple("finish without looking at the epoch", (MemoryHourTable, "finish", careless.finish_anyway))
_simple("older reading announced after newer", (ingest, "_stays", _older_after_newer))
_simple("no empty evidence", (ingest, "put_evidence", _put_no_empty))
_simple("edges ask for no neighbour", (ingest, "ask_again", _ask_without_edges))
_simple("tenants that shrank forgotten", (fold_slot, "shrunk_by", lambda *_: set()))
_simple("nothing holds data up to back", (plan_hours, "sweep_logs", _sweep_for_nothing))
_simple("cursor 48 h", (sweep_logs, "_still_waiting", _waiting_of_late))
_simple(
    "first stays unsettled",
    (Manifest, "refuses", lambda manifest, digest: manifest.digest not in ("", digest)),
)


@_mutation("no re-check of the epoch")
def _no_check() -> AbstractContextManager[None]:
    close = close_hour.close_hour

    class Blind:
        """Hours that seem to be nobody else's."""

        def __init__(self, hours: HourTable) -> None:
            self._hours = hours

        def mark(self, hour: Hour, now: Any) -> Any:
            self._mark = self._hours.mark(hour, now)
            return self._mark

        def row(self, hour: Hour) -> Any:
            return self._hours.row(hour)._replace(epoch=self._mark.epoch)

    def close_blindly(hour: Hour, *, hours: HourTable, **ports: Any) -> Any:
        return close(hour, hours=Blind(hours), **ports)

    return patched((close_hour, "close_hour", close_blindly))


@_mutation("finish all or nothing")
def _all_or_nothing() -> AbstractContextManager[None]:
    def close_all(
        day: Any, due: Iterable[Hour], hold: Hour, *, remaining: Any, close: Any, **more: Any
    ) -> close_day.ClosedDay:
        worker = close_day._Worker(day, hold, remaining, close, *more.values())
        publish, worker.publish = worker.publish, lambda: None  # type: ignore[method-assign]
        for hour in due:
            worker.close(hour, close_day.files_of(hour, more["stores"].evidence).load())
        publish()
        return close_day.ClosedDay(tuple(worker.published), (), worker.failed, worker.findings)

    return patched((close_day, "close_day", close_all))


@_mutation("edges now")
def _edges_now() -> AbstractContextManager[None]:
    held = threading.local()

    def put(manifest: Manifest, files: Any, *more: Any) -> None:
        held.now = manifest._replace(parts=tuple(sorted(files)))
        _put_evidence(manifest, files, *more)

    def ask(manifest: Manifest, hours: HourTable, *more: Any) -> set[Hour]:
        return _ask_again(held.now, hours, *more) | _ask_again(_inner(manifest), hours)

    return patched((ingest, "put_evidence", put), (ingest, "ask_again", ask))


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

    return patched((ingest, "put_evidence", hold), (ingest, "ask_again", ask))


@_mutation("partial before evidence")
def _partial_first() -> AbstractContextManager[None]:
    held = threading.local()

    def hold(*args: Any) -> None:
        held.args = args

    def partials_first(*args: Any, **more: Any) -> None:
        _put_partials(*args, **more)
        _put_evidence(*held.args)

    return patched((ingest, "put_evidence", hold), (ingest, "put_partials", partials_first))


@_mutation("the stream asks instead of the ingest")
def _stream_asks() -> AbstractContextManager[None]:
    known: dict[str, HourTable] = {}
    fold = fold_slot._fold

    def ask_nobody(manifest: Manifest, hours: HourTable, *_: Any) -> set[Hour]:
        known["hours"] = hours
        return _ask_nobody(manifest, hours)

    def fold_and_ask(slot: Any, *rest: Any) -> Any:
        tenants = fold(slot, *rest)
        if known["hours"].row(Hour(slot[:13])).epoch:
            known["hours"].ask(Hour(slot[:13]))
        return tenants

    return patched((ingest, "ask_again", ask_nobody), (fold_slot, "_fold", fold_and_ask))


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

    def publish(closed: Any, *, closings: Any, hours: Any) -> bool:
        mark, new = closed.mark, closed.closing.totals
        if mark.published and mark.published != mark.epoch:
            old = before.get((mark.hour, mark.epoch), {})
            changes = corrections_for(mark.hour, mark.published, old, mark.epoch, new)
            closings.put_corrections(mark.hour, mark.published, mark.epoch, list(changes))
        if not hours.finish(mark):
            return False
        hours.note_published(mark.hour)
        return True

    return patched(
        (MemoryUsageTable, "__init__", forget),
        (MemoryUsageTable, "put_hours", remember),
        (close_day, "publish_hour", publish),
    )


_simple("anybody is believed", (Stating, "believes", lambda *_: True))
_simple("ids that nobody listed name tenants", (Stating, "knows", lambda *_: True))


@_mutation("pooled calls counted nowhere")
def _pool_lost() -> AbstractContextManager[None]:
    shipped = derive_calls.pooled

    def without_pool(*given: Any) -> Mapping[str | None, Total]:
        return {name: total for name, total in shipped(*given).items() if name != POOLED}

    return patched((derive_calls, "pooled", without_pool))


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

        def unasked(self, _kind: str) -> tuple[Any, ...]:
            return (self.decision,)

        def note_asked(self, _decision: Any) -> None:
            """It is written after this."""

    def decided(decision: Any, *, decisions: Any, **ports: Any) -> Any:
        begun = shipped(decision, decisions=Later(), **ports)
        decisions.append(decision)
        decisions.note_asked(decision)
        return begun

    return patched((decide, "decide", decided))
