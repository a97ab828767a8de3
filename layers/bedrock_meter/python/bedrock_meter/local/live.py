"""`LiveTable` in memory."""

from collections.abc import Iterable

from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.time.hours import Hour, Slot, hour_of_slot
from bedrock_meter.domain.totals.live import SlotTotals
from bedrock_meter.domain.totals.partial import Partial


class MemoryLiveTable:
    """Partials, slot totals and copies of manifests in dictionaries; nothing expires."""

    def __init__(self) -> None:
        self.copies: dict[str, Manifest] = {}
        self.partials: dict[tuple[Slot, str], Partial] = {}
        self.slot_totals: dict[Slot, SlotTotals] = {}

    def copy_of(self, object_id: str) -> Manifest | None:
        return self.copies.get(object_id)

    def keep_copy(self, manifest: Manifest) -> None:
        stored = self.copies.get(manifest.object_id)
        if stored is None or stored.revision <= manifest.revision:
            self.copies[manifest.object_id] = manifest

    def undone(self, object_ids: Iterable[str]) -> set[str]:
        return set(object_ids) - {
            object_id for object_id, copy in self.copies.items() if copy.settled or copy.aside
        }

    def put_partial(self, partial: Partial) -> bool:
        key = (partial.slot, partial.object_id)
        stored = self.partials.get(key)
        if stored and stored.version > partial.version:
            return False
        self.partials[key] = partial
        return True

    def partials_of(self, slot: Slot) -> list[Partial]:
        return [self.partials[key] for key in sorted(self.partials) if key[0] == slot]

    def partials_at(self, slot: Slot, object_ids: Iterable[str]) -> list[Partial]:
        keys = ((slot, object_id) for object_id in sorted(object_ids))
        return [self.partials[key] for key in keys if key in self.partials]

    def totals_of_slot(self, slot: Slot) -> SlotTotals:
        return self.slot_totals.get(slot, SlotTotals(slot, 0, {}))

    def put_slot_totals(self, totals: SlotTotals) -> bool:
        if self.totals_of_slot(totals.slot).version != totals.version - 1:
            return False
        self.slot_totals[totals.slot] = totals
        return True

    def slot_totals_of(self, hour: Hour) -> list[SlotTotals]:
        slots = (slot for slot in sorted(self.slot_totals) if hour_of_slot(slot) == hour)
        return [self.slot_totals[slot] for slot in slots]
