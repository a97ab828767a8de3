"""`LiveTable` in memory."""

from collections.abc import Iterable

from bedrock_meter.domain.board import Board
from bedrock_meter.domain.hours import Hour, Slot, hour_of_slot
from bedrock_meter.domain.log_object import ObjectRow
from bedrock_meter.domain.partial import Partial


class MemoryLiveTable:
    """Partials, boards and log object rows in dictionaries; nothing expires."""

    def __init__(self) -> None:
        self.rows: dict[str, ObjectRow] = {}
        self.partials: dict[tuple[Slot, str], Partial] = {}
        self.boards: dict[Slot, Board] = {}

    def object_row(self, object_id: str) -> ObjectRow | None:
        return self.rows.get(object_id)

    def announce(self, row: ObjectRow) -> ObjectRow:
        standing = self.rows.get(row.object_id)
        if standing and (standing.digest != row.digest or standing.version > row.version):
            return standing
        hours = {*row.hours, *(standing.hours if standing else ())}
        first = standing.first if standing else row.version
        announced = row._replace(hours=tuple(sorted(hours)), settled=False, first=first)
        self.rows[row.object_id] = announced
        return announced

    def settle(self, row: ObjectRow) -> None:
        standing = self.rows.get(row.object_id)
        if standing and (standing.digest, standing.version) == (row.digest, row.version):
            self.rows[row.object_id] = standing._replace(settled=True)

    def unsettled(self, object_ids: Iterable[str]) -> set[str]:
        settled = {object_id for object_id, row in self.rows.items() if row.settled}
        return set(object_ids) - settled

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
