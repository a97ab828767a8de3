"""`HourTable` in memory."""

from datetime import datetime

from bedrock_meter.domain.hour_row import HourRow, Mark
from bedrock_meter.domain.hours import Hour, milliseconds_of


class MemoryHourTable:
    """The rows of hours in a dictionary, and `data up to` beside it."""

    def __init__(self) -> None:
        self.rows: dict[Hour, HourRow] = {}
        self.reached: Hour | None = None

    def row(self, hour: Hour) -> HourRow:
        return self.rows.get(hour, HourRow(hour))

    def ask(self, hour: Hour) -> None:
        row = self.row(hour)
        self.rows[hour] = row._replace(dirty=row.dirty + 1)

    def mark(self, hour: Hour, now: datetime) -> Mark:
        row = self.row(hour)
        marked = row._replace(epoch=max(row.epoch + 1, milliseconds_of(now)))
        self.rows[hour] = marked
        return Mark(hour, marked.epoch, marked.dirty, marked.published)

    def finish(self, mark: Mark) -> bool:
        row = self.row(mark.hour)
        if row.epoch != mark.epoch:
            return False
        self.rows[mark.hour] = row._replace(cleaned=mark.seen, published=mark.epoch)
        return True

    def due(self) -> list[Hour]:
        return sorted(hour for hour, row in self.rows.items() if row.dirty and row.is_due())

    def data_up_to(self) -> Hour | None:
        return self.reached

    def begin_at(self, hour: Hour) -> Hour:
        self.reached = self.reached or hour
        return self.reached

    def advance(self, hour: Hour) -> None:
        self.reached = max(self.reached or hour, hour)
