"""A double of the embedded engine: what it holds, copied item by item into stores in memory.

Invariants and final checks look at these copies. One worker runs at a time: whatever changed during
a call was changed by it, even where its answer was lost or says that it changed nothing.
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from bedrock_meter.aws.parquet import opened, rows_in
from bedrock_meter.aws.s3_objects import GENERATION, gzip_stamp, is_gone
from bedrock_meter.aws.s3_rollups import key_of
from bedrock_meter.domain.policy.decisions import BOOK, POLICY
from bedrock_meter.domain.pricing.money import atto_of
from bedrock_meter.domain.time.hours import day_of
from simulate.wire import Args

_CONDITIONAL = frozenset({"put_live_page", "put_slot_totals", "put_day", "put_month", "finish"})


class WriteEffect(NamedTuple):
    """Whether a call changed what is stored, and the answer that fits what is stored."""

    is_changed: bool
    answer: Any


class EngineDouble:
    """Copies from adapters (`real`) to stores in memory (`raw`)."""

    def __init__(self, raw: Mapping[str, Any], real: Mapping[str, Any], s3: Any, data: str) -> None:
        self._raw, self._real, self._s3, self._data = raw, real, s3, data
        raw["usage"].top = real["usage"].top
        raw["closings"].corrections = real["closings"].corrections
        self._copies: dict[tuple[str, str], Callable[[Args], Any]] = {
            ("manifests", "put"): self._manifest,
            ("waits", "wait"): self._waiting,
            ("waits", "met"): self._waiting,
            ("live", "put_partial"): self._partial,
            ("live", "put_slot_totals"): self._slot_totals,
            ("evidence", "put"): self._evidence,
            ("evidence", "put_empty"): self._evidence,
            ("quarantine", "put"): self._rejects,
            ("hours", "ask"): self._hour,
            ("hours", "mark"): self._hour,
            ("hours", "finish"): lambda args: self._hour((args[0].hour,)),
            ("hours", "leave"): lambda args: self._hour((args[0].hour,)),
            ("hours", "begin_at"): self._progress,
            ("hours", "note_published"): self._progress,
            ("hours", "advance"): self._progress,
            ("hours", "begin_sealing"): self._progress,
            ("hours", "seal"): self._progress,
            ("usage", "put_live_page"): self._live_page,
            ("usage", "put_hours"): self._total,
            ("usage", "put_day"): self._day,
            ("usage", "put_month"): self._month,
            ("closings", "put"): self._closing,
            ("rollups", "put"): self._rollup,
            ("decisions", "append"): self._decisions,
            ("decisions", "note_asked"): self._decisions,
        }

    def copies(self, store: str, method: str) -> bool:
        """Return whether a call may change what the double holds."""
        return (store, method) in self._copies

    def after(self, store: str, method: str, args: Args, answer: Any) -> WriteEffect:
        """Copy what a call may have changed."""
        is_changed = self._copies[store, method](args)
        if method in _CONDITIONAL:
            return WriteEffect(is_changed, bool(answer) or is_changed)
        if store == "manifests":
            return WriteEffect(is_changed, answer or ("changed" if is_changed else None))
        if method == "begin_at":
            return WriteEffect(is_changed, self._raw["hours"].state.data_up_to)
        return WriteEffect(is_changed, answer)

    def _keep(self, items: dict[Any, Any], key: Any, item: Any) -> bool:
        """Copy an item, None where there is none; return whether it changed."""
        before = items.pop(key, None)
        if item is not None:
            items[key] = item
        return bool(before != item)

    def _manifest(self, args: Args) -> bool:
        object_id = args[0].object_id
        noted = self._real["manifests"].read(object_id)
        return self._keep(
            self._raw["manifests"].manifests, object_id, noted.manifest if noted else None
        )

    def _waiting(self, _: Args) -> bool:
        kept = {(one.object_id, one.revision): one for one in self._real["waits"].waiting()}
        before, self._raw["waits"].objects = self._raw["waits"].objects, kept
        return bool(before != kept)

    def _partial(self, args: Args) -> bool:
        slot, object_id = key = (args[0].slot, args[0].object_id)
        stored = self._real["live"].partials_of(slot)
        item = next((one for one in stored if one.object_id == object_id), None)
        is_changed = self._keep(self._raw["live"].partials, key, item)
        if is_changed:
            self._raw["live"].moved.append(key)  # the stream has a record of it
        return is_changed

    def _slot_totals(self, args: Args) -> bool:
        totals = self._real["live"].totals_of_slot(args[0].slot)
        return self._keep(
            self._raw["live"].slot_totals, totals.slot, totals if totals.version else None
        )

    def _evidence(self, args: Args) -> bool:
        part, object_id = args[:2]
        hour, minute = part.split(":")
        item = self._read(f"evidence/{hour}/0/{minute}/{object_id}")
        return self._keep(self._raw["evidence"].kept, (part, object_id), item)

    def _read(self, key: str) -> tuple[int, bytes] | None:
        """Read the generation and the bytes of an object, without the stamp at their end."""
        try:
            answer = self._s3.get_object(Bucket=self._data, Key=key)
        except ClientError as error:
            if is_gone(error):
                return None
            raise
        generation = int(answer["Metadata"][GENERATION])
        return generation, answer["Body"].read().removesuffix(gzip_stamp(generation))

    def _rejects(self, _: Args) -> bool:
        kept = dict(enumerate(self._real["quarantine"].files()))
        before, self._raw["quarantine"].kept = self._raw["quarantine"].kept, kept
        return bool(before != kept)

    def _hour(self, args: Args) -> bool:
        row = self._real["hours"].row(args[0])
        return self._keep(self._raw["hours"].kept, args[0], row)

    def _progress(self, _: Args) -> bool:
        before, progress = self._raw["hours"].state, self._real["hours"].progress()
        self._raw["hours"].state = progress
        return bool(before != progress)

    def _live_page(self, args: Args) -> bool:
        hour, number = args[0].hour, args[0].number
        page = self._real["usage"].live_pages(hour, [number]).get(number)
        return self._keep(self._raw["usage"].pages, (hour, number), page)

    def _total(self, args: Args) -> bool:
        hour, is_changed = args[0], False
        for tenant in args[2]:
            totals = self._real["usage"].hours_in(tenant, day_of(hour))
            item = next((one for one in totals if one.hour == hour), None)
            is_changed |= self._keep(self._raw["usage"].hours, (tenant, hour), item)
        return is_changed

    def _day(self, args: Args) -> bool:
        tenant, day = args[0], args[1].day
        item = self._real["usage"].day(tenant, day)
        return self._keep(self._raw["usage"].days, (tenant, day), item)

    def _month(self, args: Args) -> bool:
        tenant, month = args[0], args[1].month
        item = self._real["usage"].month(tenant, month)
        return self._keep(self._raw["usage"].months, (tenant, month), item)

    def _closing(self, args: Args) -> bool:
        hour, epoch = args[0].hour, args[0].epoch
        item = self._real["closings"].read(hour, epoch)
        return self._keep(self._raw["closings"].closings, (hour, epoch), item)

    def _rollup(self, args: Args) -> bool:
        found = self._read(key_of(args[0]))
        item = (
            (found[0], tuple(map(_call, rows_in(opened(found[1], "a rollup"))))) if found else None
        )
        return self._keep(self._raw["rollups"].hours, args[0], item)

    def _decisions(self, _: Args) -> bool:
        real, raw = self._real["decisions"], self._raw["decisions"]
        before = raw.kept, raw.left
        raw.kept = {one for kind in (POLICY, BOOK) for one in real.decisions(kind)}
        raw.left = {one for kind in (POLICY, BOOK) for one in real.unasked(kind)}
        return bool(before != (raw.kept, raw.left))


def _call(row: Mapping[str, Any]) -> Any:
    """Return as much of a call of the Parquet as the invariants look at."""
    usage = {kind: n for kind, n in row.items() if kind.endswith("_tokens")}
    return SimpleNamespace(
        evidence=SimpleNamespace(usage=usage, error_code=row["error_code"]),
        attribution=SimpleNamespace(tenant=row["tenant"]),
        charge=SimpleNamespace(priced=atto_of(row["priced_usd"])),
    )
