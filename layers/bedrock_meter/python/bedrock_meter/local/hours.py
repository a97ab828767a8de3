"""`HourTable` in memory."""

from collections.abc import Iterable
from datetime import datetime

from bedrock_meter.domain.time.hours import Hour, milliseconds_of
from bedrock_meter.domain.totals.hour_row import HourRow, Mark, Progress


class MemoryHourTable:
    """The rows of hours in a dictionary, and the progress beside it."""

    def __init__(self) -> None:
        self.kept: dict[Hour, HourRow] = {}
        self.state = Progress()

    def row(self, hour: Hour) -> HourRow:
        return self.kept.get(hour, HourRow(hour))

    def rows(self, hours: Iterable[Hour]) -> dict[Hour, HourRow]:
        return {hour: self.row(hour) for hour in hours}

    def ask(self, hour: Hour) -> None:
        row = self.row(hour)
        self.kept[hour] = row._replace(dirty=row.dirty + 1)

    def mark(self, hour: Hour, now: datetime) -> Mark:
        row = self.row(hour)
        marked = row._replace(epoch=max(row.epoch + 1, milliseconds_of(now)))
        self.kept[hour] = marked
        return Mark(hour, marked.epoch, marked.dirty, marked.published, row.epoch)

    def finish(self, mark: Mark) -> bool:
        row = self.row(mark.hour)
        if row.epoch != mark.epoch:
            return False
        self.kept[mark.hour] = row._replace(cleaned=mark.seen, published=mark.epoch)
        return True

    def leave(self, mark: Mark) -> None:
        row = self.row(mark.hour)
        if row.epoch == mark.epoch:
            self.kept[mark.hour] = row._replace(left=mark.epoch)

    def due(self) -> list[Hour]:
        return sorted(hour for hour, row in self.kept.items() if row.dirty and row.is_due())

    def progress(self) -> Progress:
        return self.state

    def begin_at(self, hour: Hour) -> Hour:
        begun = self.state.data_up_to or hour
        self.state = self.state._replace(data_up_to=begun)
        return begun

    def note_published(self, hour: Hour) -> None:
        if hour >= (self.state.data_up_to or hour):
            self.state = self.state._replace(beyond=self.state.beyond | {hour})

    def advance(self, hour: Hour) -> None:
        if self.state.data_up_to and self.state.data_up_to < hour:
            beyond = frozenset(one for one in self.state.beyond if one >= hour)
            self.state = self.state._replace(data_up_to=hour, beyond=beyond)

    def keep_published(self, row: HourRow) -> bool:
        if self.row(row.hour) != row:
            return False
        self.kept[row.hour] = row._replace(cleaned=row.dirty)
        return True

    def begin_sealing(self, hour: Hour, now: datetime) -> None:
        if hour > (self.state.sealing or ""):
            self.state = self.state._replace(sealing=hour, sealing_since=now)

    def seal(self, hour: Hour) -> None:
        self.state = self.state._replace(sealed=max(self.state.sealed or hour, hour))
