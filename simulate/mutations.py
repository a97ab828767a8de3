"""Mutations: planted bugs, each of which patches a shipped function and must be noticed.

A mutation is a context manager; inside it the meter has the bug. A mutation that no history notices
would show an invariant that is never tested.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

from bedrock_meter.domain.policy.stating import Stating
from bedrock_meter.domain.records import merge as merging
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.time.hours import Hour, hour_of
from bedrock_meter.domain.totals.live import SlotTotals
from bedrock_meter.jobs import fold_slot, ingest, plan_hours, sweep_logs
from bedrock_meter.jobs import read_spend as reading
from bedrock_meter.jobs.ask_again import ask_again
from bedrock_meter.jobs.keep_reading import put_evidence
from bedrock_meter.local.hours import MemoryHourTable
from bedrock_meter.local.live import MemoryLiveTable
from bedrock_meter.local.objects import MemoryClosingStore, MemoryEvidenceStore, MemoryRollupStore
from bedrock_meter.local.usage import MemoryUsageTable
from bedrock_meter.ports import EvidenceFile, HourTable
from simulate import bugs
from simulate import faulty_writes as faulty
from simulate.bugs import inner_of
from simulate.patching import patched

type Mutation = Callable[[], AbstractContextManager[None]]

MUTATIONS: dict[str, Mutation] = {}


def _simple(name: str, *patches: tuple[object, str, object]) -> None:
    MUTATIONS[name] = lambda: patched(*patches)


def _first_of(same: Iterable[Any]) -> Any:
    return min(same, key=merging.Occurrence.place)


def _as_it_came(store: Any, period: str) -> list[EvidenceFile]:
    return [EvidenceFile(*key) for key in store.kept if key[0].startswith(period)]


_still_waiting = sweep_logs._still_waiting


def _put_no_empty(manifest: Manifest, files: Any, progress: Any, evidence: Any) -> None:
    put_evidence(manifest._replace(parts=tuple(sorted(files))), files, progress, evidence)


def _ask_without_edges(manifest: Manifest, hours: HourTable, *more: Any) -> set[Hour]:
    return ask_again(inner_of(manifest), hours, *more)


def _sweep_for_nothing(*args: Any, **kwargs: Any) -> sweep_logs.Sweep:
    return sweep_logs.sweep_logs(*args, **kwargs)._replace(hold=None)


def _waiting_of_late(now: Any, *more: Any) -> tuple[list[Any], int]:
    waiting, again = _still_waiting(now, *more)
    oldest = hour_of(now - sweep_logs.LOOKED_BACK)
    return [one for one in waiting if (one.log_object.delivered or oldest) >= oldest], again


def _older_after_newer(before: Manifest, found: Any, progress: Any, **_: Any) -> bool:
    return before.refuses(found.digest) or ingest.is_final(before, progress)


_simple("finish sets cleaned to dirty", (MemoryHourTable, "finish", faulty.finish_with_dirty))
_simple("Parquet by plain put", (MemoryRollupStore, "put", faulty.plain_rollup))
_simple("names from the current evidence only", (MemoryClosingStore, "newest", lambda *_: None))
_simple("the mask ignored", (reading, "holds_hour", lambda mask, hour: False))
_simple("one record picked instead of merging", (merging, "one_of", _first_of))
_simple(
    "tie broken by arrival",
    (merging.Occurrence, "place", lambda occurrence: ()),
    (MemoryEvidenceStore, "files", _as_it_came),
)
_simple("evidence put without generation", (MemoryEvidenceStore, "_put", faulty.plain_evidence))
_simple("partials put without generation", (MemoryLiveTable, "put_partial", faulty.plain_partial))
_simple(
    "slot totals put without version",
    (MemoryLiveTable, "put_slot_totals", faulty.plain_slot_totals),
)
_simple("slot totals take what is in them already", (SlotTotals, "can_take", lambda *_: True))
_simple(
    "live page put without version", (MemoryUsageTable, "put_live_page", faulty.plain_live_page)
)
_simple("day put without version", (MemoryUsageTable, "put_day", faulty.plain_day))
_simple("month put without version", (MemoryUsageTable, "put_month", faulty.plain_month))
_simple("hours put without epoch", (MemoryUsageTable, "put_hours", faulty.plain_hours))
_simple("finish without checking the epoch", (MemoryHourTable, "finish", faulty.finish_anyway))
_simple("older reading announced after newer", (ingest, "_stays", _older_after_newer))
_simple("no empty evidence", (ingest, "put_evidence", _put_no_empty))
_simple("edges ask for no neighbour", (ingest, "ask_again", _ask_without_edges))
_simple(
    "tenants whose totals decreased are forgotten", (fold_slot, "decreased_by", lambda *_: set())
)
_simple("nothing holds data up to back", (plan_hours, "sweep_logs", _sweep_for_nothing))
_simple("cursor 48 h", (sweep_logs, "_still_waiting", _waiting_of_late))
_simple(
    "the first bytes win, settled or not",
    (Manifest, "refuses", lambda manifest, digest: manifest.digest not in ("", digest)),
)

_simple("hours final before a reading that died", (plan_hours, "_is_unfinished", lambda *_: False))

_simple("any caller is believed", (Stating, "believes", lambda *_: True))
_simple("unlisted ids name tenants", (Stating, "knows", lambda *_: True))

MUTATIONS |= {
    "epoch not checked again": bugs.no_check,
    "finish all or nothing": bugs.all_or_nothing,
    "edges of the current evidence alone": bugs.edges_now,
    "item read before the published hours": bugs.item_first,
    "hours asked for before the evidence": bugs.question_first,
    "partial before evidence": bugs.partial_first,
    "the stream asks instead of the ingest": bugs.stream_asks,
    "corrections from totals": bugs.corrections_from_totals,
    "pooled calls counted nowhere": bugs.pool_lost,
    "policy read before the mark": bugs.policy_first,
    "decision written after the hours were asked for": bugs.ask_first,
    "a 409 taken for written": faulty.conflict_is_there,
    "evidence by policy": bugs.evidence_by_policy,
}
