"""`LiveTable` in memory."""

from collections.abc import Iterable

from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.time.hours import Hour, Slot, hour_of_slot
from bedrock_meter.domain.totals.board import Board
from bedrock_meter.domain.totals.partial import Partial


class MemoryLiveTable:
    """Partials, boards and copies of manifests in dictionaries; nothing expires."""

    def __init__(self) -> None:
        self.copies: dict[str, Manifest] = {}
        self.partials: dict[tuple[Slot, str], Partial] = {}
        self.boards: dict[Slot, Board] = {}

    def copy_of(self, object_id: str) -> Manifest | None:
        return self.copies.get(object_id)

    def keep_copy(self, manifest: Manifest) -> None:
        standing = self.copies.get(manifest.object_id)
        if standing is None or standing.revision <= manifest.revision:
            self.copies[manifest.object_id] = manifest

    def undone(self, object_ids: Iterable[str]) -> set[str]:
        return set(object_ids) - {
            object_id for object_id, copy in self.copies.items() if copy.settled or copy.aside
        }

    def put_partial(self, partial: Partial) -> bool:
        key = (partial.slot, partial.object_id)
        standing = self.partials.get(key)
        if standing and standing.version > partial.version:
            return False
        self.partials[key] = partial
        return True

    def partials_of(self, slot: Slot) -> list[Partial]:
        return [self.partials[key] for key in sorted(self.partials) if key[0] == slot]

    def board_of(self, slot: Slot) -> Board:
        return self.boards.get(slot, Board(slot, 0, {}))

    def put_board(self, board: Board) -> bool:
        if self.board_of(board.slot).version != board.version - 1:
            return False
        self.boards[board.slot] = board
        return True

    def boards_of(self, hour: Hour) -> list[Board]:
        return [self.boards[slot] for slot in sorted(self.boards) if hour_of_slot(slot) == hour]
